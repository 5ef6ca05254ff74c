"""Recordings in a long CSV file: a series each, by name and step, padded; what does not fit told by line."""

import re

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.sources.recordings import check, load

ASKED = {"series": "who", "label": "kind", "step": "at"}
# Three series of 3, 2 and 4 steps, among each other, the second out of order.
ROWS = [
    ("b", 0, 0.5, 10, "walk"),
    ("a", 1, 1.25, 40, "run"),
    ("b", 1, 0.75, 20, "walk"),
    ("c", 5, -1, 50, "walk"),
    ("a", 0, 1.5, 30, "run"),
    ("c", 6, -2, 60, "walk"),
    ("c", 7, -3, 70, "walk"),
    ("b", 2, 0.25, 25, "walk"),
    ("c", 8, -4, 80, "walk"),
]
HEAD = ("who", "at", "u", "v", "kind")
X = np.zeros((3, 4, 2))
X[0, :3] = [[0.5, 10], [0.75, 20], [0.25, 25]]
X[1, :2] = [[1.5, 30], [1.25, 40]]
X[2] = [[-1, 50], [-2, 60], [-3, 70], [-4, 80]]


def text(rows=ROWS, head=HEAD, separator=",", mark="."):
    cells = [[str(cell).replace(".", mark) if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    return "".join(separator.join(row) + "\n" for row in [list(head), *cells])


def own(folder, content, **settings):
    (folder / "own.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return load(folder, 0, file="own", **(ASKED | settings))


def refused(folder, content, **settings):
    with pytest.raises(InputError) as caught:
        own(folder, content, **settings)
    return str(caught.value)


def changed(at, column, value):
    rows = [list(row) for row in ROWS]
    rows[at][HEAD.index(column)] = value
    return rows


def assert_right(found):
    assert found.x.dtype == np.float64 and np.array_equal(found.x, X)
    assert found.lengths.dtype == np.int64 and found.lengths.tolist() == [3, 2, 4]
    assert found.y.dtype == np.int64 and found.y.tolist() == [1, 0, 1] and found.class_names == ("run", "walk")


def test_series_are_rows_of_steps_in_order_padded_behind_their_end(tmp_path):
    found = own(tmp_path, text())
    assert_right(found)
    (told,) = found.findings
    assert told.startswith("own.csv: series of 2 to 4 steps (half have 3 or fewer), with 0 behind the end")
    assert "`masked: true`" in told
    assert found.card["recordings"] == {"series": 3, "channels": ["u", "v"], "decimal": "."} and found.groups is None


@pytest.mark.parametrize("mark", [".", ","])
@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_separator_and_decimal_mark_are_recognised(tmp_path, separator, mark):
    assert_right(own(tmp_path, text(separator=separator, mark=mark)))
    told = "\t" if separator == "\t" else separator
    assert_right(own(tmp_path, text(separator=separator, mark=mark), separator=told, decimal=mark))


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + text(),
        text().replace("\n", "\r\n"),
        text().replace("\n", "\n\n"),
        "sep=;\n" + text(separator=";"),
        text().replace("\n", ",\n"),
        text().replace(",", " , "),
        re.sub(r"(\d)[.](\d+)", r'"\1,\2"', text()),
    ],
)
def test_what_spreadsheets_write_is_read(tmp_path, content):
    assert_right(own(tmp_path, content))


def test_without_a_step_rows_follow_each_other_and_a_clock_is_told(tmp_path):
    rows = sorted(ROWS, key=lambda row: "bac".index(row[0]) * 100 + row[1])
    found = own(tmp_path, text(rows), step=None, drop=["at"])
    assert_right(found)
    found = own(tmp_path, text(rows), step=None)
    assert found.x.shape == (3, 4, 3)
    assert (
        "column 'at' grows from step to step in every series: if it is a clock, write `step: at`" in found.findings[1]
    )


def test_dates_order_steps(tmp_path):
    rows = [(who, f"2024-03-01T00:0{at}:00", *rest) for who, at, *rest in ROWS]
    assert_right(own(tmp_path, text(rows)))


def test_labels_may_be_numbers_to_predict_and_numbered_classes_stand_by_value(tmp_path):
    levels = {"a": 10, "b": 9, "c": 9}
    rows = [(*row[:-1], levels[row[0]]) for row in ROWS]
    found = own(tmp_path, text(rows), target="number")
    assert found.y.dtype == np.float64 and found.y.tolist() == [9, 10, 9] and found.class_names == ()
    assert own(tmp_path, text(rows)).class_names == ("9", "10")


def test_long_series_are_refused_or_cut(tmp_path):
    told = refused(tmp_path, text(), longest=2)
    assert "given 2 series of more steps (b: 3, c: 4), allowed `longest: 2`" in told and "`longer: cut`" in told
    found = own(tmp_path, text(), longest=2, longer="cut")
    assert np.array_equal(found.x, X[:, :2]) and found.lengths.tolist() == [2, 2, 2]
    assert "2 series are cut behind 2 steps" in found.findings[0]


def test_very_long_series_and_constant_channels_are_told(tmp_path):
    rows = [(who, at, at % 7, 1, kind) for who, kind in (("a", "x"), ("b", "y")) for at in range(4000)]
    long, constant = own(tmp_path, text(rows)).findings
    assert "series of 4,000 steps" in long and "`longest`" in long
    assert "column 'v' is the same everywhere: `drop: [v]`" in constant


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (changed(3, "kind", "run"), "1 series whose label changes (series c: 'run' in line 5, 'walk' in line 7)"),
        (changed(5, "kind", ""), "column 'kind': given 1 series with rows without a label (series c, line 7: '')"),
        (changed(8, "at", 9), "1 gaps between steps (series c: between lines 8 and 10), allowed steps 1 apart"),
        (changed(8, "at", 7), "1 steps twice in a series (series c: lines 8 and 10), allowed each once"),
        (changed(8, "at", "later"), "column 'at': given steps that are no numbers or ISO dates (line 10: 'later')"),
        (changed(2, "u", ""), "column 'u': given 1 of 9 cells that are no finite numbers (line 4, series b: '')"),
        (changed(2, "u", "1_25"), "(line 4, series b: '1_25'), allowed numbers: fill them in"),
        (changed(2, "u", "nan"), "(line 4, series b: 'nan')"),
        (changed(2, "u", "1e999"), "(line 4, series b: '1e999')"),
        (changed(2, "u", "0,75"), "given numbers with commas and with points (lines 4 and 2)"),
        (changed(2, "who", ""), "column 'who': given no series (line 4), allowed a name in each row"),
        (
            [row[:-1] if at == 4 else row for at, row in enumerate(ROWS)],
            "number of cells (line 6: 4), allowed 5",
        ),
        ([(*row[:3], "red", row[4]) for row in ROWS], "given 9 of 9 cells that are no finite numbers"),
        ([(*row[:3], "red", row[4]) for row in ROWS], "allowed numbers: leave the column out by `drop: [v]`"),
        ([(*row[:-1], "walk") for row in ROWS], "given series of one class alone (walk), allowed two classes or more"),
        ([], "given no rows, allowed one or more below the header"),
        (
            [(*row[:2], "1,250", *row[3:]) for row in ROWS],
            "given commas before three digits each (line 2), allowed a told mark",
        ),
    ],
)
def test_faults_are_told_by_series_and_line(tmp_path, rows, told):
    assert told in refused(tmp_path, text(rows, separator=";"))


