"""Read delimited text into columns of cells: its form is recognised, or refused with the setting that tells it."""

import codecs
import contextlib
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pipeline.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

SEPARATORS = {",": ",", ";": ";", "tab": "\t", "|": "|"}  # as settings name them
BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
HEAD_LINES = 200  # by which the form is recognised; every line is held to it
MOST_LISTED = 20  # lines of a fault that are named one by one
NUMBER = re.compile(r"[-+]?(\d[\d.,' \u00a0\u202f]*|[.,]\d+)([eE][-+]?\d+)?")  # by any country's habits


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of a file, stripped of blanks around them: `columns`, one Arrow array of text a name.

    `name` is how messages call the file. `text` is what stands below the header (or `names` are made up, without one),
    of which the first line is number `line`; None where the file has no lines.
    """

    name: str
    names: tuple[str, ...]
    columns: "tuple[pa.Array, ...]"
    separator: str = ","
    text: bytes | None = None
    line: int = 1
    has_header: bool = True
    unreadable: Mapping[str, str] = field(default_factory=dict)  # {column: its type, which is none of cells}
    days: frozenset[str] = frozenset()  # columns that a file with types says to be dates: their cells are in ISO 8601

    @property
    def width(self) -> int:
        """How many columns there are."""
        return len(self.names)

    def example(self, place: int) -> str | None:
        """The first cell of column number `place` that is not empty."""
        import pyarrow.compute as pc

        filled = self.columns[place].filter(pc.not_equal(self.columns[place], ""))
        return str(filled[0].as_py())[:40] if len(filled) else None

    def blank(self, rows: "np.ndarray") -> "np.ndarray":
        """Which of these rows are empty throughout, as spreadsheets leave them behind: bool, one a row."""
        import pyarrow as pa
        import pyarrow.compute as pc

        found = np.ones(len(rows), bool)
        for column in self.columns:
            found &= np.asarray(pc.equal(column.take(pa.array(rows)), ""))
        return found

    def places(self, rows: Sequence[int]) -> list[str]:
        """Where rows (counted from 0) stand in the file, as messages say it."""
        if self.text is None:
            return [f"row {row + 1}" for row in rows]
        wanted, found = set(rows), {}
        for row, (line, _) in enumerate(_rows(self.text, self.separator)):
            if row in wanted:
                found[row] = self.line + line
                if len(found) == len(wanted):
                    break
        return [f"line {found[row]}" for row in rows]


def of_no_cells(cells: Cells, name: str) -> str:
    """A fault: the column holds lists or bytes, say, and was not left out."""
    told = f"given {cells.unreadable[name]}, allowed numbers, text, dates or true and false"
    return f"{cells.name}: column {name!r}: {told}: set `drop: [{name}]`"


def read(data: bytes, name: str, *, separator: str, encoding: str, header: Literal["auto", "yes", "no"]) -> Cells:
    """The cells of a delimited text; a byte order mark, `sep=;` and comment lines (#) in front are understood.

    InputError: text in another encoding, a separator that the lines do not tell, a header that may be none, a name
    twice, quotes that do not close, and all rows that are longer or shorter than the first, each with its line.
    """
    csv.field_size_limit(2**31 - 1)  # of Python's own reader: Arrow has none
    data = _in_utf8(data, name, encoding)
    start, told, first = _before_the_table(data)
    lines = list(_lines(data[start:]))
    if not any(line.strip() for line in lines):
        raise InputError(f"{name}: given no rows, allowed one or more below the header")
    mark = SEPARATORS.get(separator) or told or _separator(lines, name)
    start, first, lines = _after_comments(lines, mark, start, first)
    names, used = _header(lines, mark, header, name)
    start, first = start + sum(len(line.encode()) for line in lines[:used]), first + used
    body = data[start:]
    _refuse_broken_quotes(body, mark, name, first)
    _refuse_twice(names, f"{name}: line {first - 1}")
    columns = _columns(body, names, mark, name, first)
    return Cells(name, tuple(names), columns, mark, body, first, used > 0)


# Bytes and lines


def _in_utf8(data: bytes, name: str, encoding: str) -> bytes:
    """The same text in UTF-8, without a byte order mark."""
    bom = next((mark for mark in BOMS if data.startswith(mark)), b"")
    used = encoding if encoding != "auto" else BOMS.get(bom, "utf-8")
    body = data[len(bom) :] if BOMS.get(bom) == codecs.lookup(used).name or used == "utf-8" else data
    try:
        text = body.decode(used)
    except UnicodeDecodeError as error:
        line = body[: error.start].count(b"\n") + 1
        raise InputError(
            f"{name}: line {line}: given bytes that are not {used}, allowed text in one encoding:"
            " set `encoding:` (cp1252 for most Windows programs, utf-16, latin-1), or save the file as UTF-8"
        ) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise InputError(f"{name}: line {line}: given a null byte, allowed text: export the table as CSV")
    return body if used == "utf-8" else text.encode()


def _lines(data: bytes) -> Iterator[str]:
    """The first lines, each with its end."""
    head = data[: 64 * 1024 * HEAD_LINES].decode("utf-8", "ignore")
    for number, line in enumerate(re.finditer(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$", head)):
        if number == HEAD_LINES:
            return
        yield line.group()


def _before_the_table(data: bytes) -> tuple[int, str | None, int]:
    """Where the text begins behind a line `sep=;`, the separator that it names, and the number of the line there."""
    told = re.match(rb"(?:\"?sep=(.)\"?)(?:\r\n|\r|\n)", data, re.IGNORECASE | re.DOTALL)
    return (told.end(), told[1].decode("utf-8", "replace"), 2) if told else (0, None, 1)


def _after_comments(lines: list[str], mark: str, start: int, first: int) -> tuple[int, int, list[str]]:
    """Without empty lines in front, and comments: lines that begin with # and are not as wide as the table."""
    wide = Counter(len(cells) for line in lines if (cells := _cells(line, mark)) and not line.startswith("#"))
    width = wide.most_common(1)[0][0] if wide else 0
    while lines and (not lines[0].strip() or (lines[0].startswith("#") and len(_cells(lines[0], mark)) != width)):
        start, first, lines = start + len(lines[0].encode()), first + 1, lines[1:]
    return start, first, lines


def _cells(line: str, mark: str) -> list[str]:
    return next(csv.reader([line.rstrip("\r\n")], delimiter=mark), [])


# What the lines tell of their form


def _separator(lines: list[str], name: str) -> str:
    """The one mark that cuts all lines into as many cells, and most of them into numbers (InputError)."""
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    marks = SEPARATORS.values()
    as_text = [(mark, list(csv.reader(io.StringIO("".join(lines), newline=""), delimiter=mark))) for mark in marks]
    by_line = [(mark, [_cells(line, mark) for line in lines]) for mark in marks]  # where a quote does not close
    scores = _scores(as_text) or _scores(by_line)
    best = sorted(scores, key=scores.__getitem__, reverse=True)
    if best and (len(best) == 1 or scores[best[0]] != scores[best[1]]):
        return best[0]
    shown = lines[0].strip()[:60] if lines else ""
    told = "no separator that cuts all lines alike" if not best else "two separators that cut all lines alike"
    raise InputError(
        f"{name}: line 1: given {told} ({shown!r}), allowed commas, semicolons, tabs or bars between cells:"
        ' set `separator:`, as in `separator: ";"`'
    )


def _scores(cut: Sequence[tuple[str, list[list[str]]]]) -> dict[str, tuple[float, float]]:
    """How alike rows are under each separator that cuts most of them alike, and how many cells are numbers."""
    scores: dict[str, tuple[float, float]] = {}
    for mark, found in cut:
        rows = [cells for cells in found if cells]
        widths = Counter(map(len, rows))
        width, often = widths.most_common(1)[0] if widths else (1, 0)
        if width > 1 and often >= 0.8 * len(rows):
            scores[mark] = (_alike(rows, width), _numeric(rows[1:] or rows))
    return scores


def _alike(rows: list[list[str]], width: int) -> float:
    """How many rows are that wide, and whether the first is: headers hold no decimal commas."""
    return sum(len(row) == width for row in rows) / len(rows) + (len(rows[0]) == width)


def _numeric(rows: list[list[str]]) -> float:
    """Share of cells that are numbers by some habit, none of them cut by another separator."""
    cells = [cell.strip() for row in rows for cell in row]
    return sum(bool(NUMBER.fullmatch(cell)) for cell in cells) / max(1, len(cells))


def _header(lines: list[str], mark: str, header: str, name: str) -> tuple[list[str], int]:
    """Names of the columns, and the lines that they take."""
    reader = csv.reader(io.StringIO("".join(lines), newline=""), delimiter=mark)
    first, used, rows = next(reader), reader.line_num, []
    first = [cell.strip() for cell in first]
    with contextlib.suppress(csv.Error):  # a quote that does not close is told of all lines, not of these
        rows = [[cell.strip() for cell in cells] for cells in reader if cells]
    is_names = header == "yes" or (header == "auto" and _is_header(first, rows, name))
    if not is_names:
        return [f"column_{place}" for place in range(1, len(first) + 1)], 0
    names = [first[0].lstrip("# ") or first[0], *first[1:]] if first[0].startswith("#") else first
    if rows and all(len(row) == len(names) + 1 and not row[-1] for row in rows):
        names = [*names, ""]  # every row ends with a separator, the header does not
    return [name or f"column_{place}" for place, name in enumerate(names, 1)], used


def _is_header(first: list[str], rows: list[list[str]], name: str) -> bool:
    """Whether the first line names columns: it has words above numbers (InputError: it may be either)."""
    places = range(len(first))
    below = [[row[place] for row in rows if place < len(row) and row[place]] for place in places]
    numeric = [bool(below[place]) and _numeric([below[place]]) >= 0.5 for place in places]
    words = [place for place in places if first[place] and not numeric[place] and below[place]]
    above = [place for place in places if numeric[place] and first[place]]
    if any(not NUMBER.fullmatch(first[place]) and first[place] != "?" for place in above):
        return True
    if not rows or (words and not above and not any(first[place] in below[place] for place in words)):
        return True
    if above and (any(first[place] in below[place] for place in words) or not (words or _counts_up(first))):
        return False
    raise InputError(
        f"{name}: line 1: given {','.join(first)[:60]!r}, which may be names or a row, allowed either:"
        " set `header: yes` or `header: no`"
    )


def _counts_up(cells: list[str]) -> bool:
    """Whether cells are 0, 1, 2, ... or 1, 2, 3, ..., as columns without a name are called."""
    return cells in [[str(place + start) for place in range(len(cells))] for start in (0, 1)]


# All lines


def _refuse_twice(names: Sequence[str], place: str) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        shown = ", ".join(repr(name) for name in repeated)
        raise InputError(f"{place}: given the column name {shown} twice, allowed names that differ: rename one of them")


def _refuse_broken_quotes(data: bytes, mark: str, name: str, first: int) -> None:
    """InputError: a quoted cell that does not close, or goes on behind its quote."""
    if b'"' not in data:
        return
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline=""), delimiter=mark, strict=True)
    sound = 0
    try:
        for _ in reader:
            sound = reader.line_num
    except csv.Error as error:
        told = "a quote that does not close" if "end of data" in str(error) else str(error)
        raise InputError(
            f"{name}: line {first + sound}: given {told},"
            ' allowed cells in quotes as a whole, with "" for a quote within: mend the line'
        ) from None


