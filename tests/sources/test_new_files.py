"""Files that are to be answered: read as the source has read those of training, with labels or without."""

from datetime import datetime

import numpy as np
import pytest
from PIL import Image

from pipeline import plugins
from pipeline.errors import InputError
from pipeline.preparation import encoder
from pipeline.sources import archive, folder, recordings, table

ROWS = [("c1", "1.5", "red", "no"), ("c2", "2.5", "blue", "yes"), ("c3", "1.5", "blue", "no")] * 20


def whole(source, **given):
    """All settings of `load`, as params.yaml resolves them."""
    known = plugins.settings("sources", source)
    return {name: given.get(name, setting.default) for name, setting in known.items()}


# Tables


def lines(rows, header=("id", "size", "colour", "class"), mark=","):
    return "".join(mark.join(cells) + "\n" for cells in [header, *rows])


@pytest.fixture
def trained(tmp_path):
    """Settings and card of a table in which the column `id` was left out."""
    (tmp_path / "own.csv").write_text(lines(ROWS))
    settings = whole("table", file=str(tmp_path / "own.csv"), drop=["id"])
    raw = table.load(tmp_path, 0, **settings)
    fitted = encoder.fit(raw.x, np.arange(len(raw)))
    return settings, {**raw.card, "encoder": fitted.to_json()}


def new(trained, place, text=None):
    settings, card = trained
    if text is not None:
        place.write_text(text)
    return table.read_new(place, card, **settings)


def test_columns_that_were_left_out_tell_rows_apart(trained, tmp_path):
    found = new(trained, tmp_path / "new.csv", lines([("c7", "1.5", "red", "yes"), ("c8", "", "blue", "no")]))
    assert found.names == {"row": ["1", "2"], "id": ["c7", "c8"], "class": ["yes", "no"]}
    assert [column.name for column in found.x] == ["size", "colour"] and len(found) == 2
    without = new(trained, tmp_path / "new.csv", lines([("1.5", "red")], ("size", "colour")))
    assert without.names == {"row": ["1"]}


def test_rows_with_nothing_in_them_are_left_out_and_numbers_go_on(trained, tmp_path):
    found = new(trained, tmp_path / "new.csv", lines([("1.5", "red"), ("", ""), ("2.5", "blue")], ("size", "colour")))
    assert found.names["row"] == ["1", "3"] and found.x[0].cells.tolist() == [1.5, 2.5]
    assert found.findings == ("1 rows with nothing in them are left out",)


def test_columns_that_are_lacking_are_all_named(trained, tmp_path):
    with pytest.raises(InputError) as refused:
        new(trained, tmp_path / "new.csv", lines([("c1", "1.5")], ("id", "Size")))
    told = (
        "new.csv: given no column 'size' (did you mean 'Size'?), 'colour', allowed all columns of training: there are"
    )
    assert str(refused.value) == f"{told} id, Size"


NEW = [("1.5", "red"), ("2.5", "blue"), ("0.5", "red")]


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_another_separator_is_read_as_it_stands_and_said(trained, tmp_path, mark):
    found = new(trained, tmp_path / "new.csv", lines(NEW, ("size", "colour"), mark))
    assert found.x[0].cells.tolist() == [1.5, 2.5, 0.5] and found.x[1].cells.tolist() == ["red", "blue", "red"]
    assert found.findings == (f"cells are separated by {mark!r}, those of training by ','",)


def test_of_another_separator_what_is_lacking_is_told_with_both(trained, tmp_path):
    told = r"no column 'colour', .* there are id, size \(cells are separated by ';', those of training by ','\)$"
    with pytest.raises(InputError, match=told):
        new(trained, tmp_path / "new.csv", lines([("c1", "1.5"), ("c2", "2")], ("id", "size"), ";"))


def test_lines_that_no_separator_cuts_alike_are_told_by_that_of_training(trained, tmp_path):
    with pytest.raises(InputError, match="line 3: given 3 cells, allowed 2"):
        new(trained, tmp_path / "new.csv", "size,colour\n1.5,red\n2.5,blue,1\n")


