"""How a file writes its numbers is told by columns of numbers alone, and asked for where a mark may be two things."""

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.sources.table import load

WORDS = ("amber", "basalt", "chalk")
DEGREES = [f"{37 + place % 50 / 1000:.3f}" for place in range(60)]
VALUES = [float(cell) for cell in DEGREES]


def own(folder, table, separator=",", label="class", **settings):
    """The table of these columns (name: cells, repeated for 60 rows), with a class unless it has one."""
    filled = {name: [cells[place % len(cells)] for place in range(60)] for name, cells in table.items()}
    filled = {"class": [WORDS[place // 3 % 3] for place in range(60)]} | filled
    quoted = [[f'"{cell}"' for cell in row] for row in zip(*filled.values(), strict=True)]
    (folder / "own.csv").write_text("".join(separator.join(row) + "\n" for row in [filled, *quoted]))
    return load(folder, 0, file="own", label=label, **settings)


def refused(folder, table, separator=",", **settings):
    with pytest.raises(InputError) as caught:
        own(folder, table, separator, **settings)
    return str(caught.value)


def cells(raw, name):
    return next(column.cells.tolist() for column in raw.x if column.name == name)


ADDRESSES = [f"192.168.178.{20 + 3 * place}" for place in range(60)]
NO_NUMBERS = {
    "addresses": ADDRESSES,
    "long addresses": [f"192.168.178.{100 + place}" for place in range(60)],
    "versions": ["1.2.3", "10.0.104", "2.345.678", "1.234.567"],
    "days": ["31.01.2024", "01.02.2024", "29.02.2024"],
    "codes": ["101,205,310", "7,12", "101,20,310", "3", "101,205", "5,66,310", "7,12,9"],
}


@pytest.mark.parametrize("kind", NO_NUMBERS)
@pytest.mark.parametrize("how", ["by itself", "dropped", "a category"])
def test_a_column_that_is_no_number_leaves_the_others_as_they_are(tmp_path, kind, how):
    settings = {"by itself": {}, "dropped": {"drop": ["other"]}, "a category": {"columns": {"other": "category"}}}[how]
    raw = own(tmp_path, {"other": NO_NUMBERS[kind], "degrees": DEGREES}, **settings)
    assert cells(raw, "degrees") == VALUES
    assert all(column.kind != "number" for column in raw.x if column.name == "other")


GERMAN = ["1.234.567", "1.234.568"]


@pytest.mark.parametrize(
    "settings",
    [{"drop": ["other"]}, {"columns": {"other": "drop"}}, {"columns": {"other": "category"}}, {"group": "other"}],
)
def test_a_column_that_is_not_read_as_numbers_has_no_say(tmp_path, settings):
    assert cells(own(tmp_path, {"other": GERMAN, "degrees": DEGREES}, **settings), "degrees") == VALUES
    assert cells(own(tmp_path, {"other": GERMAN, "degrees": DEGREES}), "degrees")[1] == 37001


def test_classes_have_no_say_and_are_in_order_of_their_own_values(tmp_path):
    raw = own(tmp_path, {"degrees": DEGREES, "class": ["1.234.567", "12.000.000", "2.000.000"]})
    assert cells(raw, "degrees") == VALUES and raw.class_names == ("1.234.567", "2.000.000", "12.000.000")
    raw = own(tmp_path, {"count": ["1", "2", "3", "4"], "class": ["1,5", "10,5", "2,5"]}, ";")
    assert raw.class_names == ("1,5", "2,5", "10,5")


def test_numbers_to_predict_have_a_say(tmp_path):
    raw = own(tmp_path, {"count": ["1", "2", "3", "4"], "paid": ["1.250,5", "7,25"]}, ";", "paid", labels="number")
    assert raw.y[:2].tolist() == [1250.5, 7.25]


@pytest.mark.parametrize("mark", [",", ".", " "])
def test_lists_of_codes_that_may_be_numbers_are_asked_for(tmp_path, mark):
    codes = [cell.replace(",", mark) for cell in ("101,205,310", "404", "205,310", "101,205")]
    told = f"column 'codes': given cells such as '101{mark}205{mark}310', which may be lists of codes or numbers"
    message = refused(tmp_path, {"codes": codes, "count": ["1", "2", "3"]})
    assert told in message and "set `columns: {codes: category}` or `columns: {codes: number}`" in message
    columns = {"codes": codes, "count": ["1", "2", "3"]}
    assert cells(own(tmp_path, columns, columns={"codes": "category"}), "codes")[:4] == codes
    assert cells(own(tmp_path, columns, columns={"codes": "number"}), "codes")[:2] == [101205310, 404]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("amounts", [["1.250", "980", "12.400"], ["-1.250", "0", "7"], ["1.250", "980", "", "?"]])
def test_points_that_may_stand_between_thousands_are_asked_for(tmp_path, separator, amounts):
    message = refused(tmp_path, {"paid": amounts, "age": ["30", "41", "52"]}, separator)
    assert 'may be a thousand or one and a quarter, allowed either: set `decimal: ","` or `decimal: "."`' in message
    columns = {"paid": amounts, "age": ["30", "41", "52"]}
    first = float(amounts[0])
    assert cells(own(tmp_path, columns, separator, decimal=","), "paid")[0] == 1000 * first
    assert cells(own(tmp_path, columns, separator, decimal="."), "paid")[0] == first


@pytest.mark.parametrize(
    "columns",
    [
        {"a": ["1.250", "2.353", "3.125"]},  # three decimals throughout
        {"a": ["1.250", "2.5", "3"]},
        {"a": ["1.250", "1250", "3"]},  # a thousand without a mark
        {"a": ["0.250", "1.250", "3"]},
        {"a": ["1.250", "980", "3"], "b": ["0.5", "1.25"]},  # another column has decimal points
    ],
)
@pytest.mark.parametrize("separator", [",", "\t", "|"])
def test_points_that_are_clear_are_decimal_points(tmp_path, columns, separator):
    raw = own(tmp_path, columns, separator)
    assert cells(raw, "a")[:3] == [float(cell) for cell in columns["a"]]


def test_a_told_decimal_comma_leaves_points_to_thousands(tmp_path):
    raw = own(tmp_path, {"a": ["1.250", "2.353", "3.125"]}, decimal=",")
    assert cells(raw, "a")[:3] == [1250, 2353, 3125]


def test_a_slip_among_numbers_is_still_named_by_its_line(tmp_path):
    amounts = [f"{place},5" for place in range(60)]
    for slip in ("k.A.", "1,2,5", "1_5"):
        message = refused(tmp_path, {"a": [*amounts[:9], slip, *amounts[10:]]}, ";")
        assert f"column 'a': given '{slip}' (line 11), allowed a number, as in the 59 other cells" in message


def test_a_gap_that_is_told_says_nothing_of_marks(tmp_path):
    raw = own(tmp_path, {"a": ["1.250", "2.353", "999"]}, missing=["999"])
    assert cells(raw, "a")[:2] == [1.25, 2.353] and np.isnan(cells(raw, "a")[2])
