"""Read the file of a table into cells; a new one by the marks of training, or else by its own."""

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pipeline.errors import InputError
from pipeline.sources import _delimited, _typed
from pipeline.sources._delimited import BOMS, Cells

Header = Literal["auto", "yes", "no"]


def has_types(path: Path) -> bool:
    """Whether a file says itself what each column is."""
    return path.suffix.lower() == ".parquet"


def read(data: bytes, path: Path, *, separator: str, encoding: str, header: Header) -> Cells:
    """The cells of a file's bytes; see `_typed.read` and `_delimited.read`, which refuse what they cannot read."""
    if has_types(path):
        return _typed.read(data, path.name)
    try:
        codecs.lookup("utf-8" if encoding == "auto" else encoding)
    except LookupError:
        raise InputError(f"encoding: given {encoding!r}, allowed one that Python knows, such as cp1252") from None
    return _delimited.read(data, path.name, separator=separator, encoding=encoding, header=header)


def read_new(
    path: Path,
    form: Mapping[str, Any],
    columns: tuple[Sequence[str], Sequence[str]],
    wanted: Sequence[str],
    *,
    separator: str,
    encoding: str,
    header: Header,
) -> tuple[Cells, tuple[str, ...]]:
    """The cells of a file that is to be answered, and a line where it has another separator than training's `form`.

    `columns` are all those of training, and those without the label: a file without a header has either. `wanted` are
    those that must be there. InputError: text in another encoding, or cells that no separator tells.
    """
    data = path.read_bytes()
    if has_types(path):
        return read(data, path, separator=separator, encoding=encoding, header=header), ()
    encoding = _encoding(data, path.name, encoding)
    if form["separator"]:
        separator = form["separator"] if separator == "auto" else separator
        header = ("yes" if form["has_header"] else "no") if header == "auto" else header
    marks = (separator, "auto") if separator != "auto" else ("auto",)
    found: list[Cells] = []
    faults: list[InputError] = []
    for mark in marks:
        try:
            cells = _named(read(data, path, separator=mark, encoding=encoding, header=header), *columns)
        except InputError as error:
            faults.append(error)
            continue
        found.append(cells)
        if {*wanted} <= {*cells.names}:
            break
    if not found:
        raise faults[0]
    cells = found[-1]
    trained = _delimited.SEPARATORS.get(separator, cells.separator)
    if cells.separator == trained:
        return cells, ()
    return cells, (f"cells are separated by {cells.separator!r}, those of training by {trained!r}",)


def _encoding(data: bytes, name: str, told: str) -> str:
    """UTF-8 where the bytes are such text, as hardly any other is, else the one that was `told` of training.

    InputError: none was told, and it is not UTF-8.
    """
    if any(data.startswith(mark) for mark in BOMS):
        return "auto"
    try:
        data.decode()
    except UnicodeDecodeError as error:
        if told != "auto":
            return told
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            f"{name}: line {line}: given bytes that are not UTF-8, allowed text in UTF-8, as that of training: save the"
            " file so"
        ) from None
    return told if b"\0" in data else "auto"


def _named(cells: Cells, every: Sequence[str], unlabelled: Sequence[str]) -> Cells:
    """Columns without a header, called as those of training: all of them, or all but the label (InputError)."""
    if cells.has_header:
        return cells
    for names in (every, unlabelled):
        if len(cells.names) == len(names):
            return replace(cells, names=tuple(names))
    raise InputError(
        f"{cells.name}: given {len(cells.names)} columns without a header, allowed {len(every)}, or {len(unlabelled)}"
        " without the label, in the order of training"
    )
