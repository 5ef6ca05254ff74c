"""What lines tell of their form: the header counts as no row, and shares are shares."""

from pipeline.sources import _delimited


def names(text):
    return _delimited.read(text.encode(), "own.csv", separator="auto", encoding="auto", header="auto").names


def test_a_share_of_cells_is_one():
    assert _delimited._numeric([["1", "x"], ["2,5", "red"]]) == 0.5 and _delimited._numeric([]) == 0


def test_names_are_no_numbers_below_them():
    (score,) = _delimited._scores([(",", [["a", "b"], ["1", "2"]])]).values()
    assert score == (2.0, 1.0)


def test_a_name_of_nothing_but_a_mark_stays():
    assert names("#,b\n1,2\n3,4\n") == ("#", "b") and names("# a,b\n1,2\n3,4\n") == ("a", "b")
