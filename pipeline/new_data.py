"""What a source reads of a file that is to be answered: examples without labels, and what tells them apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.raw_data import Column


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
