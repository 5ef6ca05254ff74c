"""The statistics are held to SciPy, to numbers worked by hand and to their promised error rates."""

import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from pipeline.verdicts import intervals
from pipeline.verdicts.intervals import MeanDifference, RateDifference

NOT_FINITE = (math.nan, math.inf, -math.inf)
OF_PAIRS = (
    intervals.mean_difference,
    intervals.rate_difference,
    intervals.probability_of_improvement,
    intervals.effect_size,
    intervals.sign_flip,
)


def pairs(n: int, shift: float = 0.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(shift, 1, n), rng.normal(0, 1, n)


# One variant


def test_summary_is_the_textbook_t_interval():
    found = intervals.summary([1.0, 2.0, 3.0])
    half = 4.302652729911275 / math.sqrt(3)
    expected = {"mean": 2, "sd": 1, "ci_low": 2 - half, "ci_high": 2 + half, "n": 3}
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("level", [0.5, 0.95, 0.999])
def test_summary_agrees_with_scipy(level):
    values = pairs(7)[0]
    interval = stats.ttest_1samp(values, 0).confidence_interval(level)
    found = intervals.summary(values, level)
    assert (found["ci_low"], found["ci_high"]) == pytest.approx(tuple(interval))


def test_summary_of_nothing_and_of_one():
    nothing, one = intervals.summary([]), intervals.summary([0.5])
    assert nothing["n"] == 0 and math.isnan(nothing["mean"])
    assert one["n"] == 1 and one["mean"] == 0.5
    assert all(math.isnan(case[key]) for case in (nothing, one) for key in ("sd", "ci_low", "ci_high"))


def test_summary_without_spread_is_a_point():
    assert intervals.summary([0.25] * 4) == {"mean": 0.25, "sd": 0, "ci_low": 0.25, "ci_high": 0.25, "n": 4}


@pytest.mark.parametrize("value", NOT_FINITE)
def test_what_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match="finite"):
        intervals.summary([1.0, value])
    for two in OF_PAIRS:
        with pytest.raises(ValueError, match="finite"):
            two([1.0, value], [0.0, 1.0])
        with pytest.raises(ValueError, match="finite"):
            two([0.0, 1.0], [1.0, value])


@pytest.mark.parametrize("two", OF_PAIRS)
def test_pairs_must_match(two):
    with pytest.raises(ValueError, match="given 2 and 1"):
        two([1.0, 0.0], [1.0])


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, math.nan])
def test_level_is_a_share(level):
    for call in (
        lambda: intervals.summary([1.0, 2.0], level),
        lambda: intervals.rate_interval(1, 2, level),
        lambda: MeanDifference(0, 1, 6).interval(level),
        lambda: RateDifference(1, 0, 6).interval(level),
    ):
        with pytest.raises(ValueError, match="level"):
            call()


def test_values_are_one_number_a_seed():
    with pytest.raises(ValueError, match="shape"):
        intervals.summary([[1.0, 2.0], [3.0, 4.0]])


# Pairs


@pytest.mark.parametrize("level", [0.9, 0.95, 0.995])
def test_mean_difference_is_the_paired_t_interval(level):
    better, worse = pairs(6, 1.0)
    found = intervals.mean_difference(better, worse)
    assert found.interval(level) == pytest.approx(tuple(stats.ttest_rel(better, worse).confidence_interval(level)))
    assert (found.value, found.n) == (pytest.approx(np.mean(better - worse)), 6)


@pytest.mark.parametrize("margin", [0.0, 0.3, 1.0, 3.0])
def test_mean_difference_decides_at_the_nearer_bound(margin):
    better, worse = pairs(8, 1.0)
    at_bounds = [stats.ttest_1samp(better - worse, bound).pvalue for bound in (margin, -margin)]
    assert intervals.mean_difference(better, worse).decides_at(margin) == pytest.approx(max(at_bounds))


@pytest.mark.parametrize("difference", [MeanDifference(0.3, 0.4, 7), RateDifference(6, 1, 8), RateDifference(4, 4, 9)])
@pytest.mark.parametrize("margin", [0.0, 0.1, 0.6, 0.9])
def test_decides_at_is_where_the_interval_stops_deciding(difference, margin):
    def decides(alpha: float) -> bool:
        low, high = difference.interval(1 - alpha)
        return low > margin or high < -margin or (-margin <= low and high <= margin)

    smallest = difference.decides_at(margin)
    assert decides(min(0.999, smallest * 1.001)) or smallest > 0.998
    assert not decides(smallest * 0.999)


