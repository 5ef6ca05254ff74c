"""Find columns that tell the label: copies of it, and what is known only once the label is."""

from collections.abc import Iterator

import numpy as np

from pipeline.raw_data import Column, coded

FEW_ROWS = 10  # below which nothing follows from values and labels going together
MOST_VALUES = 20  # of a column of which each value may have one label by more than chance
EXACT, NEAR = 1e-9, 1e-6  # how far a correlation may be from 1
CHANCE = 1e-3  # that so many rows are of one class though they are any rows


def of_label(column: Column, distinct: int, y: np.ndarray) -> str | None:
    """How a column of so many `distinct` values tells the label in every row, as a copy of it does; None: it does not.

    Classes are told by a value for each, in the cells that are there, or by which cells are missing; numbers by others
    that lie on a straight line with them.
    """
    present = _present(column)
    if y.dtype.kind != "i":
        return "the label itself, if on another scale" if _on_a_line(column, y, present, EXACT) else None
    if not _are_enough(y, present):
        return "cells that are missing by the class" if _are_enough(y) and _by_class(y, present) else None
    if _by_class(y, present):
        return "cells that are missing by the class"
    if distinct > int(y.max()) + 1:
        return None  # at once, of most columns
    values, pairs, labels, _ = _counts(column, y, present)
    return "one value for each class" if values == pairs == labels > 1 else None


def may_be_measured(column: Column, y: np.ndarray) -> bool:
    """Whether two classes go with two numbers that are no codes: a measurement may do that."""
    values = np.unique(column.cells[_present(column)]) if column.kind == "number" else np.zeros(0)
    return y.dtype.kind == "i" and len(values) == 2 and values.tolist() not in ([0, 1], [1, 2], [-1, 1])


def hints(column: Column, distinct: int, y: np.ndarray) -> Iterator[str]:
    """How a column that is no copy of the label may tell it all the same, in words."""
    present = _present(column)
    if y.dtype.kind != "i":
        if _on_a_line(column, y, present, NEAR):
            yield "all but on a straight line with the label"
        return
    for rows, what in ((present, "filled in"), (~present, "missing")):
        if not present.all() and _are_of_one_class(y, rows):
            yield f"{what} in rows of one class alone"
            return
    if distinct <= MOST_VALUES and _are_enough(y, present):
        values, pairs, labels, fewest = _counts(column, y, present)
        if values == pairs > labels > 1 and fewest > 1:
            yield "each of its values is of one class alone"


def _present(column: Column) -> np.ndarray:
    found: np.ndarray = ~np.isnan(column.cells) if column.kind == "number" else column.cells != None  # noqa: E711
    return found


def _are_enough(y: np.ndarray, rows: np.ndarray | None = None) -> bool:
    count = len(y) if rows is None else int(rows.sum())
    return count >= max(FEW_ROWS, 3 * (int(y.max()) + 1))


def _by_class(y: np.ndarray, present: np.ndarray) -> bool:
    """Whether cells are there in all rows of some classes, and in no row of the others."""
    there, every = np.bincount(y[present], minlength=int(y.max()) + 1), np.bincount(y)
    return bool(((there == 0) | (there == every)).all()) and 0 < int(present.sum()) < len(y)


def _counts(column: Column, y: np.ndarray, present: np.ndarray) -> tuple[int, int, int, int]:
    """Of the rows that have a value: values, pairs of value and class, classes, and rows of the rarest value."""
    cells, classes = column.cells[present], y[present]
    codes = np.unique(cells, return_inverse=True)[1] if column.kind == "number" else coded(cells)[0]
    pairs = np.unique(codes * (int(y.max()) + 1) + classes)
    return int(codes.max()) + 1, len(pairs), len(np.unique(classes)), int(np.bincount(codes).min())


def _are_of_one_class(y: np.ndarray, rows: np.ndarray) -> bool:
    """Whether all these rows are of one class, and that is no chance."""
    counts = np.bincount(y[rows], minlength=int(y.max()) + 1)
    label, count = int(counts.argmax()), int(counts.sum())
    return counts[label] == count > 0 and float((y == label).mean()) ** count < CHANCE


def _on_a_line(column: Column, y: np.ndarray, present: np.ndarray, tolerance: float) -> bool:
    """Whether numbers lie on a straight line with those to predict; of a few rows whether they are the same."""
    if column.kind != "number" or present.sum() < 2:
        return False
    pair = np.stack([column.cells[present], y[present]])
    if present.sum() < FEW_ROWS:
        return len(np.unique(pair[0])) > 1 and bool(np.array_equal(*pair))
    pair = pair / np.maximum(np.abs(pair).max(1, keepdims=True), np.finfo(float).tiny)
    pair -= pair.mean(1, keepdims=True)
    lengths = np.sqrt((pair**2).sum(1))
    return bool(lengths.all() and abs(pair[0] @ pair[1]) > (1 - tolerance) * lengths.prod())
