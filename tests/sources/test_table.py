"""Tables: ours as published; the user's own read as it was meant, or refused by line, column and what to set."""

import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from pipeline import paths
from pipeline.errors import InputError
from pipeline.sources.table import check, load

WORDS = ("amber", "basalt", "chalk")
ROWS = [(f"{0.25 + place / 8:.3f}", f"{-0.5 + place % 7:.3f}", WORDS[place % 3]) for place in range(60)]


def table(rows=ROWS, header=("a", "b", "class"), separator=",", end="\n"):
    return end.join(separator.join(cells) for cells in [header, *rows] if cells) + end


def own(folder, text, file="own.csv", **settings):
    (folder / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(folder, 0, file=file, **settings)


def refused(folder, text, **settings):
    with pytest.raises(InputError) as caught:
        own(folder, text, **settings)
    return str(caught.value)


def columns(raw):
    return {column.name: column.cells.tolist() for column in raw.x}


def kinds(raw):
    return {column.name: column.kind for column in raw.x}


def with_column(name, cells, rows=ROWS):
    """The table with one column more, in front."""
    return table([(cell, *row) for cell, row in zip(cells, rows, strict=True)], (name, "a", "b", "class"))


EXPECTED = {"a": [float(row[0]) for row in ROWS], "b": [float(row[1]) for row in ROWS]}
CODES = [WORDS.index(row[2]) for row in ROWS]


# What comes with the project


@pytest.mark.parametrize(
    ("file", "names", "negative", "positive"),
    [
        *(("yeast5", 8, 1440, 44), ("abalone19", 10, 4142, 32)),
        *(("credit", 3, 9667, 333), ("health", 10, 5816, 92)),
    ],
)
def test_shipped_tables(file, names, negative, positive):
    raw = load(paths.RAW, 0, file=file)
    assert list(kinds(raw).values()) == ["number"] * names
    assert np.bincount(raw.y).tolist() == [negative, positive] and raw.class_names == ("0", "1")


def test_abalone_has_one_sex_a_row():
    assert (np.sum([column.cells for column in load(paths.RAW, 0, file="abalone19").x[:3]], axis=0) == 1).all()


@pytest.mark.parametrize("file", ["credit", "health"])
def test_no_row_of_a_table_that_claims_rest_on_stands_in_two_parts(file):
    inputs = np.stack([column.cells for column in load(paths.RAW, 0, file=file).x], axis=1)
    assert len(np.unique(inputs, axis=0)) == len(inputs)


# How a file is written


FORMS = {
    "plain": (table(), {}),
    "semicolons, decimal commas, Windows lines": (table(separator=";", end="\r\n").replace(".", ","), {}),
    "semicolons, decimal points": (table(separator=";"), {}),
    "tabs": (table(separator="\t"), {}),
    "bars": (table(separator="|"), {}),
    "a line sep=;": ("sep=;\r\n" + table(separator=";", end="\r\n").replace(".", ","), {}),
    "quoted decimal commas": (
        table([tuple(f'"{cell}"'.replace(".", ",") for cell in row) for row in ROWS], ('"a"', '"b"', '"class"')),
        {},
    ),
    "a byte order mark": (b"\xef\xbb\xbf" + table().encode(), {}),
    "UTF-16": (table().encode("utf-16"), {}),
    "old Mac lines": (table(end="\r"), {}),
    "a comment in front": ("# exported by the lab's scale, 2024\n\n" + table(), {}),
    "names behind #": ("# " + table(), {}),
    "blanks around names": (table(header=(" a", "b ", " Class ")), {}),
    "blanks around cells": (table([tuple(f" {cell} " for cell in row) for row in ROWS]), {}),
    "an empty line": (table([*ROWS[:9], (), *ROWS[9:]]).replace("\n\n", "\n"), {}),
    "a separator at each end": (table([(*row, "") for row in ROWS], ("a", "b", "class", "")), {}),
    "a separator at each end of a row": (table([(*row, "") for row in ROWS]), {}),
    "rows of nothing": (table([*ROWS, ("", "", ""), ("", "", "")]), {}),
    "another name": (table(header=("a", "b", "species")), {"label": "species"}),
    "told": (table(separator=";").replace(".", ","), {"separator": ";", "decimal": ",", "header": "yes"}),
    "exponents": (table([(f"{float(a) * 100:.1f}e-2", b, c) for a, b, c in ROWS]), {}),
    "plus signs": (table([(f"+{a}", b, c) for a, b, c in ROWS]), {}),
}


@pytest.mark.parametrize(("text", "settings"), FORMS.values(), ids=FORMS)
def test_every_form_of_a_table_gives_the_same_numbers(tmp_path, text, settings):
    raw = own(tmp_path, text, **settings)
    assert columns(raw) == EXPECTED and raw.y.tolist() == CODES and raw.class_names == WORDS


def test_a_file_without_names_is_read_or_asks(tmp_path):
    text = table(header=())
    assert "allowed the column to predict: set `label:` to one of column_1, column_2, column_3" in refused(
        tmp_path, text
    )
    raw = own(tmp_path, text, label="column_3")
    assert columns(raw) == dict(zip(("column_1", "column_2"), EXPECTED.values(), strict=True))


@pytest.mark.parametrize("header", [("0", "1", "class"), ("1", "2", "3")])
def test_names_that_may_be_a_row_are_asked_for(tmp_path, header):
    text = table([(a, b, c if header[2] == "class" else str(WORDS.index(c))) for a, b, c in ROWS], header)
    assert "which may be names or a row" in refused(tmp_path, text, label=header[2])
    assert len(own(tmp_path, text, header="yes", label=header[2])) == 60


def test_a_label_may_stand_anywhere(tmp_path):
    raw = own(tmp_path, table([(c, a, b) for a, b, c in ROWS], ("class", "a", "b")))
    assert columns(raw) == EXPECTED and raw.y.tolist() == CODES


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (("1,085.0", "12.5", "999", "1,234,567"), (1085.0, 12.5, 999.0, 1234567.0)),
        (("1 085.5", "12.5", "-1 000 000", "7"), (1085.5, 12.5, -1e6, 7.0)),
        (("1.234.567,5", "0,5", "12,25", "1.000"), (1234567.5, 0.5, 12.25, 1000.0)),
        (("1'234.5", "0.5", "12", "1'000'000"), (1234.5, 0.5, 12.0, 1e6)),
        (("20000001", "20000000", "1700003861955", "9007199254740992"), (20000001, 20000000, 1700003861955, 2**53)),
        (("0.1", "1e-3", ".5", "5."), (0.1, 0.001, 0.5, 5.0)),
        (("16777217", "-0", "+3", "1E5"), (16777217, 0, 3, 1e5)),
    ],
)
def test_numbers_are_what_they_say(tmp_path, cells, values):
    rows = [(cells[place % 4], WORDS[place % 3]) for place in range(60)]
    raw = own(tmp_path, table(rows, ("a", "class"), separator=";"))
    assert columns(raw)["a"] == [values[place % 4] for place in range(60)]


