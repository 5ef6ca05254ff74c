"""Spoilt tables: never a traceback, and where one is read, the numbers that a slow and careful reader finds."""

import csv
import io
import math
import re
from decimal import Decimal, InvalidOperation

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.sources.table import load

GAPS = {"", "?", "-", "--", ".", "#n/a", "#na", "<na>", "n/a", "na", "nan", "-nan", "none", "null", "nil"}
PLAIN = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
FORMS = [(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), ("|", ".")]
ODD = [
    "1_25",
    "inf",
    "1e999",
    "0x1A",
    "1,5",
    "1.234,5",
    "1,234.5",
    "1 000",
    "12 kg",
    "\u0661\u0662",
    "--5",
    "1e",
    "1.2.3",
]
ODD += [
    "9007199254740993",
    "007",
    "$5",
    "5%",
    "NaN",
    "None",
    "?",
    "2024-01-31",
    "03/04/2024",
    "true",
    "\u22125",
    "1e-999",
]
ODD += [
    '"',
    '"x',
    'a"b',
    "x\ny",
    " ",
    "#",
    "\u00a0",
    "é",
    ";",
    ",",
    "\t",
    "'1'",
    "1\u00a0000,5",
    "+1",
    "-0",
    "5.",
    ".5",
]

numbers = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.floats(-1e6, 1e6).map(lambda value: f"{value:.3f}"),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-(2**60), 2**60).map(str),
)
cells = st.one_of(numbers, st.sampled_from(ODD), st.text(max_size=5), st.sampled_from(["", "NA", "red", "green"]))


@st.composite
def files(draw):
    """(bytes, settings): a sound table in some form, with a few cells, lines or bytes of it spoilt."""
    mark, decimal = draw(st.sampled_from(FORMS))
    width, height = draw(st.integers(1, 4)), draw(st.integers(2, 14))
    makers = [draw(st.sampled_from([numbers, st.sampled_from(["red", "green", "NA"]), cells])) for _ in range(width)]
    rows = [[draw(maker) for maker in makers] + [draw(st.sampled_from(["yes", "no"]))] for _ in range(height)]
    if decimal == ",":
        rows = [[cell.replace(".", ",") if PLAIN.fullmatch(cell) else cell for cell in row] for row in rows]
    for _ in range(draw(st.integers(0, 2))):
        rows[draw(st.integers(0, height - 1))][draw(st.integers(0, width))] = draw(cells)
    out = io.StringIO()
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer = csv.writer(out, delimiter=mark, quoting=quoting, lineterminator=draw(st.sampled_from(["\n", "\r\n"])))
    writer.writerows([[*(f"c{place}" for place in range(width)), "class"], *rows])
    text = draw(st.sampled_from(["", "\ufeff", "# note\n", f"sep={mark}\n"])) + out.getvalue()
    for _ in range(draw(st.sampled_from([0, 0, 0, 1]))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.sampled_from(["\n", '"', mark, ",", "1", "\x00", ""])) + text[place + 1 :]
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8", "utf-8", "utf-16", "latin-1"])), "replace"), {}


def careful(data):
    """The rows below the header as cells, by Python's own reader: only asked where `load` has read the file."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = data.decode(encoding)
    told = re.match(r"sep=(.)(\r\n|\r|\n)", text, re.IGNORECASE | re.DOTALL)
    text = text[told.end() :] if told else text
    found = {}
    for mark in [told[1]] if told else [",", ";", "\t", "|"]:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark) if row]
        rows = [[cell.strip() for cell in row] for row in rows]
        wide = max(map(len, rows), default=0)  # a line of blanks alone is no row, as a tab behind a table of tabs
        rows = [row for row in rows if any(row) or len(row) == wide > 1]
        while rows and rows[0][0].startswith("#") and len(rows[0]) != len(rows[-1]):
            rows = rows[1:]
        if rows and len({len(row) for row in rows}) == 1 and "class" in [name.lower() for name in rows[0]]:
            found[mark] = rows
    return found


def meanings(cell):
    """All numbers that a cell may stand for, by any habit."""
    readings = {cell}
    for thousands in (",", ".", " ", "\u00a0", "\u202f", "'"):
        if re.fullmatch(rf"[-+]?\d{{1,3}}({re.escape(thousands)}\d{{3}})+([.,]\d*)?", cell):
            readings.add(cell.replace(thousands, ""))
    readings |= {reading.replace(",", ".") for reading in readings}
    return {Decimal(reading) for reading in readings if PLAIN.fullmatch(reading) and reading.isascii()}


def agrees(cell, value, plain):
    """Whether a number is what the cell says; in a file where all commas are separators, its only meaning."""
    if math.isnan(value):
        return cell.lower() in GAPS
    wanted = [Decimal(cell)] if plain and PLAIN.fullmatch(cell) else meanings(cell)
    return any(float(number) == value for number in wanted)


def hold(folder, data):
    """The file is refused in words, or read as the careful reader reads it."""
    (folder / "own.csv").write_bytes(data)
    try:
        raw = load(folder, 0, file="own.csv")
    except InputError as error:
        assert str(error) and "given" in str(error)
        return False
    options = [rows for rows in careful(data).values() if {column.name for column in raw.x} <= set(rows[0])]
    assert any(is_same(raw, rows) for rows in options), (data, raw.x)
    return True


def is_same(raw, rows):
    header, body = rows[0], [row for row in rows[1:] if any(row)]
    target = [name.lower() for name in header].index("class")
    plain = not any("," in cell for row in body for cell in row)
    labels = [row[target] for row in body]
    if len(labels) != len(raw) or not all(
        label == raw.class_names[code] or same_number(label, raw.class_names[code])
        for label, code in zip(labels, raw.y.tolist(), strict=True)
    ):
        return False
    return all(same_column(column, [row[header.index(column.name)] for row in body], plain) for column in raw.x)


def same_number(one, other):
    try:
        return Decimal(one) == Decimal(other)
    except InvalidOperation:
        return False


def same_column(column, cells, plain):
    if column.kind == "number":
        return all(agrees(cell, value, plain) for cell, value in zip(cells, column.cells.tolist(), strict=True))
    if column.kind == "date":
        return all((value is None) == (cell.lower() in GAPS) for cell, value in zip(cells, column.cells, strict=True))
    return all(
        value == (None if cell.lower() in GAPS else cell) for cell, value in zip(cells, column.cells, strict=True)
    )


def fuzz(folder, examples):
    read = []

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(files())
    def run(made):
        read.append(hold(folder, made[0]))

    run()
    return read


def test_spoilt_tables_are_refused_or_read_right(tmp_path):
    read = fuzz(tmp_path, 150)
    assert len(read) >= 150 and 0.1 < np.mean(read) < 0.95, "both are tried"


@pytest.mark.slow
def test_thousands_of_spoilt_tables_are_refused_or_read_right(tmp_path):
    read = fuzz(tmp_path, 2500)
    assert len(read) >= 2000 and 0.1 < np.mean(read) < 0.95


@pytest.mark.parametrize("cell", ODD)
@pytest.mark.parametrize("mark", [",", ";"])
def test_one_odd_cell_among_numbers_never_becomes_another_number(tmp_path, cell, mark):
    rows = [[f"{place * 0.37:.2f}", f"w{place % 3}", "yes" if place % 2 else "no"] for place in range(40)]
    rows[7][0] = cell
    out = io.StringIO()
    csv.writer(out, delimiter=mark, lineterminator="\n").writerows([["a", "b", "class"], *rows])
    hold(tmp_path, out.getvalue().encode())