@pytest.mark.parametrize(
    ("cells", "numbers", "said"),
    [
        (["1,5", "2", "0,25"], [1.5, 2, 0.25], "numbers are written with ',' before decimals, those of training with"),
        (["1.250,5", "2"], [1250.5, 2], "with ',' before decimals, and '.' between thousands, those of training"),
        (["1.250", "2,5"], [1.25, np.nan], None),  # which may be a slip
        (["1,250", "2"], [np.nan, 2], None),  # which may be a thousand or one and a quarter
        (["1,5", "2.5"], [np.nan, 2.5], None),
        (["x", "2.5"], [np.nan, 2.5], None),
    ],
)
def test_numbers_of_another_habit_are_read_if_it_is_clear(trained, tmp_path, cells, numbers, said):
    found = new(trained, tmp_path / "new.csv", lines([(cell, "red") for cell in cells], ("size", "colour"), ";"))
    np.testing.assert_array_equal(found.x[0].cells, numbers)
    assert found.unreadable == ({"size": 1} if np.isnan(numbers).any() else {})
    assert [line for line in found.findings if "numbers" in line][:1] == ([] if said is None else [found.findings[1]])
    assert said is None or said in found.findings[1]


def test_numbers_that_training_reads_stay_what_they_were(tmp_path):
    """Though a file that came first would have been asked about them."""
    rows = [("c", size, "red", label) for size, label in (("1,5", "no"), ("1,250", "yes"), ("2,5", "yes"))]
    (tmp_path / "own.csv").write_text(lines(rows * 20, mark=";"))
    settings = whole("table", file=str(tmp_path / "own.csv"))
    raw = table.load(tmp_path, 0, **settings)
    card = {**raw.card, "encoder": encoder.fit(raw.x, np.arange(len(raw))).to_json()}
    (tmp_path / "new.csv").write_text(lines([("c", "1,250", "red")], ("id", "size", "colour"), ";"))
    found = table.read_new(tmp_path / "new.csv", card, **settings)
    assert found.x[-1].name != "id" and [each.cells.tolist() for each in found.x if each.name == "size"] == [[1.25]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("told", ["auto", "cp1252"])
def test_text_in_another_encoding_is_read_if_it_is_clear(tmp_path, told, encoding):
    rows = [("1.5", "café", "no"), ("2.5", "blé", "yes"), ("2.5", "blé", "no")] * 20
    header = ("size", "colour", "class")
    (tmp_path / "own.csv").write_bytes(lines(rows, header).encode("cp1252" if told == "cp1252" else "utf-8"))
    settings = whole("table", file=str(tmp_path / "own.csv"), encoding=told)
    raw = table.load(tmp_path, 0, **settings)
    card = {**raw.card, "encoder": encoder.fit(raw.x, np.arange(len(raw))).to_json()}
    (tmp_path / "new.csv").write_bytes(lines(rows[:2], header).encode(encoding))
    if told == "auto" and encoding == "cp1252":
        with pytest.raises(InputError, match=r"^new.csv: line 2: given bytes that are not UTF-8.*: save the file so$"):
            table.read_new(tmp_path / "new.csv", card, **settings)
        return
    assert table.read_new(tmp_path / "new.csv", card, **settings).x[1].cells.tolist() == ["café", "blé"]


FLAGS = {
    "words": ["True", "False"],
    "small": ["true", "false"],
    "large": ["TRUE", "FALSE"],
    "digits": ["1", "0"],
    "floats": ["1.0", "0.0"],
}


@pytest.mark.parametrize("later", FLAGS)
@pytest.mark.parametrize("kind", [None, "category"])
@pytest.mark.parametrize("first", FLAGS)
def test_truths_are_the_same_however_a_program_writes_them(tmp_path, first, kind, later):
    rows = [(cell, label) for cell in FLAGS[first] for label in ("no", "yes", "no")] * 10
    (tmp_path / "own.csv").write_text(lines(rows, ("flag", "class")))
    settings = whole("table", file=str(tmp_path / "own.csv"), columns={} if kind is None else {"flag": kind})
    raw = table.load(tmp_path, 0, **settings)
    card = {**raw.card, "encoder": encoder.fit(raw.x, np.arange(len(raw))).to_json()}
    (tmp_path / "new.csv").write_text(lines([(cell, "no") for cell in [*FLAGS[later], ""]], ("flag", "class")))
    found = table.read_new(tmp_path / "new.csv", card, **settings)
    x, counts = encoder.from_json(card["encoder"]).apply(found.x)
    expected, _ = encoder.from_json(card["encoder"]).apply([encoder.at(raw.x[0], np.array([0, 3]))])
    np.testing.assert_array_equal(x[:2], expected)
    assert not found.unreadable and counts == {"flag": {"missing": 1}}


@pytest.mark.parametrize(
    ("words", "later", "found"),
    [
        (["True", "False", "maybe"], ["true", "1", "MAYBE"], ["True", "1", "MAYBE"]),
        (["True", "true"], ["TRUE", "true", "1"], ["TRUE", "true", "1"]),
        (["1", "2", "3"], ["1.0", "2.50", "true"], ["1", "2.50", "true"]),
        (["007", "8"], ["7", "8.0", "07"], ["7", "8", "07"]),
        (["1.50", "10"], ["1.5", "10.0", "1e1"], ["1.50", "10", "1e1"]),
    ],
)
def test_other_words_are_left_as_they_are(tmp_path, words, later, found):
    rows = [(cell, label) for cell in words for label in ("no", "yes", "no")] * 10
    (tmp_path / "own.csv").write_text(lines(rows, ("flag", "class")))
    settings = whole("table", file=str(tmp_path / "own.csv"), columns={"flag": "category"})
    raw = table.load(tmp_path, 0, **settings)
    card = {**raw.card, "encoder": encoder.fit(raw.x, np.arange(len(raw))).to_json()}
    (tmp_path / "new.csv").write_text(lines([(cell, "") for cell in later], ("flag", "class")))
    assert table.read_new(tmp_path / "new.csv", card, **settings).x[0].cells.tolist() == found


def test_truths_of_parquet_are_those_of_text(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    rows = [(cell, number, label) for cell, number in (("True", "1"), ("False", "0")) for label in ("no", "yes", "no")]
    (tmp_path / "own.csv").write_text(lines(rows * 10, ("flag", "digit", "class")))
    settings = whole("table", file=str(tmp_path / "own.csv"))
    raw = table.load(tmp_path, 0, **settings)
    card = {**raw.card, "encoder": encoder.fit(raw.x, np.arange(len(raw))).to_json()}
    parquet.write_table(pa.table({"flag": [True, None, False], "digit": [False, True, None]}), tmp_path / "new.PARQUET")
    flag, digit = table.read_new(tmp_path / "new.PARQUET", card, **settings).x
    assert flag.cells.tolist() == ["True", None, "False"]
    np.testing.assert_array_equal(digit.cells, [0, 1, np.nan])


def test_a_truth_among_measured_numbers_is_none(trained, tmp_path):
    found = new(trained, tmp_path / "new.csv", lines([("1.5", "red"), ("true", "red")], ("size", "colour")))
    assert found.unreadable == {"size": 1} and np.isnan(found.x[0].cells[1])


def test_without_a_header_columns_are_those_of_training_by_place(tmp_path):
    rows = [("1.5", "yes", "red"), ("2.5", "no", "blue"), ("3.5", "yes", "blue"), ("0.5", "no", "red")] * 20
    (tmp_path / "own.csv").write_text(lines(rows[1:], rows[0]))
    settings = whole("table", file=str(tmp_path / "own.csv"), header="no", label="column_2")
    raw = table.load(tmp_path, 0, **settings)
    card = {**raw.card, "encoder": encoder.fit(raw.x, np.arange(len(raw))).to_json()}
    for cells in (("4.5", "no", "blue"), ("4.5", "blue")):
        (tmp_path / "new.csv").write_text(lines([], cells))
        size, colour = table.read_new(tmp_path / "new.csv", card, **settings).x
        assert size.cells.tolist() == [4.5] and colour.cells.tolist() == ["blue"]
    for cells in (("4.5",), ("4.5", "no", "blue", "7")):
        (tmp_path / "new.csv").write_text(lines([], cells))
        told = (
            f"given {len(cells)} columns without a header, allowed 3, or 2 without the label, in the order of training"
        )
        with pytest.raises(InputError, match=told):
            table.read_new(tmp_path / "new.csv", card, **settings)


def test_parquet_has_types_of_its_own(trained, tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    frame = pa.table({"size": [1.5, None, 3.0], "colour": ["red", None, "blue"], "class": [True, False, True]})
    parquet.write_table(frame, tmp_path / "new.parquet")
    found = new(trained, tmp_path / "new.parquet")
    np.testing.assert_array_equal(found.x[0].cells, [1.5, np.nan, 3.0])
    assert found.x[1].cells.tolist() == ["red", None, "blue"] and found.names["row"] == ["1", "2", "3"]


def parquet(place, **columns):
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table(columns), place)
    return place


@pytest.fixture
def dated(tmp_path):
    """Settings and card of a table in text whose days are written 31.12.2024."""
    rows = [(f"{1 + place % 28:02}.02.2024", WORDS[place % 2]) for place in range(60)]
    (tmp_path / "own.csv").write_text(lines(rows, ("day", "class")))
    settings = whole("table", file=str(tmp_path / "own.csv"))
    raw = table.load(tmp_path, 0, **settings)
    return settings, {**raw.card, "encoder": encoder.fit(raw.x, np.arange(len(raw))).to_json()}


WORDS = ("no", "yes")
DAYS = [datetime(2024, 3, 4), None, datetime(2024, 5, 6)]


@pytest.mark.parametrize("kind", ["date32", "date64", "timestamp"])
def test_days_that_are_such_by_type_need_no_form(dated, tmp_path, kind):
    import pyarrow as pa

    days = pa.array(DAYS, pa.timestamp("ns"))
    days = days if kind == "timestamp" else days.cast(pa.date32()).cast(getattr(pa, kind)())
    found = new(dated, parquet(tmp_path / "new.parquet", day=days))
    assert found.unreadable == {} and [cell and cell[:10] for cell in found.x[0].cells] == [
        "2024-03-04",
        None,
        "2024-05-06",
    ]


def test_days_in_text_keep_the_form_of_training_in_parquet_and_requests(dated, tmp_path):
    import pandas as pd

    text = ["04.03.2024", "2024-03-04"]
    assert new(dated, parquet(tmp_path / "new.parquet", day=text)).x[0].cells.tolist() == ["2024-03-04", None]
    found = table.read_request(pd.DataFrame({"day": text}), dated[1])
    assert found.x[0].cells.tolist() == ["2024-03-04", None] and found.unreadable == {"day": 1}


def test_columns_that_are_no_cells_stop_nothing_unless_they_are_wanted(trained, tmp_path):
    place = parquet(tmp_path / "new.parquet", size=[1.5], colour=["red"], emb=[[1.0, 2.0]], photo=[b"x"])
    assert [column.cells.tolist() for column in new(trained, place).x] == [[1.5], ["red"]]
    place = parquet(tmp_path / "new.parquet", size=[[1.5]], colour=["red"])
    with pytest.raises(InputError, match=r"^new.parquet: column 'size': given list<.*>, allowed numbers, text, dates"):
        new(trained, place)


@pytest.mark.parametrize("name", ["new.npz", "new"])
def test_what_is_no_table_is_refused(trained, tmp_path, name):
    (tmp_path / name).write_text("")
    with pytest.raises(InputError, match=f"file: given '{name}', allowed a table"):
        new(trained, tmp_path / name)


def test_words_for_missing_are_those_of_training(tmp_path):
    rows = [("c", *cells, label) for cells in (("-9999", "red"), ("2.5", "none")) for label in ("no", "yes", "no")]
    (tmp_path / "own.csv").write_text(lines(rows * 20))
    settings = whole("table", file=str(tmp_path / "own.csv"), missing=["-9999"], precision="float32")
    raw = table.load(tmp_path, 0, **settings)
    card = {**raw.card, "encoder": encoder.fit(raw.x, np.arange(len(raw))).to_json()}
    (tmp_path / "new.csv").write_text(lines([("c", "-9999.0", "red", ""), ("c", "0.1", "NA", "")]))
    size, colour = table.read_new(tmp_path / "new.csv", card, **settings).x[-2:]
    np.testing.assert_array_equal(size.cells, [np.nan, np.float64(np.float32(0.1))])
    assert colour.cells.tolist() == ["red", None]


# Pictures


def save(place, pixels):
    place.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(place)


def pictures(place, shape=(4, 5, 1), **settings):
    return folder.read_new(place, {"shape": list(shape)}, **whole("folder", path="mine", **settings))


GREY = np.random.default_rng(0).integers(0, 256, (4, 5), np.uint8)


def test_pictures_in_folders_or_not_go_by_their_places(tmp_path):
    for name in ("b.png", "a/2.png", "a/1.png"):
        save(tmp_path / name, GREY)
    (tmp_path / "torn.png").write_bytes((tmp_path / "b.png").read_bytes()[:60])
    found = pictures(tmp_path)
    assert found.names == {"file": ["b.png", "a/1.png", "a/2.png"]} and len(found.left_out) == 1
    assert found.left_out[0].startswith("torn.png: ") and found.x.shape == (3, 4, 5, 1)
    assert np.array_equal(found.x[0, ..., 0], GREY.astype(np.float32) / np.float32(255))


def test_pictures_take_the_mode_of_training(tmp_path):
    save(tmp_path / "grey.png", GREY)
    save(tmp_path / "red.png", np.stack([GREY, 0 * GREY, 0 * GREY], axis=-1))
    found = pictures(tmp_path)
    assert found.x.shape[-1] == 1 and found.findings == ("1 pictures are in colour, and read as grey: red.png",)
    colour = pictures(tmp_path, (4, 5, 3))
    assert colour.findings == () and (colour.x[0, ..., 0] == colour.x[0, ..., 2]).all()


def test_another_size_is_fitted_where_training_was_and_refused_where_it_was_not(tmp_path):
    save(tmp_path / "large.png", np.kron(GREY, np.ones((2, 2), np.uint8)))
    with pytest.raises(InputError, match=r"given 1 pictures of another size \(large.png: 8 x 10\), allowed 4 x 5"):
        pictures(tmp_path)
    assert pictures(tmp_path, size=[4, 5]).x.shape == (1, 4, 5, 1)


@pytest.mark.parametrize("make", [lambda place: place.mkdir(), lambda place: place.write_text("x")])
def test_a_folder_without_pictures_or_a_file_is_refused(tmp_path, make):
    make(tmp_path / "new")
    with pytest.raises(InputError, match=r"^file: given "):
        pictures(tmp_path / "new")


# Arrays


def arrays(place, shape, kind="image", encoded=(), **given):
    np.savez(place, **given)
    card = {"shape": list(shape), "encoder": {"columns": [{"name": name} for name in encoded]}}
    return archive.read_new(place, card, **whole("archive", file="own", kind=kind))


def test_arrays_need_no_labels(tmp_path):
    x = np.arange(2 * 6 * 6, dtype=np.uint8).reshape(2, 6, 6)
    found = arrays(tmp_path / "new.npz", (6, 6, 1), x=x, y=np.array(["a", None], object))
    assert np.array_equal(found.x[..., 0], x.astype(np.float32) / np.float32(255))
    assert found.names == {"example": ["0", "1"]}
    with pytest.raises(InputError, match=r"given examples of shape \(6, 6, 1\), allowed \(7, 7, 1\), as in training"):
        arrays(tmp_path / "new.npz", (7, 7, 1), x=x)
    with pytest.raises(InputError, match="allowed x"):
        arrays(tmp_path / "new.npz", (6, 6, 1), z=x)


@pytest.mark.parametrize(("trained_on", "refused"), [("uint8", False), ("float32", True), ("bool", True)])
def test_dark_bytes_are_such_where_training_was_of_bytes(tmp_path, trained_on, refused):
    np.savez(tmp_path / "new.npz", x=np.full((2, 6, 6), 7, np.uint8))
    card = {"shape": [6, 6, 1], "request": {"type": trained_on}}
    if refused:
        with pytest.raises(InputError, match=r"given bytes \(uint8\) from 7 to 7, allowed ones up to 255 or floats"):
            archive.read_new(tmp_path / "new.npz", card, **whole("archive", file="own"))
        return
    found = archive.read_new(tmp_path / "new.npz", card, **whole("archive", file="own"))
    assert np.unique(found.x).tolist() == [np.float32(7) / np.float32(255)]


def test_shorter_sequences_are_padded_where_their_ends_are_known(tmp_path):
    x = np.ones((2, 3, 2))
    found = arrays(tmp_path / "new.npz", (5, 2), "sequence", x=x, lengths=np.array([3, 1]))
    assert found.x.shape == (2, 5, 2) and found.x.sum(axis=(1, 2)).tolist() == [6, 2]
    with pytest.raises(InputError, match="as in training"):
        arrays(tmp_path / "new.npz", (5, 2), "sequence", x=x)


def test_columns_of_arrays_are_found_by_name(tmp_path):
    names = np.array(["b", "a", "more"])
    found = arrays(tmp_path / "new.npz", (2,), "table", ("a", "b"), x=np.eye(3), columns=names)
    assert [column.name for column in found.x] == ["b", "a", "more"]
    with pytest.raises(InputError, match=r"new.npz: given no column 'c', allowed all columns of training"):
        arrays(tmp_path / "new.npz", (2,), "table", ("a", "c"), x=np.eye(3), columns=names)


# Recordings


def series(place, text, steps=4, channels=("u", "v"), **settings):
    place.write_text(text)
    card = {"recordings": {"channels": list(channels), "decimal": "."}, "shape": [steps, len(channels)]}
    asked = {"file": "own", "series": "who", "label": "kind", "step": "at"} | settings
    return recordings.read_new(place, card, **whole("recordings", **asked))


LONG = "note,v,u,at,who\nx,3,1,1,a\nx,4,2,0,a\nx,5,6,0,b\n"


def test_channels_are_those_of_training_by_name_and_labels_are_not_needed(tmp_path):
    found = series(tmp_path / "new.csv", LONG)
    assert found.names == {"who": ["a", "b"]} and found.lengths.tolist() == [2, 1]
    assert found.x[0].tolist() == [[2, 4], [1, 3], [0, 0], [0, 0]] and found.x.shape == (2, 4, 2)
    labelled = series(tmp_path / "new.csv", "who,at,u,v,kind\na,0,1,2,walk\n")
    assert labelled.names == {"who": ["a"], "kind": ["walk"]}


def test_a_series_with_a_cell_that_is_no_number_is_left_out_and_named(tmp_path):
    found = series(tmp_path / "new.csv", LONG.replace("x,4,2,0,a", "x,?,2,0,a"))
    assert found.names == {"who": ["b"]} and found.left_out == ("a: line 3, column 'v': '?'",)
    assert found.x[0, 0].tolist() == [6, 5]


@pytest.mark.parametrize(
    ("trained", "cells", "values", "said"),
    [
        ({"decimal": ","}, ("1.5", "2", "0.25"), [1.5, 2, 0.25], True),
        ({"decimal": "."}, ("1,5", "2", "0,25"), [1.5, 2, 0.25], True),
        ({"decimal": ","}, ("1.5", "2,5", "3"), None, False),  # no mark is that of the whole file
        ({"decimal": ",", "thousands": "."}, ("1.250", "2.500", "980"), [1250, 2500, 980], False),
        ({"decimal": ","}, ("1.250", "2.500", "980"), None, False),  # which may be either
        ({"decimal": "."}, ("1.250", "2.500", "980"), [1.25, 2.5, 980], False),
    ],
)
def test_another_decimal_mark_is_that_of_the_whole_file_or_none(tmp_path, trained, cells, values, said):
    text = "who;at;u\n" + "".join(f"a;{step};{cell}\n" for step, cell in enumerate(cells)) + "b;0;1\n"
    (tmp_path / "new.csv").write_text(text)
    card = {"recordings": {"channels": ["u"], **trained}, "shape": [3, 1]}
    asked = whole("recordings", file="own", series="who", label="kind", step="at")
    found = recordings.read_new(tmp_path / "new.csv", card, **asked)
    line = f"numbers are written with {trained['decimal'].translate({44: '.', 46: ','})!r} before decimals, those of"
    assert [each.startswith(line) for each in found.findings] == ([True] if said else [])
    assert found.names["who"] == (["b"] if values is None else ["a", "b"])
    assert values is None or found.x[0, :, 0].tolist() == values


def test_a_group_tells_series_apart(tmp_path):
    found = series(tmp_path / "new.csv", "who,at,u,v,subject\na,0,1,2,x\nb,0,1,2,y\n", group="subject")
    assert found.names == {"who": ["a", "b"], "subject": ["x", "y"]}
    assert series(tmp_path / "new.csv", LONG, group="subject").names == {"who": ["a", "b"]}


def test_longer_series_are_refused_or_cut_as_the_block_says(tmp_path):
    with pytest.raises(InputError, match="1 series of more steps"):
        series(tmp_path / "new.csv", LONG, steps=1)
    cut = series(tmp_path / "new.csv", LONG, steps=1, longest=1, longer="cut")
    assert cut.x[:, 0].tolist() == [[2, 4], [6, 5]] and cut.lengths.tolist() == [1, 1]
    assert cut.findings == ("series cut to 1 steps, as in training: a",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("who,at,u\na,0,1\n", "allowed ones with 'v' among them"),
        ("who,at,u,v\na,0,1,?\n", r"given no series that can be read \(the first: line 2, column 'v': '\?'\)"),
        ("who,at,u,v\na,0,1,1\na,0,1,2\n", "given 1 steps twice in a series"),
        ("who,at,u,v\na,0,1\n", "rows with another number of cells"),
    ],
)
def test_recordings_that_do_not_fit(tmp_path, text, told):
    with pytest.raises(InputError, match=told):
        series(tmp_path / "new.csv", text)
