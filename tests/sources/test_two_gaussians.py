"""Two Gaussians: shares, distance and noise as asked for, and parts that depend on nothing but themselves."""

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.records import digest
from pipeline.sources import two_gaussians


def test_shapes_types_and_exact_shares():
    parts = two_gaussians.load(None, 0, train=100, validation=200, test=1000, ratio=9, informative=3, noise=4)
    assert {name: part.x.shape for name, part in parts.items()} == {
        "train": (100, 7),
        "validation": (200, 7),
        "test": (1000, 7),
    }
    assert {name: int(part.y.sum()) for name, part in parts.items()} == {"train": 10, "validation": 20, "test": 100}
    assert parts["test"].x.dtype == np.float32 and parts["test"].y.dtype == np.int64


@pytest.mark.parametrize("informative", [1, 2, 8])
def test_the_means_are_three_deviations_apart_however_many_columns_tell(informative):
    part = two_gaussians.load(None, 1, test=40000, informative=informative, noise=3)["test"]
    rare, frequent = (part.x[part.y == label] for label in (1, 0))
    shift = rare.mean(0) - frequent.mean(0)
    assert np.linalg.norm(shift[:informative]) == pytest.approx(3, abs=0.05)
    assert np.allclose(shift[:informative], 3 / np.sqrt(informative), atol=0.05)
    assert np.allclose(shift[informative:], 0, atol=0.05)
    assert np.allclose([rare.std(0), frequent.std(0)], 1, atol=0.03)


def test_of_equal_classes_the_best_rule_is_right_on_93_of_100():
    """The normal distribution function at 1.5 is 0.93319."""
    part = two_gaussians.load(None, 0, test=100000, informative=4, noise=2)["test"]
    right = (part.x[:, :4].sum(1) / 2 > 1.5) == part.y
    assert right.mean() == pytest.approx(0.93319, abs=0.003)


def test_a_part_depends_on_its_seed_and_size_alone():
    np.random.seed(1)
    first = two_gaussians.load(None, 3, train=100, test=1000)
    np.random.seed(2)
    again, other = (two_gaussians.load(None, seed, train=100, test=5000) for seed in (3, 4))
    for part in ("train", "validation"):
        same, different = (digest(found[part].x, found[part].y) for found in (again, other))
        assert digest(first[part].x, first[part].y) == same != different
    assert digest(first["train"].x[:50]) != digest(first["validation"].x[:50])


@pytest.mark.parametrize(("sizes", "told"), [({"train": 100, "ratio": 99}, "train: given 100"), ({"test": 3}, "test")])
def test_too_few_of_a_class_are_refused(sizes, told):
    with pytest.raises(InputError, match=told):
        two_gaussians.load(None, 0, **sizes)
