"""Claims that are false by construction: each variant against itself, on disjoint seeds of the runs that are there."""

import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from timing import Line, table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipeline import paths, plugins
from pipeline.records import read_rows
from pipeline.verdicts.rules import judge
from pipeline.verdicts.topic import Claim

FAMILIES, MOST_CLAIMS, FEWEST_SEEDS = 1600, 12, 12  # seeds of an arm: as many as two first looks take

Rows = list[dict[str, str]]
Arm = tuple[Claim, Rows]  # a claim, and the rows of scores.csv of one of its variants


def arms(topic: str) -> list[Arm]:
    """Both arms of each of the topic's claims on a mean or a ratio, wherever there are seeds for two."""
    rows: dict[tuple[str, str], Rows] = {}
    for row in read_rows(paths.results(topic) / "scores.csv"):
        rows.setdefault((row["variant"], row["metric"]), []).append(row)
    claims = [claim for claim in plugins.load("topics", topic).TOPIC.claims if claim.kind != "rate"]
    found = [(claim, rows.get((arm, claim.metric), [])) for claim in claims for arm in (claim.better, claim.worse)]
    return [arm for arm in found if len(arm[1]) >= FEWEST_SEEDS]


def halves(rows: Rows, place: int, chance: random.Random) -> Iterator[dict[str, str]]:
    """The rows of one variant as those of two, with as many seeds each, drawn without replacement."""
    drawn = chance.sample(rows, len(rows) // 2 * 2)
    half = len(drawn) // 2
    for at, row in enumerate(drawn):
        yield row | {"variant": f"{'ahead' if at < half else 'behind'}_{place}", "seed": str(at % half)}


def family(arms_of_topic: list[Arm], chance: random.Random) -> list[str]:
    """The verdicts of one family: up to MOST_CLAIMS of a topic's arms, each against itself."""
    chosen = chance.sample(arms_of_topic, min(MOST_CLAIMS, len(arms_of_topic)))
    rows = [row for place, (_, of_arm) in enumerate(chosen) for row in halves(of_arm, place, chance)]
    claims = [
        replace(claim, name=f"claim_{place}", better=f"ahead_{place}", worse=f"behind_{place}")
        for place, (claim, _) in enumerate(chosen)
    ]
    return [row["verdict"] for row in judge("same", claims, rows)]


def main() -> int:
    topics = [found for name in plugins.names("topics") if (found := arms(name))]
    chance = random.Random(0)
    wrong = claims = 0
    for number in range(FAMILIES):
        verdicts = family(topics[number % len(topics)], chance)
        claims += len(verdicts)
        wrong += bool({"reproduced", "contradicted"} & set(verdicts))
    lines = [
        Line("topics with seeds enough", len(topics), ""),
        Line("claims judged", claims, ""),
        Line("families with a false word", 100 * wrong / FAMILIES, " %", most=5),
    ]
    table(f"same_variant.py: {FAMILIES} families of up to {MOST_CLAIMS} claims of a variant against itself", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