@pytest.mark.parametrize(
    ("cells", "told", "settings", "first"),
    [
        (("1,250", "2,353", "3,125"), "may be a thousand or one and a quarter", {"decimal": ","}, 1.25),
        (("1,250", "2,353", "3,125"), 'set `decimal: ","` or `decimal: "."`', {"thousands": ","}, 1250),
        (("1.250", "2.353", "3.125"), "may be a thousand or one and a quarter", {"decimal": "."}, 1.25),
        (("1.250", "2.353", "3.125"), "allowed either", {"decimal": ",", "thousands": "."}, 1250),
        (("1,250", "0.353", "3.5"), "decimals behind a '.' and cells such as 1,250", {"thousands": ","}, 1250),
    ],
)
def test_a_mark_that_may_be_two_things_is_asked_for(tmp_path, cells, told, settings, first):
    text = table([(cells[place % 3], WORDS[place % 2]) for place in range(60)], ("a", "class"), separator=";")
    assert told in refused(tmp_path, text)
    assert columns(own(tmp_path, text, **settings))["a"][0] == first


FAULTS = {
    "an underscore": (
        table([("1_25", *ROWS[0][1:]), *ROWS[1:]]),
        "column 'a': given '1_25' (line 2), allowed a number",
    ),
    "a name twice": (table(header=("class", "b", "class")), "line 1: given the column name 'class' twice"),
    "a longer row": (table([*ROWS[:9], (*ROWS[9], "x"), *ROWS[10:]]), "line 11: given 4 cells, allowed 3"),
    "a shorter row": (table([*ROWS, ("1", "2")]), "line 62: given 2 cells, allowed 3"),
    "an open quote": (table([('"1', *ROWS[0][1:]), *ROWS[1:]]), "line 2: given a quote that does not close"),
    "a quote with a tail": (table([('"1"2', *ROWS[0][1:]), *ROWS[1:]]), "line 2: given ',' expected after '\"'"),
    "infinity": (table([("inf", *ROWS[0][1:]), *ROWS[1:]]), "given 'inf' (line 2), allowed a number"),
    "beyond float64": (table([("1e999", *ROWS[0][1:]), *ROWS[1:]]), "given '1e999' (line 2), allowed a number"),
    "below float64": (table([("1e-999", *ROWS[0][1:]), *ROWS[1:]]), "given '1e-999' (line 2), allowed what float64"),
    "beyond 2^53": (
        table([("9007199254740993", *ROWS[0][1:]), *ROWS[1:]]),
        "given '9007199254740993' (line 2), allowed what float64 holds",
    ),
    "both decimals": (
        table([("0,5", *ROWS[0][1:]), *ROWS[1:]], separator=";"),
        "given numbers with a decimal comma and others with a decimal point",
    ),
    "nothing": ("", "given no rows"),
    "names alone": ("a,b,class\n", "given no rows"),
    "no separator": ("a\n1\n2\n", "given no separator"),
    "other bytes": (b"a,b,class\n" + "caf\xe9,1,2\n".encode("latin-1") * 9, "line 2: given bytes that are not utf-8"),
    "a null byte": (table() + "1,\x00,2\n", "line 62: given a null byte"),
    "a class alone": (table([(a, b, "x") for a, b, _ in ROWS]), "given only 'x', allowed two classes or more"),
    "no day": (with_column("day", ["2024-02-30"] + ["2024-02-01"] * 59), "given '2024-02-30' (line 2), allowed a day"),
    "either day": (with_column("day", ["03/04/2024"] * 59 + ["05/06/2024"]), "may be day or month first"),
    "a label's copy in words": (with_column("kind", [f"no. {code}" for code in CODES]), "copy of the label"),
    "a label's copy in codes": (with_column("code", [str(code) for code in CODES]), "copy of the label"),
    "prices": (
        with_column("price", [f"${place}.50" for place in range(60)]),
        "numbers with a unit or a sign, such as '$0.50'",
    ),
    "shares": (
        with_column("share", [f"{place}%" for place in range(60)]),
        "numbers with a unit or a sign, such as '0%'",
    ),
    "numbers in quotes": (with_column("x", [f"'{place}.5'" for place in range(60)]), "numbers with a unit or a sign"),
    "thousands of words": (
        with_column("city", [f"w{place // 3}" for place in range(6000)], ROWS * 100),
        "given 2000 different words, allowed 1000",
    ),
    "no column": (
        table([(str(place), WORDS[place % 3]) for place in range(60)], ("id", "class")),
        "no column to learn",
    ),
}


