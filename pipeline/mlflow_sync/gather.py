"""What there is under data/ of one topic: its runs, and what evaluation and judgement say of these very runs."""

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from pipeline import freshness, paths
from pipeline.contracts import Plan, RunRecord
from pipeline.records import digest, read_history_or_none, read_json_or, read_rows_or_none
from pipeline.report import class_names, drawn
from pipeline.result_rows import ClaimRow, MetricSummary
from pipeline.settings.plan import places
from pipeline.training.run import run_specs

DIGEST_LENGTH = 12  # hexadecimal digits of a digest in a tag

Point = tuple[str, float, int]  # name, value, step
RunIdentity = tuple[str, str, str]  # variant, seed, run_key
RunFacts = Mapping[str, Any]  # variant, seed, run_key and settings of a run, there or not


class RecordedRun(RunRecord):
    """run.json of a run, with the rows of its history.csv."""

    history: list[dict[str, float]]


@dataclass(frozen=True)
class TopicFiles:
    """One topic as it stands under data/.

    `facts` are of every planned run, those that have not ended too. `means` and `confusion` are by variant, and empty,
    as `series` is, unless every run has been evaluated; so are `class_names`, of variants whose data have some.
    """

    plan: Plan
    question: str
    facts: Sequence[RunFacts]
    runs: Sequence[RecordedRun]
    claims: Sequence[ClaimRow]
    scores: Mapping[RunIdentity, Mapping[str, float]]
    series: Mapping[tuple[str, str], Sequence[Point]]
    means: Mapping[str, Mapping[str, MetricSummary]]
    confusion: Mapping[str, Sequence[Sequence[float]]]
    class_names: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the topic."""
        return self.plan["topic"]

    @property
    def missing(self) -> int:
        """How many runs of the plan have not ended yet."""
        return len(places(self.plan)) - len(self.runs)

    @property
    def evaluated(self) -> bool:
        """Whether there are scores of all these runs and of no others."""
        return _evaluated(self.scores, self.runs)

    @cached_property  # of ten thousand runs it takes a tenth of a second, and each of them is asked for it
    def comparison(self) -> str:
        """Identity of the comparison that the planned runs make up: the same whether they have ended or not."""
        return comparison(self.facts)


def gather(plan: Plan) -> TopicFiles:
    """Everything under data/ about one topic; scores and claims only if they are of these very runs, and of all."""
    name, runs = plan["topic"], list(_runs(plan))
    folder, scores = paths.results(name), _scores(name)
    evaluated = _evaluated(scores, runs)
    topic = TopicFiles(
        plan=plan,
        question=question(name),
        facts=_facts(plan, runs),
        runs=runs,
        claims=_claims(name, runs) if evaluated and drawn.is_of_present(name, True) else [],
        scores=scores,
        series=_series(folder / "series.csv") if evaluated else {},
        means=read_json_or(folder / "metrics.json", {}) if evaluated else {},
        confusion=read_json_or(folder / "confusion.json", {}) if evaluated else {},
        class_names=_class_names(plan) if evaluated else {},
    )
    if topic.missing:
        print(
            f"MLflow: {name}: {topic.missing} runs are not there yet: `dvc repro` trains them",
            file=sys.stderr,
        )
    return topic


def _class_names(plan: Plan) -> dict[str, list[str]]:
    """{variant: whole names of its classes} of those whose data have names."""
    found = {}
    for variant, planned in plan["variants"].items():
        card = read_json_or(paths.card(planned["settings"]["data"], min(planned["draws"].values())), {})
        if names := class_names.of_card(card):
            found[variant] = names
    return found


def _facts(plan: Plan, runs: Sequence[RecordedRun]) -> list[RunFacts]:
    """Of each run that has ended what it was, of each other what it will be."""
    ended = {(run["variant"], run["seed"]): run for run in runs}
    asked = places(plan)
    if ended.keys() >= set(asked):
        return [ended[place] for place in asked]
    planned = {(spec.variant, spec.seed): spec.names() for spec in run_specs(plan)}
    return [ended.get(place) or planned[place] for place in asked]


def comparison(runs: Sequence[RunFacts]) -> str:
    """Identity of a comparison: which variants, seeds, runs and settings it is made of."""
    facts = [[run["variant"], run["seed"], run["run_key"], run["settings"]] for run in runs]
    return short_digest(sorted(facts, key=lambda fact: fact[:2]))


def question(topic: str) -> str:
    """What a topic asks, as it was planned; nothing for one that was not."""
    text: str = read_json_or(paths.asked(topic), {}).get("question", "")
    return text


def short_digest(*parts: Any) -> str:
    """A digest as long as a tag shows it."""
    return digest(*parts)[:DIGEST_LENGTH]


def identity(run: RecordedRun) -> RunIdentity:
    """Variant, seed and key of a run, as scores.csv has them."""
    return run["variant"], str(run["seed"]), run["run_key"]


def _runs(plan: Plan) -> Iterator[RecordedRun]:
    """The plan's own runs, in order of variant and seed: what else lies in their places is not asked for now."""
    for place, record in freshness.runs(plan)[0].items():
        folder = paths.run(plan["topic"], *place)
        history = read_history_or_none(folder / "history.csv")
        written = (folder / "run.json").stat().st_mtime
        run = {"started": written - (record.get("duration_s") or 0), **record, "history": history}
        yield cast(RecordedRun, run)


def _evaluated(scores: Mapping[RunIdentity, Mapping[str, float]], runs: Sequence[RecordedRun]) -> bool:
    return bool(scores) and scores.keys() == set(map(identity, runs))


def _scores(topic: str) -> dict[RunIdentity, dict[str, float]]:
    """{metric: value} of each run in scores.csv; a metric without a finite value is left out."""
    scores: dict[RunIdentity, dict[str, float]] = {}
    for row in read_rows_or_none(paths.results(topic) / "scores.csv"):
        of_run = scores.setdefault((row["variant"], row["seed"], row["run_key"]), {})
        if _finite(row["value"]):
            of_run[row["metric"]] = float(row["value"])
    return scores


def _series(file: Path) -> dict[tuple[str, str], list[Point]]:
    """Points of each variant and seed; MLflow's steps are whole numbers, so that what lies between is left out."""
    series: dict[tuple[str, str], list[Point]] = {}
    for row in read_rows_or_none(file):
        if _finite(row["value"]) and float(row["at"]).is_integer():
            point = (f"series/{row['series']}", float(row["value"]), int(float(row["at"])))
            series.setdefault((row["variant"], row["seed"]), []).append(point)
    return series


def _claims(topic: str, runs: Sequence[RecordedRun]) -> list[ClaimRow]:
    """The verdicts, if all were judged from the present runs: each one's level follows from how many there are."""
    keys: dict[str, set[str]] = {}
    for run in runs:
        keys.setdefault(run["variant"], set()).add(run["run_key"])
    rows = [row for row in read_json_or(paths.CLAIMS, []) if row["topic"] == topic]
    sides = [({*row["runs"][side]}, keys.get(row[side])) for row in rows for side in ("better", "worse")]
    return rows if all(judged == present for judged, present in sides) else []


def _finite(cell: str) -> bool:
    return bool(cell) and math.isfinite(float(cell))
