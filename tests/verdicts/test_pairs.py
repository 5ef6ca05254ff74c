"""The pairs of a claim: which seeds they are of, in which unit, and what a lost run may have had at worst."""

import math

import numpy as np
import pytest

from pipeline.verdicts import pairs
from pipeline.verdicts.topic import Claim


def claim(metric="accuracy", **more):
    fields = {
        "name": "c",
        "sentence": "S.",
        "chapter": "1",
        "better": "b",
        "worse": "w",
        "margin_because": "an example",
    }
    return Claim(metric=metric, **fields | more)


def gathered(of, better, worse, items=None):
    """Pairs of {seed: value} of both arms."""
    rows = [
        {"variant": arm, "seed": seed, "metric": of.metric, "value": value, "run_key": f"{arm}{seed}"}
        for arm, values in (("b", better), ("w", worse))
        for seed, value in values.items()
    ]
    return pairs.gather(of, pairs.tabulate(rows), items)


def test_pairs_are_of_the_seeds_that_both_arms_have_in_their_order():
    found = gathered(claim(), {107: 0.7, 100: 0.9, 101: 0.8}, {100: 0.5, 107: 0.4, 102: 0.3})
    assert (found.seeds, found.ahead, found.behind) == ((100, 107), (0.9, 0.7), (0.5, 0.4))
    assert found.runs == {"better": ["b100", "b107"], "worse": ["w100", "w107"]}
    assert found.first(1).complete == ([0.9], [0.5]) and found.first(1).runs["worse"] == ["w100"]


def test_the_arm_that_should_be_ahead_is_the_worse_one_where_lower_is_better():
    found = gathered(claim("cross_entropy", higher_is_better=False), {0: 0.2}, {0: 0.5})
    assert (found.ahead, found.behind) == ((0.5,), (0.2,)) and found.runs["better"] == ["b0"]


@pytest.mark.parametrize(
    ("of", "worst"),
    [
        (claim(), 0.0),
        (claim("brier", higher_is_better=False), 2.0),
        (claim("cross_entropy", higher_is_better=False), 0.9),
        (claim("gap", higher_is_better=True), 0.3),
        (claim("steps_to_solution", kind="ratio", higher_is_better=False), math.log(0.9)),
    ],
)
def test_a_lost_run_is_at_the_end_of_the_range_or_at_the_worst_that_was_seen(of, worst):
    found = gathered(of, {0: 0.5, 1: None, 2: 0.3}, {0: 0.4, 1: 0.5, 2: 0.9})
    assert found.worst == pytest.approx(worst) and found.lost == 1


def test_differences_are_within_the_range_and_no_finer_than_a_test_example():
    found = gathered(claim(), {0: 0.5, 1: 0.5}, {0: 0.25, 1: 0.25})
    assert (found.step, found.most, found.has_items) == (0.001, 1, False)
    ids = np.arange(4, dtype=np.uint64)
    items = {
        ("b", 0, "accuracy"): (ids, np.array([1.0, 1, 0, 0])),
        ("b", 1, "accuracy"): (ids, np.array([1.0, 1, 0, 0])),
        ("w", 0, "accuracy"): (ids, np.array([1.0, 0, 0, 0])),
        ("w", 1, "accuracy"): (ids, np.array([1.0, 0, 0, 0])),
    }
    found = gathered(claim(), {0: 0.5, 1: 0.5}, {0: 0.25, 1: 0.25}, items)
    assert (found.step, found.has_items) == (0.25, True)
    assert found.difference().item_part == pytest.approx(np.var([0, 1, 0, 0], ddof=1) / 4)
    assert found.difference().sd == pytest.approx(0.25 / math.sqrt(12))


def test_lost_pairs_may_lack_their_items_and_others_may_not():
    ids = np.arange(2, dtype=np.uint64)
    items = {(arm, seed, "accuracy"): (ids, np.array([1.0, 0])) for arm in "bw" for seed in (0, 1)}
    values = {0: 0.5, 1: 0.5, 2: None}
    assert gathered(claim(), values, {0: 0.5, 1: 0.5, 2: 0.5}, items).has_items
    assert not gathered(claim(), {0: 0.5, 1: 0.5, 2: 0.5}, {0: 0.5, 1: 0.5, 2: 0.5}, items).has_items
    assert not gathered(claim(), {0: None}, {0: 0.5}, items).has_items
