"""P(again): near 1 where a verdict is clear, near a half where it just came about, by counting for rates."""

import numpy as np
import pytest
from scipy import stats

from pipeline.verdicts import again, rules
from pipeline.verdicts.differences import rate_tests
from pipeline.verdicts.looks import Looks
from pipeline.verdicts.topic import Claim

ONE = Looks(means=(6,), rates=(9,), weights=(1.0,))
CLAIM = {"name": "c", "sentence": "S.", "chapter": "1", "better": "b", "worse": "w", "metric": "m"}
NOISE = np.array([-1.3, -0.6, -0.2, 0.2, 0.6, 1.3])


def share(ahead, behind, **claim):
    rows = [
        {"variant": arm, "seed": seed, "metric": "m", "value": float(value), "run_key": "k"}
        for arm, values in (("b", ahead), ("w", behind))
        for seed, value in enumerate(values)
    ]
    family, decisions = rules.settle([Claim(**CLAIM, **claim)], rows, items=None, looks=ONE)
    return again.shares(family, decisions, ONE)[0], decisions.word[0]


def just(p):
    """A mean difference that a margin of 1 is told from at this p, over six pairs."""
    gaps = NOISE[[3, 5, 0, 4, 1, 2]]
    sd = np.std(NOISE - gaps, ddof=1)
    return share(1 + stats.t.isf(p / 2, 5) * sd / np.sqrt(6) + NOISE, gaps, margin=1.0, margin_because="an example")


def test_a_clear_verdict_comes_again_and_one_that_just_came_about_may_not():
    (clear, word), (close, same) = just(1e-6), just(0.049)
    assert word == same == 1
    assert clear > 0.99 and 0.3 < close < 0.6
    assert just(1e-6) == just(1e-6)


def test_for_rates_it_is_the_sum_over_outcomes():
    """Nine of nine against none of nine: beta-binomial counts of nine new runs, judged by the table of outcomes."""
    chances = [stats.betabinom.pmf(np.arange(10), 9, x + 0.5, 9 - x + 0.5) for x in (9, 0)]
    table = rate_tests(9, 0.25)
    expected = chances[0] @ ((table.p < 0.05) & (table.word == 1)) @ chances[1]
    found, word = share([1] * 9, [0] * 9, kind="rate")
    assert word == 1 and found == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize(("again_share", "word"), [(1.0, "firm"), (0.95, "firm"), (0.949, "likely"), (0.8, "likely")])
def test_words_for_it(again_share, word):
    assert again.firmness(again_share) == word
    assert again.firmness(0.799) == "fragile"
