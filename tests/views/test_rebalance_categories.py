"""SMOTE on tables with categories: new rows have words that there are, one a column, and indicators of 0 or 1."""

import numpy as np
import pytest

from pipeline.raw_data import Feature
from pipeline.records import Examples, digest
from pipeline.views import rebalance

WORDS = [Feature(f"job={word}", "job", "category") for word in ("farm", "mine", "sea")]
INDICATOR = [Feature("age is missing", "age", "indicator")]
MEASURED = [Feature(name, name, "number") for name in ("age", "size")]


def table(sizes=(40, 9, 1), seed=0):
    """Two measurements, one of three words or none, and an indicator."""
    random = np.random.default_rng(seed)
    y = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    words = np.eye(4)[random.integers(0, 4, len(y))][:, :3]
    x = np.column_stack([random.normal(size=(len(y), 2)), words, random.random(len(y)) < 0.3])
    return Examples(x.astype(np.float32), y), [*MEASURED, *WORDS, *INDICATOR]


def smote(examples, features, **settings):
    return rebalance.apply_to_features(examples, 1, features, sampler="smote", **settings)


def test_categories_stay_categories():
    before, features = table()
    after, notes = smote(before, features)
    assert np.bincount(after.y).tolist() == [40] * 3 and notes["categories"] == 2 and notes["smote"] == 1
    assert np.array_equal(after.x[: len(before)], before.x) and after.x.dtype == np.float32
    assert np.isin(after.x[:, 2:], (0, 1)).all() and set(after.x[:, 2:5].sum(1)) <= {0, 1}
    new = after.x[len(before) :]
    assert len(np.unique(new[:, :2], axis=0)) > 20, "what is measured is interpolated"


def test_a_rare_word_is_what_most_neighbours_have():
    x = np.column_stack([np.arange(60), np.tile(np.eye(2)[0], (60, 1))]).astype(np.float32)
    x[:6, 1:] = np.eye(2)[1]
    examples = Examples(x, np.repeat([1, 0], [6, 54]))
    features = [MEASURED[0], *WORDS[:2]]
    after, _ = smote(examples, features)
    assert (after.x[60:, 2] == 1).all() and (after.x[60:, 1] == 0).all()


@pytest.mark.parametrize("scaled", [False, True])
def test_one_hot_columns_of_the_users_own_keep_a_single_1(scaled):
    random = np.random.default_rng(0)
    words = np.eye(3)[random.integers(0, 3, 120)]
    words = (words - words.mean(0)) / words.std(0) if scaled else words
    x = np.column_stack([random.normal(size=120), words, random.integers(0, 5, 120)]).astype(np.float32)
    features = [Feature(f"c{place}", f"c{place}", "number") for place in range(5)]
    after, notes = smote(Examples(x, np.repeat([0, 1], [100, 20])), features)
    high = after.x[:, 1:4] == x[:, 1:4].max(0)
    assert notes["categories"] == 1 and (high.sum(1) == 1).all()
    assert all(set(np.unique(after.x[:, place])) == set(np.unique(x[:, place])) for place in (1, 2, 3))


def test_a_table_of_categories_alone():
    before, features = table()
    after, _ = smote(Examples(before.x[:, 2:], before.y), features[2:])
    assert np.isin(after.x, (0, 1)).all() and np.bincount(after.y).tolist() == [40] * 3


@pytest.mark.parametrize("sampler", ["under", "over", "smote"])
def test_numbers_alone_are_resampled_as_ever(sampler):
    before, _ = table()
    numbers = Examples(before.x[:, :2], before.y)
    told = [
        rebalance.apply_to_features(numbers, 1, MEASURED, sampler=sampler),
        rebalance.apply(numbers, 1, sampler=sampler),
    ]
    assert digest(told[0][0].x, told[0][0].y) == digest(told[1][0].x, told[1][0].y) and told[0][1] == told[1][1]
