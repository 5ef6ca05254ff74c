"""The objective of a run, found in its history whatever its task."""

import math
from collections.abc import Mapping, Sequence

OBJECTIVES = ("cross_entropy", "squared_error")  # plain, without penalties; at most one is a column of a history


def name(history: Sequence[Mapping[str, float]]) -> str | None:
    """Name of the objective's column; None where there is none, as for generated samples."""
    return next((name for name in OBJECTIVES if f"val_{name}" in history[-1]), None) if history else None


def curve(history: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """Rows of epoch, objective and val_objective; no rows where there is no objective."""
    column = name(history)
    if column is None:
        return []
    columns = {"epoch": "epoch", "objective": column, "val_objective": f"val_{column}"}
    return [{key: row[column] for key, column in columns.items()} for row in history]


def finite(row: Mapping[str, float]) -> bool:
    """Whether training can go on from an epoch: its losses, and the objective on training examples, are numbers."""
    return all(math.isfinite(row[name]) for name in ("loss", "d_loss", "g_loss", *OBJECTIVES) if name in row)