@pytest.mark.parametrize(("text", "told"), FAULTS.values(), ids=FAULTS)
def test_faults_are_named(tmp_path, text, told):
    message = refused(tmp_path, text)
    assert told in message and message.startswith("own.csv")


def test_all_faults_come_at_once(tmp_path):
    rows = [("x", "2024-02-30", ""), *(("1.5", "2024-02-01", word) for _, _, word in ROWS)]
    rows = [(a, *row) for row, a in zip(rows, ["1_0", *["1.25"] * 60], strict=True)]
    message = refused(tmp_path, table(rows, ("z", "a", "day", "class")))
    assert len(message.splitlines()) == 4
    for told in ("column 'z': given '1_0'", "column 'a': given 'x'", "column 'day'", "1 rows without a label: '' (1)"):
        assert told in message
    lengths = refused(tmp_path, table([*ROWS, ("1",), ("2", "3"), *ROWS, ("1",)]))
    assert [line.split(": ")[1] for line in lengths.splitlines()] == ["line 62", "line 63", "line 124"]


def test_lines_are_those_of_the_file(tmp_path):
    rows = [(f'"{a}"', '"two\nlines"', c) for a, _, c in ROWS[:20]] + [("1_5", "x", "amber"), *ROWS[21:]]
    message = refused(tmp_path, "# note\n" + table([(a, f"w{len(b)}" if "\n" not in b else b, c) for a, b, c in rows]))
    assert "given '1_5' (line 43)" in message


