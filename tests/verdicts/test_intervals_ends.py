"""Where the statistics change their form: at two pairs, without spread, at rates of 0 and 1, at a level met exactly."""

import math
import re
import warnings

import numpy as np
import pytest
from scipy import integrate, special, stats

from pipeline.verdicts import intervals
from pipeline.verdicts.intervals import MeanDifference, RateDifference

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
            lambda: intervals.mean_difference([1.0, 0.0], [1.0]),
            "pairs: given 2 and 1 values, allowed as many of each, seed by seed",
        ),
        (
            lambda: intervals.summary([1.0, 2.0], 95),
            "level: given 95, allowed a share between 0 and 1, such as 0.95",
        ),
        (
            lambda: intervals.rate_difference([1, 0.25], [0, 2]),
            "rate: given 0.25, allowed 0 or 1 for each run; compare other metrics by their mean",
        ),
        (lambda: intervals.rate_interval(7, 6), "successes: given 7 of 6, allowed 0 to 6"),
        (lambda: intervals.rate_interval(-1, 6), "successes: given -1 of 6, allowed 0 to 6"),
        (lambda: intervals.holm([0.5, 1.5, -1.0]), "p: given 1.5, allowed 0 to 1"),
    ],
)
def test_what_is_refused_is_said_with_what_is_allowed(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


def test_whole_numbers_and_yes_or_no_are_numbers_too():
    assert intervals.mean_difference([True, True, True], [False, True, False]).value == pytest.approx(2 / 3)
    assert intervals.rate_difference([True, True], [False, True]) == RateDifference(2.0, 1.0, 2)


# Means of one and two


def test_two_values_have_an_interval():
    expected = {"mean": 1.0, "sd": math.sqrt(2), "ci_low": 1 - T_OF_TWO, "ci_high": 1 + T_OF_TWO, "n": 2}
    assert intervals.summary([0.0, 2.0]) == pytest.approx(expected)


def test_two_pairs_have_an_interval_and_decide():
    two = intervals.mean_difference([1.0, 3.0], [1.0, 1.0])
    assert (two.value, two.sd, two.n) == (1.0, pytest.approx(math.sqrt(2)), 2)
    assert two.interval(0.95) == pytest.approx((1 - T_OF_TWO, 1 + T_OF_TWO))
    assert two.decides_at(0.5) == pytest.approx(1 - 2 / math.pi * math.atan(0.5))  # Student's t is Cauchy's


def test_one_value_has_no_spread_and_is_no_matter_for_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert math.isnan(intervals.summary([0.5])["sd"])
        assert math.isnan(intervals.mean_difference([1.0], [0.0]).sd)
        assert math.isnan(intervals.summary([])["mean"])


@pytest.mark.parametrize("one", [MeanDifference(0.1, 0.0, 1), MeanDifference(0.1, 0.1, 1), RateDifference(1, 1, 1)])
def test_one_pair_says_nothing_whatever_the_margin(one):
    assert all(math.isnan(bound) for bound in one.interval(0.95))
    assert [one.decides_at(margin) for margin in (0.0, 0.5, 0.9)] == [1.0, 1.0, 1.0]


# Without spread


@pytest.mark.parametrize("n", [2, 6, 9])
def test_pairs_alike_decide_at_levels_less_strict_than_their_chance(n):
    alike, chance = MeanDifference(0.1, 0.0, n), 2.0 ** (1 - n)
    assert alike.decides_at(0.02) == chance
    assert alike.interval(1 - chance) == (-math.inf, math.inf)
    assert alike.interval(1 - 1.01 * chance) == (0.1, 0.1)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_rounding_is_in_proportion_to_what_was_subtracted(scale):
    def sd(step):
        return intervals.mean_difference(np.array([2.0, 2.0, 2.0 + step]) * scale, np.array([1.0, 1, 1]) * scale).sd

    assert sd(1e-12) == 0.0
    assert sd(3e-12) == pytest.approx(3e-12 * scale / math.sqrt(3), rel=0.01)


def test_a_spread_of_just_the_rounding_is_none():
    assert intervals.mean_difference([1.0, 1e-12], [1.0, 0.0]).sd == 0.0
    assert intervals.mean_difference([1.0, 1.001e-12], [1.0, 0.0]).sd > 0.0


# Rates of 0 and 1, where one arm has no spread and the other's Clopper-Pearson bound is left


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize("n", [2, 5])
def test_against_a_rate_without_spread_the_exact_bound_of_the_other_is_left(n, level):
    for successes in range(n + 1):
        low, high = stats.binomtest(successes, n).proportion_ci(level, "exact")
        assert RateDifference(0, successes, n).interval(level)[0] == pytest.approx(-high)
        assert RateDifference(successes, n, n).interval(level)[0] == pytest.approx(low - 1)
        assert RateDifference(successes, 0, n).interval(level)[1] == pytest.approx(high)
        assert RateDifference(n, successes, n).interval(level)[1] == pytest.approx(1 - low)


@pytest.mark.parametrize("n", [2, 6])
@pytest.mark.parametrize("successes", [0, 1])
@pytest.mark.parametrize("margin", [0.0, 0.3, 0.9])
def test_equal_arms_at_an_end_lie_within_a_margin_by_a_power(n, successes, margin):
    equal = RateDifference(successes * n, successes * n, n)
    assert equal.decides_at(margin) == pytest.approx(min(1.0, 2 * (1 - margin) ** n))


def test_two_pairs_of_opposite_rates_by_hand():
    """2/2 against 0/2: the rates are 1 - U and V with U and V of Beta(1, 2), so P(difference <= 0) is 1/6 (Fisher)."""
    opposite = RateDifference(2, 0, 2)
    assert opposite.value == 1.0
    assert opposite.decides_at(0.0) == pytest.approx(2 / 6)
    assert RateDifference(0, 2, 2).decides_at(0.0) == pytest.approx(2 / 6)
    low, high = opposite.interval(1 - 2 / 6)
    assert (low, high) == (pytest.approx(0, abs=1e-9), 1.0)


@pytest.mark.parametrize(("x", "y", "n"), [(5, 3, 6), (2, 5, 7), (3, 3, 6), (4, 2, 4), (2, 2, 2), (0, 3, 5)])
@pytest.mark.parametrize("margin", [0.0, 0.05, 0.3, 0.7, 0.95])
def test_rates_decide_at_the_chances_of_their_confidence_distributions(x, y, n, margin):
    """A difference at or below a bound, by SciPy's adaptive quadrature over Beta distributions."""

    def chance(bound, x, y):
        if not x:
            return special.betaincc(y + 1, n - y, max(0, -bound)) if y < n else 1.0
        if y == n:
            return special.betainc(x, n - x + 1, min(1, 1 + bound))

        def density(u):
            high_of_y = special.betaincc(y + 1, n - y, min(1, max(0, u - bound)))
            return u ** (x - 1) * (1 - u) ** (n - x) / special.beta(x, n - x + 1) * high_of_y

        return integrate.quad(density, 0, 1, points=[abs(bound)])[0]

    above, below = chance(margin, x, y), chance(margin, y, x)
    within = max(chance(-margin, x, y), chance(-margin, y, x))
    expected = min(1.0, 2 * min(above, below, within))
    assert RateDifference(x, y, n).decides_at(margin) == pytest.approx(expected, abs=1e-7)


def test_the_value_of_two_rates_is_the_one_less_the_other():
    assert [RateDifference(*arms, 8).value for arms in ((5, 1), (1, 5), (3, 3))] == [0.5, -0.5, 0.0]


def test_a_mean_resized_keeps_its_size_and_spread():
    assert MeanDifference(0.1, 0.2, 6).resized(9) == MeanDifference(0.1, 0.2, 9)


@pytest.mark.parametrize("n", [2, 4, 12])
def test_rates_resized_keep_their_shares(n):
    assert RateDifference(3, 1, 4).resized(n) == RateDifference(0.75 * n, 0.25 * n, n)


def test_an_effect_size_is_a_mean_over_a_spread_that_is_not_one():
    assert intervals.effect_size([1.0, 5.0], [0.0, 2.0]) == pytest.approx(math.sqrt(2))
    assert intervals.effect_size([0.0, 0.0, 0.0], [0.1, 0.2, 0.3]) == pytest.approx(-2)


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


# Holm


def test_a_p_that_meets_its_level_is_not_below_it():
    assert intervals.holm([0.03, 0.025]) == [0.025, 0.025]
    assert intervals.holm([0.03, 0.0249]) == [0.05, 0.025]


def test_holm_takes_the_ends_of_what_is_allowed():
    assert intervals.holm([1.0, 0.0]) == [0.05, 0.025]
    assert intervals.holm([0.0], alpha=0.1) == [0.1]
