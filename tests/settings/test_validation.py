"""Blocks are checked against types; every complaint says file and key, what was given and what is allowed."""

import datetime
from typing import Literal

import pytest

from pipeline.number_types import Count, NotNegative, Positive, Share, Whole
from pipeline.plugin_files import Setting
from pipeline.settings.tree import Block, Given, Place
from pipeline.settings.validation import Complaints, ParamsError, describe, settle, show

FIT = Place("params.yaml", "fit")
FIELDS = {
    "epochs": Setting(Count, 10),
    "rate": Setting(Positive, required=True),
    "patience": Setting(Count | None, None),
    "options": Setting(dict, {}),
}


def block(**values):
    items = {
        name: Block({}, FIT.at(name)) if isinstance(value, dict) else Given(value, FIT.at(name))
        for name, value in values.items()
    }
    return Block(items, FIT)


def settled(item, fields=FIELDS, **options):
    complaints = Complaints()
    return settle(item, fields, complaints, **options), complaints.lines


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (int, "an integer"),
        (bool, "true or false"),
        (str, "text"),
        (dict, "a mapping"),
        (Count, "an integer >= 1"),
        (Whole, "an integer >= 0"),
        (Share, "a number >= 0 and < 1"),
        (Positive, "a number > 0"),
        (NotNegative, "a number >= 0"),
        (Count | None, "an integer >= 1 or null"),
        (Literal["none"], "'none'"),
        (Literal["a", "b"], "one of 'a', 'b'"),
        (Literal["a", "b"] | None, "one of 'a', 'b' or null"),
        (Literal["auto"] | Count, "'auto' or an integer >= 1"),
        (list[Count], "a list, each item an integer >= 1"),
        (list, "a list, each item a value"),
        (object, "a value"),
    ],
)
def test_types_in_words(annotation, words):
    assert describe(annotation) == words


@pytest.mark.parametrize(
    ("annotation", "given", "words"),
    [
        (Count, 0, "an integer >= 1"),
        (Count, 20_000_000, "an integer >= 1 and <= 10000000"),
        (Whole, 2**31, "an integer >= 0 and <= 2147483647"),
        (Positive, 2e6, "a number > 0 and <= 1000000"),
        (Count | None, 20_000_000, "an integer >= 1 and <= 10000000 or null"),
        (list[Count], [20_000_000], "a list, each item an integer >= 1 and <= 10000000"),
        (list[Count], ["a"], "a list, each item an integer >= 1"),
        (Count, "20000000", "an integer >= 1"),
    ],
)
def test_the_highest_of_a_wide_range_is_told_to_who_gave_more(annotation, given, words):
    assert describe(annotation, given) == words


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "nothing"),
        ({"a": 1}, "a mapping"),
        ([1, "a"], "[1, 'a']"),
        (1e-3, "0.001"),
        ("x" * 78, f"'{'x' * 78}'"),  # 80 letters with its quotes
        ("x" * 79, f"'{'x' * 76}..."),
        ("x" * 5000, f"'{'x' * 76}..."),
        ("a\nb", r"'a\nb'"),
        (datetime.date(2026, 5, 1), "2026-05-01"),
        (datetime.datetime(2026, 5, 1, 12, 30), "2026-05-01T12:30:00"),
    ],
)
def test_values_are_quoted_on_one_line_of_eighty_letters(value, shown):
    assert show(value) == shown and len(show(value)) <= 80


def test_complaints_are_lines_in_order_each_once():
    complaints = Complaints()
    complaints.add(FIT.at("b"), "3", "text")
    complaints.add(FIT.at("a"), "4", "text")
    complaints.add(FIT.at("b"), "3", "text")
    expected = ["params.yaml: fit.b: given 3, allowed text", "params.yaml: fit.a: given 4, allowed text"]
    assert complaints.lines == expected and Complaints().lines == []
    assert str(ParamsError(expected)) == "\n".join(expected) and ParamsError(expected).lines == expected


@pytest.mark.parametrize(
    ("given", "allowed", "line"),
    [
        ("epochs", [], "given 'epochs', allowed none"),
        ("epoch", ["rate", "epochs", "epoch_steps"], "allowed rate, epochs, epoch_steps (did you mean 'epochs'?)"),
        ("xyz", ["rate", "epochs"], "given 'xyz', allowed rate, epochs"),
    ],
)
def test_an_unknown_name_comes_with_those_that_exist_and_the_nearest(given, allowed, line):
    complaints = Complaints()
    complaints.unknown(FIT.at(given), given, allowed)
    assert complaints.lines[0].startswith(f"params.yaml: fit.{given}: given {given!r}, allowed ")
    assert complaints.lines[0].endswith(line)


def test_defaults_are_filled_in_and_blocks_stay_blocks():
    values, lines = settled(block(rate=0.5))
    assert values == {"epochs": 10, "rate": 0.5, "patience": None, "options": {}} and lines == []
    assert isinstance(values["options"], Block) and values["options"].place == FIT.at("options")
    options = block(rate=0.5, options={})
    assert settled(options)[0]["options"] is options["options"]


def test_part_of_a_block_is_neither_filled_in_nor_lacking():
    assert settled(block(epochs=3), partial=True) == ({"epochs": 3}, [])
    assert settled(block(), partial=True) == ({}, [])


def test_what_is_required_is_named():
    values, lines = settled(block(epochs=3))
    assert "rate" not in values and lines == ["params.yaml: fit.rate: given nothing, allowed a number > 0"]


def test_a_value_in_place_of_a_block_is_one_complaint():
    for partial in (False, True):
        _, lines = settled(Given([1], FIT), partial=partial)
        assert lines == ["params.yaml: fit: given [1], allowed a mapping with epochs, rate, patience, options"]
    assert settled(Given([1], FIT))[0] == {"epochs": 10, "patience": None, "options": {}}
    assert settled(Given(None, FIT), {})[1] == ["params.yaml: fit: given nothing, allowed a mapping with no keys"]


def test_wrong_values_are_named_and_stand_as_the_default():
    values, lines = settled(block(rate="1e-3", epochs=2.0, options=3, momentum=1))
    assert values == {"epochs": 10, "rate": None, "patience": None, "options": {}}
    assert isinstance(values["options"], Block)
    assert lines == [
        "params.yaml: fit.momentum: given 'momentum', allowed epochs, rate, patience, options",
        "params.yaml: fit.epochs: given 2.0, allowed an integer >= 1",
        "params.yaml: fit.rate: given '1e-3', allowed a number > 0",
        "params.yaml: fit.options: given 3, allowed a mapping",
    ]


@pytest.mark.parametrize("value", [True, float("nan"), float("inf"), -1, 0, "1", None, [1.0], 1e7])
def test_numbers_are_finite_and_nothing_is_converted(value):
    assert len(settled(block(rate=value))[1]) == 1
    assert settled(block(rate=1))[1] == settled(block(rate=1e6))[1] == []


def test_floats_without_bounds_are_finite():
    for value in (float("nan"), float("inf")):
        assert len(settled(block(any=value), {"any": Setting(float, 0.0)})[1]) == 1