def test_wrong_settings_are_named_with_what_there_is(tmp_path):
    message = refused(tmp_path, table(), label="clas", drop=["c"], columns={"a": "words", "x": "number"}, group="g")
    for told in (
        "label: given 'clas'",
        "did you mean 'class'",
        "drop: given 'c'",
        "columns: given 'x'",
        "group: given",
    ):
        assert told in message
    assert "columns: a: given 'words', allowed number, category, date, drop, or the form of its dates" in message
    assert "encoding: given 'utf-9'" in refused(tmp_path, table(), encoding="utf-9")


@pytest.mark.parametrize("file", ["absent", "../own", "Own", "", "own\n", "own.xls", "/gone/own.csv"])
def test_a_file_that_is_not_there_is_named_with_those_that_are(tmp_path, file):
    own(tmp_path, table())
    with pytest.raises(InputError, match=r"allowed the path of a file .*, or a table in data/raw.*: own$"):
        load(tmp_path, 0, file=file)
    with pytest.raises(InputError, match="allowed the path of a file"):
        check(tmp_path, file=file, label="x")


def test_a_path_may_lead_anywhere(tmp_path, monkeypatch):
    elsewhere, project = tmp_path / "elsewhere", tmp_path / "project"
    for folder in (elsewhere, project / "data" / "raw"):
        folder.mkdir(parents=True)
    monkeypatch.setattr(paths, "ROOT", project)
    own(elsewhere, table(), "My table.csv")
    raw = project / "data" / "raw"
    for file in (str(elsewhere / "My table.csv"), "../elsewhere/My table.csv"):
        assert columns(load(raw, 0, file=file)) == EXPECTED
    assert columns(own(raw, table(), "own.csv")) == columns(load(raw, 0, file="own")) == EXPECTED


# Kinds of columns


MIXED = [
    *(("age", ["60", "63", "", "19"], "number", [60, 63, None, 19]),),
    ("job", ["office", "farm", "?", "harbour"], "category", ["office", "farm", None, "harbour"]),
    ("zip", ["08001", "28013", "NA", "08002"], "category", ["08001", "28013", None, "08002"]),
    ("day", ["2024-01-31", "", "1999-12-31", "2024-02-29"], "date", ["2024-01-31", None, "1999-12-31", "2024-02-29"]),
    (
        "when",
        ["2024-01-31T10:30", "2024-01-31 10:30:15", "2024-01-31T10:30:00Z", "2024-01-31T12:30+02:00"],
        "date",
        None,
    ),
    (
        "sold",
        ["31.01.2024", "01.02.2024", "null", "29.02.2024"],
        "date",
        ["2024-01-31", "2024-02-01", None, "2024-02-29"],
    ),
    ("due", ["01/31/2024", "02/01/2024", "-", "02/29/2024"], "date", ["2024-01-31", "2024-02-01", None, "2024-02-29"]),
    ("smokes", ["True", "FALSE", "nan", "False"], "category", ["True", "FALSE", None, "False"]),
    ("plan", ["1 GB", "None", "Two year", "Mês à mês"], "category", ["1 GB", None, "Two year", "Mês à mês"]),
]


