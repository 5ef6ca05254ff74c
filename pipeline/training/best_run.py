"""Which run of a topic has the best model: chosen by validation, never by test scores."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pipeline.training import objective

CONSTANT = "prior"  # the model that gives one answer for all: it is there to be beaten
Recorded = TypeVar("Recorded", bound=Mapping[str, Any])  # run.json of a run, with the rows of its history


def best(runs: Sequence[Recorded]) -> Recorded | None:
    """The finished run whose saved model has the lowest validation objective, on the data that most variants use.

    One answer for all is the best of nothing but its own kind. None where no run has an objective, as where samples are
    generated.
    """
    runs = [run for run in runs if run["settings"]["model"] != CONSTANT] or runs
    counts = Counter({run["variant"]: run["settings"]["data"] for run in runs}.values())
    data = counts.most_common(1)[0][0] if counts else None
    rivals = [run for run in runs if run["status"] == "finished" and run["settings"]["data"] == data]
    values = [(value, at) for at, run in enumerate(rivals) if (value := reached(run)) is not None]
    lowest = min(((value, at) for value, at in values if math.isfinite(value)), default=None)
    return rivals[lowest[1]] if lowest else None


def beaten_by(run: Recorded, runs: Sequence[Recorded]) -> Recorded | None:
    """The run of one answer for all, on the same data, that did no worse in validation; None: there is none."""
    own, data = reached(run), run["settings"]["data"]
    rivals = [each for each in runs if each["settings"]["model"] == CONSTANT and each["settings"]["data"] == data]
    constant = best(rivals)
    least = reached(constant) if constant else None
    is_no_worse = own is not None and least is not None and least <= own and run["settings"]["model"] != CONSTANT
    return constant if is_no_worse else None


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
