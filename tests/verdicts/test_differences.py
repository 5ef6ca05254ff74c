"""Differences are held to SciPy, to numbers worked by hand and to their promised error rates."""

import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from pipeline.verdicts import differences
from pipeline.verdicts.differences import MeanDifference, RateDifference


def pairs(n: int, shift: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(shift, 1, n), rng.normal(0, 1, n)


# Pairs


@pytest.mark.parametrize("level", [0.9, 0.95, 0.995])
def test_mean_difference_is_the_paired_t_interval(level):
    better, worse = pairs(6, 1.0)
    found = differences.mean_difference(better, worse)
    assert found.interval(level) == pytest.approx(tuple(stats.ttest_rel(better, worse).confidence_interval(level)))
    assert (found.value, found.n) == (pytest.approx(np.mean(better - worse)), 6)


@pytest.mark.parametrize("margin", [0.0, 0.3, 1.0, 3.0])
def test_a_mean_is_tested_at_both_sides_beyond_the_margin_and_at_one_within(margin):
    better, worse = pairs(8, 1.0)
    gaps = better - worse
    outside = max(stats.ttest_1samp(gaps, bound).pvalue for bound in (margin, -margin))
    within = max(
        stats.ttest_1samp(gaps, -margin, alternative="greater").pvalue,
        stats.ttest_1samp(gaps, margin, alternative="less").pvalue,
    )
    tested = differences.mean_difference(better, worse).tested(margin)
    assert tested.p == pytest.approx(outside if abs(gaps.mean()) > margin else within)
    assert differences.WORDS[tested.word] == ("reproduced" if gaps.mean() > margin else "negligible")


def test_equivalence_is_two_one_sided_tests():
    """Mean .055 and sd .14804 of ten pairs, by hand: t = (.5 - .055) / (.14804 / sqrt(10)) = 9.5055."""
    x = np.array([0.1, -0.2, 0.3, 0.05, -0.1, 0.2, 0.0, 0.15, -0.05, 0.1])
    p = differences.mean_difference(x, np.zeros(10)).tested(0.5).p
    assert stats.t.isf(p, 9) == pytest.approx(9.5055, abs=1e-3)
    weightstats = pytest.importorskip("statsmodels.stats.weightstats")
    assert weightstats.ttost_paired(x, np.zeros(10), -0.5, 0.5)[0] == pytest.approx(float(p))


@pytest.mark.parametrize("difference", [MeanDifference(0.3, 0.4, 7), RateDifference(6, 1, 8), RateDifference(4, 4, 9)])
@pytest.mark.parametrize("margin", [0.0, 0.1, 0.6, 0.9])
def test_p_is_where_the_interval_stops_deciding(difference, margin):
    def decides(alpha: float) -> bool:
        (low, high), (left, right) = difference.interval(1 - alpha), difference.interval(max(1e-9, 1 - 2 * alpha))
        return low > margin or high < -margin or (-margin <= left and right <= margin)

    smallest = float(difference.tested(margin).p)
    assert decides(min(0.999, smallest * 1.001)) or smallest > 0.49
    assert not decides(smallest * 0.999)


@pytest.mark.parametrize("kind", [differences.mean_difference, differences.rate_difference])
@pytest.mark.parametrize("n", [0, 1])
def test_below_two_pairs_nothing_is_decided(kind, n):
    found = kind([1.0] * n, [0.0] * n)
    assert found.tested(0.1).p == 1.0
    assert all(math.isnan(bound) for bound in found.interval(0.95))
    assert math.isnan(found.value) if n == 0 else found.value == 1.0


def test_without_spread_the_number_of_pairs_decides():
    five, six = MeanDifference(0.1, 0.0, 5), MeanDifference(0.1, 0.0, 6)
    assert six.interval(0.95) == (0.1, 0.1)
    assert five.interval(0.95) == six.interval(0.99) == (-math.inf, math.inf)
    assert [float(one.tested(m).p) for one, m in ((five, 0.02), (six, 0.02), (six, 0.2))] == [0.0625, 0.03125, 0.03125]


def test_equal_differences_of_a_coarse_metric_vary_by_a_step():
    equal = differences.mean_difference([0.5] * 6, [0.4] * 6, step=0.001)
    assert equal.sd == pytest.approx(0.001 / math.sqrt(12)) and equal.tested(0.01).p < 1e-9
    one_more = differences.mean_difference([0.5] * 5 + [0.501], [0.4] * 6, step=0.001)
    assert one_more.sd == pytest.approx(0.001 / math.sqrt(6)) and one_more.tested(0.01).p < 1e-8
    assert differences.mean_difference([0.5, 0.7], [0.4, 0.4], step=0.001).sd == pytest.approx(0.2 / math.sqrt(2))


def test_shared_items_widen_the_interval_and_more_seeds_do_not_narrow_that():
    plain, crossed = MeanDifference(0.1, 0.03, 9), MeanDifference(0.1, 0.03, 9, item_part=0.0003, items=50)
    assert (plain.se, plain.df) == (pytest.approx(0.01), 8)
    assert crossed.se == pytest.approx(0.02)
    assert crossed.df == pytest.approx(0.0004**2 / (0.0001**2 / 8 + 0.0003**2 / 49))
    t = stats.t.ppf(0.975, crossed.df)
    assert crossed.interval(0.95) == pytest.approx((0.1 - 0.02 * t, 0.1 + 0.02 * t))
    assert crossed.resized(10**9).se == pytest.approx(math.sqrt(0.0003)) and crossed.resized(10**9).df < 49.1


def test_a_difference_stays_in_the_range_of_its_metric():
    assert differences.mean_difference([1.0, 0.2], [0.0, 0.0], most=1.0).interval(0.95) == (-1.0, 1.0)


def test_rounding_is_no_spread():
    worse = np.linspace(0.1, 0.7, 6)
    assert len(set((worse + 0.3) - worse)) > 1
    assert differences.mean_difference(worse + 0.3, worse).sd == 0.0
    assert math.isnan(differences.effect_size(worse + 0.3, worse))


def test_effect_size_by_hand():
    assert differences.effect_size([1.0, 2.0, 3.0], [0.0, 0.0, 0.0]) == 2.0
    assert math.isnan(differences.effect_size([1.0], [0.0])) and math.isnan(differences.effect_size([], []))


@pytest.mark.parametrize("sd", [1.0, 0.05])
def test_t_interval_covers_as_often_as_it_says(sd):
    rng, n, families = np.random.default_rng(1), 6, 4000
    seed_effect, noise = rng.normal(0, 1, (families, 1, n)), rng.normal(0, sd, (families, 2, n))
    arms = seed_effect + noise + np.array([0.3, 0.0])[:, None]
    bounds = [differences.mean_difference(better, worse).interval(0.95) for better, worse in arms]
    covered = np.mean([low <= 0.3 <= high for low, high in bounds])
    assert abs(covered - 0.95) < 3.3 * math.sqrt(0.95 * 0.05 / families)


# Rates


def test_six_of_six_against_none_of_six():
    low, high = differences.rate_difference([1] * 6, [0] * 6).interval(0.95)
    assert 0.25 < low < 0.35 and high == pytest.approx(1.0, abs=1e-9)
    assert differences.rate_difference([0] * 6, [1] * 6).interval(0.95) == pytest.approx((-high, -low))
    same_low, same_high = differences.rate_difference([1] * 6, [1] * 6).interval(0.95)
    assert same_low == -same_high and 0.3 < same_high < 0.6


@pytest.mark.parametrize(("better", "worse", "n"), [(6, 0, 6), (5, 1, 6), (9, 4, 10), (14, 6, 20)])
def test_rates_at_zero_agree_with_fisher(better, worse, n):
    one_sided = stats.fisher_exact([[better, n - better], [worse, n - worse]], alternative="greater").pvalue
    assert RateDifference(better, worse, n).tested(0.0).p == pytest.approx(2 * one_sided)


@pytest.mark.parametrize(("x", "y", "n"), [(3, 2, 6), (7, 1, 11), (500, 300, 1000), (1000, 990, 1000)])
def test_rate_interval_agrees_with_draws(x, y, n):
    rng = np.random.default_rng(2)
    low_of_x = rng.beta(x, n - x + 1, 400_000)
    high_of_y = rng.beta(y + 1, n - y, 400_000)
    low, _ = RateDifference(x, y, n).interval(0.9)
    assert np.mean(low_of_x - high_of_y <= low) == pytest.approx(0.05, abs=0.0015)


@pytest.mark.parametrize("value", [0.5, 2, -1])
def test_a_rate_is_zero_or_one(value):
    with pytest.raises(ValueError, match="0 or 1"):
        differences.rate_difference([1, value], [0, 0])


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 8])
@pytest.mark.parametrize("n", [6, 10])
def test_rate_interval_keeps_its_level_over_all_outcomes(n, alpha):
    """Every outcome of independent arms, and of arms with half of the seeds deciding both, weighed exactly."""
    counts = range(n + 1)
    lows = np.array([[RateDifference(x, y, n).interval(1 - alpha)[0] for y in counts] for x in counts])
    for truth, worse, shared in product((0.0, 0.1, 0.3, 0.6), np.linspace(0, 1, 11), (0.0, 0.5)):
        better = worse + truth
        if better <= 1:
            chance = joint(n, better, worse, shared)
            assert chance.sum() == pytest.approx(1)
            assert chance[lows > truth + 1e-9].sum() <= alpha / 2
            assert chance.T[-lows < -truth - 1e-9].sum() <= alpha / 2


def joint(n: int, better: float, worse: float, shared: float) -> np.ndarray:
    """Chance of each (successes of better, successes of worse); a share of the seeds uses one draw for both arms."""
    both = shared * min(better, worse) + (1 - shared) * better * worse
    one = np.array([[1 - better - worse + both, worse - both], [better - both, both]])
    total = np.ones((1, 1))
    for _ in range(n):
        grown = np.zeros((len(total) + 1, len(total) + 1))
        for x, y in product((0, 1), repeat=2):
            grown[x : x + len(total), y : y + len(total)] += one[x, y] * total
        total = grown
    return total