@pytest.mark.parametrize(("name", "cells", "kind", "expected"), MIXED, ids=[row[0] for row in MIXED])
def test_kinds_are_what_the_cells_say(tmp_path, name, cells, kind, expected):
    raw = own(tmp_path, with_column(name, cells * 15))
    assert kinds(raw)[name] == kind
    if expected is None:
        expected = ["2024-01-31T10:30:00", "2024-01-31T10:30:15", "2024-01-31T10:30:00", "2024-01-31T10:30:00"]
    got = [None if cell != cell else cell for cell in columns(raw)[name]]
    assert got == expected * 15


def test_kinds_may_be_said(tmp_path):
    text = with_column("zip", ["08001", "28013", "08002", "1"] * 15)
    assert columns(own(tmp_path, text, columns={"zip": "number"}))["zip"][:2] == [8001, 28013]
    assert kinds(own(tmp_path, text, columns={"a": "category"}))["a"] == "category"
    for settings in ({"columns": {"zip": "drop"}}, {"drop": ["zip"]}):
        assert list(kinds(own(tmp_path, text, **settings))) == ["a", "b"]
    text = with_column("day", ["03/04/2024", "05/06/2024"] * 30)
    assert columns(own(tmp_path, text, columns={"day": "%d/%m/%Y"}))["day"][0] == "2024-04-03"
    assert columns(own(tmp_path, text, columns={"day": "%m/%d/%Y"}))["day"][0] == "2024-03-04"


@pytest.mark.parametrize("word", ["", "?", "NA", "n/a", "NaN", "null", "None", "#N/A", "-", "<NA>"])
def test_usual_words_for_a_gap(tmp_path, word):
    values = columns(own(tmp_path, with_column("c", [word, "1.5", "2.5"] * 20)))["c"]
    assert np.isnan(values[::3]).all() and values[1::3] == [1.5] * 20


def test_more_words_for_a_gap_may_be_said(tmp_path):
    text = with_column("c", ["unknown", "1.5", "-9999.0", "2.5"] * 15)
    assert "given 'unknown' (line 2), 'unknown' (line 6)" in refused(tmp_path, text)
    values = columns(own(tmp_path, text, missing=["Unknown", "-9999"]))["c"]
    assert np.isnan(values[::2]).all() and values[1::2] == [1.5, 2.5] * 15


def test_a_table_of_many_kinds_is_understood_in_one_go(tmp_path):
    random = np.random.default_rng(0)
    rows = [
        (
            f"{7590 + place}-{''.join(random.choice(list('ABCDEFGH'), 5))}",
            str(random.choice(["Month-to-month", "One year", "Two year"])),
            str(random.choice(["Mailed check", "Bank transfer (automatic)"])),
            f"{random.uniform(20, 100):.2f}" if place % 40 else "",
            str(random.integers(0, 8)) if place % 50 else "NA",
            str(np.datetime64("2020-01-01") + int(random.integers(0, 900))),
            "Yes" if random.random() < 0.2 else "No",
        )
        for place in range(400)
    ]
    raw = own(
        tmp_path, table(rows, ("customerID", "Contract", "Pays", "Charges", "Calls", "Since", "Churn")), label="Churn"
    )
    assert kinds(raw) == {
        **{"Contract": "category", "Pays": "category"},
        **{"Charges": "number", "Calls": "number", "Since": "date"},
    }
    assert raw.class_names == ("No", "Yes") and np.isnan(raw.x[2].cells).sum() == 10
    shown = {row["column"]: row for row in raw.card["columns"]}
    assert shown["customerID"]["becomes"] == "left out" and shown["Churn"]["becomes"] == "the label"
    assert (shown["Calls"]["missing"], shown["Contract"]["distinct"], shown["Pays"]["kind"]) == (8, 3, "category")
    assert any("'customerID': left out" in finding for finding in raw.findings)


# Labels


