"""Claims that are false by construction: each variant against itself, on disjoint seeds of the runs that are there."""

import random
import sys
from collections.abc import Iterator

from timing import Line, table

from pipeline import paths, plugins
from pipeline.records import read_rows
from pipeline.verdicts.rules import judge
from pipeline.verdicts.topic import Claim

FAMILIES, MOST_CLAIMS, FEWEST_SEEDS = 1600, 12, 12  # seeds of an arm: as many as two first looks take

Rows = list[dict[str, str]]


def arms(topic: str) -> dict[tuple[str, str], Rows]:
    """{(variant, metric): rows of scores.csv} of what the topic's claims compare, wherever there are seeds for two."""
    claims = plugins.load("topics", topic).TOPIC.claims
    asked = {(arm, claim.metric) for claim in claims if claim.kind == "mean" for arm in (claim.better, claim.worse)}
    rows: dict[tuple[str, str], Rows] = {}
    for row in read_rows(paths.results(topic) / "scores.csv"):
        if (row["variant"], row["metric"]) in asked:
            rows.setdefault((row["variant"], row["metric"]), []).append(row)
    return {arm: found for arm, found in sorted(rows.items()) if len(found) >= FEWEST_SEEDS}


def halves(rows: Rows, place: int, chance: random.Random) -> Iterator[dict[str, str]]:
    """The rows of one variant as those of two, with as many seeds each, drawn without replacement."""
    drawn = chance.sample(rows, len(rows) // 2 * 2)
    half = len(drawn) // 2
    for at, row in enumerate(drawn):
        yield row | {"variant": f"{'ahead' if at < half else 'behind'}_{place}", "seed": str(at % half)}


def family(topic: dict[tuple[str, str], Rows], chance: random.Random) -> list[str]:
    """The verdicts of one family: up to MOST_CLAIMS of a topic's arms, each against itself."""
    chosen = chance.sample(sorted(topic), min(MOST_CLAIMS, len(topic)))
    rows = [row for place, arm in enumerate(chosen) for row in halves(topic[arm], place, chance)]
    claims = [
        Claim(
            name=f"claim_{place}",
            sentence="a variant is better than itself",
            chapter="",
            metric=metric,
            better=f"ahead_{place}",
            worse=f"behind_{place}",
        )
        for place, (_, metric) in enumerate(chosen)
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
