"""How often a verdict is false, and how often it comes again: the rule itself over simulated families."""

import math

import families
import numpy as np
import pytest
from families import LOOKS, WORLDS, false_families, independent, rates, shared_baseline, tied

from pipeline.verdicts import again, differences, rules
from pipeline.verdicts.looks import Looks, decide
from pipeline.verdicts.topic import Claim

FAMILIES, MANY = 2000, 10_000
TRUTHS = ("zero", "above", "below", "mixed")
ONE = Looks(means=(6,), rates=(9,), weights=(1.0,))


def most(simulated):
    return 0.05 + 3 * math.sqrt(0.05 * 0.95 / simulated)


@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("world", WORLDS)
def test_families_with_a_false_verdict_are_rare(world, truth):
    assert false_families(world, truth, 10, families=FAMILIES) <= most(FAMILIES)


@pytest.mark.parametrize("world", [world for world in WORLDS if world is not rates])
def test_no_true_difference_is_rarely_called_one(world):
    assert false_families(world, "zero", 10, families=FAMILIES, margin=0.0) <= most(FAMILIES)


@pytest.mark.slow
@pytest.mark.parametrize("claims", [5, 10, 18])
@pytest.mark.parametrize("truth", TRUTHS)
@pytest.mark.parametrize("world", WORLDS)
def test_false_verdicts_are_rare_over_many_families_of_every_size(world, truth, claims):
    for stop in (True, False):
        assert false_families(world, truth, claims, families=MANY, stop=stop) <= most(MANY)


@pytest.mark.slow
@pytest.mark.parametrize("claims", [5, 10, 18])
@pytest.mark.parametrize("world", [world for world in WORLDS if world is not rates])
def test_no_difference_is_rarely_called_one_in_families_of_every_size(world, claims):
    for stop in (True, False):
        assert false_families(world, "zero", claims, families=MANY, margin=0.0, stop=stop) <= most(MANY)


@pytest.mark.parametrize("world", [independent, tied])
def test_the_simulation_sees_three_looks_that_are_not_paid_for(world):
    """Each look at the whole alpha: twice as many false families as promised."""
    naive = {"families": FAMILIES, "weights": (1.0, 1.0, 1.0), "stop": False}
    assert false_families(world, "zero", 10, margin=0.0, **naive) > 0.10
    assert false_families(shared_baseline, "above", 10, **naive) > 0.09


def test_the_rule_is_not_merely_timid():
    """One look at independent claims without a margin uses up the five percent."""
    share = false_families(independent, "zero", 10, families=FAMILIES, looks=ONE, margin=0.0)
    assert abs(share - 0.05) <= most(FAMILIES) - 0.05


def shares(delta, margin, n, trials=FAMILIES):
    """Share of each verdict for one claim with differences of sd 1, at one look."""
    draws = np.random.default_rng(5).normal(delta, 1, (trials, 1, n))
    p, word = families.tests(independent, draws, margin, (n,))
    found = decide(p, word, (1.0,)).word[:, 0]
    return {verdict: float((found == place).mean()) for place, verdict in enumerate(differences.WORDS)}


def test_a_large_difference_is_reproduced():
    assert shares(3.2, 0.2, n=6)["reproduced"] > 0.9
    assert shares(-3.2, 0.2, n=6)["contradicted"] > 0.9
    assert shares(0.0, 3.0, n=6)["negligible"] > 0.9


@pytest.mark.parametrize("n", [6, 20])
def test_a_difference_of_exactly_the_margin_stays_open(n):
    assert shares(1.0, 1.0, n)["undecided"] >= 1 - 0.025 - 0.05 - 3 * math.sqrt(0.05 * 0.95 / FAMILIES)


@pytest.mark.parametrize("world", [independent, rates])
def test_words_never_change_once_given(world):
    rng, deltas = np.random.default_rng(3), families.truths("mixed", 8, 0.2)
    sizes = LOOKS.rates if world is rates else LOOKS.means
    p, word = families.tests(world, world(rng, deltas, (FAMILIES, 8, sizes[-1])), 0.2, sizes)
    before = np.zeros((FAMILIES, 8), int)
    for look in (1, 2, 3):
        now = decide(p[:look], word[:look], LOOKS.weights[:look]).word
        assert (now[before > 0] == before[before > 0]).all()
        assert (now > 0).sum() > (before > 0).sum()
        before = now


# P(again), through the rows of scores.csv


def claims(number):
    return [
        Claim(
            name=f"c{at}",
            sentence="S.",
            chapter="1",
            metric="m",
            better=f"b{at}",
            worse=f"w{at}",
            margin=1.0,
            margin_because="the unit of the simulation",
        )
        for at in range(number)
    ]


def scores(data):
    """Rows of scores.csv in which the claims' differences are `data` (claims, pairs), NaN where there is no pair."""
    noise = np.random.default_rng(0).normal(0, 1, data.shape)
    return [
        {"variant": f"{arm}{at}", "seed": seed, "metric": "m", "value": value, "status": "finished", "run_key": "k"}
        for at, row in enumerate(data)
        for seed, difference in enumerate(row)
        if not math.isnan(difference)
        for arm, value in (("b", noise[at, seed] + difference), ("w", noise[at, seed]))
    ]


def calibration(simulated, seed=0, number=8, draws=300):
    """P(again) of decided claims, and the chance of the same word from new runs under what is true; both (claims,).

    What is true is drawn as P(again) takes it to be: any order of magnitude of the spread, any mean around the margin.
    """
    rng, foretold, true = np.random.default_rng(seed), [], []
    for _ in range(simulated):
        sd = np.exp(rng.uniform(math.log(0.02), math.log(20), number))
        mu = rng.uniform(-1 - 3 * sd, 1 + 3 * sd)
        data = rng.normal(mu[:, None], sd[:, None], (number, 12))
        data[::2, 6:] = math.nan  # every other claim has had one look
        family, decisions = rules.settle(claims(number), scores(data), items=None, looks=LOOKS)
        p, word = families.tests(independent, rng.normal(mu[:, None], sd[:, None], (draws, number, 12)), 1.0, (6, 12))
        p[1, :, ::2] = 1.0
        for at, one in enumerate(family):
            for look, seen in enumerate(one.looks):
                p[look, :, at] = 1.0 if seen.barred else p[look, :, at]
        decided = decisions.word > 0
        true += (decide(p, word, LOOKS.weights[:2]).word == decisions.word).mean(0)[decided].tolist()
        foretold += again.shares(family, decisions, LOOKS, draws=draws)[decided].tolist()
    return np.array(foretold), np.array(true)


def test_p_again_is_how_often_the_word_comes_again():
    foretold, true = calibration(60)
    assert len(true) > 200 and foretold.mean() == pytest.approx(true.mean(), abs=0.03)


@pytest.mark.slow
def test_p_again_is_calibrated_to_three_points():
    foretold, true = calibration(600, seed=1)
    for low, high in ((0.0, 1.01), (0.95, 1.01), (0.8, 0.95), (0.0, 0.8)):
        among = (foretold >= low) & (foretold < high)
        assert foretold[among].mean() == pytest.approx(true[among].mean(), abs=0.03), (low, high)