@pytest.mark.parametrize(
    ("labels", "names", "near"),
    [
        (("1.0", "10.0", "2.0"), ("1.0", "2.0", "10.0"), None),
        (("1", "1.0", "2", "10"), ("1", "2", "10"), "'1', '1.0' are one class: the same number"),
        (("+1", "-1"), ("-1", "+1"), None),
        (("2", "01", "1", "02"), ("01", "02", "1", "2"), "'01', '1' differ in spelling alone"),
        (("-0", "0"), ("-0", "0"), "'-0', '0' differ in spelling alone"),
        (("class_10", "class_1", "class_2"), ("class_1", "class_10", "class_2"), None),
        (("True", "TRUE", "false"), ("TRUE", "True", "false"), "'TRUE', 'True' differ in spelling alone"),
        (("café", "cafe", "tea"), ("cafe", "café", "tea"), "'cafe', 'café' differ in spelling alone"),
        (("no", " yes", "yes"), ("no", "yes"), None),
        (("3", "1", "2"), ("1", "2", "3"), None),
        (("9007199254740993", "9007199254740992"), ("9007199254740992", "9007199254740993"), None),
        (("-", "+"), ("+", "-"), None),
    ],
)
def test_classes_are_in_order_of_value_or_alphabet(tmp_path, labels, names, near):
    cells = [labels[place % len(labels)] for place in range(60)]
    raw = own(tmp_path, table([(a, b, label) for (a, b, _), label in zip(ROWS, cells, strict=True)]))
    assert raw.class_names == names and raw.y.dtype == np.int64
    told = [finding for finding in raw.findings if "spelling" in finding or "same number" in finding]
    assert bool(told) == bool(near) and (near is None or near in told[0])


def test_codes_do_not_follow_from_the_hash_seed(tmp_path):
    labels = ["01", "1", "2", "-0", "0", "x", "True", "TRUE"]
    own(tmp_path, table([(a, b, labels[place % 8]) for place, (a, b, _) in enumerate(ROWS)]))
    script = "import sys, pathlib; from pipeline.sources.table import load\n"
    script += f"raw = load(pathlib.Path({str(tmp_path)!r}), 0, file='own'); print(raw.class_names, raw.y.tolist())"
    seen = set()
    for seed in "123":
        environment = os.environ | {"PYTHONHASHSEED": seed}
        told = subprocess.run(
            [sys.executable, "-c", script], cwd=paths.ROOT, env=environment, capture_output=True, text=True, check=True
        )
        seen.add(told.stdout)
    assert len(seen) == 1


def test_missing_labels_are_refused_or_dropped_when_told(tmp_path):
    gaps = ["?", "NA", "NaN", "nan", "None", ""]
    rows = [*ROWS, *(("1", "2", gap) for gap in gaps)]
    message = refused(tmp_path, table(rows))
    assert "given 6 rows without a label: '' (1), '?' (1), 'NA' (1), 'NaN' (1), 'None' (1), 'nan' (1)" in message
    assert "from line 62 on" in message and "set `missing_label: drop`" in message
    raw = own(tmp_path, table(rows), missing_label="drop")
    assert (
        columns(raw) == EXPECTED
        and raw.class_names == WORDS
        and "6 rows without a label are left out" in raw.findings[0]
    )


def test_numbers_to_predict_are_offered_and_read(tmp_path):
    text = table([(a, b, f"{place**2 * 0.37 - 3:.2f}") for place, (a, b, _) in enumerate(ROWS)])
    assert "given 60 different numbers in 60 rows" in refused(tmp_path, text)
    assert "set `labels: number`" in refused(tmp_path, text)
    raw = own(tmp_path, text, labels="number")
    assert raw.y.dtype == np.float64 and raw.class_names == ()
    assert raw.y.tolist() == [float(f"{place**2 * 0.37 - 3:.2f}") for place in range(60)]
    message = refused(tmp_path, text.replace("-3.00", "x"), labels="number")
    assert "given 'x' (line 2), allowed a number to predict, as in the 59 other rows: mend it" in message
    assert "labels: number" not in message


