"""Data whose labels are no classes: numbers and tokens are split at random, and no example is in two parts."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline import paths
from pipeline.records import digest, read_examples, read_json
from pipeline.settings.params import DataSettings, Split
from pipeline.stages.prepare import prepare

PLAIN = {"plain": {}}
NUMBERS = DataSettings("own", "adding", {"samples": 200, "length": 10}, "none", Split(30, 50, None, 0), PLAIN, 0)
TOKENS = DataSettings("own", "reversal", {}, "none", Split(0.2, 0.3, None, 0), PLAIN, 0)


def parts(settings, **split):
    """(training, validation, test, card) as written."""
    prepare(replace(settings, split=replace(settings.split, **split)), [0])
    files = paths.fit_split("own", "plain", 0), paths.validation_split("own", 0), paths.test_split("own", 0)
    return *(read_examples(file) for file in files), read_json(paths.card("own", 0))


def rows(examples):
    return [row.tobytes() for row in examples.x]


def test_no_example_is_in_two_parts_and_none_is_lost(house):
    train, validation, test, card = parts(NUMBERS)
    assert [len(part) for part in (train, validation, test)] == [120, 30, 50]
    assert len({*rows(train), *rows(validation), *rows(test)}) == 200
    assert card["duplicates_across_splits"] == 0
    assert card["split"] == {"train": 120, "validation": 30, "test": 50, "seed": 0}


def test_tokens_are_cut_likewise(house):
    train, validation, test, card = parts(TOKENS)
    whole = len(train) + len(validation) + len(test)
    assert (len(validation), len(test)) == (round(0.2 * whole), round(0.3 * whole))
    assert not set(rows(test)) & set(rows(validation)) or card["duplicates_across_splits"] > 0
    assert card["classes"] == 0 and card["counts"]["test"] == [len(test)]


def test_labels_stay_with_their_examples(house):
    train, validation, test, card = parts(NUMBERS)
    for part in (train, validation, test):
        np.testing.assert_allclose((part.x[..., 0] * part.x[..., 1]).sum(1), part.y, rtol=1e-6)
        assert part.x.dtype == part.y.dtype == np.float32
    assert card["counts"] == {"train": [120], "validation": [30], "test": [50]}


def test_the_test_part_stays_whatever_else_changes_and_follows_the_seed(house):
    first = parts(NUMBERS)
    other, cut = parts(NUMBERS, validation=60), parts(NUMBERS, train=40)
    assert digest(first[2].x) == digest(other[2].x) == digest(cut[2].x)
    assert digest(first[1].x) == digest(cut[1].x)
    assert [len(part) for part in cut[:3]] == [40, 30, 50] and set(rows(cut[0])) < set(rows(first[0]))
    assert digest(parts(NUMBERS, seed=1)[2].x) != digest(first[2].x)


def test_parts_are_drawn_and_not_cut_off_an_end(house):
    train, _, test, _ = parts(NUMBERS)
    prepare(replace(NUMBERS, split=replace(NUMBERS.split, test=49)), [0])
    fewer = read_examples(paths.test_split("own", 0))
    assert rows(fewer) == rows(test)[:49], "one example less leaves the others where they were"
    assert len(train) == 120


@pytest.mark.parametrize("sizes", [{"test": 198, "validation": 1}, {"test": 1, "validation": 1, "train": 198}])
def test_the_smallest_and_largest_parts(house, sizes):
    train, validation, test, _ = parts(NUMBERS, **sizes)
    assert [len(validation), len(test)] == [sizes["validation"], sizes["test"]]
    assert len(train) + len(validation) + len(test) == 200


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"test": 201}, r"data\.own\.split\.test: given 201, allowed 1 to the 200"),
        ({"test": 0}, r"split\.test: given 0, allowed 1 to the 200"),
        ({"test": 0.001}, r"split\.test: given 0, allowed 1 to the 200"),
        ({"validation": 151}, r"split\.validation: given 151, allowed 1 to the 150"),
        ({"validation": 150}, r"split\.train: given 0, allowed 1 to the 0"),
        ({"train": 121}, r"split\.train: given 121, allowed 1 to the 120"),
    ],
)
def test_sizes_out_of_reach_are_refused(house, sizes, message):
    with pytest.raises(ValueError, match=message):
        parts(NUMBERS, **sizes)


def test_a_long_tail_of_numbers_is_refused(house):
    from pipeline.settings.params import LongTail

    with pytest.raises(ValueError, match=r"split\.train: given LongTail"):
        parts(NUMBERS, train=LongTail(10, 2))
