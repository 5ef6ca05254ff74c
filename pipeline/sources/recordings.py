"""Read recordings from a long CSV file, one row a step: which series it is of, its channels, and the series' class."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pipeline.errors import InputError
from pipeline.new_data import REQUEST, Field, NewData
from pipeline.number_types import Count
from pipeline.raw_data import RawData, required
from pipeline.sources import _constant, _long_rows, _series
from pipeline.sources._class_names import in_order, look_alikes, unevenness
from pipeline.sources._habits import Habit
from pipeline.sources._long_rows import MOST_NAMED, Columns, Row, named

if TYPE_CHECKING:
    import pandas as pd

KIND = "sequence"
LABELS = "class"
SPLIT = "drawn"

ENDINGS = (".csv", ".tsv", ".txt")
LONG = 1_000  # steps, from which on training takes long


def load(
    raw: Path,
    seed: int,
    *,
    file: str,
    series: str,
    label: str,
    step: str | None = None,
    group: str | None = None,
    drop: list[str] = [],  # noqa: B006 (read, never changed)
    target: Literal["class", "number"] = "class",
    separator: str | None = None,
    decimal: Literal[".", ","] | None = None,
    longest: Count | None = None,
    longer: Literal["refuse", "cut"] = "refuse",
) -> RawData:
    """The series in `file`: x of shape (series, steps, channels), 0 behind each one's end.

    `file` is the path of a .csv, .tsv or .txt file, or the name of a .csv in data/raw without its ending.
    The column `series` names the series that a row is a step of, `step` (numbers, or dates in ISO 8601) orders the
    steps, without one they follow each other as in the file; `label` is the same in all rows of a series: its class,
    or with `target` a number. The series of a `group`, the same in all rows of each, stay in one part. All other
    columns but those in `drop` are channels. separator and decimal: as the file has them, unless told. A series of more
    steps than `longest` is refused, or cut behind it. Series are in the order in which they begin, and classes in their
    own; `seed` decides nothing. InputError: all that does not fit, by series and line.
    """
    place = required(raw, file, ENDINGS, "recordings")
    file = place.name
    header, rows, separator = _long_rows.read(
        place, _long_rows.lines_of(place), _named(series, label, step, group), separator
    )
    columns = _long_rows.columns_of(file, header, series=series, step=step, label=label, group=group, drop=drop)
    faults = _long_rows.of_widths(file, columns, rows)
    rows = [row for row in rows if len(row.cells) == len(header)]
    places = [*columns.channels, *([header.index(label)] if target == "number" else [])]
    habit, of_habit = _series.habit_of(file, rows, places, separator, decimal)
    numbers, of_numbers = _series.numbers(file, columns, rows, habit)
    order, of_steps = _series.ordered(file, columns, rows, habit)
    labels, of_labels = _series.labels_of(file, columns, rows, order, target, habit)
    groups, of_groups = _series.groups_of(file, columns, rows, order)
    of_length = _series.too_long(file, order, longest if longer == "refuse" else None)
    faults += [*of_habit, *of_numbers, *of_steps, *of_labels, *of_groups, *of_length]
    if faults or not order:
        raise InputError("\n".join(faults) or f"{file}: given no rows, allowed one or more below the header")
    x, lengths = _padded(numbers, list(order.values()), longest)
    y, names = _codes(file, labels, target)
    findings = [*_findings(file, columns, x, lengths, order, longest)]
    findings += _constant.of_channels(file, columns, x, lengths, y)
    findings += look_alikes(file, names, most=MOST_NAMED)
    findings += [f"{file}: {line}" for line in (unevenness(y, names, what="series") if names else ())]
    told = {"series": len(order), "channels": [header[at] for at in columns.channels], "decimal": habit.decimal}
    told |= {"thousands": habit.thousands} if habit.thousands else {}
    card = {"recordings": told, "request": _of_request(columns, rows, habit) | {"longest": longest, "longer": longer}}
    return RawData(x=x, y=y, class_names=names, groups=groups, lengths=lengths, findings=tuple(findings), card=card)


def check(
    raw: Path,
    *,
    file: str,
    series: str,
    label: str,
    step: str | None = None,
    group: str | None = None,
    drop: Sequence[str] = (),
    target: str = "class",
    separator: str | None = None,
    decimal: str | None = None,
    longest: int | None = None,
    longer: str = "refuse",
) -> None:
    """InputError: the file is not there, or lacks a column."""
    place = required(raw, file, ENDINGS, "recordings")
    header, _, _ = _long_rows.read(place, _long_rows.lines_of(place), _named(series, label, step, group), separator)
    _long_rows.columns_of(place.name, header, series=series, step=step, label=label, group=group, drop=drop)


def _named(series: str, label: str, step: str | None, group: str | None) -> list[str]:
    """The columns that the settings name."""
    return [name for name in (series, label, step, group) if name is not None]


def read_new(
    place: Path,
    card: Mapping[str, Any],
    *,
    series: str,
    label: str,
    step: str | None,
    group: str | None,
    separator: str | None,
    longest: int | None,
    longer: str,
    **settings: Any,
) -> NewData:
    """The series of a long CSV file, with labels or without: the channels of training, in its order, found by name.

    Numbers are written as those of training, or all of them as the file alone tells, which is said. A series in which a
    cell is no number is left out. InputError: columns that are lacking, steps that are there twice or lack, series of
    more steps than the model knows.
    """
    if place.suffix.lower() not in ENDINGS:
        raise InputError(
            f"file: given {place.name!r}, allowed recordings in a file ({', '.join(ENDINGS)}), as in training"
        )
    told = card["recordings"]
    wanted = [series, *([step] if step else []), *told["channels"]]
    header, rows, separator = _long_rows.read(place, _long_rows.lines_of(place), wanted, separator)
    columns = Columns(
        header,
        header.index(series),
        header.index(step) if step else None,
        header.index(label) if label in header else None,
        header.index(group) if group in header else None,
        [header.index(name) for name in told["channels"]],
    )
    faults = _long_rows.of_widths(place.name, columns, rows)
    rows = [row for row in rows if len(row.cells) == len(header)]
    habit, said = _series.habit_of_new(columns, rows, separator, Habit(told["decimal"], told.get("thousands", "")))
    found = _answerable(place.name, columns, rows, card, habit, faults, longest=longest, longer=longer)
    return replace(found, findings=(*said, *found.findings))


def _of_request(columns: Columns, rows: Sequence[Row], habit: Habit) -> dict[str, Any]:
    """What a server must know to be asked of such series: names of columns, and whether steps are numbers."""
    step = columns.step
    numbers = step is not None and not any(math.isnan(_series.number(row.cells[step], habit)) for row in rows)
    told = None if step is None else columns.header[step]
    return {"series": columns.header[columns.series], "step": told, "step_is_number": numbers}


def fields(card: Mapping[str, Any]) -> list[Field]:
    """A row a step, as in the file: the series that it is of, its place there, and the channels."""
    told, channels = card["request"], card["recordings"]["channels"]
    step = {True: ("double", 0.0), False: ("string", "2024-01-01")}[told["step_is_number"]]
    found = [Field(name=told["series"], type="string", example="a", is_name=True)]
    found += [Field(name=told["step"], type=step[0], example=step[1])] if told["step"] else []
    return [*found, *(Field(name=name, type="double", example=0.0) for name in channels)]


def read_request(data: "pd.DataFrame", card: Mapping[str, Any]) -> NewData:
    """Rows of steps, columns by name; answers are for series, in the order in which they begin (InputError)."""
    told, names = card["request"], [each.name for each in fields(card)]
    lacking = [name for name in names if name not in data]
    if lacking:
        raise InputError(
            f"{REQUEST}: given no column {named(map(repr, lacking))}, allowed all columns of training: there are"
            f" {named(map(str, data))}"
        )
    cells = [["" if cell is None or cell != cell else str(cell) for cell in data[name]] for name in names]
    rows = [Row(line, row) for line, row in enumerate(zip(*cells, strict=True), 1)]
    step = 1 if told["step"] else None
    columns = Columns(names, 0, step, None, None, range(2 if told["step"] else 1, len(names)))
    return _answerable(REQUEST, columns, rows, card, Habit(), [], longest=told["longest"], longer=told["longer"])


def _answerable(
    name: str,
    columns: Columns,
    rows: Sequence[Row],
    card: Mapping[str, Any],
    habit: Habit,
    faults: Sequence[str],
    *,
    longest: int | None,
    longer: str,
) -> NewData:
    """The series of rows; one in which a cell is no number is left out (InputError: `faults`, and those of steps)."""
    steps = card["shape"][0]
    values = np.array([[_series.number(row.cells[at], habit) for at in columns.channels] for row in rows], np.float64)
    order, of_steps = _series.ordered(name, columns, rows, habit)
    bad = {each: first for each, own in order.items() if (first := _first_wrong(columns, rows, values, own))}
    kept = {each: own for each, own in order.items() if each not in bad}
    faults = [*faults, *of_steps, *_series.too_long(name, kept, None if longer == "cut" else steps)]
    if faults or not kept:
        worst = f" (the first: {next(iter(bad.values()))})" if bad else ""
        raise InputError("\n".join(faults) or f"{name}: given no series that can be read{worst}, allowed one or more")
    most = min(longest or steps, steps)
    cut = [each for each, own in kept.items() if len(own) > most]
    x, lengths = _padded(values, list(kept.values()), most)
    x = np.pad(x, [(0, 0), (0, steps - x.shape[1]), (0, 0)])
    names = {columns.header[columns.series]: list(kept)}
    for at in (columns.group, columns.label):
        if at is not None:
            names[columns.header[at]] = [rows[min(own)].cells[at] for own in kept.values()]
    said = (f"series cut to {most} steps, as in training: {named(cut)}",) if cut else ()
    unread = tuple(f"{each}: {cell}" for each, cell in bad.items())
    return NewData(x=x, lengths=lengths, names=names, findings=said, left_out=unread)


def _first_wrong(columns: Columns, rows: Sequence[Row], values: np.ndarray, own: Sequence[int]) -> str | None:
    """The first cell of a series that is no number, in words; None: there is none."""
    wrong = np.argwhere(np.isnan(values[own]))
    if not len(wrong):
        return None
    row, at = rows[own[wrong[0, 0]]], columns.channels[wrong[0, 1]]
    return f"line {row.line}, column {columns.header[at]!r}: {row.cells[at]!r}"


# From numbers to examples


def _padded(numbers: np.ndarray, order: Sequence[Sequence[int]], longest: int | None) -> tuple[np.ndarray, np.ndarray]:
    """(series, steps, channels), 0 behind each one's end, and its steps (series,)."""
    own = [rows[:longest] for rows in order]
    lengths = np.array([len(rows) for rows in own], np.int64)
    x = np.zeros((len(own), int(lengths.max()), numbers.shape[1]), np.float64)
    for place, rows in zip(x, own, strict=True):
        place[: len(rows)] = numbers[rows]
    return x, lengths


