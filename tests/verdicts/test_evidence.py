"""Which looks a claim has had, and which differences are too skewed for few pairs."""

import numpy as np
import pytest

from pipeline.verdicts.evidence import is_skewed

NORMAL = np.array([-1.3, -0.6, -0.2, 0.2, 0.6, 1.3])


def test_symmetric_differences_of_like_arms_are_not_skewed():
    assert not is_skewed(NORMAL, NORMAL[::-1])


def test_one_pair_far_from_the_others_is():
    assert is_skewed([0, 0.1, 0, 0.1, 0, 5.0], [0, 0, 0.1, 0, 0.1, 0.1])


def test_an_arm_that_varies_over_four_times_as_much_is():
    assert not is_skewed(3.9 * NORMAL, NORMAL[[2, 0, 4, 5, 1, 3]])
    assert is_skewed(4.1 * NORMAL, NORMAL[[2, 0, 4, 5, 1, 3]])
    assert is_skewed(NORMAL, np.zeros(6))


def test_spreads_below_the_rounding_of_the_metric_are_alike():
    assert not is_skewed(1e-4 * NORMAL, np.zeros(6), floor=3e-4)
    assert not is_skewed(3.9 * NORMAL, np.zeros(6), floor=NORMAL.std(ddof=1))
    assert not is_skewed([0.5] * 6, [0.5] * 6)


def test_three_pairs_are_needed():
    assert not is_skewed([0.0, 1.0], [0.0, 0.0])
    assert not is_skewed([], [])


@pytest.mark.parametrize(("n", "most"), [(6, 0.1), (24, 0.1)])
def test_normal_differences_are_rarely_taken_for_skewed(n, most):
    arms = np.random.default_rng(0).normal(0, 1, (400, 2, n))
    assert np.mean([is_skewed(*pair) for pair in arms]) < most
