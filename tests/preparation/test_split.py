"""Which rows a part gets: the fairest quotas there are, the first rows of each class, sizes up to their last bound."""

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.preparation.split import PARTS, is_classes, split_rows
from pipeline.settings.params import LongTail, Split


def classes_of(counts, seed=0):
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))


def drawn(counts, validation, test, train=None):
    """Examples per class of each part."""
    labels = classes_of(counts)
    rows = split_rows(Split(validation, test, train, 0), labels, "key")
    return {part: np.bincount(labels[rows[part]], minlength=len(counts)).tolist() for part in PARTS}


def unfairness(quota, counts):
    ideal = np.array(counts) * sum(quota) / sum(counts)
    return ((np.array(quota) - ideal) ** 2).sum()


def least_unfairness(size, counts, spare):
    """Over every way to share `size` out over classes with at least 1 each, and `spare` of each left."""
    ways = product(*(range(1, count - spare + 1) for count in counts))
    return min(unfairness(way, counts) for way in ways if sum(way) == size)


@pytest.mark.parametrize("counts", [(3, 3), (4, 9, 3), (14, 3, 3), (5, 6, 7), (3, 4, 12, 5), (3, 3, 3, 11, 16)])
def test_parts_of_every_size_are_as_near_to_proportion_as_can_be(counts):
    classes, total = len(counts), sum(counts)
    for test in range(classes, total - 2 * classes + 1):
        parts = drawn(counts, classes, test)
        assert sum(parts["test"]) == test
        assert unfairness(parts["test"], counts) == pytest.approx(least_unfairness(test, counts, spare=2))
    left = [count - held for count, held in zip(counts, drawn(counts, classes, classes)["test"], strict=True)]
    for validation in range(classes, sum(left) - classes + 1):
        parts = drawn(counts, validation, classes)
        assert sum(parts["validation"]) == validation
        assert unfairness(parts["validation"], left) == pytest.approx(least_unfairness(validation, left, spare=1))
    left = drawn(counts, classes, classes)["train"]
    for train in range(classes, sum(left) + 1):
        parts = drawn(counts, classes, classes, train)
        assert sum(parts["train"]) == train
        assert unfairness(parts["train"], left) == pytest.approx(least_unfairness(train, left, spare=0))


@pytest.mark.parametrize("counts", [(40, 25, 10), (300, 200, 7, 93)])
def test_a_part_has_the_first_rows_of_each_class_in_the_order_drawn(counts):
    labels, split = classes_of(counts, seed=3), Split(0.2, 0.1, None, 5)
    rows = split_rows(split, labels, "key")
    waiting = np.random.default_rng(split.seed).permutation(len(labels)).tolist()
    for part in ("test", "validation", "train"):
        room, taken = np.bincount(labels[rows[part]]), []
        for row in waiting:
            if room[labels[row]]:
                room[labels[row]] -= 1
                taken.append(row)
        assert rows[part].tolist() == taken
        waiting = [row for row in waiting if row not in set(taken)]
    assert not waiting


@pytest.mark.parametrize(
    ("counts", "tail", "expected"),
    [
        ((20, 20), LongTail(8, 2), [8, 2]),
        ((20, 20), LongTail(8, 1), [8, 1]),
        ((20, 20, 20), LongTail(16, 4), [16, 8, 4]),
        ((20, 20, 20), LongTail(4, 9), [4, 6, 9]),
        ((20,), LongTail(5, 2), [5]),
        ((12, 7), LongTail(10, 5), [10, 5]),  # all that validation and test leave
    ],
)
def test_a_long_tail_falls_by_the_same_factor_from_class_to_class(counts, tail, expected):
    assert drawn(counts, len(counts), len(counts), tail)["train"] == expected


NINES = [9] * 11 + [2] * 11
FEW = ", ".join(f"{label} (2)" for label in range(11, 21))


@pytest.mark.parametrize(
    ("counts", "split", "message"),
    [
        (
            (90, 40, 20),
            Split(20, 2, None, 0),
            "key.test: given 2 of 150 examples in 3 classes, allowed 3 to 144: every part needs every class",
        ),
        (
            (90, 40, 20),
            Split(20, 145, None, 0),
            "key.test: given 145 of 150 examples in 3 classes, allowed 3 to 144: every part needs every class",
        ),
        (
            (90, 40, 20),
            Split(118, 30, None, 0),
            "key.validation: given 118 of 120 examples in 3 classes, allowed 3 to 117: every part needs every class",
        ),
        (
            (90, 40, 20),
            Split(20, 30, 101, 0),
            "key.train: given 101 of 100 examples in 3 classes, allowed 3 to 100: every part needs every class",
        ),
        (
            (90, 40, 20),
            Split(20, 30, LongTail(61, 14), 0),
            "key.train: given 61 examples of class 0, allowed at most the 60 that validation and test leave",
        ),
        (
            (90, 40, 20),
            Split(20, 30, LongTail(20, 14), 0),
            "key.train: given 14 examples of class 2, allowed at most the 13 that validation and test leave",
        ),
        (
            (9, 2, 3, 1),
            Split(4, 4, None, 0),
            "key: given classes with fewer than 3 examples: 1 (2), 3 (1);"
            " allowed at least one for each of training, validation and test: gather more, put classes together under"
            " one name, or take their rows out",
        ),
        (
            NINES,
            Split(22, 22, None, 0),
            f"key: given classes with fewer than 3 examples: {FEW}, ...;"
            " allowed at least one for each of training, validation and test: gather more, put classes together under"
            " one name, or take their rows out",
        ),
    ],
)
def test_sizes_out_of_reach_are_said_with_those_within(counts, split, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        split_rows(split, classes_of(counts), "key")


def test_the_smallest_and_largest_parts_of_classes():
    assert drawn((90, 40, 20), 3, 3)["test"] == [1, 1, 1]
    assert drawn((90, 40, 20), 3, 144) == {"train": [1, 1, 1], "validation": [1, 1, 1], "test": [88, 38, 18]}
    assert drawn((90, 40, 20), 117, 30)["train"] == [1, 1, 1]
    assert drawn((90, 40, 20), 20, 30, 3)["train"] == [1, 1, 1]


def test_numbers_may_leave_one_example_to_each_part():
    rows = split_rows(Split(1, 1, 1, 0), np.zeros(3, np.float32), "key")
    assert sorted(np.concatenate([rows[part] for part in PARTS])) == [0, 1, 2]
    for sizes, part in (((0, 1, 1), "validation"), ((1, 1, 0), "train")):
        with pytest.raises(InputError, match=rf"^key\.{part}: given 0, allowed 1 to the \d examples that are left$"):
            split_rows(Split(*sizes, 0), np.zeros(3, np.float32), "key")


def test_classes_are_whole_numbers_of_one_dimension():
    assert is_classes(np.array([0, 1])) and is_classes(np.array([0, 1], np.uint8))
    assert not is_classes(np.array([0.0, 1.0])) and not is_classes(np.array([[0, 1]])) and not is_classes(np.array(0))


def test_shares_are_rounded_to_whole_examples():
    split = Split(0.24, 0.36, None, 0)
    rows = split_rows(split, classes_of((5, 4)), "key")
    assert [len(rows[part]) for part in ("validation", "test")] == [2, 3]
    assert len(split_rows(replace(split, validation=2), classes_of((5, 4)), "key")["validation"]) == 2
