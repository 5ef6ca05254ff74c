"""Glyphs: real typefaces give the course's long tail; no image occurs twice, no held-out class is new."""

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.records import digest
from pipeline.sources import glyphs
from pipeline.sources.glyphs import load

SMALL = {"images": 1000, "classes": 300, "side": 16, "validation": 100, "test": 200}


@pytest.fixture(scope="module")
def course():
    return load(None, 0)


def test_4251_images_of_which_over_2000_are_alone_in_their_class(course):
    counts = np.bincount(course["train"].y)
    assert counts.sum() == 4251 and counts.min() == 1
    assert 2000 < (counts == 1).sum() < 2700 and 2900 < len(counts) < 3400
    assert np.mean(counts <= 5) > 0.99


def test_parts_have_their_sizes_and_form(course):
    assert {part: len(examples) for part, examples in course.items()} == {
        "train": 4251,
        "validation": 1000,
        "test": 3000,
    }
    for examples in course.values():
        assert examples.x.shape[1:] == (28, 28, 1) and examples.x.dtype == np.float32 and examples.y.dtype == np.int64
        assert examples.x.min() >= 0 and examples.x.max() <= 1 and (examples.x.max((1, 2, 3)) > 0).all()


def test_held_out_classes_are_those_of_training(course):
    for part in ("validation", "test"):
        assert set(course[part].y) <= set(course["train"].y)


def test_no_image_occurs_twice_in_any_part(course):
    images = [image.tobytes() for examples in course.values() for image in examples.x]
    assert len(set(images)) == len(images)


def test_bold_has_more_ink_than_regular(course):
    assert course["test"].x.mean() > 1.2 * course["train"].x.mean()


def test_a_class_looks_like_itself(course):
    """The nearest training image is of the right class far more often than chance, 1 of 3,000."""
    known, asked = course["train"].x.reshape(4251, -1), course["test"].x[:300].reshape(300, -1)
    nearest = np.argmin((known**2).sum(1) - 2 * asked @ known.T, 1)
    assert np.mean(course["train"].y[nearest] == course["test"].y[:300]) > 0.3


def test_fewer_classes_keep_the_shape_of_the_tail():
    counts = np.bincount(load(None, 0, classes=600, side=20)["train"].y)
    assert len(counts) == 600 and 0.65 < np.mean(counts == 1) < 0.85


def test_the_seed_decides_which_images_are_drawn():
    made = [load(None, seed, **SMALL) for seed in (3, 3, 4)]
    first, again, other = (digest(*(part.x for part in parts.values())) for parts in made)
    assert first == again != other


def test_characters_that_look_alike_are_one_class_through_third_ones():
    a, b = (np.full((8, 8), ink, np.uint8) for ink in (1, 2))
    drawn = {"train": [(65, a), (913, a), (70, b)], "test": [(913, b), (1040, b)], "validation": []}
    merged = glyphs._merged(drawn)
    assert {code for pairs in merged.values() for code, _ in pairs} == {65}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"images": 100_000}, "images: given 100000, allowed 1 to"),
        ({"images": 50, "classes": 60}, "classes: given 60, allowed 1 to"),
        ({"side": 7}, "side: given 7, allowed 8 or more"),
    ],
)
def test_settings_out_of_reach_are_refused(settings, told):
    with pytest.raises(InputError) as caught:
        load(None, 0, **({"side": 12} | settings))
    assert told in str(caught.value)


def test_without_matplotlib_the_way_out_is_named(monkeypatch):
    monkeypatch.setattr(glyphs.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="`make repro` has it"):
        load(None, 0)