@pytest.mark.parametrize("gap", ["", ".", "-", "--", "nil", "NA", "-9999", "-9999.0"])
def test_numbers_to_predict_have_gaps_as_other_numbers_have(tmp_path, gap):
    numbers = [gap if place in (4, 9) else f"{place**2 * 0.37:.2f}" for place in range(60)]
    text = table([(a, b, number) for (a, b, _), number in zip(ROWS, numbers, strict=True)])
    settings = {"labels": "number", "missing": ["-9999"]}
    assert f"given 2 rows without a label: '{gap}' (2), from line 6 on" in refused(tmp_path, text, **settings)
    raw = own(tmp_path, text, missing_label="drop", **settings)
    assert raw.y.tolist() == [float(number) for number in numbers if number != gap] and np.isfinite(raw.y).all()


def test_a_number_that_is_told_to_be_a_gap_is_no_class_however_it_is_written(tmp_path):
    text = table([(a, b, "-9999.0" if place == 4 else str(place % 3)) for place, (a, b, _) in enumerate(ROWS)])
    assert "given 1 rows without a label: '-9999.0' (1)" in refused(tmp_path, text, missing=["-9999"])
    assert own(tmp_path, text, missing=["-9999"], missing_label="drop").class_names == ("0", "1", "2")


def test_classes_are_no_numbers_to_predict_and_the_remedy_is_to_tell_them(tmp_path):
    message = refused(tmp_path, table(ROWS), labels="number")
    assert "and 55 more, allowed a number to predict, as in the 0 other rows: leave `labels: number`" in message
    assert message.endswith("(`--target number`) out to tell these as classes") and "category" not in message