def _codes(file: str, labels: Sequence[Any], target: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Classes as 0, 1, ...: by value if all are whole numbers, else in alphabetical order."""
    if target == "number":
        return np.array(labels, np.float64), ()
    names = in_order({*labels})
    if len(names) < 2:
        raise InputError(f"{file}: given series of one class alone ({named(names)}), allowed two classes or more")
    code = {name: number for number, name in enumerate(names)}
    return np.array([code[label] for label in labels], np.int64), tuple(names)


def _findings(
    file: str,
    columns: Columns,
    x: np.ndarray,
    lengths: np.ndarray,
    order: Mapping[str, Sequence[int]],
    longest: int | None,
) -> list[str]:
    """On lengths, and on channels that say nothing or too much."""
    steps, findings = x.shape[1], []
    cut = sum(len(own) > longest for own in order.values()) if longest else 0
    if cut:
        findings.append(f"{file}: {cut} series are cut behind {longest} steps")
    if lengths.min() < steps:
        findings.append(
            f"{file}: series of {lengths.min()} to {steps} steps (half have {median(lengths.tolist()):g} or"
            " fewer), with 0 behind the end: `recurrent` passes over that with `masked: true` in build"
        )
    if steps >= LONG:
        findings.append(
            f"{file}: series of {steps:,} steps: a recurrent network takes long and forgets what lies far"
            " back: keep every tenth step, cut them by `longest` and `longer: cut`, or set `truncate` in build"
        )
    for place, at in enumerate(columns.channels):
        own = [row[:length, place] for row, length in zip(x, lengths, strict=True)]
        if columns.step is None and all((np.diff(values) > 0).all() for values in own) and lengths.max() > 2:
            findings.append(
                f"{file}: column {columns.header[at]!r} grows from step to step in every series: if it is a"
                f" clock, write `step: {columns.header[at]}`"
            )
    return findings
