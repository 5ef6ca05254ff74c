"""Which run of a topic has the best model: chosen by validation, never by test scores."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pipeline.training import objective

Recorded = TypeVar("Recorded", bound=Mapping[str, Any])  # run.json of a run, with the rows of its history


def best(runs: Sequence[Recorded]) -> Recorded | None:
    """The finished run whose saved model has the lowest validation objective, on the data that most variants use.

    None where no run has an objective, as where samples are generated.
    """
    counts = Counter({run["variant"]: run["settings"]["data"] for run in runs}.values())
    data = counts.most_common(1)[0][0] if counts else None
    rivals = [run for run in runs if run["status"] == "finished" and run["settings"]["data"] == data]
    values = [(value, at) for at, run in enumerate(rivals) if (value := reached(run)) is not None]
    lowest = min(((value, at) for value, at in values if math.isfinite(value)), default=None)
    return rivals[lowest[1]] if lowest else None


def reached(run: Mapping[str, Any]) -> float | None:
    """Validation objective of the saved model: of the best epoch where patience kept it, else of the last."""
    column = objective.name(run["history"])
    return saved(run)[f"val_{column}"] if column else None


def saved(run: Mapping[str, Any]) -> Mapping[str, float]:
    """The epoch whose weights were kept: with patience that of the lowest objective, else the last; {}: no epoch."""
    history: Sequence[Mapping[str, float]] = run["history"]
    column = objective.name(history)
    ended = [row for row in history if column and math.isfinite(row[f"val_{column}"])]
    if run["settings"]["fit"].get("patience") and ended:
        return min(ended, key=lambda row: row[f"val_{column}"])
    return history[-1] if history else {}
