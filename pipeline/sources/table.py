"""Read a table, ours or the user's own, with its label in one of its columns, from a CSV or Parquet file."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pipeline.errors import InputError
from pipeline.new_data import REQUEST, Field, NewData
from pipeline.raw_data import Column, RawData, required
from pipeline.records import digest
from pipeline.sources import _findings, _habits, _kinds, _labels, _new_rows, _table_file, _typed
from pipeline.sources._delimited import Cells, of_no_cells

if TYPE_CHECKING:
    import pandas as pd

KIND = "table"
LABELS = "class"  # or a number, where `load` is told so by its `labels`
SPLIT = "drawn"
ENDINGS = (".csv", ".tsv", ".txt", ".parquet")
KINDS = ("number", "category", "date", "drop")
LARGEST = float(np.finfo(np.float32).max)
BECOMES = {"number": "a number", "category": "a 0 or 1 for each word", "date": "days since 1970-01-01"}
LABEL, GROUP, LEFT_OUT = ASIDE = ("the label", "keeps rows together", "left out")
GAPS = dict.fromkeys(("number", "date"), "; gaps: the median, and a 1") | {"category": "; gaps: a 1 of their own"}


def load(
    raw: Path,
    seed: int,
    *,
    file: str,
    label: str | None = None,
    labels: Literal["class", "number"] = "class",
    missing_label: Literal["refuse", "drop"] = "refuse",
    group: str | None = None,
    columns: dict[str, str] | None = None,
    drop: list[str] | None = None,
    missing: list[str] | None = None,
    separator: Literal["auto", ",", ";", "tab", "|"] = "auto",
    decimal: Literal["auto", ".", ","] = "auto",
    thousands: Literal["auto", "none", ".", ",", "space", "'"] = "auto",
    encoding: str = "auto",
    header: Literal["auto", "yes", "no"] = "auto",
    precision: Literal["float64", "float32"] = "float64",
) -> RawData:
    """The table in `file`: columns of numbers, categories and dates as they stand there, and its labels.

    `file` is a name in data/raw without its ending, or the path of a .csv, .tsv, .txt or .parquet file. `label` is the
    column to predict (the one called `class` if none is named), `group` one whose rows stay together. `columns` says of
    columns what they are: number, category, date (or its form, such as %d/%m/%Y) or drop. `missing` are words for a
    missing cell beside the usual ones. What is not set of how the file is written is recognised, or refused with the
    setting that tells it. With `precision: float32` numbers are rounded to it before they are scaled. `seed` decides
    nothing. InputError: all that is wrong with the file, by line and column.
    """
    path = required(raw, file, ENDINGS, "a table")
    data = path.read_bytes()
    told = Settings(
        label=label,
        labels=labels,
        missing_label=missing_label,
        group=group,
        columns=columns or {},
        drop=drop or [],
        missing=missing or [],
        separator=separator,
        decimal=decimal,
        thousands=thousands,
        encoding=encoding,
        header=header,
        precision=precision,
    )
    key = digest(data, path.name, asdict(told))
    if key not in _last:  # all draws of a data set are of one table
        _last.clear()
        _last[key] = _table(data, path, told)
    return _last[key]


_last: dict[str, RawData] = {}  # the table that was read last, by a digest of its bytes and settings


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How `load` was asked to read a table."""

    label: str | None
    labels: Literal["class", "number"]
    missing_label: Literal["refuse", "drop"]
    group: str | None
    columns: Mapping[str, str]
    drop: Sequence[str]
    missing: Sequence[str]
    separator: str
    decimal: str
    thousands: str
    encoding: str
    header: Literal["auto", "yes", "no"]
    precision: str


def _table(data: bytes, path: Path, told: Settings) -> RawData:
    """What stands in the file."""
    cells = _table_file.read(data, path, separator=told.separator, encoding=told.encoding, header=told.header)
    asked = _asked(cells, told)
    habit = _habits.habit(cells, _of_numbers(cells, asked, told), told.missing, told.decimal, told.thousands)
    reader = _kinds.Reader(cells, habit, told.missing)
    found = {place: reader.read(place, asked.kinds.get(cells.names[place])) for place in asked.inputs}
    for place in (asked.label, asked.group):
        if place is not None and cells.names[place] in cells.unreadable:
            raise InputError(of_no_cells(cells, cells.names[place]))
    labels = _labels.read(reader, asked.label, told.missing, labels=told.labels, missing_label=told.missing_label)
    groups = None if asked.group is None else _groups(reader, asked.group, labels.kept)
    if reader.faults:
        raise InputError("\n".join(reader.faults))
    inputs = {place: _of_rows(column, labels.kept, told.precision) for place, column in found.items() if column}
    return _raw_data(cells, asked, inputs, labels, groups, _new_rows.form(reader, told.missing, told.precision))


