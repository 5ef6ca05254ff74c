"""What a source reads where it is more than arrays: columns that are no numbers yet, names of classes, groups."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

ColumnKind = Literal["number", "category", "date"]


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a table as it was read: `cells` (rows,) are float64, NaN where one is missing; or text, None there.

    Text of a "category" is one of few words, that of a "date" is ISO 8601.
    """

    name: str
    kind: ColumnKind
    cells: np.ndarray


@dataclass(frozen=True, eq=False, kw_only=True)
class RawData:
    """All examples of a source, in its order, before they are split, encoded and scaled.

    `x` is (examples, ...), finite, float64 wherever float32 would lose digits before it is scaled; or the columns of a
    table, which are imputed, encoded and scaled by what the training part holds. `y` is (examples,): codes 0, 1, ... of
    `class_names`, int64, or numbers, float64. `groups` (examples,), int64: examples of a group stay in one part.
    `lengths` (examples,), int64: the steps of each sequence; those behind them are padding, 0 also where all else is
    scaled. `findings` are lines on what smells, for whoever prepares the data and whoever reads the topic's page;
    `card` is what else was understood, for card.json.
    """

    x: "np.ndarray | tuple[Column, ...]"
    y: np.ndarray
    class_names: tuple[str, ...] = ()
    groups: np.ndarray | None = None
    lengths: np.ndarray | None = None
    findings: tuple[str, ...] = ()
    card: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.y)
