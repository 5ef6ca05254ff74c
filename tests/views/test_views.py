"""Every view step: same classes, shape and types, the same for the same seed, and each does what its name says."""

import json

import numpy as np
import pytest

from pipeline import plugins
from pipeline.errors import InputError
from pipeline.records import Examples, digest
from pipeline.views import augment, rebalance

SHAPES = {
    "signal": (12, 1),
    "image": (8, 8, 1),
    "table": (5,),
    "sequence": (12, 3),
    "text": (12,),
    "points": (2,),
}
SETTINGS = {
    "rebalance": [{"sampler": sampler} for sampler in ("under", "over", "smote")],
    "augment": [{"copies": 2, "shift": 0.1, "rotate": 15.0, "zoom": 0.1, "noise": 0.05}, {"shift": 0.2}],
    "relabel": [{}, {"kept": 0.5}],
}
CASES = [
    (step, kind, settings)
    for step in plugins.names("views")
    for kind in plugins.constant("views", step, "KINDS")
    for settings in SETTINGS[step]
]


def examples_of(kind, sizes=(30, 8, 3, 2, 1), seed=0):
    """Random examples between 0 and 1, `sizes` a class, in mixed order."""
    random = np.random.default_rng(seed)
    labels = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    x = random.random((len(labels), *SHAPES[kind])).astype(np.float32)
    x.flat[:2] = 0, 1
    return Examples(x, labels.astype(np.int64))


def rows(x):
    return {row.tobytes() for row in x}


@pytest.mark.parametrize(("step", "kind", "settings"), CASES)
class TestEveryStep:
    def test_classes_shape_and_types_are_kept(self, step, kind, settings):
        before = examples_of(kind)
        after, notes = plugins.load("views", step).apply(before, 1, **settings)
        assert after.x.shape[1:] == before.x.shape[1:] and len(after.x) == len(after.y)
        assert after.x.dtype == np.float32 and after.y.dtype == np.int64
        assert set(after.y) == set(before.y) and np.isfinite(after.x).all()
        assert json.loads(json.dumps(notes)) == notes

    def test_what_comes_in_is_left_alone(self, step, kind, settings):
        before = examples_of(kind)
        old = digest(before.x, before.y)
        plugins.load("views", step).apply(before, 1, **settings)
        assert digest(before.x, before.y) == old

    def test_the_seed_decides(self, step, kind, settings):
        apply, before = plugins.load("views", step).apply, examples_of(kind)
        made = [digest(after.x, after.y) for after, _ in (apply(before, seed, **settings) for seed in (1, 1, 2))]
        assert made[0] == made[1] != made[2]


@pytest.mark.parametrize("kind", SHAPES)
def test_under_keeps_different_originals_in_their_order(kind):
    before = examples_of(kind, (30, 8, 4))
    after, notes = rebalance.apply(before, 0, sampler="under")
    assert np.bincount(after.y).tolist() == [4, 4, 4]
    places = [[row.tobytes() for row in before.x].index(row.tobytes()) for row in after.x]
    assert places == sorted(set(places)) and (before.y[places] == after.y).all()
    assert notes == {"target": 4, "under": 2, "over": 0, "smote": 0, "smote_k_reduced": 0, "untouched": 1}


@pytest.mark.parametrize("kind", SHAPES)
def test_over_adds_copies_of_its_own_class_behind_the_originals(kind):
    before = examples_of(kind)
    after, notes = rebalance.apply(before, 0, sampler="over")
    assert np.bincount(after.y).tolist() == [30] * 5
    assert np.array_equal(after.x[: len(before)], before.x) and np.array_equal(after.y[: len(before)], before.y)
    for label in range(5):
        assert rows(after.x[after.y == label]) == rows(before.x[before.y == label])
    assert notes["over"] == 4 and notes["untouched"] == 1 and notes["smote"] == 0


@pytest.mark.parametrize("kind", SHAPES)
def test_smote_with_few_examples_takes_fewer_neighbours_and_copies_a_single_one(kind):
    before = examples_of(kind)
    after, notes = rebalance.apply(before, 0, sampler="smote")
    assert np.bincount(after.y).tolist() == [30] * 5
    assert np.array_equal(after.x[: len(before)], before.x)
    assert notes == {"target": 30, "under": 0, "over": 1, "smote": 3, "smote_k_reduced": 2, "untouched": 1}
    assert len(rows(after.x[after.y == 4])) == 1
    added, labels = after.x[len(before) :], after.y[len(before) :]
    assert not rows(added[labels < 4]) & rows(before.x)


