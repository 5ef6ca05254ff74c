"""Where the statistics change their form: at two pairs, without spread, at rates of 0 and 1, at a level met exactly."""

import math
import re
import warnings

import numpy as np
import pytest

from pipeline.verdicts import differences, intervals, looks
from pipeline.verdicts.differences import RateDifference

T_OF_TWO = 12.706204736432095  # 97.5 % quantile of Student's t with one degree of freedom
DRAWS = 20_000


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: intervals.summary([[1.0, 2.0]]),
            "values: given an array of shape (1, 2), allowed one number per seed, shape (seeds,)",
        ),
        (
            lambda: intervals.summary(0.5),
            "values: given an array of shape (), allowed one number per seed, shape (seeds,)",
        ),
        (
            lambda: intervals.summary([1.0, math.nan]),
            "values: given [1.0, nan], allowed finite numbers; leave failed runs out, count them",
        ),
        (
            lambda: differences.mean_difference([1.0, 0.0], [1.0]),
            "pairs: given 2 and 1 values, allowed as many of each, seed by seed",
        ),
        (
            lambda: intervals.summary([1.0, 2.0], 95),
            "level: given 95, allowed a share between 0 and 1, such as 0.95",
        ),
        (
            lambda: differences.rate_difference([1, 0.25], [0, 2]),
            "rate: given 0.25, allowed 0 or 1 for each run; compare other metrics by their mean",
        ),
        (lambda: intervals.rate_interval(7, 6), "successes: given 7 of 6, allowed 0 to 6"),
        (lambda: intervals.rate_interval(-1, 6), "successes: given -1 of 6, allowed 0 to 6"),
        (lambda: looks.holm([0.5, 1.5, -1.0]), "p: given 1.5, allowed 0 to 1"),
    ],
)
def test_what_is_refused_is_said_with_what_is_allowed(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


def test_whole_numbers_and_yes_or_no_are_numbers_too():
    assert differences.mean_difference([True, True, True], [False, True, False]).value == pytest.approx(2 / 3)
    assert differences.rate_difference([True, True], [False, True]) == RateDifference(2, 1, 2)


# Means of one and two


def test_two_values_have_an_interval():
    expected = {"mean": 1.0, "sd": math.sqrt(2), "ci_low": 1 - T_OF_TWO, "ci_high": 1 + T_OF_TWO, "n": 2}
    assert intervals.summary([0.0, 2.0]) == pytest.approx(expected)


def test_one_value_has_no_spread_and_is_no_matter_for_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert math.isnan(intervals.summary([0.5])["sd"])
        assert math.isnan(differences.mean_difference([1.0], [0.0]).sd)
        assert math.isnan(intervals.summary([])["mean"])


# Sign flips


def test_the_seed_of_a_sign_flip_is_zero_unless_it_is_said():
    better = np.random.default_rng(0).normal(0.8, 1, 20)
    drawn = intervals.sign_flip(better, np.zeros(20))
    assert drawn == intervals.sign_flip(better, np.zeros(20), seed=0) != intervals.sign_flip(better, np.zeros(20), 1)


def test_twenty_thousand_signs_are_drawn_beyond_fourteen_pairs():
    """Of the drawn, and the one that was observed, so many are as large: p is twice their share."""
    assert intervals.sign_flip(np.ones(14), np.zeros(14)) == 2**-13
    better = np.random.default_rng(1).normal(0.8, 1, 15)
    as_large = intervals.sign_flip(better, np.zeros(15)) * (DRAWS + 1) / 2
    assert as_large == pytest.approx(round(as_large), abs=1e-6)
