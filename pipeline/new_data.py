"""What a source reads of a file or request that is to be answered: examples without labels, and their names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pipeline.raw_data import Column

REQUEST = "the request"  # how messages call what a server is asked


@dataclass(frozen=True, kw_only=True)
class Field:
    """What a served model takes of each example: a cell, or with a `shape` an array of that NumPy `type`.

    A cell is a "double", a "string" or "binary". `example` is one such value. With `is_name` it tells examples apart,
    and stands beside the answers.
    """

    name: str
    type: str
    example: Any
    shape: tuple[int, ...] | None = None
    is_name: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class NewData:
    """Examples of a file in its order, as a source's `load` would read them, but for their labels.

    `x` and `lengths` are those of RawData. `names` are columns of text (examples,) that tell examples apart: at least
    one. `unreadable` counts cells by column that are no number or day, and are taken for missing. `left_out` names what
    could not be read at all, as a picture that is cut. `findings` are lines to know beforehand.
    """

    x: "np.ndarray | tuple[Column, ...]"
    names: Mapping[str, Sequence[str]]
    lengths: np.ndarray | None = None
    unreadable: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.names.values())))
