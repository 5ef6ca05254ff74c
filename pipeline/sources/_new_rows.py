"""Read rows that are to be answered by the marks and kinds of the table of training; what does not fit is counted."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import InputError
from pipeline.new_data import NewData
from pipeline.raw_data import Column, coded
from pipeline.sources._delimited import SEPARATORS, Cells, of_no_cells
from pipeline.sources._habits import Habit, habit
from pipeline.sources._kinds import Reader

if TYPE_CHECKING:
    import pyarrow as pa

TRUTHS = {"true": "1", "false": "0"}
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
        raise InputError(_of_lacking(cells, lacking, form))
    if no_cells := [of_no_cells(cells, each["name"]) for each in wanted if each["name"] in cells.unreadable]:
        raise InputError("\n".join(no_cells))
    reader = Reader(cells, Habit() if is_typed else Habit(form["decimal"], form["thousands"]), form["missing"])
    numbers = [column["name"] for column in wanted if column["kind"] == "number"]
    reader, said = (reader, ()) if is_typed else _by_own_habit(reader, numbers, form["missing"])
    every = np.arange(len(cells.columns[0]))
    filled = np.ones(len(every), bool) if is_typed else ~cells.blank(every)
    found: list[Column] = []
    unreadable: dict[str, int] = {}
    for column in wanted:
        name, kind = column["name"], column["kind"]
        day = "date" if name in cells.days else form["days"].get(name, "date")
        read, wrong = reader.read_new(cells.names.index(name), kind, day)
        if kind == "category":
            read = Column(name, kind, _spelt_as(read.cells, column["categories"]))
        elif kind == "number" and wrong:
            read, wrong = _with_truths(read, cells.columns[cells.names.index(name)], wrong)
        found.append(_as_trained(read, filled, form["precision"]))
        unreadable |= {name: wrong} if wrong else {}
    names: dict[str, Sequence[str]] = {ROW: [str(row + 1) for row in np.flatnonzero(filled)]}
    for name in aside:
        cell = np.array(cells.columns[cells.names.index(name)].to_pylist(), object)
        names[name if name != ROW else f"{ROW} (of the file)"] = cell[filled].tolist()
    empty = int((~filled).sum())
    findings = (*said, *((f"{empty} rows with nothing in them are left out",) if empty else ()))
    return NewData(x=tuple(found), names=names, unreadable=unreadable, findings=findings)


def _as_trained(column: Column, rows: np.ndarray, precision: str) -> Column:
    """The column in the rows that hold something, rounded as in training."""
    cells = column.cells if rows.all() else column.cells[rows]
    if column.kind == "number" and precision == "float32":
        with np.errstate(over="ignore"):
            cells = cells.astype(np.float32).astype(np.float64)
    return Column(column.name, column.kind, cells)


def _by_own_habit(reader: Reader, names: Sequence[str], missing: Sequence[str]) -> tuple[Reader, tuple[str, ...]]:
    """What reads the columns of numbers: by the habit of training, unless the file's own is clear and reads more."""
    places = [reader.cells.names.index(name) for name in names]
    unread = _unread(reader, places)
    if not unread:
        return reader, ()
    try:
        own = Reader(reader.cells, habit(reader.cells, places, missing, "auto", "auto"), missing)
    except InputError:  # it may be two
        return reader, ()
    if _unread(own, places) >= unread:
        return reader, ()
    told = f"numbers are written with {_in_words(own.habit)}, those of training with {_in_words(reader.habit)}"
    return own, (told,)


def _unread(reader: Reader, places: Sequence[int]) -> int:
    return sum(reader.read_new(place, "number", "")[1] for place in places)


def _in_words(habit: Habit) -> str:
    thousands = f", and {habit.thousands[0]!r} between thousands" if habit.thousands else ""
    return f"{habit.decimal!r} before decimals{thousands}"


def _spelt_as(words: np.ndarray, categories: Sequence[str]) -> np.ndarray:
    """Words (rows,) as training spells them, where a program has written the same truth or number in another way.

    True, TRUE and true are one word, and so are 1 and 1.0; and of columns that know nothing but 0 and 1, or nothing but
    true and false, these are the same. Where training tells two of them apart, nothing is changed.
    """
    known: dict[str, str] = {}
    for word in categories:
        known.setdefault(_plain(word), word)
    if len(known) < len(categories):
        return words
    if known.keys() <= TRUTHS.keys():
        known |= {number: known[truth] for truth, number in TRUTHS.items() if truth in known}
    elif known.keys() <= {*TRUTHS.values()}:
        known |= {truth: known[number] for truth, number in TRUTHS.items() if number in known}
    codes, different = coded(words)
    spelt = [word if word in categories else known.get(_plain(word), word) for word in different]
    found: np.ndarray = np.array([*spelt, None], object)[codes]
    return found


def _plain(word: str) -> str:
    """A truth in small letters, a number without needless digits; any other word, and a code such as 007, as it is."""
    if word.casefold() in TRUTHS:
        return word.casefold()
    return word.rstrip("0").rstrip(".") if re.fullmatch(r"-?(0|[1-9]\d*)\.\d+", word) else word


def _with_truths(column: Column, cells: "pa.Array", wrong: int) -> tuple[Column, int]:
    """A column that training has numbers of, 0 and 1, where nothing but true and false could not be read."""
    truths = np.array([float(TRUTHS.get(word.casefold(), "nan")) for word in cells.to_pylist()])
    is_truth = ~np.isnan(truths)
    if is_truth.sum() != wrong or not np.isin(column.cells[~np.isnan(column.cells)], (0, 1)).all():
        return column, wrong
    return Column(column.name, column.kind, np.where(is_truth, truths, column.cells)), 0


def _of_lacking(cells: Cells, lacking: Sequence[str], form: Mapping[str, Any]) -> str:
    listed = []
    for name in lacking:
        near = difflib.get_close_matches(name, cells.names, n=1)
        listed.append(f"{name!r} (did you mean {near[0]!r}?)" if near else repr(name))
    there = ", ".join(cells.names)[:200]
    marks = [cells.separator, SEPARATORS.get(form.get("separator") or "", cells.separator)]
    other = f" (cells are separated by {marks[0]!r}, those of training by {marks[1]!r})" * (marks[0] != marks[1])
    told = f"given no column {', '.join(listed)}, allowed all columns of training"
    return f"{cells.name}: {told}: there are {there}{other if cells.text is not None else ''}"
