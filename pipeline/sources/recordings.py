"""Read recordings from a long CSV file, one row a step: which series it is of, its channels, and the series' class."""

import csv
import datetime
import io
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, Literal

import numpy as np

from pipeline.errors import InputError
from pipeline.new_data import NewData
from pipeline.number_types import Count
from pipeline.raw_data import RawData, located
from pipeline.sources._class_names import NO_LABEL, first_of, in_order, look_alikes, unevenness

KIND = "sequence"
LABELS = "class"
SPLIT = "drawn"

ENDINGS = (".csv", ".tsv", ".txt")
SEPARATORS = (",", ";", "\t", "|")
NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+")
LONG = 1_000  # steps, from which on training takes long
GAP = 1.5  # times the usual distance between two steps
MOST_NAMED = 5

_named = partial(first_of, most=MOST_NAMED)


@dataclass(frozen=True)
class Columns:
    """Where things stand in a row: `channels` are all columns that are nothing else."""

    header: Sequence[str]
    series: int
    step: int | None
    label: int | None
    channels: Sequence[int]


@dataclass(frozen=True)
class Row:
    """One step: its line in the file, and its cells."""

    line: int
    cells: Sequence[str]


def load(
    raw: Path,
    seed: int,
    *,
    file: str,
    series: str,
    label: str,
    step: str | None = None,
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
    or with `target` a number. All other columns but those in `drop` are channels. separator and decimal: as the file
    has them, unless told. A series of more steps than `longest` is refused, or cut behind it. Series are in the order
    in which they begin, and classes in their own; `seed` decides nothing. InputError: all that does not fit, by series
    and line.
    """
    place = _place(raw, file)
    file = place.name
    header, rows = _read(place, _text(place), [series, label, *([step] if step else [])], separator)
    columns = _columns(file, header, series=series, step=step, label=label, drop=drop)
    faults = _of_widths(file, columns, rows)
    rows = [row for row in rows if len(row.cells) == len(header)]
    mark, of_mark = _decimal(file, columns, rows, decimal)
    numbers, of_numbers = _numbers(file, columns, rows, mark)
    order, of_steps = _ordered(file, columns, rows, mark)
    labels, of_labels = _labels(file, columns, rows, order, target, mark)
    of_length = _too_long(file, order, longest if longer == "refuse" else None)
    faults += [*of_mark, *of_numbers, *of_steps, *of_labels, *of_length]
    if faults or not order:
        raise InputError("\n".join(faults) or f"{file}: given no rows, allowed one or more below the header")
    x, lengths = _padded(numbers, list(order.values()), longest)
    y, names = _codes(file, labels, target)
    findings = [*_findings(file, columns, x, lengths, order, longest)]
    findings += look_alikes(file, names, most=MOST_NAMED)
    findings += [f"{file}: {line}" for line in (unevenness(y, names, what="series") if names else ())]
    told = {"series": len(order), "channels": [header[at] for at in columns.channels], "decimal": mark}
    card = {"recordings": told}
    return RawData(x=x, y=y, class_names=names, lengths=lengths, findings=tuple(findings), card=card)


def check(
    raw: Path,
    *,
    file: str,
    series: str,
    label: str,
    step: str | None = None,
    drop: Sequence[str] = (),
    target: str = "class",
    separator: str | None = None,
    decimal: str | None = None,
    longest: int | None = None,
    longer: str = "refuse",
) -> None:
    """InputError: the file is not there, or lacks a column."""
    place = _place(raw, file)
    header, _ = _read(place, _text(place), [series, label, *([step] if step else [])], separator)
    _columns(place.name, header, series=series, step=step, label=label, drop=drop)


def files(raw: Path, *, file: str, **settings: Any) -> list[Path]:
    """The file, where it is told by its path; none where it is not there, or is named as one of data/raw."""
    place = located(raw, file, ENDINGS) if Path(file).suffix else None
    return [place] if place else []


def read_new(
    place: Path,
    card: Mapping[str, Any],
    *,
    series: str,
    label: str,
    step: str | None,
    separator: str | None,
    longest: int | None,
    longer: str,
    **settings: Any,
) -> NewData:
    """The series of a long CSV file, with labels or without: the channels of training, in its order, found by name.

    A series in which a cell is no number is left out. InputError: columns that are lacking, steps that are there twice
    or lack, series of more steps than the model knows.
    """
    if place.suffix not in ENDINGS:
        raise InputError(
            f"file: given {place.name!r}, allowed recordings in a file ({', '.join(ENDINGS)}), as in training"
        )
    told, steps = card["recordings"], card["shape"][0]
    wanted = [series, *([step] if step else []), *told["channels"]]
    header, rows = _read(place, _text(place), wanted, separator)
    channels = [header.index(name) for name in told["channels"]]
    aside = header.index(label) if label in header else None
    columns = Columns(header, header.index(series), header.index(step) if step else None, aside, channels)
    faults = _of_widths(place.name, columns, rows)
    rows = [row for row in rows if len(row.cells) == len(header)]
    values = np.array([[_number(row.cells[at], told["decimal"]) for at in channels] for row in rows], np.float64)
    order, of_steps = _ordered(place.name, columns, rows, told["decimal"])
    bad = {name: first for name, own in order.items() if (first := _first_wrong(columns, rows, values, own))}
    kept = {name: own for name, own in order.items() if name not in bad}
    faults += [*of_steps, *_too_long(place.name, kept, None if longer == "cut" else steps)]
    if faults or not kept:
        worst = f" (the first: {next(iter(bad.values()))})" if bad else ""
        raise InputError(
            "\n".join(faults) or f"{place.name}: given no series that can be read{worst}, allowed one or more"
        )
    cut = [name for name, own in kept.items() if len(own) > min(longest or steps, steps)]
    x, lengths = _padded(values, list(kept.values()), min(longest or steps, steps))
    x = np.pad(x, [(0, 0), (0, steps - x.shape[1]), (0, 0)])
    names = {series: list(kept)}
    names |= {} if aside is None else {label: [rows[min(own)].cells[aside] for own in kept.values()]}
    said = (f"series cut to {min(longest or steps, steps)} steps, as in training: {_named(cut)}",) if cut else ()
    unread = tuple(f"{name}: {cell}" for name, cell in bad.items())
    return NewData(x=x, lengths=lengths, names=names, findings=said, left_out=unread)


def _first_wrong(columns: Columns, rows: Sequence[Row], values: np.ndarray, own: Sequence[int]) -> str | None:
    """The first cell of a series that is no number, in words; None: there is none."""
    wrong = np.argwhere(np.isnan(values[own]))
    if not len(wrong):
        return None
    row, at = rows[own[wrong[0, 0]]], columns.channels[wrong[0, 1]]
    return f"line {row.line}, column {columns.header[at]!r}: {row.cells[at]!r}"


# From text to rows


def _place(raw: Path, file: str) -> Path:
    place = located(raw, file, ENDINGS)
    if place is None:
        tables = ", ".join(sorted(table.stem for table in raw.glob("*.csv"))) or "none: put a .csv file there"
        raise InputError(
            f"file: given {file!r}, allowed the path of a file ({', '.join(ENDINGS)}), or recordings in data/raw, named"
            f" in [a-z0-9_]: {tables}"
        )
    return place


def _text(place: Path) -> list[str]:
    """The file's lines, with their ends."""
    try:
        return io.StringIO(place.read_bytes().decode("utf-8-sig"), newline="").readlines()
    except UnicodeDecodeError as error:
        line = place.read_bytes()[: error.start].count(b"\n") + 1
        told = f"line {line}: given bytes that are not UTF-8, allowed text in UTF-8: save it so"
        raise InputError(f"{place.name}: {told}") from None


def _read(
    place: Path, lines: Sequence[str], wanted: Sequence[str], separator: str | None
) -> tuple[list[str], list[Row]]:
    """Names of columns, and the rows below, by the separator under which the first line has the wanted columns."""
    if separator is not None and (len(separator) != 1 or separator in '"\r\n'):
        raise InputError(f"separator: given {separator!r}, allowed one sign, such as ';' or \"\\t\"")
    first = next((at for at, line in enumerate(lines) if line.strip() and not line.lower().startswith("sep=")), 0)
    for sign in SEPARATORS if separator is None else (separator,):
        if {*wanted} <= {*_header(lines[first:], sign)}:
            return _cells(place, lines[first:], sign, before=first)
    header = _header(lines[first:], separator or max(SEPARATORS, key="".join(lines[first : first + 1]).count))
    lacking = ", ".join(repr(name) for name in wanted if name not in header)
    told = f"given the columns {', '.join(map(repr, header[:20])) or 'none'}, allowed ones with {lacking} among them"
    raise InputError(f"{place.name}: line {first + 1}: {told}: name those that are there, or tell the `separator:`")


def _header(lines: Sequence[str], sign: str) -> list[str]:
    """Names of columns; none where the first line has an open quote."""
    try:
        return [cell.strip() for cell in next(csv.reader(lines, delimiter=sign, strict=True), [])]
    except csv.Error:
        return []


def _cells(place: Path, lines: Sequence[str], sign: str, before: int) -> tuple[list[str], list[Row]]:
    """Names of columns, and the rows below; empty lines are left out, and so is an empty last column."""
    reader = csv.reader(lines, delimiter=sign, strict=True)
    try:
        header, *rows = [Row(before + reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as error:
        told = f"line {before + reader.line_num}: given {error}, allowed cells of text, with quotes closed"
        raise InputError(f"{place.name}: {told}") from None
    rows, names = [row for row in rows if any(row.cells)], list(header.cells)
    if not names[-1] and all(len(row.cells) < len(names) or not row.cells[-1] for row in rows):
        return names[:-1], [Row(row.line, row.cells[: len(names) - 1]) for row in rows]
    return names, rows


def _columns(
    file: str, header: Sequence[str], *, series: str, step: str | None, label: str, drop: Sequence[str]
) -> Columns:
    """Which column is what. InputError: names that are not there, or twice; no channel."""
    faults = []
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice:
        faults.append(f"{file}: given {_named(map(repr, twice))} for more than one column, allowed different names")
    lacking = [name for name in drop if name not in header]
    if lacking:
        faults.append(f"drop: given {_named(map(repr, lacking))}, allowed columns of {file}: {', '.join(header)}")
    parts = [name for name in (series, step, label) if name is not None]
    if len({*parts}) < len(parts):
        faults.append(f"series, step, label: given {', '.join(parts)}, allowed a column of its own for each")
    channels = [at for at, name in enumerate(header) if name not in (*parts, *drop)]
    if not channels:
        faults.append(f"{file}: given no column beside {', '.join([*parts, *drop])}, allowed one or more channels")
    if faults:
        raise InputError("\n".join(faults))
    return Columns(header, header.index(series), header.index(step) if step else None, header.index(label), channels)


def _of_widths(file: str, columns: Columns, rows: Sequence[Row]) -> list[str]:
    wrong = [row for row in rows if len(row.cells) != len(columns.header)]
    if not wrong:
        return []
    told = _named(f"line {row.line}: {len(row.cells)}" for row in wrong)
    return [
        f"{file}: given rows with another number of cells ({told}), allowed {len(columns.header)}, as in the header"
    ]


# From rows to numbers


def _decimal(file: str, columns: Columns, rows: Sequence[Row], told: str | None) -> tuple[str, list[str]]:
    """The decimal mark: a comma where cells have one and none has a point. Both, one a cell: a fault."""
    if told:
        return told, []
    cells = [(row, row.cells[at]) for row in rows for at in columns.channels]
    commas = [row for row, cell in cells if "," in cell]
    points = [row for row, cell in cells if "." in cell]
    if not commas:
        return ".", []
    if points:
        lines = f"lines {commas[0].line} and {points[0].line}"
        return ".", [f"{file}: given numbers with commas and with points ({lines}), allowed one: write `decimal:`"]
    if all(THOUSANDS.fullmatch(cell) for _, cell in cells if "," in cell):
        place = f"line {commas[0].line}"
        return ".", [f"{file}: given commas before three digits each ({place}), allowed a told mark: write `decimal:`"]
    return ",", []


def _number(cell: str, mark: str) -> float:
    """A finite number, else NaN; Python alone would take 1_25 for 125."""
    plain = cell.replace(",", ".") if mark == "," and "." not in cell else cell
    value = float(plain) if NUMBER.fullmatch(plain) else math.nan
    return value if math.isfinite(value) else math.nan


def _numbers(file: str, columns: Columns, rows: Sequence[Row], mark: str) -> tuple[np.ndarray, list[str]]:
    """Channels (rows, channels), float64."""
    values = np.array([[_number(row.cells[at], mark) for at in columns.channels] for row in rows], np.float64)
    values = values.reshape(len(rows), len(columns.channels))
    faults = []
    for place, at in enumerate(columns.channels):
        wrong = [row for row, value in zip(rows, values[:, place], strict=True) if math.isnan(value)]
        if wrong:
            told = _named(f"line {row.line}, series {row.cells[columns.series]}: {row.cells[at]!r}" for row in wrong)
            remedy = (
                "fill them in" if len(wrong) < len(rows) else f"leave the column out by `drop: [{columns.header[at]}]`"
            )
            count = f"{len(wrong)} of {len(rows)} cells that are no finite numbers"
            faults.append(f"{file}: column {columns.header[at]!r}: given {count} ({told}), allowed numbers: {remedy}")
    return values, faults


def _ordered(file: str, columns: Columns, rows: Sequence[Row], mark: str) -> tuple[dict[str, list[int]], list[str]]:
    """{series: its rows in the order of its steps}, in the order in which series begin."""
    order: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        order.setdefault(row.cells[columns.series], []).append(at)
    faults = []
    if "" in order:
        lines = _named(f"line {rows[at].line}" for at in order[""])
        faults.append(
            f"{file}: column {columns.header[columns.series]!r}: given no series ({lines}), allowed a name in each row"
        )
    if columns.step is None:
        return order, faults
    places = [_step(row.cells[columns.step], mark) for row in rows]
    if unclear := [rows[at] for at, place in enumerate(places) if math.isnan(place)]:
        told = _named(f"line {row.line}: {row.cells[columns.step]!r}" for row in unclear)
        return order, [
            *faults,
            f"{file}: column {columns.header[columns.step]!r}: given steps that are no numbers or ISO dates"
            f" ({told}), allowed one kind of these",
        ]
    order = {name: sorted(own, key=lambda at: (places[at], at)) for name, own in order.items()}
    return order, faults + _of_steps(file, columns, rows, order, places)


def _step(cell: str, mark: str) -> float:
    """Where a step stands: a number, or a date in seconds; NaN for neither."""
    value = _number(cell, mark)
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
        told = _named(f"series {each}: lines {rows[one].line} and {rows[other].line}" for each, one, other in twice)
        faults.append(
            f"{column}: given {len(twice)} steps twice in a series ({told}), allowed each once: remove one of the two"
        )
    if gaps:
        told = _named(
            f"series {each}: between lines {rows[one].line} and {rows[other].line}" for each, one, other in gaps
        )
        faults.append(
            f"{column}: given {len(gaps)} gaps between steps ({told}), allowed steps {usual:g} apart: fill them"
            " in, or leave `step` out to take rows as they follow each other"
        )
    return faults


def _labels(
    file: str, columns: Columns, rows: Sequence[Row], order: Mapping[str, Sequence[int]], target: str, mark: str
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
        if any(_lacks(word, target, mark) for word in words):
            first = next(at for at in sorted(own) if _lacks(rows[at].cells[at_label], target, mark))
            missing.append(f"series {series}, line {rows[first].line}: {rows[first].cells[at_label]!r}")
        elif len(words) > 1:
            first = next(at for at in sorted(own) if rows[at].cells[at_label] != words[0])
            changed.append(f"series {series}: {words[0]!r} in line {lines[0]}, {words[1]!r} in line {rows[first].line}")
        labels.append(_number(words[0], mark) if target == "number" else words[0])
    if changed:
        faults.append(
            f"{column}: given {len(changed)} series whose label changes ({_named(changed)}), allowed one label in"
            " all rows of a series"
        )
    if missing:
        faults.append(
            f"{column}: given {len(missing)} series with rows without a label ({_named(missing)}), allowed"
            f" {'a number' if target == 'number' else 'a class'} in each row"
        )
    return labels, faults


def _lacks(word: str, target: str, mark: str) -> bool:
    return math.isnan(_number(word, mark)) if target == "number" else word.casefold() in NO_LABEL


def _too_long(file: str, order: Mapping[str, Sequence[int]], longest: int | None) -> list[str]:
    long = [f"{name}: {len(own)}" for name, own in order.items() if longest and len(own) > longest]
    if not long:
        return []
    return [
        f"{file}: given {len(long)} series of more steps ({_named(long)}), allowed `longest: {longest}`:"
        " raise it, or cut them by `longer: cut`"
    ]


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
        raise InputError(f"{file}: given series of one class alone ({_named(names)}), allowed two classes or more")
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
        if all((values == own[0][0]).all() for values in own):
            findings.append(
                f"{file}: column {columns.header[at]!r} is the same everywhere: `drop: [{columns.header[at]}]`"
            )
        elif columns.step is None and all((np.diff(values) > 0).all() for values in own) and lengths.max() > 2:
            findings.append(
                f"{file}: column {columns.header[at]!r} grows from step to step in every series: if it is a"
                f" clock, write `step: {columns.header[at]}`"
            )
    return findings
