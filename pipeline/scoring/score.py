"""Score one finished run: its metrics, the curves of its topic, samples to read and a confusion matrix."""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pipeline import paths, plugin_files, plugins
from pipeline.metrics import history as history_metrics
from pipeline.result_rows import ScoreRow, SeriesRow
from pipeline.scoring import expected_cost, items, probabilities, trivial
from pipeline.scoring.finished_run import FinishedRun
from pipeline.scoring.probabilities import Outcomes
from pipeline.scoring.topic_probes import TopicProbes, suits
from pipeline.settings import costs
from pipeline.verdicts.topic import COST, Costs

MOST_CLASSES = 12  # of a confusion matrix that can still be read


@dataclass(frozen=True)
class RunScores:
    """What one run scored; `confusion` has shape (classes, classes), true classes in rows, None where it has none."""

    rows: list[ScoreRow]
    series: list[SeriesRow]
    samples: list[str]
    confusion: np.ndarray | None
    ids: np.ndarray | None = None
    items: dict[str, np.ndarray] = field(default_factory=dict)
    trivial: dict[str, float] = field(default_factory=dict)
    outcomes: Outcomes | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of a run: `metrics`; those of `claimed` by test example as well; whether for its `samples`.

    And whether for the `outcomes` of its probabilities, with what errors cost by `costs`.
    """

    metrics: tuple[str, ...]
    claimed: tuple[str, ...] = ()
    samples: bool = False
    outcomes: bool = False
    costs: Costs | None = None


def score(run: FinishedRun, *, variant: str, asked: Asked, probes: TopicProbes) -> RunScores:
    """All scores of `run`: those of the metrics that apply to it, in their order.

    A run that did not finish has rows alone, with a value only where a metric is defined for runs that diverged.
    """
    is_finished, of = run.record["status"] == "finished", _class(run, asked)
    cost = expected_cost.of_run(run, asked.costs, of) if asked.costs and of is not None and is_finished else None
    rows = [
        _row(run, variant, metric, cost.value if cost and metric == COST else _value(run, metric, probes))
        for metric in asked.metrics
        if applies(metric, run, probes)
    ]
    if not is_finished:
        return RunScores(rows, series=[], samples=[], confusion=None)
    series = list(_series(run, variant, probes))
    samples = probes.samples(run) if probes.samples and asked.samples else []
    own = [metric for metric in asked.claimed if metric not in probes.metrics and applies(metric, run, probes)]
    by_item = {metric: values for metric in own if (values := items.items(metric, run)) is not None}
    constant = {metric: value for metric in own if (value := trivial.trivial(metric, run)) is not None}
    if cost and COST in asked.claimed:
        by_item[COST], constant[COST] = cost.by_item, cost.constant
    return RunScores(
        rows,
        series,
        samples,
        _confusion(run),
        ids=run.test.ids if by_item else None,
        items=by_item,
        trivial=constant,
        outcomes=probabilities.of_run(run, of, cost) if asked.outcomes and of is not None else None,
    )


def _class(run: FinishedRun, asked: Asked) -> int | None:
    """The class whose probabilities are looked at; None where nobody asks, or the run's model has no such answers."""
    if not (asked.outcomes or asked.costs) or not costs.answers_classes(run.settings["task"]):
        return None
    return costs.class_of(asked.costs, run.card, run.record["topic"])


def applies(metric: str, run: FinishedRun, probes: TopicProbes) -> bool:
    """Whether a metric says something of the run: a probe by its APPLIES_TO, any other by the file it is in."""
    if metric in probes.metrics:
        return suits(probes.applies_to[metric], run)
    if metric == COST:
        return costs.answers_classes(run.settings["task"])
    return metric in _metric_names("history") or metric in _metric_names(plugins.scored_as(run.settings["task"]))


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Counts (classes, classes), true classes in rows, of labels (n,) and probabilities (n, classes)."""
    classes = predicted.shape[1]
    pairs = np.bincount(labels * classes + predicted.argmax(1), minlength=classes * classes)
    return pairs.reshape(classes, classes)


def _row(run: FinishedRun, variant: str, metric: str, value: float | None) -> ScoreRow:
    return {
        "variant": variant,
        "seed": run.seed,
        "metric": metric,
        "value": value,
        "status": run.record["status"],
        "run_key": run.record["run_key"],
    }


def _value(run: FinishedRun, metric: str, probes: TopicProbes) -> float | None:
    """A metric's value; None for a run that failed, or that diverged unless the metric is defined for such runs.

    A probe that was taken before training has its value however training went on.
    """
    status = run.record["status"]
    if status == "failed":
        return None
    if metric in probes.metrics:
        measured = status == "finished" or metric in probes.before_training
        return float(probes.metrics[metric](run)) if measured else probes.diverged.get(metric)
    if status == "diverged" and metric not in history_metrics.DIVERGED:
        return None
    if metric in _metric_names("history"):
        value: float | None = _metric("history", metric)(run.history)
        return value
    return float(_metric(plugins.scored_as(run.settings["task"]), metric)(run.test.y, run.predicted, run.priors))


def _metric_names(file: str) -> list[str]:
    """Metrics in pipeline/metrics/<file>.py: "history", or a task's."""
    return plugin_files.functions(paths.METRICS / f"{file}.py")


def _metric(file: str, name: str) -> Callable[..., Any]:
    function: Callable[..., Any] = getattr(importlib.import_module(f"pipeline.metrics.{file}"), name)
    return function


def _series(run: FinishedRun, variant: str, probes: TopicProbes) -> Iterator[SeriesRow]:
    """The points of each curve of the topic that applies to the run."""
    for name, curve in probes.series.items():
        if suits(probes.series_settings[name]["applies_to"], run):
            for at, value in curve(run).items():
                yield {"variant": variant, "seed": run.seed, "series": name, "at": at, "value": float(value)}


def _confusion(run: FinishedRun) -> np.ndarray | None:
    if plugins.scored_as(run.settings["task"]) != "classify" or run.card["classes"] > MOST_CLASSES:
        return None
    return confusion_matrix(run.test.y, run.predicted)