@pytest.mark.parametrize("kind", [intervals.mean_difference, intervals.rate_difference])
@pytest.mark.parametrize("n", [0, 1])
def test_below_two_pairs_nothing_is_decided(kind, n):
    found = kind([1.0] * n, [0.0] * n)
    assert found.decides_at(0.1) == 1.0
    assert all(math.isnan(bound) for bound in found.interval(0.95))
    assert math.isnan(found.value) if n == 0 else found.value == 1.0


def test_without_spread_the_number_of_pairs_decides():
    five, six = MeanDifference(0.1, 0.0, 5), MeanDifference(0.1, 0.0, 6)
    assert six.interval(0.95) == (0.1, 0.1)
    assert five.interval(0.95) == six.interval(0.99) == (-math.inf, math.inf)
    assert (five.decides_at(0.02), six.decides_at(0.02), six.decides_at(0.2)) == (0.0625, 0.03125, 0.03125)


def test_rounding_is_no_spread():
    worse = np.linspace(0.1, 0.7, 6)
    assert len(set((worse + 0.3) - worse)) > 1
    assert intervals.mean_difference(worse + 0.3, worse).sd == 0.0
    assert math.isnan(intervals.effect_size(worse + 0.3, worse))


def test_effect_size_by_hand():
    assert intervals.effect_size([1.0, 2.0, 3.0], [0.0, 0.0, 0.0]) == 2.0
    assert math.isnan(intervals.effect_size([1.0], [0.0])) and math.isnan(intervals.effect_size([], []))


@pytest.mark.parametrize("sd", [1.0, 0.05])
def test_t_interval_covers_as_often_as_it_says(sd):
    rng, n, families = np.random.default_rng(1), 6, 4000
    seed_effect, noise = rng.normal(0, 1, (families, 1, n)), rng.normal(0, sd, (families, 2, n))
    arms = seed_effect + noise + np.array([0.3, 0.0])[:, None]
    bounds = [intervals.mean_difference(better, worse).interval(0.95) for better, worse in arms]
    covered = np.mean([low <= 0.3 <= high for low, high in bounds])
    assert abs(covered - 0.95) < 3.3 * math.sqrt(0.95 * 0.05 / families)


# Sign-flip test


@pytest.mark.parametrize(
    ("n", "smallest"), [(2, 0.5), (3, 0.25), (5, 0.0625), (6, 0.03125), (8, 0.0078125), (12, 2**-11)]
)
def test_sign_flip_reaches_no_further_than_its_pairs(n, smallest):
    assert intervals.sign_flip(np.arange(1.0, n + 1), np.zeros(n)) == smallest


def test_sign_flip_enumerates_every_sign():
    better, worse = pairs(7, 0.7, seed=4)
    differences = better - worse
    means = [np.mean(differences * signs) for signs in product([-1, 1], repeat=7)]
    expected = np.mean(np.abs(means) >= abs(differences.mean()) - 1e-12)
    assert intervals.sign_flip(better, worse) == pytest.approx(expected)


def test_sign_flip_of_zeros_and_ones_is_the_exact_mcnemar_test():
    better, worse = np.array([1, 1, 1, 1, 1, 0, 1, 0]), np.array([0, 0, 0, 0, 0, 1, 1, 0])
    assert intervals.sign_flip(better, worse) == pytest.approx(stats.binomtest(5, 6).pvalue)


def test_sign_flip_above_fourteen_pairs_is_drawn_from_the_seed():
    better, worse = pairs(15, 0.8)
    drawn = intervals.sign_flip(better, worse, seed=1)
    assert drawn == intervals.sign_flip(better, worse, seed=1) != intervals.sign_flip(better, worse, seed=2)
    every = stats.permutation_test(
        (better - worse,), np.mean, permutation_type="samples", n_resamples=np.inf, vectorized=True
    )
    assert drawn == pytest.approx(every.pvalue, abs=0.006)


def test_sign_flip_of_few_or_equal_pairs():
    assert math.isnan(intervals.sign_flip([], []))
    assert intervals.sign_flip([1.0], [0.0]) == 1.0
    assert intervals.sign_flip([0.5] * 6, [0.5] * 6) == 1.0
    assert intervals.sign_flip([0.5] * 13, [0.5] * 13) == 1.0


# Probability of improvement


def test_probability_counts_a_tie_as_half():
    found, low, high = intervals.probability_of_improvement([1, 1, 1, 1, 0, 0], [0, 0, 0, 1, 0, 1])
    assert found == pytest.approx((3 + 2 / 2) / 6)
    assert (low, high) == pytest.approx(tuple(stats.binomtest(4, 6).proportion_ci(0.95)))


