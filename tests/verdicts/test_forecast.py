"""What more pairs would bring: chances held to simulation, and a reason for every open claim."""

import math

import numpy as np
import pytest

from pipeline.verdicts import evidence, forecast, pairs
from pipeline.verdicts.differences import MeanDifference, RateDifference, mean_tests, rate_tests
from pipeline.verdicts.looks import DEFAULT_LOOKS, Looks
from pipeline.verdicts.topic import Claim

CLAIM = {"name": "c", "sentence": "S.", "chapter": "1", "better": "b", "worse": "w", "metric": "m"}
MEAN = Claim(**CLAIM, margin=1.0, margin_because="an example")
RATE = Claim(**CLAIM, kind="rate")


def collected(ahead, behind=None, claim=MEAN, looks=DEFAULT_LOOKS):
    behind = [0.0] * len(ahead) if behind is None else behind
    rows = [
        {"variant": arm, "seed": seed, "metric": "m", "value": value, "run_key": "k"}
        for arm, values in (("b", ahead), ("w", behind))
        for seed, value in enumerate(values)
    ]
    return evidence.collect(pairs.gather(claim, pairs.tabulate(rows)), looks)


def standing(mean, sd, n, seed=0):
    """n values of this mean and sd, both arms varying alike."""
    noise = np.random.default_rng(seed).normal(0, 1, n)
    gaps = mean + sd * (noise - noise.mean()) / noise.std(ddof=1)
    arm = np.random.default_rng(seed + 1).normal(0, sd, n)
    return (arm + gaps).tolist(), arm.tolist()


@pytest.mark.parametrize(("mean", "sd"), [(1.5, 1.0), (1.05, 0.1), (0.2, 1.0), (-1.8, 1.0)])
def test_the_chance_for_means_is_that_of_simulated_pairs(mean, sd):
    """From the posterior under flat priors, 18 new pairs after six; the last look's test is that of s as it stands."""
    rng, n, last, alpha = np.random.default_rng(2), 6, 24, 0.005
    then = mean + sd * math.sqrt(1 / n - 1 / last) * rng.standard_t(n - 1, 200_000)
    tested = mean_tests(value=then, se=sd / math.sqrt(last), df=last - 1, pairs=last, margin=1.0)
    found = forecast.decided_by_last(collected(*standing(mean, sd, n)), alpha=0.05, weight=0.1)
    assert found == pytest.approx((tested.p < alpha).mean(), abs=0.005)


@pytest.mark.parametrize(("better", "worse"), [(9, 4), (5, 5), (9, 9)])
def test_the_chance_for_rates_is_that_of_simulated_runs(better, worse):
    rng, draws = np.random.default_rng(3), 100_000
    counts = [
        successes + rng.binomial(27, rng.beta(successes + 0.5, 9 - successes + 0.5, draws))
        for successes in (better, worse)
    ]
    expected = (rate_tests(36, 0.25).p[counts[0], counts[1]] < 0.005).mean()
    runs = [[1.0] * successes + [0.0] * (9 - successes) for successes in (better, worse)]
    found = forecast.decided_by_last(collected(*runs, claim=RATE), alpha=0.05, weight=0.1)
    assert found == pytest.approx(expected, abs=0.006)


def test_without_a_look_to_come_there_is_no_chance_and_below_two_pairs_none_is_known():
    one = Looks(means=(6,), rates=(9,), weights=(1.0,))
    assert forecast.decided_by_last(collected(*standing(1.5, 1, 6), looks=one), alpha=0.05, weight=1.0) == 0.0
    assert forecast.decided_by_last(collected([1.0]), alpha=0.05, weight=0.1) is None


def test_equal_pairs_are_foretold_to_stay_equal():
    assert forecast.decided_by_last(collected([2.0] * 6), alpha=0.05, weight=0.1) == 1.0


def why(ahead, behind=None, chance=0.0, **more):
    return forecast.reason(collected(ahead, behind, **more), chance, alpha=0.05)


def test_every_open_claim_has_a_reason():
    one = Looks(means=(6,), rates=(9,), weights=(1.0,))
    assert why(*standing(1.5, 1, 5)) == "first look not reached"
    assert why([1.0], chance=None) == "first look not reached"
    assert why([0.0, 0.1, 0.2, 0.1, 0.0, 5.0], chance=0.1) == "skewed: ten pairs or a rate"
    assert why([0.0, 0.1, 0.2, 0.1, 0.0, 5.0], chance=0.09) == "skewed, and more pairs would hardly decide"
    assert why(*standing(1.5, 1, 6), chance=0.1) == "more pairs may decide"
    assert why(*standing(1.5, 1, 6), chance=0.09) == "more pairs than the last look has"
    assert why(*standing(1.5, 1, 6), looks=one) == "last look"
    assert why(*standing(1.02, 1, 6)) == "the difference lies on the margin"
    assert why([1.0] * 9, [1.0] * 6 + [0.0] * 3, claim=RATE) == "more pairs than the last look has"
    ahead = [2.0, 2.1, 2.2, 1.9, 2.0, None, 1.9, -9.0, 2.0, 2.2, 1.9, 2.0]
    behind = [0.0, 0.1, 0.2, 0.1, 0.0, 0.1, 0.0, None, 0.1, 0.0, 0.2, 0.1]
    assert why(ahead, behind) == "a lost run could turn it"


def test_a_difference_that_these_test_examples_cannot_tell_is_named_so():
    difference = MeanDifference(1.5, 0.1, 12, item_part=0.2, items=40)
    assert forecast._by_items(difference, 1.0, 0.05)
    assert not forecast._by_items(MeanDifference(1.5, 0.1, 12, item_part=0.01, items=40), 1.0, 0.05)
    assert not forecast._by_items(MeanDifference(1.5, 0.1, 12), 1.0, 0.05)
    assert not forecast._by_items(RateDifference(3, 1, 9), 0.25, 0.05)
