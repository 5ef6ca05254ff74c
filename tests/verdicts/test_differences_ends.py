"""Where differences change their form: at two pairs, without spread, at rates of 0 and 1, at a level met exactly."""

import math

import numpy as np
import pytest
from scipy import integrate, special, stats

from pipeline.verdicts import differences
from pipeline.verdicts.differences import MeanDifference, RateDifference

T_OF_TWO = 12.706204736432095  # 97.5 % quantile of Student's t with one degree of freedom


def test_two_pairs_have_an_interval_and_decide():
    two = differences.mean_difference([1.0, 3.0], [1.0, 1.0])
    assert (two.value, two.sd, two.n) == (1.0, pytest.approx(math.sqrt(2)), 2)
    assert two.interval(0.95) == pytest.approx((1 - T_OF_TWO, 1 + T_OF_TWO))
    assert two.tested(0.5).p == pytest.approx(1 - 2 / math.pi * math.atan(0.5))  # Student's t is Cauchy's


@pytest.mark.parametrize("one", [MeanDifference(0.1, 0.0, 1), MeanDifference(0.1, 0.1, 1), RateDifference(1, 1, 1)])
def test_one_pair_says_nothing_whatever_the_margin(one):
    assert all(math.isnan(bound) for bound in one.interval(0.95))
    assert [one.tested(margin).p for margin in (0.0, 0.5, 0.9)] == [1.0, 1.0, 1.0]


# Without spread


@pytest.mark.parametrize("n", [2, 6, 9])
def test_pairs_alike_decide_at_levels_less_strict_than_their_chance(n):
    alike, chance = MeanDifference(0.1, 0.0, n), 2.0 ** (1 - n)
    assert alike.tested(0.02).p == chance
    assert alike.interval(1 - chance) == (-math.inf, math.inf)
    assert alike.interval(1 - 1.01 * chance) == (0.1, 0.1)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_rounding_is_in_proportion_to_what_was_subtracted(scale):
    def sd(step):
        return differences.mean_difference(np.array([2.0, 2.0, 2.0 + step]) * scale, np.array([1.0, 1, 1]) * scale).sd

    assert sd(1e-12) == 0.0
    assert sd(3e-12) == pytest.approx(3e-12 * scale / math.sqrt(3), rel=0.01)


def test_a_spread_of_just_the_rounding_is_none():
    assert differences.mean_difference([1.0, 1e-12], [1.0, 0.0]).sd == 0.0
    assert differences.mean_difference([1.0, 1.001e-12], [1.0, 0.0]).sd > 0.0


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
    assert equal.tested(margin).p == pytest.approx((1 - margin) ** n)


def test_two_pairs_of_opposite_rates_by_hand():
    """2/2 against 0/2: the rates are 1 - U and V with U and V of Beta(1, 2), so P(difference <= 0) is 1/6 (Fisher)."""
    opposite = RateDifference(2, 0, 2)
    assert opposite.value == 1.0
    assert opposite.tested(0.0).p == pytest.approx(2 / 6)
    assert RateDifference(0, 2, 2).tested(0.0).p == pytest.approx(2 / 6)
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
    expected = min(1.0, 2 * above, 2 * below, within)
    assert RateDifference(x, y, n).tested(margin).p == pytest.approx(expected, abs=1e-7)


def test_the_value_of_two_rates_is_the_one_less_the_other():
    assert [RateDifference(*arms, 8).value for arms in ((5, 1), (1, 5), (3, 3))] == [0.5, -0.5, 0.0]


def test_a_mean_resized_keeps_its_size_and_spread():
    assert MeanDifference(0.1, 0.2, 6).resized(9) == MeanDifference(0.1, 0.2, 9)


def test_an_effect_size_is_a_mean_over_a_spread_that_is_not_one():
    assert differences.effect_size([1.0, 5.0], [0.0, 2.0]) == pytest.approx(math.sqrt(2))
    assert differences.effect_size([0.0, 0.0, 0.0], [0.1, 0.2, 0.3]) == pytest.approx(-2)
