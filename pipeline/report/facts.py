"""What the files under data/ say of one topic: everything that its page is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from pipeline import paths
from pipeline.contracts import ClaimRow, MetricSummary, Plan, RunRecord
from pipeline.records import read_history_or_none, read_json, read_json_or, read_rows_or_none
from pipeline.report.cards import card
from pipeline.verdicts import topic
from pipeline.verdicts.topic import Topic


class Run(RunRecord):
    """A run's record with its history, which is empty where none was written."""

    history: list[dict[str, float]]


@dataclass(frozen=True, kw_only=True)
class TopicFacts:
    """A topic and the files of its results, each empty where it is not there yet; tables as text cells."""

    name: str
    topic: Topic
    plan: Plan
    runs: dict[str, list[Run]]  # {variant: its runs in order of seed}
    judgements: list[ClaimRow]
    scores: list[dict[str, str]]
    metrics: dict[str, dict[str, MetricSummary]]  # {variant: {metric: summary}}
    curves: list[dict[str, str]]
    series: list[dict[str, str]]
    samples: dict[str, list[str]]  # {variant: lines to read}
    confusion: dict[str, list[list[int]]]  # {variant: counts (true classes, predicted classes)}
    cards: list[dict[str, Any]]


def read(plan: Plan, claims: Sequence[ClaimRow]) -> TopicFacts:
    """Everything under data/ about a planned topic; `claims` are all rows of claims.json. InputError: no such topic."""
    name, folder = plan["topic"], paths.results(plan["topic"])
    data_sets = dict.fromkeys(variant["settings"]["data"] for variant in plan["variants"].values())
    return TopicFacts(
        name=name,
        topic=topic.load(name),
        plan=plan,
        runs={variant: _runs(name, variant, plan["seeds"]) for variant in plan["variants"]},
        judgements=[row for row in claims if row["topic"] == name],
        scores=read_rows_or_none(folder / "scores.csv"),
        metrics=read_json_or(folder / "metrics.json", {}),
        curves=read_rows_or_none(folder / "curves.csv"),
        series=read_rows_or_none(folder / "series.csv"),
        samples=read_json_or(folder / "samples.json", {}),
        confusion=read_json_or(folder / "confusion.json", {}),
        cards=[card(data) for data in data_sets],
    )


def _runs(topic: str, variant: str, seeds: Sequence[int]) -> list[Run]:
    """The runs that have ended, in order of seed."""
    folders = [paths.run(topic, variant, seed) for seed in seeds]
    return [_run(folder) for folder in folders if (folder / "run.json").exists()]


def _run(folder: Path) -> Run:
    run: Run = read_json(folder / "run.json")
    run["history"] = read_history_or_none(folder / "history.csv")
    return run


def finite_scores(scores: Sequence[Mapping[str, str]], variant: str, metric: str) -> list[float]:
    """Finite values of a variant's runs in rows of scores.csv; none where there is no such variant or metric."""
    cells = [row["value"] for row in scores if (row["variant"], row["metric"]) == (variant, metric)]
    return [float(cell) for cell in cells if cell and isfinite(float(cell))]