def read_new(place: Path, card: Mapping[str, Any], *, separator: str, encoding: str, **settings: Any) -> NewData:
    """The rows of a file like that of training, with labels or without, by the marks and kinds that it had.

    `card` is that of the prepared data, the settings are those of `load`. Columns that were left out, and the label,
    are kept as `names`. InputError: columns that are lacking, or a file that is no table.
    """
    if place.suffix.lower() not in ENDINGS:
        raise InputError(f"file: given {place.name!r}, allowed a table ({', '.join(ENDINGS)}), as in training")
    known = {column["column"]: column["becomes"] for column in card["columns"]}
    unlabelled = [name for name, becomes in known.items() if becomes != LABEL]
    wanted = card["encoder"]["columns"]
    cells, said = _table_file.read_new(
        place,
        card["form"],
        ([*known], unlabelled),
        [column["name"] for column in wanted],
        separator=separator,
        encoding=encoding,
        header=settings["header"],
    )
    aside = [name for name, becomes in known.items() if becomes in ASIDE and name in cells.names]
    found = _new_rows.read(cells, card["form"], wanted, aside, is_typed=_table_file.has_types(place))
    return replace(found, findings=(*said, *found.findings))


def fields(card: Mapping[str, Any]) -> list[Field]:
    """The columns that models have learnt from: numbers, and words and dates as text."""
    shown = {column["column"]: column["example"] for column in card.get("columns", ())}
    types = {"number": "double", "category": "string", "date": "string"}
    columns = card["encoder"]["columns"]
    return [Field(name=each["name"], type=types[each["kind"]], example=_cell(each, shown)) for each in columns]


def _cell(column: Mapping[str, Any], shown: Mapping[str, str | None]) -> float | str | None:
    """A median, a date as the file has it, or the first word."""
    if column["kind"] == "number":
        return float(column["median"])
    return shown.get(column["name"]) if column["kind"] == "date" else next(iter(column["categories"]), None)


def read_request(data: "pd.DataFrame", card: Mapping[str, Any]) -> NewData:
    """Rows whose columns are found by name, and whose gaps are None or NaN (InputError: columns that are lacking)."""
    import pyarrow as pa

    cells = _typed.of_table(pa.Table.from_pandas(data, preserve_index=False), REQUEST)
    return _new_rows.read(cells, card["form"], card["encoder"]["columns"], (), is_typed=True)


def check(raw: Path, *, file: str, **settings: Any) -> None:
    """InputError: the file is not there."""
    required(raw, file, ENDINGS, "a table")


# What is asked for


@dataclass(frozen=True)
class Asked:
    """Places of the label, of the group and of the other columns, and what is said of these by name."""

    label: int
    group: int | None
    inputs: tuple[int, ...]
    kinds: Mapping[str, str]


def _asked(cells: Cells, told: Settings) -> Asked:
    """What the settings say of the file's columns (InputError: of columns that it does not have)."""
    label, group, columns, drop = told.label, told.group, told.columns, told.drop
    kinds = {name: kind for name, kind in columns.items() if kind != "drop"}
    dropped = {*drop, *(name for name, kind in columns.items() if kind == "drop")}
    named = [("label", label), ("group", group), *(("columns", name) for name in columns)]
    named += [("drop", name) for name in drop]
    faults = [_unknown(cells, key, name) for key, name in named if name is not None and name not in cells.names]
    for name, kind in kinds.items():
        if kind not in KINDS and not _kinds.has_year(kind):
            allowed = f"{', '.join(KINDS)}, or the form of its dates with their year, such as %d/%m/%Y"
            faults.append(f"columns: {name}: given {kind!r}, allowed {allowed}")
    called = [name for name in cells.names if name.lower() == "class"]
    if label is None and len(called) != 1:
        faults.append(
            f"{cells.name}: given no `label` and {len(called) or 'no'} columns called class, allowed the column to"
            f" predict: set `label:` to one of {', '.join(cells.names)[:200]}"
        )
    if faults:
        raise InputError("\n".join(faults))
    target = label or called[0]
    others = [name for name in cells.names if name not in (target, group)]
    inputs = tuple(cells.names.index(name) for name in others if name not in dropped)
    return Asked(cells.names.index(target), None if group is None else cells.names.index(group), inputs, kinds)