def test_groups_are_numbers_of_a_column_that_is_no_input(tmp_path):
    text = with_column("who", [f"p{place // 4}" for place in range(60)])
    raw = own(tmp_path, text, group="who")
    assert raw.groups.tolist() == [place // 4 for place in range(60)] and columns(raw) == EXPECTED
    assert "given 1 rows without a group, from line 2 on" in refused(tmp_path, text.replace("p0", "", 1), group="who")


# What smells


SMELLS = {
    "a row number": ("n", list(range(60)), "'n': left out (`drop`): it counts the rows"),
    "an id by its name": ("user_id", [7 * place * place for place in range(60)], "its name is that of an id"),
    "an id in words": ("ref", [f"x{place}" for place in range(60)], "'ref': left out (`drop`): 60 different words"),
    "rising numbers": ("n", [place * place for place in range(60)], "'n': rises or falls from row to row"),
    "whole and unique": ("n", [(place * 37) % 61 for place in range(60)], "'n': every row has another whole number"),
    "a constant": ("site", [1] * 60, "'site': the same in all rows"),
    "dates": ("day", [f"2024-01-{1 + place % 28:02}" for place in range(60)], "'day': dates (28 different ones)"),
    "days as numbers": ("day", [20240101 + place % 28 for place in range(60)], "look like dates (a day as yyyymmdd)"),
    "times as numbers": ("ms", [1700003861955 + place % 9 for place in range(60)], "look like dates (milliseconds"),
    "a sentinel": ("t", [-9999 if place % 9 == 0 else place % 13 for place in range(60)], "-9999 in 7 rows"),
    "mostly missing": ("c", ["" if place % 5 else "1.5" for place in range(60)], "48 of 60 cells are missing"),
    "nothing at all": ("c", ["NA"] * 60, "'c': left out: no cell has a value"),
    "units": ("w", [f"{place % 9} kg" for place in range(60)], "to have numbers take the unit off"),
    "a copy of two classes": ("c", [20000000 + (place % 3 == 0) for place in range(60)], "one value for each class"),
    "recordings": ("rec", [place // 4 for place in range(60)], "set `group: rec`"),
}


@pytest.mark.parametrize(("name", "cells", "told"), SMELLS.values(), ids=SMELLS)
def test_what_smells_is_found(tmp_path, name, cells, told):
    rows = ROWS
    if "copy" in told or told.startswith("one value"):
        rows = [(a, b, "yes" if place % 3 == 0 else "no") for place, (a, b, _) in enumerate(ROWS)]
    if "group" in told:
        rows = [(a, b, WORDS[place // 4 % 3]) for place, (a, b, _) in enumerate(ROWS)]
    raw = own(tmp_path, with_column(name, [str(cell) for cell in cells], rows))
    found = [finding for finding in raw.findings if "class'" not in finding]
    assert [told in finding for finding in found].count(True) == 1, raw.findings


def test_what_is_left_out_is_kept_when_told(tmp_path):
    text = with_column("n", [str(place) for place in range(60)])
    assert (
        "n" not in kinds(own(tmp_path, text)) and kinds(own(tmp_path, text, columns={"n": "number"}))["n"] == "number"
    )
    text = with_column("code", [str(code) for code in CODES])
    assert kinds(own(tmp_path, text, columns={"code": "number"}))["code"] == "number"


def test_a_plain_table_smells_of_nothing_but_few_rows(tmp_path):
    rows = [
        (str(a), str(b), word)
        for a, b, word in zip(*np.random.default_rng(0).random((2, 120)), WORDS * 40, strict=True)
    ]
    assert own(tmp_path, table(rows)).findings == ()
    assert "classes of fewer than 30 rows: amber (20), basalt (20), chalk (20)" in own(tmp_path, table()).findings[0]


# Parquet


def test_parquet_gives_what_its_types_say(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    days = np.array(["2024-01-31", "1999-12-31", "NaT"], "datetime64[D]")
    place = np.arange(60)
    values = np.random.default_rng(0).normal(size=60)
    parquet.write_table(
        pa.table(
            {
                "x": pa.array(values),
                "counter": pa.array(2**53 - place % 7),
                "word": pa.array([["a", "b", None][each % 3] for each in place]).dictionary_encode(),
                "day": pa.array(days[place % 3]),
                "when": pa.array(days[place % 3].astype("datetime64[ns]")),
                "flag": pa.array(place % 2 == 0),
                "class": pa.array(place % 2 + (place % 5 == 0)),
            }
        ),
        tmp_path / "own.parquet",
    )
    raw = load(tmp_path, 0, file="own.parquet")
    assert list(kinds(raw).values()) == ["number", "number", "category", "date", "date", "category"]
    found = columns(raw)
    assert found["x"] == values.tolist() and found["counter"] == (2.0**53 - place % 7).tolist()
    assert found["word"][:3] == ["a", "b", None] and found["flag"][:2] == ["true", "false"]
    assert found["day"][:3] == ["2024-01-31", "1999-12-31", None] and found["when"][0] == "2024-01-31T00:00:00"
    assert raw.class_names == ("0", "1", "2")
    with pytest.raises(InputError, match="given no Parquet file"):
        own(tmp_path, table(), "torn.parquet")


def test_parquet_of_lists_and_long_numbers_is_refused(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table({"x": [[1], [2]], "class": [0, 1]}), tmp_path / "lists.parquet")
    with pytest.raises(InputError, match=r"lists.parquet: column 'x': given list<.*>, allowed numbers, text, dates"):
        load(tmp_path, 0, file="lists.parquet")
    rows = {"x": [2**53 + 1, 2, 3, 4] * 9, "class": [0, 1, 0, 1] * 9}
    parquet.write_table(pa.table(rows), tmp_path / "long.parquet")
    with pytest.raises(InputError, match=r"given '9007199254740993' \(row 1\)"):
        load(tmp_path, 0, file="long.parquet")


def test_float32_rounds_where_it_is_asked_for(tmp_path):
    exact, rounded = (columns(own(tmp_path, table(), precision=each)) for each in ("float64", "float32"))
    text = with_column("c", ["0.1"] * 30 + ["16777217"] * 30)
    assert exact == rounded and columns(own(tmp_path, text))["c"][::30] == [0.1, 16777217]
    assert columns(own(tmp_path, text, precision="float32"))["c"][::30] == [float(np.float32(0.1)), 16777216]
    assert "beyond 3.4e38" in refused(tmp_path, text.replace("16777217", "1e39"), precision="float32")


def test_every_finding_is_one_line(tmp_path):
    lines = [
        own(tmp_path, with_column(name, map(str, cells))).findings
        for name, cells, _ in SMELLS.values()
        if name != "rec"
    ]
    assert Counter("\n" in line for found in lines for line in found)[True] == 0
