"""Groups stay in one part, with every class in it, and shares as near as groups allow."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.preparation.split import PARTS, split_rows
from pipeline.settings.params import LongTail, Split

SPLIT = Split(0.2, 0.2, None, 0)


def drawn(labels, groups, split=SPLIT, **more):
    return split_rows(split, np.array(labels), "key", groups=np.array(groups), **more)


@pytest.mark.parametrize("groups", [12, 40, 300])
@pytest.mark.parametrize("is_of_group", [True, False])
def test_a_group_is_in_one_part_and_shares_are_kept(groups, is_of_group):
    random = np.random.default_rng(groups)
    of_row = random.integers(0, groups, 1200)
    labels = (random.random(groups) < 0.4).astype(int)[of_row] if is_of_group else random.integers(0, 3, 1200)
    parts = drawn(labels, of_row)
    assert sorted(np.concatenate([parts[part] for part in PARTS])) == list(range(1200))
    places = [set(of_row[parts[part]]) for part in PARTS]
    assert not (places[0] & places[1] or places[0] & places[2] or places[1] & places[2])
    tolerance = 1.2 * np.bincount(of_row).max() / 1200
    for part, share in zip(PARTS, (0.6, 0.2, 0.2), strict=True):
        assert abs(len(parts[part]) / 1200 - share) < max(0.01, tolerance)
        counts = np.bincount(labels[parts[part]], minlength=labels.max() + 1) / np.bincount(labels)
        assert (counts > 0).all() and np.abs(counts - share).max() < max(0.03, 2.5 * tolerance)


def test_the_seed_decides_and_nothing_else():
    labels, groups = [0, 1] * 100, np.repeat(np.arange(50), 4)
    first, again, other = drawn(labels, groups), drawn(labels, groups), drawn(labels, groups, replace(SPLIT, seed=1))
    assert all(np.array_equal(first[part], again[part]) for part in PARTS)
    assert not np.array_equal(np.sort(first["test"]), np.sort(other["test"]))


def test_equal_rows_bring_their_groups_together():
    groups = np.repeat(np.arange(30), 4)
    ids = np.arange(120, dtype=np.uint64)
    ids[[0, 40]] = ids[80] = 999  # of groups 0, 10 and 20
    for seed in range(10):
        parts = drawn([0, 1] * 60, groups, replace(SPLIT, seed=seed), ids=ids)
        assert sum(bool({0, 40, 80} & set(rows.tolist())) for rows in parts.values()) == 1


def test_groups_that_all_have_rows_in_common_stay_apart():
    groups, ids = np.repeat(np.arange(30), 8), np.arange(240, dtype=np.uint64)
    ids[::8] = 7  # the first row of each
    parts = drawn(np.repeat([0, 1], 120), groups, ids=ids)
    assert {part: len(rows) for part, rows in parts.items()} == {"train": 144, "validation": 48, "test": 48}
    assert sum(len(set(groups[rows])) for rows in parts.values()) == 30


def test_the_rarest_class_is_in_every_part():
    labels, groups = np.repeat([0, 0, 0, 0, 0, 0, 0, 1, 1, 1], 12), np.repeat(np.arange(10), 12)
    for seed in range(20):
        parts = drawn(labels, groups, replace(SPLIT, seed=seed))
        assert all(set(labels[rows]) == {0, 1} for rows in parts.values())


def test_numbers_to_predict_may_be_in_groups():
    parts = drawn(np.linspace(0, 1, 100, dtype=np.float32), np.repeat(np.arange(25), 4), replace(SPLIT, train=40))
    assert {part: len(rows) for part, rows in parts.items()} == {"train": 40, "validation": 20, "test": 20}


def test_the_training_part_may_be_cut():
    labels, groups = np.array([0, 1] * 100), np.repeat(np.arange(50), 4)
    whole, cut = drawn(labels, groups), drawn(labels, groups, replace(SPLIT, train=LongTail(20, 5)))
    assert np.bincount(labels[cut["train"]]).tolist() == [20, 5] and set(cut["train"]) <= set(whole["train"])
    assert np.array_equal(whole["test"], cut["test"])


@pytest.mark.parametrize(
    ("labels", "groups", "split", "told"),
    [
        ([0, 1] * 20, [0, 1] * 20, SPLIT, r"fewer than 3 groups: 'no' \(1\), 'yes' \(1\)"),
        ([0, 1] * 20, list(range(40)), Split(0.6, 0.4, None, 0), "given 16 and 24 of 40 examples for test and valid"),
        (
            [0.5] * 40,
            list(range(40)),
            Split(0.2, 0.2, 30, 0),
            "key.train: given 30, allowed 1 to the 24 rows of groups",
        ),
    ],
)
def test_what_groups_do_not_allow_is_said(labels, groups, split, told):
    with pytest.raises(InputError, match=told):
        drawn(labels, groups, split, names=("no", "yes"))