def _unknown(cells: Cells, key: str, name: str) -> str:
    near = difflib.get_close_matches(name, cells.names, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return f"{key}: given {name!r}, allowed a column of {cells.name}: {', '.join(cells.names)[:200]}{hint}"


def _of_numbers(cells: Cells, asked: Asked, told: Settings) -> list[int]:
    """Places of the columns that may be numbers: no other tells how the file writes these."""
    inputs = [place for place in asked.inputs if asked.kinds.get(cells.names[place], "number") == "number"]
    return [*inputs, asked.label] if told.labels == "number" else inputs


# What comes of it


def _of_rows(column: Column, kept: np.ndarray, precision: str) -> Column:
    """The column's cells in the rows that are kept."""
    cells = column.cells if kept.all() else column.cells[kept]
    if column.kind == "number" and precision == "float32":
        if np.nanmax(np.abs(cells), initial=0) > LARGEST:
            raise InputError(f"column {column.name!r}: given a number beyond 3.4e38, allowed what float32 holds")
        cells = cells.astype(np.float32).astype(np.float64)
    return Column(column.name, column.kind, cells)


def _groups(reader: _kinds.Reader, place: int, kept: np.ndarray) -> np.ndarray:
    """A number for each kept row's group; a row without one is a fault."""
    cells, name = reader.cells.columns[place], reader.cells.names[place]
    absent = reader.is_missing(cells) & kept
    if absent.any():
        first = reader.cells.places([int(np.argmax(absent))])[0]
        told = f"given {absent.sum()} rows without a group, from {first} on, allowed one in every row: fill them in"
        reader.say(f"{reader.cells.name}: column {name!r}: {told}")
    codes = cells.dictionary_encode().indices.to_numpy(zero_copy_only=False)
    of_rows: np.ndarray = codes.astype(np.int64)[kept]
    return of_rows


def _raw_data(
    cells: Cells,
    asked: Asked,
    inputs: Mapping[int, Column],
    told: _labels.LabelColumn,
    groups: np.ndarray | None,
    form: Mapping[str, Any],
) -> RawData:
    """Columns that are measurements, and what is to be known of all of them (InputError: copies of the label)."""
    sifted = _findings.sift(inputs, asked.kinds)
    kept, known, faults = sifted.kept, sifted.known, _findings.faults(cells.name, sifted, asked.kinds, told.y)
    if not kept:
        names = ", ".join(cells.names)[:200]
        faults.append(f"{cells.name}: given no column to learn from ({names}), allowed one or more beside the label")
    if faults:
        raise InputError("\n".join(faults))
    findings = [*told.findings, *_findings.of_left_out(cells.names, asked.inputs, inputs, sifted.out)]
    for place, column in kept.items():
        findings += _findings.of_column(column, known[place], told.y)
    becomes = {place: BECOMES[column.kind] for place, column in kept.items()} | {asked.label: LABEL}
    becomes |= {place: becomes[place] + GAPS[column.kind] for place, column in kept.items() if known[place].missing}
    becomes |= {} if asked.group is None else {asked.group: GROUP}
    columns = [_described(cells, place, inputs.get(place), known.get(place), becomes) for place in range(cells.width)]
    card = {"columns": columns, "form": dict(form)}
    return RawData(
        x=tuple(kept.values()),
        y=told.y,
        class_names=told.class_names,
        groups=groups,
        findings=tuple(findings),
        card=card,
    )


def _described(
    cells: Cells, place: int, column: Column | None, known: _findings.Facts | None, becomes: Mapping[int, str]
) -> dict[str, Any]:
    """A row of the card's table of columns."""
    return {
        "column": cells.names[place],
        "kind": column.kind if column else None,
        "missing": known.missing if known else None,
        "distinct": known.distinct if known else None,
        "example": cells.example(place),
        "becomes": becomes.get(place, LEFT_OUT),
    }