def test_all_faults_are_told_at_once(tmp_path):
    rows = changed(3, "kind", "run")
    rows[2][2], rows[8][1] = "?", 11
    assert len(refused(tmp_path, text(rows)).splitlines()) == 3


@pytest.mark.parametrize(
    ("content", "settings", "told"),
    [
        (text(), {"label": "sort"}, "given the columns 'who', 'at', 'u', 'v', 'kind', allowed ones with 'sort'"),
        (text(separator="#"), {}, "name those that are there, or tell the `separator:`"),
        (text(), {"separator": ";;"}, "separator: given ';;', allowed one sign"),
        (text(head=("who", "at", "u", "u", "kind")), {}, "given 'u' for more than one column"),
        (text(), {"drop": ["w"]}, "drop: given 'w', allowed columns of own.csv: who, at, u, v, kind"),
        (text(), {"drop": ["u", "v"]}, "given no column beside who, at, kind, u, v, allowed one or more channels"),
        (
            text(),
            {"step": "who"},
            "series, step, label, group: given who, who, kind, allowed a column of its own for each",
        ),
        (text() + 'd,0,"1,2,x', {}, "allowed cells of text, with quotes closed"),
        (text().encode() + b"\xff", {}, "line 11: given bytes that are not UTF-8"),
        (b"", {}, "given the columns none"),
    ],
)
def test_columns_and_text_that_do_not_fit_are_refused(tmp_path, content, settings, told):
    assert told in refused(tmp_path, content, **settings)
    (tmp_path / "own.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    if "quotes" not in told:
        with pytest.raises(InputError):
            check(tmp_path, file="own", **(ASKED | settings))


def test_classes_are_no_numbers_to_predict_and_the_remedy_is_to_tell_them(tmp_path):
    message = refused(tmp_path, text(), target="number")
    assert "given no number to predict (series" in message and "`target: number` (`--target number`) out" in message


def of_people(count=24, **channels):
    """Series of two steps with channels that are the same in both, of people with two series each."""
    rows = [
        (f"s{at}", step, (at * 7 + step) % 5, f"p{at // 2}", *(cells(at) for cells in channels.values()), "ab"[at % 2])
        for at in range(count)
        for step in range(2)
    ]
    return text(rows, ("who", "at", "u", "person", *channels, "kind"))


def test_series_of_a_group_have_one_number_and_it_is_no_channel(tmp_path):
    found = own(tmp_path, of_people(), group="person")
    assert found.groups.dtype == np.int64 and len({*found.groups.tolist()}) == 12
    assert (found.groups[::2] == found.groups[1::2]).all() and found.card["recordings"]["channels"] == ["u"]
    check(tmp_path, file="own", group="person", **ASKED)
    assert own(tmp_path, of_people(), drop=["person"]).groups is None


@pytest.mark.parametrize("other", ["p9", "", "?"])
def test_a_series_of_two_groups_or_none_is_refused(tmp_path, other):
    content = of_people().replace("s3,1,2,p1", f"s3,1,2,{other}")
    told = f"column 'person': given 1 series of no group, or of two (series s3: 'p1', {other!r}), allowed one for each"
    assert told in refused(tmp_path, content, group="person")
    assert "allowed ones with 'gone' among them" in refused(tmp_path, of_people(), group="gone")


@pytest.mark.parametrize(
    ("copy", "target"),
    [
        (lambda at: at % 2, "class"),
        (lambda at: 7 - 2 * (at % 2), "class"),
        (lambda at: 100 * (at * at % 31), "number"),
        (lambda at: 3 - 1.5 * (at * at % 31), "number"),
    ],
)
def test_a_channel_that_is_a_copy_of_the_label_is_refused(tmp_path, copy, target):
    content = of_people(activity_id=copy)
    if target == "number":
        lines = content.splitlines()
        levels = [str(int(line.split(",")[0][1:]) ** 2 % 31) for line in lines[1:]]
        rows = [f"{line.rpartition(',')[0]},{level}" for line, level in zip(lines[1:], levels, strict=True)]
        content = "\n".join([lines[0], *rows, ""])
    two = "one value for each class" if target == "class" else "the label itself, if on another scale"
    message = refused(tmp_path, content, group="person", target=target)
    assert f"column 'activity_id': given {two}, allowed measurements, no copy of the label" in message
    assert message.endswith("write `drop: [activity_id]`")


def test_a_channel_that_stays_through_each_series_is_said_to_name_something(tmp_path):
    content = of_people(subject=lambda at: at // 2)
    line = next(line for line in own(tmp_path, content, drop=["person"]).findings if "'subject'" in line)
    assert "is the same in all rows of each series: if it names whom or what several series come from" in line
    assert "write `group: subject`" in line and "`drop: [subject]`" in line
    moving = own(tmp_path, of_people(), drop=["person"]).findings
    assert not [line for line in moving if "'u'" in line]


@pytest.mark.parametrize(
    ("separator", "cells"),
    [
        (";", ("1.250", "2.500", "980")),
        (";", ("1.250", "2.500", "3.125")),
        (",", ("1.250", "2.500", "980")),
        ("\t", ("1.250", "0", "12.400")),
    ],
)
def test_points_before_three_digits_are_asked_for(tmp_path, separator, cells):
    rows = [(who, at, cells[place % 3], 10, kind) for place, (who, at, _, _, kind) in enumerate(ROWS)]
    content = text(rows, separator=separator)
    assert "given points before three digits each (line 2), allowed a told mark: write `decimal:`" in refused(
        tmp_path, content
    )
    first = float(cells[0])
    assert own(tmp_path, content, decimal=".").x[0, 0, 0] == first
    assert own(tmp_path, content, decimal=",").x[0, 0, 0] == 1000 * first


def test_a_told_comma_leaves_points_to_thousands_alone(tmp_path):
    cells = ["1,5", "1.250", "980", "1.250,5"] + ["7"] * 5
    rows = [(who, at, cell, 10, kind) for (who, at, _, _, kind), cell in zip(ROWS, cells, strict=True)]
    found = own(tmp_path, text(rows, separator=";"), decimal=",")
    assert found.x[0, :2, 0].tolist() == [1.5, 980] and found.x[1, 1, 0] == 1250
    assert found.card["recordings"]["thousands"] == "."
    for slip in ("1.5", "1.25", "12.3456"):
        rows[2] = (*rows[2][:2], slip, *rows[2][3:])
        message = refused(tmp_path, text(rows, separator=";"), decimal=",")
        assert f"column 'u': given 1 of 9 cells that are no finite numbers (line 4, series b: '{slip}')" in message


def test_numbers_to_predict_tell_the_mark_as_well(tmp_path):
    levels = {"a": "1,5", "b": "2", "c": "0,25"}
    rows = [(who, at, at, at * at, levels[who]) for who, at, *_ in ROWS]
    assert own(tmp_path, text(rows, separator=";"), target="number").y.tolist() == [2, 1.5, 0.25]


def test_uneven_classes_and_names_that_look_alike_are_told(tmp_path):
    rows = [(f"s{at}", 0, at, at * at, "Run" if at == 3 else "run") for at in range(12)]
    alike, uneven = own(tmp_path, text(rows)).findings
    assert "'Run' and 'run'" in alike and "'run' has 11 series, 'Run' 1" in uneven


@pytest.mark.parametrize("file", ["absent", "../own", "own.npz", ""])
def test_a_file_that_is_not_there_is_refused_with_those_that_are(tmp_path, file):
    (tmp_path / "own.csv").write_text(text())
    for function in (lambda: load(tmp_path, 0, file=file, **ASKED), lambda: check(tmp_path, file=file, **ASKED)):
        with pytest.raises(InputError, match=r"or recordings in data/raw.*: own$"):
            function()


@pytest.mark.parametrize("where", ["raw", "elsewhere"])
def test_a_file_may_lie_anywhere(tmp_path, where):
    place = tmp_path / where / "own.txt"
    for folder in ("raw", "elsewhere"):
        (tmp_path / folder).mkdir()
    place.write_text(text())
    told = "own.txt" if where == "raw" else str(place)
    assert len(load(tmp_path / "raw", 0, file=told, **ASKED)) > 1
    check(tmp_path / "raw", file=told, **ASKED)
    place.write_text(text().replace("\n", ",1\n", 3))
    with pytest.raises(InputError, match=r"^own\.txt: "):
        load(tmp_path / "raw", 0, file=told, **ASKED)