def test_smote_of_two_lies_on_the_line_between_them():
    before = examples_of("table")
    after, _ = rebalance.apply(before, 0, sampler="smote")
    first, second = before.x[before.y == 3].astype(float)
    new = after.x[len(before) :][after.y[len(before) :] == 3] - first
    share = new @ (second - first) / ((second - first) @ (second - first))
    assert ((share >= 0) & (share <= 1)).all() and np.ptp(share) > 0.5
    assert np.allclose(new, share[:, None] * (second - first), atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "counts"),
    [
        ({"sampler": "over", "ratio": 0.5}, [30, 15, 15, 15, 15]),
        ({"sampler": "smote", "ratio": 0.1}, [30, 8, 3, 3, 3]),
        ({"sampler": "under", "ratio": 0.2}, [5, 5, 3, 2, 1]),
        ({"sampler": "under", "ratio": 0.001}, [30, 8, 3, 2, 1]),
        ({"sampler": "over", "count": 40}, [40] * 5),
        ({"sampler": "smote", "count": 31}, [31] * 5),
        ({"sampler": "under", "count": 1}, [1] * 5),
    ],
)
def test_targets(settings, counts):
    assert np.bincount(rebalance.apply(examples_of("table"), 0, **settings)[0].y).tolist() == counts


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"sampler": "over", "count": 29}, "count: given 29, allowed 30 or more"),
        ({"sampler": "smote", "count": 2}, "count: given 2, allowed 30 or more"),
        ({"sampler": "under", "count": 2}, "count: given 2, allowed 1 to 1"),
        ({"sampler": "over", "ratio": 1.5}, "ratio: given 1.5, allowed above 0 and at most 1"),
        ({"sampler": "over", "ratio": 0.5, "count": 40}, "given both"),
    ],
)
def test_targets_out_of_reach_are_refused(settings, told):
    with pytest.raises(InputError) as caught:
        rebalance.apply(examples_of("table"), 0, **settings)
    assert told in str(caught.value)


def test_balanced_data_stay_as_they_are():
    before = examples_of("table", (4, 4))
    for sampler in ("under", "over", "smote"):
        after, notes = rebalance.apply(before, 0, sampler=sampler)
        assert np.array_equal(after.x, before.x) and notes["untouched"] == 2


def spot(side=21):
    """A bright dot right of the centre of a dark image."""
    image = np.zeros((1, side, side, 1), np.float32)
    image[0, side // 2 - 1 : side // 2 + 2, side - 6 : side - 3] = 1
    return Examples(image, np.zeros(1, np.int64))


def centre(image):
    """Row and column of the centre of brightness, from the image's centre."""
    grid = np.indices(image.shape[:2]) - (np.array(image.shape[:2]) - 1)[:, None, None] / 2
    return (grid * image[..., 0]).sum((1, 2)) / image.sum()


def test_originals_come_first_and_copies_stay_within_range():
    before = examples_of("image")
    after, notes = augment.apply(before, 0, copies=3, shift=0.1, noise=0.5)
    assert len(after) == 4 * len(before) and notes == {"copies": 3, "added": 3 * len(before)}
    assert np.array_equal(after.x[: len(before)], before.x)
    assert np.array_equal(after.y, np.tile(before.y, 4))
    assert after.x.min() >= 0 and after.x.max() <= 1
    assert len(rows(after.x)) == len(after)


def test_a_shift_moves_within_its_share_of_the_side():
    after, _ = augment.apply(spot(), 0, copies=200, shift=0.1)
    moves = np.array([centre(image) for image in after.x[1:]]) - centre(spot().x[0])
    assert np.abs(moves).max() <= 2.1 + 0.05 and np.abs(moves).max(0).min() > 1.9
    assert np.allclose(after.x.sum((1, 2, 3)), 9, atol=1e-3)


def test_a_turn_keeps_the_distance_from_the_centre():
    after, _ = augment.apply(spot(), 0, copies=200, rotate=30.0)
    places = np.array([centre(image) for image in after.x[1:]])
    angles = np.degrees(np.arctan2(*places.T))
    assert np.allclose(np.hypot(*places.T), np.hypot(*centre(spot().x[0])), atol=0.1)
    assert 28 < np.abs(angles).max() <= 30.5 and abs(angles.mean()) < 4


def test_a_zoom_moves_along_the_radius_alone():
    after, _ = augment.apply(spot(), 0, copies=200, zoom=0.2)
    places = np.array([centre(image) for image in after.x[1:]])
    assert np.allclose(places[:, 0], 0, atol=1e-4)
    assert places[:, 1].min() < 0.9 * centre(spot().x[0])[1] < 1.1 * centre(spot().x[0])[1] < places[:, 1].max()


def test_noise_has_its_deviation():
    grey = Examples(np.full((4, 20, 20, 1), 0.5, np.float32), np.arange(4))
    grey.x[:, 0, :2, 0] = 0, 1
    after, _ = augment.apply(grey, 0, copies=5, noise=0.05)
    assert np.isclose(np.std(after.x[4:, 1:] - 0.5), 0.05, rtol=0.05)


def test_scaled_images_are_filled_with_their_darkest_value():
    scaled = spot()
    scaled = Examples(scaled.x * 3 - 1, scaled.y)
    after, _ = augment.apply(scaled, 0, copies=20, shift=0.3)
    assert after.x.min() == -1 and after.x.max() <= 2


def test_channels_are_not_mixed():
    x = np.concatenate([spot().x, np.zeros_like(spot().x)], 3)
    after, _ = augment.apply(Examples(x, np.zeros(1, np.int64)), 0, copies=5, shift=0.1, rotate=10.0, zoom=0.1)
    assert after.x[..., 0].any() and not after.x[..., 1].any()


def test_no_change_is_refused():
    with pytest.raises(InputError, match="given no change"):
        augment.apply(spot(), 0, copies=2)
