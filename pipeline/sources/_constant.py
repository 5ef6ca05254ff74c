"""Say of channels that stay the same through a recording that they name something, and refuse copies of the label."""

import numpy as np

from pipeline.errors import InputError
from pipeline.raw_data import Column
from pipeline.sources import _copies
from pipeline.sources._long_rows import Columns

FEW_SERIES = 2  # of more than one step: of fewer nothing follows from a channel that stays the same


def of_channels(file: str, columns: Columns, x: np.ndarray, lengths: np.ndarray, y: np.ndarray) -> list[str]:
    """Lines on channels of x (series, steps, channels) that are the same in all steps of each series.

    InputError: such channels that tell the label, as a second copy of it does.
    """
    inside = np.arange(x.shape[1])[:, None] < lengths[:, None, None]
    stay = ((x == x[:, :1]) | ~inside).all(axis=(0, 1)) & ((lengths > 1).sum() >= FEW_SERIES)
    faults, lines = [], []
    for place in np.flatnonzero(stay).tolist():
        name = columns.header[columns.channels[place]]
        column, told = Column(name, "number", x[:, 0, place]), f"{file}: column {name!r}"
        distinct = len(np.unique(column.cells))
        if distinct == 1:
            lines.append(f"{told} is the same everywhere: `drop: [{name}]`")
        elif copy := _copies.of_label(column, distinct, y):
            faults.append(f"{told}: given {copy}, allowed measurements, no copy of the label: write `drop: [{name}]`")
        else:
            hints = "".join(f", and {hint}" for hint in _copies.hints(column, distinct, y))
            lines.append(
                f"{told} is the same in all rows of each series{hints}: if it names whom or what several series come"
                f" from, write `group: {name}`, which keeps these in one part; if it was not measured, `drop: [{name}]`"
            )
    if faults:
        raise InputError("\n".join(faults))
    return lines
