"""Turn rows of steps into series: their numbers, order and labels, and all that is wrong with these by line."""

import datetime
import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

from pipeline.sources._class_names import NO_LABEL
from pipeline.sources._habits import Habit
from pipeline.sources._long_rows import Columns, Row, named

GROUPED, SMALL = (re.compile(pattern) for pattern in (r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}", r"[+-]?[0-9]{1,3}"))
THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+")
GAP = 1.5  # times the usual distance between two steps


def habit_of(
    file: str, rows: Sequence[Row], places: Sequence[int], separator: str, told: str | None
) -> tuple[Habit, list[str]]:
    """How the columns at `places` write numbers: with commas where cells have one and none has a point.

    By a `told` mark the other one may stand between thousands. Both, one a cell, or either before three digits alone: a
    fault.
    """
    cells = [(row.line, row.cells[at]) for row in rows for at in places]
    commas, points = ([(line, cell) for line, cell in cells if mark in cell] for mark in ",.")
    if told:
        return Habit(told, {".": ",", ",": "."}[told] if (commas if told == "." else points) else ""), []
    if commas and points:
        lines = f"lines {commas[0][0]} and {points[0][0]}"
        told_both = f"given numbers with commas and with points ({lines})"
        return Habit(), [f"{file}: {told_both}, allowed one: write `decimal:`"]
    if commas and all(THOUSANDS.fullmatch(cell) for _, cell in commas):
        return Habit(), [_of_doubt(file, "commas", commas[0][0])]
    if points and _are_doubtful(rows, places, points, separator):
        return Habit(), [_of_doubt(file, "points", points[0][0])]
    return Habit("," if commas else "."), []


def _of_doubt(file: str, marks: str, line: int) -> str:
    return f"{file}: given {marks} before three digits each (line {line}), allowed a told mark: write `decimal:`"


def _are_doubtful(
    rows: Sequence[Row], places: Sequence[int], points: Sequence[tuple[int, str]], separator: str
) -> bool:
    """Whether all points may stand between thousands, where commas would be decimal marks: as of a table's columns."""
    if not all(GROUPED.fullmatch(cell) for _, cell in points):
        return False
    columns = [{row.cells[at] for row in rows} for at in places]
    are_mixed = (
        any("." in cell for cell in cells)
        and any("." not in cell for cell in cells)
        and all(GROUPED.fullmatch(cell) or SMALL.fullmatch(cell) for cell in cells)
        for cells in columns
    )
    return separator == ";" or any(are_mixed)


def habit_of_new(
    columns: Columns, rows: Sequence[Row], separator: str, trained: Habit
) -> tuple[Habit, tuple[str, ...]]:
    """How the channels of a file to be answered are written: as in training, unless all of them clearly are not.

    That is told in a line.
    """
    own, faults = habit_of("", rows, columns.channels, separator, None)
    if faults or own.decimal == trained.decimal or _unread(columns, rows, own) >= _unread(columns, rows, trained):
        return trained, ()
    marks = f"{own.decimal!r} before decimals, those of training with {trained.decimal!r} before decimals"
    return own, (f"numbers are written with {marks}",)


def _unread(columns: Columns, rows: Sequence[Row], habit: Habit) -> int:
    return sum(math.isnan(number(row.cells[at], habit)) for row in rows for at in columns.channels)


def number(cell: str, habit: Habit) -> float:
    """A finite number, else NaN; Python alone would take 1_25 for 125."""
    if not _pattern(habit).fullmatch(cell):
        return math.nan
    for mark in habit.thousands:
        cell = cell.replace(mark, "")
    value = float(cell.replace(habit.decimal, "."))
    return value if math.isfinite(value) else math.nan


@cache
def _pattern(habit: Habit) -> re.Pattern[str]:
    return re.compile(habit.number, re.ASCII)


def numbers(file: str, columns: Columns, rows: Sequence[Row], habit: Habit) -> tuple[np.ndarray, list[str]]:
    """Channels (rows, channels), float64."""
    values = np.array([[number(row.cells[at], habit) for at in columns.channels] for row in rows], np.float64)
    values = values.reshape(len(rows), len(columns.channels))
    faults = []
    for place, at in enumerate(columns.channels):
        wrong = [row for row, value in zip(rows, values[:, place], strict=True) if math.isnan(value)]
        if wrong:
            told = named(f"line {row.line}, series {row.cells[columns.series]}: {row.cells[at]!r}" for row in wrong)
            remedy = (
                "fill them in" if len(wrong) < len(rows) else f"leave the column out by `drop: [{columns.header[at]}]`"
            )
            count = f"{len(wrong)} of {len(rows)} cells that are no finite numbers"
            faults.append(f"{file}: column {columns.header[at]!r}: given {count} ({told}), allowed numbers: {remedy}")
    return values, faults


def ordered(file: str, columns: Columns, rows: Sequence[Row], habit: Habit) -> tuple[dict[str, list[int]], list[str]]:
    """{series: its rows in the order of its steps}, in the order in which series begin."""
    order: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        order.setdefault(row.cells[columns.series], []).append(at)
    faults = []
    if "" in order:
        lines = named(f"line {rows[at].line}" for at in order[""])
        faults.append(
            f"{file}: column {columns.header[columns.series]!r}: given no series ({lines}), allowed a name in each row"
        )
    if columns.step is None:
        return order, faults
    places = [_step(row.cells[columns.step], habit) for row in rows]
    if unclear := [rows[at] for at, place in enumerate(places) if math.isnan(place)]:
        told = named(f"line {row.line}: {row.cells[columns.step]!r}" for row in unclear)
        return order, [
            *faults,
            f"{file}: column {columns.header[columns.step]!r}: given steps that are no numbers or ISO dates"
            f" ({told}), allowed one kind of these",
        ]
    order = {name: sorted(own, key=lambda at: (places[at], at)) for name, own in order.items()}
    return order, faults + _of_steps(file, columns, rows, order, places)


def _step(cell: str, habit: Habit) -> float:
    """Where a step stands: a number, or a date in seconds; NaN for neither."""
    value = number(cell, habit)
    if math.isnan(value):
        try:
            moment = datetime.datetime.fromisoformat(cell)
        except ValueError:
            return math.nan
        return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()
    return value


def _of_steps(
    file: str, columns: Columns, rows: Sequence[Row], order: Mapping[str, Sequence[int]], places: Sequence[float]
) -> list[str]:
    """Steps that are there twice, or that lack between two others: further apart than steps of the file are."""
    pairs = [(each, one, other) for each, own in order.items() for one, other in pairwise(own)]
    usual = median([places[other] - places[one] for _, one, other in pairs] or [0])
    twice = [pair for pair in pairs if places[pair[1]] == places[pair[2]]]
    gaps = [pair for pair in pairs if places[pair[2]] - places[pair[1]] > GAP * usual > 0]
    column = f"{file}: column {columns.header[columns.step or 0]!r}"
    faults = []
    if twice:
        told = named(f"series {each}: lines {rows[one].line} and {rows[other].line}" for each, one, other in twice)
        faults.append(
            f"{column}: given {len(twice)} steps twice in a series ({told}), allowed each once: remove one of the two"
        )
    if gaps:
        told = named(
            f"series {each}: between lines {rows[one].line} and {rows[other].line}" for each, one, other in gaps
        )
        faults.append(
            f"{column}: given {len(gaps)} gaps between steps ({told}), allowed steps {usual:g} apart: fill them"
            " in, or leave `step` out to take rows as they follow each other"
        )
    return faults


def labels_of(
    file: str, columns: Columns, rows: Sequence[Row], order: Mapping[str, Sequence[int]], target: str, habit: Habit
) -> tuple[list[Any], list[str]]:
    """The label of each series: a word, or a number."""
    at_label = columns.label or 0
    column = f"{file}: column {columns.header[at_label]!r}"
    faults: list[str] = []
    labels: list[Any] = []
    changed, missing = [], []
    for series, own in order.items():
        words = list(dict.fromkeys(rows[at].cells[at_label] for at in sorted(own)))
        lines = [rows[at].line for at in sorted(own)]
        if any(_lacks(word, target, habit) for word in words):
            first = next(at for at in sorted(own) if _lacks(rows[at].cells[at_label], target, habit))
            missing.append(f"series {series}, line {rows[first].line}: {rows[first].cells[at_label]!r}")
        elif len(words) > 1:
            first = next(at for at in sorted(own) if rows[at].cells[at_label] != words[0])
            changed.append(f"series {series}: {words[0]!r} in line {lines[0]}, {words[1]!r} in line {rows[first].line}")
        labels.append(number(words[0], habit) if target == "number" else words[0])
    if changed:
        faults.append(
            f"{column}: given {len(changed)} series whose label changes ({named(changed)}), allowed one label in"
            " all rows of a series"
        )
    if missing and target == "number" and len(missing) == len(order):
        faults.append(
            f"{column}: given no number to predict ({named(missing)}), allowed a number in each row: leave"
            " `target: number` (`--target number`) out to tell these as classes"
        )
    elif missing:
        faults.append(
            f"{column}: given {len(missing)} series with rows without a label ({named(missing)}), allowed"
            f" {'a number' if target == 'number' else 'a class'} in each row"
        )
    return labels, faults


def _lacks(word: str, target: str, habit: Habit) -> bool:
    return math.isnan(number(word, habit)) if target == "number" else word.casefold() in NO_LABEL


def groups_of(
    file: str, columns: Columns, rows: Sequence[Row], order: Mapping[str, Sequence[int]]
) -> tuple[np.ndarray | None, list[str]]:
    """A number for the group of each series, (series,), if there is a column of these."""
    if columns.group is None:
        return None, []
    at, own = columns.group, {}
    for series, steps in order.items():
        own[series] = list(dict.fromkeys(rows[step].cells[at] for step in sorted(steps)))
    wrong = [
        f"series {series}: {', '.join(map(repr, names[:2]))}"
        for series, names in own.items()
        if len(names) > 1 or names[0].casefold() in NO_LABEL
    ]
    if wrong:
        column = f"{file}: column {columns.header[at]!r}"
        return None, [
            f"{column}: given {len(wrong)} series of no group, or of two ({named(wrong)}), allowed one for each"
        ]
    return np.unique([names[0] for names in own.values()], return_inverse=True)[1].astype(np.int64), []


def too_long(file: str, order: Mapping[str, Sequence[int]], longest: int | None) -> list[str]:
    long = [f"{name}: {len(own)}" for name, own in order.items() if longest and len(own) > longest]
    if not long:
        return []
    return [
        f"{file}: given {len(long)} series of more steps ({named(long)}), allowed `longest: {longest}`:"
        " raise it, or cut them by `longer: cut`"
    ]
