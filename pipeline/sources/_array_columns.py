"""Sift the columns of an array as those of a table in text: copies of the label and row numbers are no measurements."""

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.errors import InputError
from pipeline.raw_data import Column
from pipeline.sources import _findings
from pipeline.sources._npz import Asked, named

MOST_TOLD = 20  # lines on columns: an array may have hundreds that are the same in all rows
OFFERS = {"missing": "write NaN in its place", "group": "save it as an array `groups`"}


def require_table(kind: str, drop: Sequence[str], kinds: Mapping[str, str]) -> None:
    """InputError: columns are named of what has none."""
    for key, names in (("drop", drop), ("columns", kinds)):
        if names and kind != "table":
            raise InputError(f"{key}: given for {kind}, allowed for `kind: table`, which has columns: leave it out")


def sift(
    asked: Asked, columns: Sequence[Column], y: np.ndarray, drop: Sequence[str], kinds: Mapping[str, str]
) -> tuple[tuple[Column, ...], list[str]]:
    """Columns that are measurements, or are said to be by `kinds`; and lines on what smells.

    InputError: names of columns that there are not, columns that tell the label, or none that is left.
    """
    names = [column.name for column in columns]
    lacking = [(key, name) for key, told in (("drop", drop), ("columns", kinds)) for name in told if name not in names]
    if lacking:
        key, name = lacking[0]
        raise InputError(f"{key}: given {name!r}, allowed a column of {asked.file}: {named(names)}")
    dropped = {*drop, *(name for name, kind in kinds.items() if kind == "drop")}
    found = {
        place: column
        for place, column in enumerate(columns)
        if column.name not in dropped and not np.isnan(column.cells).all()
    }
    sifted = _findings.sift(found, kinds)
    faults = _findings.faults(asked.file, sifted, kinds, y)
    if faults or not sifted.kept:
        none = f"{asked.file}: given no column to learn from ({named(names)}), allowed one or more beside the label"
        raise InputError("\n".join(faults) or none)
    inputs = [place for place, name in enumerate(names) if name not in dropped]
    lines = [*_findings.of_left_out(names, inputs, found, sifted.out)]
    for place, column in sifted.kept.items():
        lines += _findings.of_column(column, sifted.known[place], y, OFFERS)
    more = [f"{len(lines) - MOST_TOLD} more lines on columns"] if len(lines) > MOST_TOLD else []
    return tuple(sifted.kept.values()), [*lines[:MOST_TOLD], *more]
