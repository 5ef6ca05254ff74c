"""Scores of many runs in fewer numbers: means over seeds, mean curves, summed confusion matrices."""

import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.contracts import History
from pipeline.result_rows import CurveRow, MetricSummary, ScoreRow
from pipeline.training import objective

DIGITS = 4  # of what `dvc metrics show` prints


def summarise(rows: Iterable[ScoreRow], constant: Container[str] = ()) -> dict[str, dict[str, MetricSummary]]:
    """{variant: {metric: its summary over the seeds}}; runs without a value, or without a finite one, are `failed`.

    Of the `constant` variants, which give one answer for all, what is the same for every seed is exact.
    """
    values: dict[tuple[str, str], list[float | None]] = {}
    for row in rows:
        values.setdefault((row["variant"], row["metric"]), []).append(row["value"])
    table: dict[str, dict[str, MetricSummary]] = {}
    for (variant, metric), of_seeds in values.items():
        table.setdefault(variant, {})[metric] = _summary(metric, of_seeds, is_constant=variant in constant)
    return table


def _summary(name: str, values: Sequence[float | None], *, is_constant: bool) -> MetricSummary:
    """Of one metric's values: rates have an exact interval, others one within the metric's range."""
    from pipeline.verdicts import intervals, margins

    numbers, metric = _finite(values), margins.metric(name)
    if metric.rate or (name not in margins.METRICS and numbers and set(numbers) <= {0, 1}):
        found: Any = intervals.rate_summary(numbers)
    else:
        step = 0.0 if is_constant else metric.step
        found = intervals.summary(numbers, step=step, low=metric.low, high=metric.high)
    summary: MetricSummary = found | {"failed": len(values) - len(numbers)}
    return summary


def headline(metrics: Mapping[str, Mapping[str, MetricSummary]], metric: str) -> dict[str, Any]:
    """The lowest, median and highest of the variants' means, for `dvc metrics show`: narrow with many variants too.

    Variants whose mean is not finite do not count. Without any there are no such keys.
    """
    summaries = [of_variant[metric] for of_variant in metrics.values() if metric in of_variant]
    means = _finite([summary["mean"] for summary in summaries])
    span = {"lowest": min(means), "median": float(np.median(means)), "highest": max(means)} if means else {}
    rounded = {name: round(mean, DIGITS) for name, mean in span.items()}
    return {"metric": metric, **rounded, "failed": sum(summary["failed"] for summary in summaries)}


def _finite(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None and math.isfinite(value)]


def mean_curves(variant: str, histories: Sequence[History]) -> Iterator[CurveRow]:
    """One row per epoch and split: means over the histories of finished runs, as far as all of them went.

    No rows where a task has no objective.
    """
    name = objective.name(histories[0]) if histories else None
    if name is None:
        return
    for epoch in range(1, min(map(len, histories)) + 1):
        rows = [history[epoch - 1] for history in histories]
        for split, prefix in (("training", ""), ("validation", "val_")):
            yield {
                "variant": variant,
                "epoch": epoch,
                "split": split,
                "objective": _mean(rows, f"{prefix}{name}"),
                "accuracy": _mean(rows, f"{prefix}accuracy"),
            }


def _mean(rows: Iterable[Mapping[str, float]], column: str) -> float | None:
    values = [row[column] for row in rows if column in row]
    return float(np.mean(values)) if values else None


def mean_trivial(values: Iterable[tuple[str, Mapping[str, float]]]) -> dict[str, dict[str, float]]:
    """{variant: {metric: mean of what the best constant answer scores}} of (variant, such scores) of each run."""
    found: dict[str, dict[str, list[float]]] = {}
    for variant, of_run in values:
        for metric, value in of_run.items():
            found.setdefault(variant, {}).setdefault(metric, []).append(value)
    return {name: {metric: float(np.mean(each)) for metric, each in of.items()} for name, of in found.items()}


def total_confusion(matrices: Iterable[np.ndarray | None]) -> list[list[int]]:
    """Counts over all runs that have a confusion matrix; empty if none has."""
    counted = [matrix for matrix in matrices if matrix is not None]
    return np.sum(counted, axis=0).tolist() if counted else []
