"""A file that is answered becomes the very numbers that the same rows were in training; what is odd is counted."""

from dataclasses import replace

import numpy as np
import own_files
import pytest

from pipeline import paths, plugins
from pipeline.errors import InputError
from pipeline.prediction import encoded
from pipeline.preparation.identity import ids_of
from pipeline.preparation.split import PARTS, split_rows
from pipeline.records import read_examples, read_sealed
from pipeline.stages.prepare import prepare

KINDS = {  # source: how a file of it is written, and what it is called
    "table": (own_files.write_table, "own.csv"),
    "folder": (own_files.write_pictures, "own"),
    "archive": (own_files.write_arrays, "own.npz"),
    "recordings": (own_files.write_recordings, "own.csv"),
}


@pytest.fixture
def raw(house, monkeypatch):
    (house / "raw").mkdir()
    monkeypatch.setattr(paths, "RAW", house / "raw")
    return house / "raw"


def prepared(raw, source):
    """Settings, the file, and the card of what was prepared of it."""
    write, name = KINDS[source]
    data = write(raw / name)
    prepare(data, [0])
    return data, raw / name, read_sealed(paths.card("own", 0))


def read(data, place, card):
    return plugins.load("sources", data.source).read_new(place, card, **data.load)


@pytest.mark.parametrize("source", KINDS)
def test_all_rows_are_to_the_last_bit_what_they_were_in_training(raw, source):
    data, place, card = prepared(raw, source)
    found = encoded.encode(read(data, place, card), card, 0.0 if source != "table" else 0.2)
    loaded = plugins.load("sources", source).load(raw, 0, **data.load)
    rows = split_rows(data.split, loaded.y, "own", ids_of(loaded.x), None, loaded.class_names)
    files = {"validation": paths.validation_split("own", 0), "test": paths.test_split("own", 0)}
    files["train"] = paths.fit_split("own", "plain", 0)
    assert found.x.dtype == np.float32 and found.said == ()
    for part in PARTS:
        assert np.array_equal(found.x[rows[part]], read_examples(files[part]).x), part


@pytest.fixture
def table(raw):
    return prepared(raw, "table")


def answered(table, rows, header=own_files.HEADER, most=1.0):
    data, place, card = table
    new = place.with_name("new.csv")
    new.write_text(own_files.text(rows, header), "utf-8")
    return encoded.encode(read(data, new, card), card, most)


def test_a_single_row_is_read_by_the_marks_of_training(table):
    """By itself it could be anything: 1,250 and 03/04 are told by the other rows."""
    row = ["id1", "1,250", "sea", "03/04/2024", ""]
    found = answered(table, [row])
    card = table[2]
    place = [feature["name"] for feature in card["features"]].index("age")
    assert found.x[0, place] == np.float32((1.25 - card["scale"]["mean"][place]) / card["scale"]["sd"][place])
    day = [feature["name"] for feature in card["features"]].index("day")
    april = (np.datetime64("2024-04-03") - np.datetime64("1970-01-01")).astype(float)
    assert found.x[0, day] == np.float32((april - card["scale"]["mean"][day]) / card["scale"]["sd"][day])


def test_words_that_training_has_not_are_counted_said_and_refused_where_they_are_many(table):
    rows = [["x", "1,0", "moon" if at < 3 else "sea", "01/02/2024", ""] for at in range(20)]
    (line,) = answered(table, rows, most=0.15).said
    assert line == "column 'job': given 3 of 20 cells with words that training has not ('moon')"
    with pytest.raises(InputError, match=r"with words that training has not \('moon'\), allowed 14%: see that it is"):
        answered(table, rows, most=0.14)


def test_cells_that_are_no_number_or_day_count_as_missing(table):
    rows = [["x", "many" if at == 0 else "1,0", "sea", "31/02/2024" if at < 2 else "01/02/2024", ""] for at in range(8)]
    found = answered(table, rows)
    assert found.said == (
        "column 'age': given 1 of 8 cells that are no number, and count as missing",
        "column 'day': given 2 of 8 cells that are no day, and count as missing",
    )
    empty = [[*row] for row in rows]
    empty[0][1] = empty[0][3] = empty[1][3] = ""
    assert np.array_equal(answered(table, empty).x, found.x)
    assert answered(table, empty).said == ("column 'day': given 2 of 8 cells that are missing, none of training",)
    rows[2][1] = "few"
    with pytest.raises(InputError) as refused:
        answered(table, rows, most=0.1)
    assert len(str(refused.value).splitlines()) == 2, "a single cell would be said, and stop nothing"


def test_further_columns_and_another_order_change_nothing(table):
    rows = [["x", "1,0", "sea", "01/02/2024", "common"], ["y", "2,5", "farm", "03/02/2024", "rare"]]
    plain = answered(table, rows).x
    moved = [[row[3], "note", row[2], row[1]] for row in rows]
    assert np.array_equal(answered(table, moved, ("day", "remark", "job", "age")).x, plain)


def test_a_number_that_float32_has_no_room_for_is_refused(table):
    with pytest.raises(InputError, match="example 2: given a number in column 'age' that is too far from those"):
        answered(table, [["x", "1,0", "sea", "01/02/2024", ""], ["x", "1e300", "sea", "01/02/2024", ""]])


def test_numbers_far_from_those_of_training_are_counted_said_and_refused_where_they_are_many(table):
    rows = [["x", "1,0", "sea", "01/02/2024", ""] for _ in range(20)]
    assert answered(table, rows, most=0.0).said == ()
    rows[0][1] = "100000"
    (line,) = answered(table, rows, most=0.0).said
    assert line == "column 'age': given 1 of 20 cells more than 20 standard deviations from the mean of training"
    thousandfold = [[row[0], "1000000", *row[2:]] for row in rows]
    with pytest.raises(
        InputError, match=r"given 20 of 20 cells more than 20 standard deviations .* in the same notation"
    ):
        answered(table, thousandfold, most=0.5)


def test_where_nothing_was_scaled_nothing_is_far(raw):
    """The settings of a block without a line on `scale`: 250 is what training was full of."""
    rows = [[f"{200 + at * 7 % 31}", "ab"[at // 7 % 2]] for at in range(60)]
    (raw / "own.csv").write_text(own_files.text(rows, ("size", "class")))
    data = replace(own_files.settings("table", file="own", label="class"), scale="none")
    prepare(data, [0])
    card = read_sealed(paths.card("own", 0))
    found = encoded.encode(read(data, raw / "own.csv", card), card, 0.0)
    assert found.said == () and found.x[:3, 0].tolist() == [200, 207, 214]


def test_a_column_that_is_empty_is_refused_where_training_had_no_gap(table):
    rows = [["x", "", "sea", "", ""] for _ in range(20)]
    with pytest.raises(InputError, match="column 'day': given 20 of 20 cells that are missing, none of training"):
        answered(table, rows, most=0.5)


def test_a_single_cell_is_said_and_stops_nothing(table):
    (line,) = answered(table, [["x", "1,0", "moon", "01/02/2024", ""]], most=0.0).said
    assert line == "column 'job': given 1 of 1 cells with words that training has not ('moon')"
