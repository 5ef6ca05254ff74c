"""Read rows that are to be answered by the marks and kinds of the table of training; what does not fit is counted."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipeline.errors import InputError
from pipeline.new_data import NewData
from pipeline.raw_data import Column
from pipeline.sources._delimited import SEPARATORS, Cells
from pipeline.sources._kinds import Habit, Reader

ROW = "row"  # what a row is called that has no other name: its number, from 1


def form(reader: Reader, missing: Sequence[str], precision: str) -> dict[str, Any]:
    """How a table of training was written, for the card: what its marks were found to be, and its dates.

    `separator` is None where the file had types already.
    """
    cells = reader.cells
    names = {mark: name for name, mark in SEPARATORS.items()}
    return {
        "separator": None if cells.text is None else names.get(cells.separator, cells.separator),
        "has_header": cells.has_header,
        "decimal": reader.habit.decimal,
        "thousands": reader.habit.thousands,
        "missing": list(missing),
        "precision": precision,
        "days": dict(reader.days),
    }


def read(
    cells: Cells, form: Mapping[str, Any], wanted: Sequence[Mapping[str, Any]], aside: Sequence[str], *, is_typed: bool
) -> NewData:
    """The `wanted` columns (name and kind) of cells, and those `aside` as text.

    Of a text a row with nothing in it is left out, as spreadsheets leave some behind; with `is_typed` all are rows.

    InputError: columns that are lacking.
    """
    lacking = [column["name"] for column in wanted if column["name"] not in cells.names]
    if lacking:
        raise InputError(_of_lacking(cells, lacking))
    reader = Reader(cells, Habit() if is_typed else Habit(form["decimal"], form["thousands"]), form["missing"])
    every = np.arange(len(cells.columns[0]))
    filled = np.ones(len(every), bool) if is_typed else ~cells.blank(every)
    found: list[Column] = []
    unreadable: dict[str, int] = {}
    for column in wanted:
        name, kind = column["name"], column["kind"]
        read, wrong = reader.read_new(cells.names.index(name), kind, form["days"].get(name, "date"))
        found.append(_as_trained(read, filled, form["precision"]))
        unreadable |= {name: wrong} if wrong else {}
    names: dict[str, Sequence[str]] = {ROW: [str(row + 1) for row in np.flatnonzero(filled)]}
    for name in aside:
        cell = np.array(cells.columns[cells.names.index(name)].to_pylist(), object)
        names[name if name != ROW else f"{ROW} (of the file)"] = cell[filled].tolist()
    empty = int((~filled).sum())
    findings = (f"{empty} rows with nothing in them are left out",) if empty else ()
    return NewData(x=tuple(found), names=names, unreadable=unreadable, findings=findings)


def _as_trained(column: Column, rows: np.ndarray, precision: str) -> Column:
    """The column in the rows that hold something, rounded as in training."""
    cells = column.cells if rows.all() else column.cells[rows]
    if column.kind == "number" and precision == "float32":
        with np.errstate(over="ignore"):
            cells = cells.astype(np.float32).astype(np.float64)
    return Column(column.name, column.kind, cells)


def _of_lacking(cells: Cells, lacking: Sequence[str]) -> str:
    listed = []
    for name in lacking:
        near = difflib.get_close_matches(name, cells.names, n=1)
        listed.append(f"{name!r} (did you mean {near[0]!r}?)" if near else repr(name))
    there = ", ".join(cells.names)[:200]
    return f"{cells.name}: given no column {', '.join(listed)}, allowed all columns of training: there are {there}"
