"""Crossed errors: worked by hand for one test part, none for parts that share nothing, and covering what they say."""

import math
from dataclasses import replace

import numpy as np
import pytest

from pipeline.verdicts import crossed
from pipeline.verdicts.differences import MeanDifference


def of_seeds(values, ids=None):
    """Per-item values (seeds, items) of one arm, by default of the same items in each seed."""
    places = np.arange(values.shape[1]) if ids is None else ids
    places = np.broadcast_to(places, values.shape)
    return [(row_ids.astype(np.uint64), row.astype(float)) for row_ids, row in zip(places, values, strict=True)]


def test_one_test_part_has_the_crossed_error():
    """s_seed^2 / S + s_item^2 / I - s_inter^2 / (S I), from the mean squares of the two-way table."""
    rng, seeds, items = np.random.default_rng(0), 5, 8
    gaps = rng.normal(0, 1, items) + rng.normal(0, 0.3, (seeds, items))
    found = crossed.deviations(of_seeds(gaps), of_seeds(np.zeros((seeds, items))))
    shared = crossed.shared_part(found, range(seeds))
    rest = gaps - gaps.mean(0) - gaps.mean(1)[:, None] + gaps.mean()
    inter = (rest**2).sum() / ((seeds - 1) * (items - 1))
    by_hand = gaps.mean(0).var(ddof=1) / items - inter / (seeds * items)
    assert shared.items == items
    assert shared.part == pytest.approx(by_hand)


def test_the_order_of_items_within_a_run_does_not_count():
    rng = np.random.default_rng(1)
    better, worse = rng.normal(0, 1, (2, 4, 9))
    plain = crossed.deviations(of_seeds(better), of_seeds(worse))
    order = rng.permutation(9)
    mixed = crossed.deviations(of_seeds(better[:, order], order), of_seeds(worse))
    assert crossed.shared_part(mixed, range(4)) == pytest.approx(crossed.shared_part(plain, range(4)))


def test_test_parts_that_share_nothing_add_nothing():
    ids, values = np.arange(12).reshape(3, 4), np.random.default_rng(2).normal(0, 1, (3, 4))
    assert crossed.deviations(of_seeds(values, ids), of_seeds(values * 2, ids)) is None


def test_arms_that_are_asked_other_items_each_add_their_own():
    rng = np.random.default_rng(3)
    item, other = rng.normal(0, 1, 50), rng.normal(0, 2, 50)
    better, worse = of_seeds(np.tile(item, (6, 1))), of_seeds(np.tile(other, (6, 1)), np.arange(50, 100))
    shared = crossed.shared_part(crossed.deviations(better, worse), range(6))
    assert shared.items == 100
    assert shared.part == pytest.approx(item.var() / 50 + other.var() / 50, rel=0.03)


def test_only_the_seeds_that_are_asked_for_count():
    rng = np.random.default_rng(4)
    values = rng.normal(0, 1, (6, 10)) + rng.normal(0, 1, 10)
    whole = crossed.deviations(of_seeds(values), of_seeds(values * 0))
    few = crossed.deviations(of_seeds(values[[0, 2, 5]]), of_seeds(values[[0, 2, 5]] * 0))
    assert crossed.shared_part(whole, [0, 2, 5]) == pytest.approx(crossed.shared_part(few, range(3)))
    assert crossed.shared_part(whole, [1]).part == 0.0


def test_a_negative_covariance_counts_as_none():
    values = np.array([[1.0, -1, 1, -1], [-1, 1, -1, 1]])
    found = crossed.deviations(of_seeds(values), of_seeds(values * 0))
    assert crossed.shared_part(found, range(2)).part == 0.0


def coverage(test_parts, seeds, items, simulated):
    """Shares of 95 % intervals, crossed and over seeds alone, that hold the difference of all items there could be."""
    rng, held = np.random.default_rng(5), np.zeros(2)
    for _ in range(simulated):
        ids = {
            "fixed": lambda: np.tile(np.arange(items), (seeds, 1)),
            "overlapping": lambda: np.stack([rng.permutation(2 * items)[:items] for _ in range(seeds)]),
            "disjoint": lambda: np.arange(seeds * items).reshape(seeds, items),
        }[test_parts]()
        of_items = rng.normal(0, 0.25, seeds * items)
        gaps = rng.normal(0, 0.004, (seeds, 1)) + of_items[ids] + rng.normal(0, 0.4, (seeds, items))
        means = gaps.mean(1)
        plain = MeanDifference(float(means.mean()), float(means.std(ddof=1)), seeds)
        found = crossed.deviations(of_seeds(gaps, ids), of_seeds(gaps * 0, ids))
        shared = crossed.shared_part(found, range(seeds)) if found else crossed.Shared(0.0, 0)
        for at, one in enumerate((replace(plain, item_part=shared.part, items=shared.items), plain)):
            low, high = one.interval(0.95)
            held[at] += low <= 0 <= high
    return held / simulated


@pytest.mark.parametrize("test_parts", ["fixed", "overlapping", "disjoint"])
def test_crossed_intervals_cover_as_often_as_they_say(test_parts):
    both, of_seeds_alone = coverage(test_parts, seeds=8, items=60, simulated=600)
    assert abs(both - 0.95) <= 3 * math.sqrt(0.95 * 0.05 / 600)
    assert (of_seeds_alone < 0.9) == (test_parts != "disjoint")


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [6, 12, 24])
@pytest.mark.parametrize("items", [30, 500])
@pytest.mark.parametrize("test_parts", ["fixed", "overlapping", "disjoint"])
def test_crossed_intervals_cover_at_every_size(test_parts, items, seeds):
    both = coverage(test_parts, seeds, items, simulated=1500)[0]
    assert abs(both - 0.95) <= 3 * math.sqrt(0.95 * 0.05 / 1500)


def test_copies_of_an_item_in_one_test_part_all_count():
    """Two equal rows share their luck as one row of twice the weight does."""
    ids, values = np.array([1, 1, 2, 3], np.uint64), np.array([1.0, 0.0, 1.0, 0.0])
    nothing = np.zeros(4)
    found = crossed.deviations([(ids, values)] * 2, [(ids, nothing)] * 2)
    assert found.values.tolist() == [[0.0, 0.125, -0.125]] * 2
    assert np.allclose(found.values.sum(1), 0)