def _rows(data: bytes, mark: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with its line in `data`, counted from 0."""
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(data), "utf-8", newline=""), delimiter=mark)
    line = 0
    for cells in reader:
        if cells and not (len(cells) == 1 and not cells[0].strip()):
            yield line, cells
        line = reader.line_num


def _columns(data: bytes, names: list[str], mark: str, name: str, first: int) -> "tuple[pa.Array, ...]":
    """The cells of all rows, column by column."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv as arrow

    if not data.strip():
        raise InputError(f"{name}: given no rows, allowed one or more below the header")
    columns, odd = [f"{place}" for place in range(len(names))], []

    def skip(row: Any) -> str:
        odd.append(bool(row.text.strip()))  # a blank line is no row
        return "skip"

    try:
        table = arrow.read_csv(
            pa.BufferReader(pa.py_buffer(data)),
            arrow.ReadOptions(column_names=columns, block_size=1 << 24),
            arrow.ParseOptions(delimiter=mark, newlines_in_values=True, invalid_row_handler=skip),
            arrow.ConvertOptions(column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid as error:
        raise InputError(f"{name}: given {str(error).splitlines()[0]}, allowed a table as text: mend it") from None
    if any(odd):
        _refuse_other_widths(data, len(names), mark, name, first)
    return tuple(pc.utf8_trim_whitespace(whole(table.column(column))) for column in columns)


def whole(column: "pa.ChunkedArray") -> "pa.Array":
    """One array of all chunks, with room for more than 2 GiB of text."""
    import pyarrow as pa

    found = column.cast(pa.large_string()).combine_chunks()
    return found if isinstance(found, pa.Array) else pa.concat_arrays(found.chunks)


def _refuse_other_widths(data: bytes, width: int, mark: str, name: str, first: int) -> None:
    """InputError: every row that has more or fewer cells than the first line."""
    odd = [(first + line, len(cells)) for line, cells in _rows(data, mark) if len(cells) != width]
    lines = [
        f"{name}: line {line}: given {count} cells, allowed {width}, as in the first line: mend it;"
        " text with a separator goes in quotes"
        for line, count in odd[:MOST_LISTED]
    ]
    if len(odd) > MOST_LISTED:
        lines.append(f"{name}: given {len(odd)} lines of another length, the first of which stand above")
    raise InputError("\n".join(lines))