def test_probability_at_its_ends():
    assert intervals.probability_of_improvement([1] * 6, [0] * 6) == pytest.approx((1, 0.5407, 1), abs=1e-4)
    assert intervals.probability_of_improvement([0] * 6, [1] * 6) == pytest.approx((0, 0, 0.4593), abs=1e-4)
    assert intervals.probability_of_improvement([1] * 6, [1] * 6)[0] == 0.5
    assert all(map(math.isnan, intervals.probability_of_improvement([], [])))


@pytest.mark.parametrize("ties", [0.0, 0.3, 0.6, 0.9])
def test_probability_interval_covers_whatever_the_ties(ties):
    bounds = {half: intervals.rate_interval(half / 2, 6) for half in range(13)}
    for wins in np.linspace(0, 1 - ties, 15):
        shares = [max(0.0, 1 - ties - wins), ties, wins]
        outcomes = [1.0]
        for _ in range(6):
            outcomes = np.convolve(outcomes, shares)
        truth = wins + ties / 2
        covered = sum(p for half, p in enumerate(outcomes) if bounds[half][0] <= truth <= bounds[half][1])
        assert covered >= 0.95


# Rates


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (3, 10), (10, 10), (1, 1)])
def test_rate_interval_is_clopper_pearson(successes, n):
    expected = stats.binomtest(successes, n).proportion_ci(0.95, "exact")
    assert intervals.rate_interval(successes, n) == pytest.approx(tuple(expected))


def test_rate_interval_by_hand():
    assert intervals.rate_interval(0, 10)[1] == pytest.approx(1 - 0.025**0.1)
    assert all(map(math.isnan, intervals.rate_interval(0, 0)))
    with pytest.raises(ValueError, match="allowed 0 to 6"):
        intervals.rate_interval(7, 6)


def test_six_of_six_against_none_of_six():
    low, high = intervals.rate_difference([1] * 6, [0] * 6).interval(0.95)
    assert 0.25 < low < 0.35 and high == pytest.approx(1.0, abs=1e-9)
    assert intervals.rate_difference([0] * 6, [1] * 6).interval(0.95) == pytest.approx((-high, -low))
    same_low, same_high = intervals.rate_difference([1] * 6, [1] * 6).interval(0.95)
    assert same_low == -same_high and 0.3 < same_high < 0.6


@pytest.mark.parametrize(("better", "worse", "n"), [(6, 0, 6), (5, 1, 6), (9, 4, 10), (14, 6, 20)])
def test_rates_at_zero_agree_with_fisher(better, worse, n):
    one_sided = stats.fisher_exact([[better, n - better], [worse, n - worse]], alternative="greater").pvalue
    assert RateDifference(better, worse, n).decides_at(0.0) == pytest.approx(2 * one_sided)


@pytest.mark.parametrize(("x", "y", "n"), [(3, 2, 6), (7.5, 1.25, 11), (500, 300, 1000), (1000, 990, 1000)])
def test_rate_interval_agrees_with_draws(x, y, n):
    rng = np.random.default_rng(2)
    low_of_x = rng.beta(x, n - x + 1, 400_000)
    high_of_y = rng.beta(y + 1, n - y, 400_000)
    low, _ = RateDifference(x, y, n).interval(0.9)
    assert np.mean(low_of_x - high_of_y <= low) == pytest.approx(0.05, abs=0.0015)


@pytest.mark.parametrize("value", [0.5, 2, -1])
def test_a_rate_is_zero_or_one(value):
    with pytest.raises(ValueError, match="0 or 1"):
        intervals.rate_difference([1, value], [0, 0])


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


# Holm


def test_holm_by_hand():
    assert intervals.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.05 / 3, 0.025, 0.025, 0.0125])
    assert intervals.holm([0.2, 0.3]) == [0.025, 0.025]
    assert intervals.holm([0.001]) == [0.05]
    assert intervals.holm([]) == []


def test_holm_rejects_where_the_adjusted_p_does():
    p = np.random.default_rng(3).beta(0.3, 3, 9)
    order = np.argsort(p)
    adjusted = np.empty(9)
    adjusted[order] = np.maximum.accumulate(p[order] * np.arange(9, 0, -1))
    rejected = [value < level for value, level in zip(p, intervals.holm(p.tolist()), strict=True)]
    assert rejected == (adjusted < 0.05).tolist()
    assert 0 < sum(rejected) < 9


def test_holm_stops_at_the_first_that_fails():
    assert intervals.holm([0.001, 0.03, 0.03, 0.045]) == pytest.approx([0.0125, 0.05 / 3, 0.05 / 3, 0.05 / 3])


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan])
def test_holm_takes_probabilities(p):
    with pytest.raises(ValueError, match="allowed 0 to 1"):
        intervals.holm([0.5, p])
