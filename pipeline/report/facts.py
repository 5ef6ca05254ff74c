"""What the files under data/ say of one topic: everything that its page is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, cast

from pipeline import paths
from pipeline.contracts import Plan, RunRecord
from pipeline.freshness import TopicState
from pipeline.records import read_history_or_none, read_json, read_json_or, read_rows
from pipeline.report.cards import card
from pipeline.result_rows import ClaimRow, MetricSummary
from pipeline.verdicts.topic import Topic


class Run(RunRecord):
    """A run's record with its history, which is empty where none was written."""

    history: list[dict[str, float]]


@dataclass(frozen=True, kw_only=True)
class TopicFacts:
    """A topic and the files of its results, each empty unless it is current; tables as text cells."""

    name: str
    topic: Topic
    plan: Plan
    reason: str  # what of it is not current, in words
    runs: dict[str, list[Run]]  # {variant: its runs in order of seed}
    judgements: list[ClaimRow]
    scores: list[dict[str, str]]
    metrics: dict[str, dict[str, MetricSummary]]  # {variant: {metric: summary}}
    curves: list[dict[str, str]]
    series: list[dict[str, str]]
    samples: dict[str, list[str]]  # {variant: lines to read}
    confusion: dict[str, list[list[int]]]  # {variant: counts (true classes, predicted classes)}
    outcomes: dict[str, Any]  # {variant: what came true of its probabilities: scoring/probabilities.py}
    cards: list[dict[str, Any]]


def read(state: TopicState, claims: Sequence[ClaimRow]) -> TopicFacts:
    """Everything under data/ about a planned topic that is current; `claims` are all rows of claims.json."""
    plan, name, folder, scored = state.plan, state.name, paths.results(state.name), state.scores == "current"
    data_sets = {variant["settings"]["data"]: min(variant["draws"].values()) for variant in plan["variants"].values()}
    return TopicFacts(
        name=name,
        topic=state.topic,
        plan=plan,
        reason=state.reason(),
        runs={variant: _runs(state, variant) for variant in plan["variants"]},
        judgements=[row for row in claims if row["topic"] == name],
        scores=read_rows(folder / "scores.csv") if scored else [],
        metrics=read_json(folder / "metrics.json") if scored else {},
        curves=read_rows(folder / "curves.csv") if scored else [],
        series=read_rows(folder / "series.csv") if scored else [],
        samples=read_json(folder / "samples.json") if scored else {},
        confusion=read_json(folder / "confusion.json") if scored else {},
        outcomes=read_json_or(folder / "outcomes.json", {}) if scored else {},
        cards=[card(data, draw) for data, draw in data_sets.items()],
    )


def _runs(state: TopicState, variant: str) -> list[Run]:
    """The runs that have ended, in order of seed."""
    places = [(variant, seed) for seed in state.plan["seeds"] if (variant, seed) in state.records]
    histories = [read_history_or_none(paths.run(state.name, *place) / "history.csv") for place in places]
    runs = [state.records[place] | {"history": history} for place, history in zip(places, histories, strict=True)]
    return cast(list[Run], runs)


def finite_scores(scores: Sequence[Mapping[str, str]], variant: str, metric: str) -> list[float]:
    """Finite values of a variant's runs in rows of scores.csv; none where there is no such variant or metric."""
    cells = [row["value"] for row in scores if (row["variant"], row["metric"]) == (variant, metric)]
    return [float(cell) for cell in cells if cell and isfinite(float(cell))]
