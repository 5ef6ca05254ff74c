"""How often a verdict is false: the verdict rule itself over simulated seeds."""

import math

import numpy as np
import pytest

from pipeline.verdicts import intervals, rules

FAMILIES = 2000
CLAIMS = 8
MOST = 0.05 + 3 * math.sqrt(0.05 * 0.95 / FAMILIES)


def independent(rng, n, deltas):
    shape = (len(deltas), n)
    return rng.normal(0, 1, shape) + deltas[:, None], rng.normal(0, 1, shape)


def correlated(rng, n, deltas):
    """Every claim against one baseline, and a seed that moves all arms together."""
    seed, worse = rng.normal(0, 2, n), rng.normal(0, 1, n)
    return rng.normal(0, 1, (len(deltas), n)) + seed + deltas[:, None], np.tile(worse + seed, (len(deltas), 1))


def heavy_tails(rng, n, deltas):
    shape = (len(deltas), n)
    return rng.standard_t(2, shape) + deltas[:, None], rng.standard_t(2, shape)


def tied(rng, n, deltas):
    """Accuracies of a few test examples: steps as wide as the spread, about two pairs in five equal."""
    better, worse = independent(rng, n, deltas)
    return better.round(), worse.round()


def solved(rng, n, deltas):
    """Rates, one run in two solved."""
    better, worse = independent(rng, n, deltas)
    return (better > 0).astype(float), (worse > 0).astype(float)


WORLDS = [independent, correlated, heavy_tails, tied, solved]
SOME_TRUE = np.array([4.0, 4.0, 4.0, 0, 0, 0, 0, 0])


def truth(delta, margin):
    if abs(delta) <= margin:
        return "negligible"
    return "reproduced" if delta > 0 else "contradicted"


def false_share(world, deltas, margin, n, families=FAMILIES, seed=0):
    """Share of families with any definite verdict that is not the true one."""
    rng, false = np.random.default_rng(seed), 0
    compare = intervals.rate_difference if world is solved else intervals.mean_difference
    for _ in range(families):
        better, worse = world(rng, n, deltas)
        found = rules.decide([compare(*pair) for pair in zip(better, worse, strict=True)], [margin] * len(deltas))
        wrong = [
            one.verdict not in ("undecided", truth(delta, margin)) for one, delta in zip(found, deltas, strict=True)
        ]
        false += any(wrong)
    return false / families


@pytest.mark.parametrize("world", WORLDS)
def test_no_true_difference_is_rarely_called_one(world):
    assert false_share(world, np.zeros(CLAIMS), margin=0.0, n=6) <= MOST


def test_independent_claims_use_up_the_five_percent():
    """The rule is not merely timid: with nothing true and no margin, about one family in twenty errs."""
    assert false_share(independent, np.zeros(CLAIMS), margin=0.0, n=10, seed=1) >= 0.05 - (MOST - 0.05)


@pytest.mark.parametrize("world", [independent, correlated, tied])
def test_true_differences_beside_it_do_not_raise_the_share(world):
    assert false_share(world, SOME_TRUE, margin=0.05, n=10) <= MOST


def test_differences_just_past_the_margin_do_not_raise_the_share():
    deltas = np.array([0.101, -0.101] * 4)
    assert false_share(independent, deltas, margin=0.1, n=6) <= MOST


def shares(delta, margin, n, trials=FAMILIES):
    """Share of each verdict for one claim with differences of sd 1."""
    draws = np.random.default_rng(5).normal(delta, 1, (trials, n))
    found = [rules.decide([intervals.mean_difference(draw, np.zeros(n))], [margin])[0].verdict for draw in draws]
    return {verdict: found.count(verdict) / trials for verdict in set(found)}


def test_a_large_difference_is_reproduced():
    assert shares(3.2, 0.2, n=6)["reproduced"] > 0.9
    assert shares(-3.2, 0.2, n=6)["contradicted"] > 0.9
    assert shares(0.0, 3.0, n=6)["negligible"] > 0.9


@pytest.mark.parametrize("n", [6, 20])
def test_a_difference_of_exactly_the_margin_stays_open(n):
    found = shares(1.0, 1.0, n)
    assert found.get("reproduced", 0) + found.get("negligible", 0) + found.get("contradicted", 0) <= MOST
