"""Looks: what each may use of alpha, in what order claims are held to it, and that a word once given stays."""

import math
import re

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.verdicts.looks import DEFAULT_LOOKS, Looks, decide, holm, sequential

ONE = np.ones((1, 1), np.int8)


def test_means_and_rates_have_looks_of_their_own():
    assert [DEFAULT_LOOKS.sizes(kind) for kind in ("mean", "ratio", "rate")] == [(6, 12, 24), (6, 12, 24), (9, 18, 36)]
    assert sum(DEFAULT_LOOKS.weights) == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"means": (6, 12)},
            "looks: means: given [6, 12], allowed 3 rising numbers of pairs, from 2 on, one for each weight",
        ),
        (
            {"means": (6, 6, 24)},
            "looks: means: given [6, 6, 24], allowed 3 rising numbers of pairs, from 2 on, one for each weight",
        ),
        (
            {"rates": (1, 2, 3)},
            "looks: rates: given [1, 2, 3], allowed 3 rising numbers of pairs, from 2 on, one for each weight",
        ),
        (
            {"weights": (0.8, 0.1, 0.2)},
            "looks: weights: given [0.8, 0.1, 0.2], allowed shares above 0 that add up to 1",
        ),
        (
            {"weights": (1.0, 0.1, -0.1)},
            "looks: weights: given [1.0, 0.1, -0.1], allowed shares above 0 that add up to 1",
        ),
        (
            {"weights": (), "means": (), "rates": ()},
            "looks: weights: given [], allowed shares above 0 that add up to 1",
        ),
    ],
)
def test_looks_that_make_no_sense_are_refused(change, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        Looks(**change)


def test_a_sequential_p_is_the_least_share_so_far():
    assert sequential([[0.04], [0.01], [0.001]], (0.8, 0.1, 0.1))[:, 0] == pytest.approx([0.05, 0.05, 0.01])
    assert sequential([[0.9], [0.9]], (0.5, 0.5)).tolist() == [[1.0], [1.0]]


def test_a_look_decides_at_its_share_of_alpha():
    words = np.array([[1], [2], [3]], np.int8)
    for p, word, look in (
        ([0.0399, 1, 1], 1, 0),
        ([0.0401, 0.0049, 1], 2, 1),
        ([0.0401, 0.0051, 0.0049], 3, 2),
        ([0.0401, 0.0051, 0.0051], 0, 0),
    ):
        found = decide(np.array(p)[:, None], words, (0.8, 0.1, 0.1))
        assert (found.word[0], found.look[0], found.alpha[0]) == (word, look, 0.05)


def test_a_word_once_given_stays():
    words = np.array([[1], [2]], np.int8)
    assert decide(np.array([[0.01], [1e-9]]), words, (0.5, 0.5)).word.tolist() == [1]


def test_a_decided_claim_leaves_the_others_more_and_an_earlier_look_may_then_decide():
    """The second claim misses .8 x .025 at first; once the other is decided, it is held to .8 x .05."""
    p, words = np.array([[1.0, 0.03], [0.001, 1.0]]), np.array([[0, 1], [3, 2]], np.int8)
    found = decide(p, words, (0.8, 0.2))
    assert (found.word.tolist(), found.look.tolist()) == ([3, 1], [1, 0])
    assert found.alpha.tolist() == [0.025, 0.05]


def test_families_are_decided_each_by_itself():
    p = np.array([[[0.02, 0.04], [0.03, 0.04]]])
    assert decide(p, np.ones((1, 2, 2), np.int8), (1.0,)).word.tolist() == [[1, 1], [0, 0]]


# Holm


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.05 / 3, 0.025, 0.025, 0.0125])
    assert holm([0.2, 0.3]).tolist() == [0.025, 0.025]
    assert holm([0.001]).tolist() == [0.05]
    assert holm([]).tolist() == []
    assert holm([[0.001, 0.3], [0.3, 0.001]]).tolist() == [[0.025, 0.05], [0.05, 0.025]]


def test_holm_rejects_where_the_adjusted_p_does():
    p = np.random.default_rng(3).beta(0.3, 3, 9)
    order = np.argsort(p)
    adjusted = np.empty(9)
    adjusted[order] = np.maximum.accumulate(p[order] * np.arange(9, 0, -1))
    rejected = p < holm(p)
    assert rejected.tolist() == (adjusted < 0.05).tolist()
    assert 0 < rejected.sum() < 9


def test_holm_adjusts_as_worked_by_hand():
    p = np.array([0.001, 0.04, 0.012, 0.2, 0.0101])
    adjusted = [0.005, 0.08, 0.0404, 0.2, 0.0404]
    assert (p < holm(p)).tolist() == [value < 0.05 for value in adjusted] == [True, False, True, False, True]
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    assert multitest.multipletests(p, 0.05, "holm")[1] == pytest.approx(adjusted)


def test_holm_stops_at_the_first_that_fails():
    assert holm([0.001, 0.03, 0.03, 0.045]) == pytest.approx([0.0125, 0.05 / 3, 0.05 / 3, 0.05 / 3])


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan])
def test_holm_takes_probabilities(p):
    with pytest.raises(ValueError, match="allowed 0 to 1"):
        holm([0.5, p])


def test_a_p_that_meets_its_level_is_not_below_it():
    assert holm([0.03, 0.025]).tolist() == [0.025, 0.025]
    assert holm([0.03, 0.0249]).tolist() == [0.05, 0.025]


def test_holm_takes_the_ends_of_what_is_allowed():
    assert holm([1.0, 0.0]).tolist() == [0.05, 0.025]
    assert holm([0.0], alpha=0.1).tolist() == [0.1]
