"""Read a table of numbers with a class in its last column, ours or the user's own, from a CSV file."""

import csv
import re
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.records import Examples

KIND = "table"
LABELS = "class"
SPLIT = "drawn"
LARGEST = float(np.finfo(np.float32).max)


def load(raw: Path, seed: int, *, file: str) -> Examples:
    """The table in data/raw/<file>.csv: x of shape (rows, columns - 1), unscaled.

    The first line names the columns; the last column is `class`, with whole numbers or words, which become 0, 1, ... in
    their own order. `seed` decides nothing. InputError: a file that is not there, no header, a cell that is not a
    finite number (line and column named), a single class.
    """
    header, rows = _read(raw, file)
    if len(header) < 2 or header[-1].strip().lower() != "class":
        names = ",".join(header)[:80]
        raise InputError(f"{file}.csv: line 1: given the header {names!r}, allowed a last column 'class'")
    if not rows:
        raise InputError(f"{file}.csv: given no rows, allowed one or more below the header")
    inputs = np.array([_numbers(cells, header, f"{file}.csv: line {line}") for line, cells in rows], np.float32)
    return Examples(inputs, _codes([cells[-1].strip() for _, cells in rows], file))


def check(raw: Path, *, file: str) -> None:
    """InputError: data/raw/<file>.csv is not there."""
    if not re.fullmatch(r"[a-z0-9_]+", file) or not (raw / f"{file}.csv").is_file():
        tables = ", ".join(sorted(table.stem for table in raw.glob("*.csv"))) or "none: put a .csv file there"
        raise InputError(f"file: given {file!r}, allowed a table in data/raw, named in [a-z0-9_]: {tables}")


def _read(raw: Path, file: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Column names, and each row's cells with its line in the file; empty lines are left out."""
    check(raw, file=file)
    try:
        with (raw / f"{file}.csv").open(newline="", encoding="utf-8-sig") as opened:
            reader = csv.reader(opened)
            header = next(reader, [])
            return header, [(reader.line_num, cells) for cells in reader if cells]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file}.csv: given {error}, allowed comma-separated text in UTF-8") from None


def _numbers(cells: list[str], header: list[str], place: str) -> list[float]:
    """All cells of a row but the last, its class."""
    if len(cells) != len(header):
        raise InputError(f"{place}: given {len(cells)} cells, allowed {len(header)}, as in the header")
    numbers = []
    for cell, column in zip(cells[:-1], header, strict=False):
        try:
            number = float(cell)
        except ValueError:
            number = np.nan
        if not abs(number) <= LARGEST:  # NaN is not, either
            raise InputError(f"{place}, column {column.strip()!r}: given {cell.strip()!r}, allowed a finite number")
        numbers.append(number)
    return numbers


def _codes(words: list[str], file: str) -> np.ndarray:
    """Class words as 0, 1, ...: by value if all are whole numbers, else in alphabetical order."""
    if "" in words:
        raise InputError(f"{file}.csv: row {words.index('') + 1}, column 'class': given nothing, allowed a class")
    whole = all(re.fullmatch(r"-?[0-9]+", word) for word in words)
    names = sorted({*words}, key=int if whole else str)
    if len(names) < 2:
        raise InputError(f"{file}.csv: column 'class': given only {names[0]!r}, allowed two classes or more")
    code = {name: number for number, name in enumerate(names)}
    return np.array([code[word] for word in words], np.int64)
