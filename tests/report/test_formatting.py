"""Numbers, intervals and verdicts as people read them."""

import math

import pytest

from pipeline.report import claims, formatting


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1234, "0.123"), (-0.5, "\N{MINUS SIGN}0.500"), (0.00012, "0.00012"), (123456.0, "1.23e+05"), (None, "–")],
)
def test_numbers_as_people_read_them(value, text):
    assert formatting.number(value) == text


def test_bounds_have_as_many_decimals_as_their_distance_calls_for():
    row = {"difference": 0.0203, "ci_low": 0.000474, "ci_high": 0.04012, "level": 0.983}
    assert claims.difference_text(row) == {"value": "+0.020", "interval": "0.000 to 0.040 (98.3 %)"}


@pytest.mark.parametrize(
    ("low", "high", "digits"),
    [(0.1, 0.9, 3), (0.01, 0.06, 3), (0.01, 0.019, 4), (0.0, 1e-12, 6), (-2.0, 97.0, 3), (-20.0, 97.0, 0)],
)
def test_narrow_intervals_have_more_decimals_and_wide_ones_none(low, high, digits):
    assert formatting.decimals(low, high) == digits
    text = formatting.interval(low, high, digits)
    row = {"difference": (low + high) / 2, "ci_low": low, "ci_high": high, "level": 0.95}
    assert claims.difference_text(row)["interval"] == f"{text} (95 %)"
    assert formatting.difference(row).interval.replace("+", "") == text
    assert formatting.difference(row).value == claims.difference_text(row)["value"]


@pytest.mark.parametrize(("low", "high"), [(None, 0.2), (0.2, None), (0.2, 0.2), (0.0, float("inf"))])
def test_what_has_no_width_is_written_as_any_number(low, high):
    assert formatting.decimals(low, high) == 3


def test_a_mean_without_any_spread_is_exact():
    assert formatting.spread(0.5, 0.5) == "exact" and formatting.spread(0.4, 0.5) == "0.400 to 0.500"
    assert formatting.spread(None, None) == ""


def test_zero_is_in_the_middle_of_every_forest_plot():
    row = {"difference": 0.2, "ci_low": 0.1, "ci_high": 0.3, "margin": 0.05}
    forest = claims.forest(row)
    assert 50 < forest["low"] < forest["at"] < forest["high"] <= 100
    assert forest["at"] - 50 == pytest.approx(4 * forest["band"], abs=0.05)
    mirrored = claims.forest({"difference": -0.2, "ci_low": -0.3, "ci_high": -0.1, "margin": 0.05})
    assert mirrored["at"] == pytest.approx(100 - forest["at"])
    assert mirrored["low"] == pytest.approx(100 - forest["high"])


def test_an_interval_needs_both_bounds():
    assert formatting.interval(0.1, 0.25) == "0.100 to 0.250"
    assert formatting.interval(-0.1, 0.25, 2, sign=True) == "\N{MINUS SIGN}0.10 to +0.25"
    assert formatting.interval(None, 0.25) == formatting.interval(0.1, None) == ""


def test_verdicts_are_counted_in_their_order():
    words = ["undecided", "not tested", "reproduced", "undecided"]
    assert formatting.tally(words) == ["1 reproduced", "2 undecided", "1 not tested"]


NUMBERS = {0.01: "0.01", 0.25: "0.25", 1.0: "1", 50.0: "50", 1234567.0: "1,234,567", -0.000125: "\u22120.000125"}
ENDLESS = {math.log10(2): "0.301", math.log(2): "0.693", 1234567 + 1 / 3: "1,234,567", 1e-9 / 3: "3.33e\u221210"}


@pytest.mark.parametrize(("value", "told"), [*NUMBERS.items(), *ENDLESS.items()])
def test_a_number_as_one_would_write_it(value, told):
    assert formatting.plain(value) == told
