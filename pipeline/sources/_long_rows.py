"""Read the rows of a long table of recordings, one a step, and find which of its columns is what."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pipeline.errors import InputError
from pipeline.sources._class_names import first_of

SEPARATORS = (",", ";", "\t", "|")
MOST_NAMED = 5

named = partial(first_of, most=MOST_NAMED)


@dataclass(frozen=True)
class Columns:
    """Where things stand in a row: `channels` are all columns that are nothing else."""

    header: Sequence[str]
    series: int
    step: int | None
    label: int | None
    group: int | None
    channels: Sequence[int]


@dataclass(frozen=True)
class Row:
    """One step: its line in the file, and its cells."""

    line: int
    cells: Sequence[str]


def lines_of(place: Path) -> list[str]:
    """The file's lines, with their ends."""
    try:
        return io.StringIO(place.read_bytes().decode("utf-8-sig"), newline="").readlines()
    except UnicodeDecodeError as error:
        line = place.read_bytes()[: error.start].count(b"\n") + 1
        told = f"line {line}: given bytes that are not UTF-8, allowed text in UTF-8: save it so"
        raise InputError(f"{place.name}: {told}") from None


def read(
    place: Path, lines: Sequence[str], wanted: Sequence[str], separator: str | None
) -> tuple[list[str], list[Row], str]:
    """Names of columns, rows below, and the separator: the one under which the first line has the wanted columns."""
    if separator is not None and (len(separator) != 1 or separator in '"\r\n'):
        raise InputError(f"separator: given {separator!r}, allowed one sign, such as ';' or \"\\t\"")
    first = next((at for at, line in enumerate(lines) if line.strip() and not line.lower().startswith("sep=")), 0)
    for sign in SEPARATORS if separator is None else (separator,):
        if {*wanted} <= {*_header(lines[first:], sign)}:
            return *_cells(place, lines[first:], sign, before=first), sign
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


def columns_of(
    file: str,
    header: Sequence[str],
    *,
    series: str,
    step: str | None,
    label: str,
    group: str | None,
    drop: Sequence[str],
) -> Columns:
    """Which column is what. InputError: names that are not there, or twice; no channel."""
    faults = []
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice:
        faults.append(f"{file}: given {named(map(repr, twice))} for more than one column, allowed different names")
    lacking = [name for name in drop if name not in header]
    if lacking:
        faults.append(f"drop: given {named(map(repr, lacking))}, allowed columns of {file}: {', '.join(header)}")
    parts = [name for name in (series, step, label, group) if name is not None]
    if len({*parts}) < len(parts):
        faults.append(f"series, step, label, group: given {', '.join(parts)}, allowed a column of its own for each")
    channels = [at for at, name in enumerate(header) if name not in (*parts, *drop)]
    if not channels:
        faults.append(f"{file}: given no column beside {', '.join([*parts, *drop])}, allowed one or more channels")
    if faults:
        raise InputError("\n".join(faults))
    of_step, of_group = (header.index(name) if name else None for name in (step, group))
    return Columns(header, header.index(series), of_step, header.index(label), of_group, channels)


def of_widths(file: str, columns: Columns, rows: Sequence[Row]) -> list[str]:
    wrong = [row for row in rows if len(row.cells) != len(columns.header)]
    if not wrong:
        return []
    told = named(f"line {row.line}: {len(row.cells)}" for row in wrong)
    return [
        f"{file}: given rows with another number of cells ({told}), allowed {len(columns.header)}, as in the header"
    ]
