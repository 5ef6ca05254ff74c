"""The statistics are held to SciPy, to numbers worked by hand and to their promised error rates."""

import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from pipeline.verdicts import differences, intervals
from pipeline.verdicts.differences import MeanDifference, RateDifference

NOT_FINITE = (math.nan, math.inf, -math.inf)
OF_PAIRS = (
    differences.mean_difference,
    differences.rate_difference,
    intervals.probability_of_improvement,
    differences.effect_size,
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


def test_summary_without_spread_is_as_wide_as_a_step_of_the_metric():
    found = intervals.summary([0.25] * 4, step=0.01)
    half = 3.182446305284263 * 0.01 / math.sqrt(12) / 2
    assert (found["sd"], found["ci_low"], found["ci_high"]) == (0, *map(pytest.approx, (0.25 - half, 0.25 + half)))


def test_summary_stays_within_the_range_of_the_metric():
    found = intervals.summary([0.99, 1.0, 0.9], low=0, high=1)
    assert found["ci_high"] == 1 and 0 < found["ci_low"] < 0.9
    assert intervals.summary([0.01, 0.1], low=0, high=1)["ci_low"] == 0


@pytest.mark.parametrize(("successes", "n"), [(8, 10), (0, 6), (6, 6), (1, 1)])
def test_the_summary_of_a_rate_has_the_exact_interval(successes, n):
    found = intervals.rate_summary([1] * successes + [0] * (n - successes))
    assert (found["mean"], found["n"]) == (pytest.approx(successes / n), n)
    expected = stats.binomtest(successes, n).proportion_ci(0.95, "exact")
    assert (found["ci_low"], found["ci_high"]) == pytest.approx(tuple(expected))


def test_the_summary_of_a_rate_without_runs_is_nothing():
    assert all(math.isnan(intervals.rate_summary([])[key]) for key in ("mean", "ci_low", "ci_high"))


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
