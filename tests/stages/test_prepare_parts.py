"""Parts that a source gives, what is scaled, what a view is given, and the card, against numbers worked by hand."""

import hashlib
import re
from dataclasses import replace

import numpy as np
import pytest

from pipeline import paths, plugins
from pipeline.errors import InputError
from pipeline.records import Examples, digest, read_examples, read_json
from pipeline.settings.params import DataSettings, Split
from pipeline.stages import prepare as stage
from pipeline.stages.prepare import prepare

PLAIN = {"plain": {}}
OWN = DataSettings("own", "table", {"file": "own"}, "none", Split(1, 1, None, 4), PLAIN, 7)


def examples(x, y, dtype=np.int64):
    return Examples(np.array(x, np.float64), np.array(y, dtype))


TRAIN = examples([[0, 7], [4, 7], [0, 7], [4, 7]], [0, 1, 2, 1])
PARTS = {
    "train": TRAIN,
    "validation": examples([[4, 7], [9, 9], [9, 9]], [0, 1, 0]),
    "test": examples([[0, 7], [9, 9], [5, 5], [1, 1]], [1, 1, 0, 0]),
}


@pytest.fixture
def source(house, monkeypatch):
    """The module of a source that gives `PARTS`, or what its `answer` is set to, and an empty raw folder."""
    monkeypatch.setattr(paths, "RAW", house / "raw")
    paths.RAW.mkdir()
    module = plugins.load("sources", "table")
    monkeypatch.setattr(module, "SPLIT", "given")
    monkeypatch.setattr(module, "answer", PARTS, raising=False)
    monkeypatch.setattr(module, "load", lambda raw, seed, **_: module.answer)
    return module


def written(settings=OWN):
    """(training part of the first view, validation, test, card) as they are in their files."""
    prepare(settings, [0])
    view = next(iter(settings.views))
    files = paths.fit_split("own", view, 0), paths.validation_split("own", 0), paths.test_split("own", 0)
    return *(read_examples(file) for file in files), read_json(paths.card("own", 0))


def test_parts_that_a_source_gives_stay_as_they_are(source):
    *parts, card = written()
    for part, given in zip(parts, PARTS.values(), strict=True):
        assert part.x.dtype == np.float32 and part.y.dtype == np.int64
        assert np.array_equal(part.x, given.x) and np.array_equal(part.y, given.y)
    assert len(card.pop("key")) == len(card.pop("seal")) == 64
    assert card == {
        "data": "own",
        "draw": 0,
        "source": "table",
        "kind": "table",
        "labels": "class",
        "shape": [2],
        "classes": 3,
        "split": {"train": 4, "validation": 3, "test": 4, "seed": 4},
        "counts": {"train": [1, 2, 1], "validation": [2, 1, 0], "test": [2, 2, 0]},
        "duplicates_across_splits": 3,
        "views": {
            "plain": {
                "counts": [1, 2, 1],
                "examples": 4,
                "digest": digest(parts[0].x, parts[0].y),
                "steps": {},
            }
        },
        "digests": {
            name: digest(part.x, part.y) for name, part in zip(("train", "validation", "test"), parts, strict=True)
        },
        "scale": {"kind": "none"},
        "raw": {},
    }


def test_labels_that_are_numbers_have_no_classes(source):
    source.answer = {part: examples(given.x, given.y / 2, np.float64) for part, given in PARTS.items()}
    *parts, card = written()
    assert all(part.y.dtype == np.float32 for part in parts) and parts[0].y.tolist() == [0, 0.5, 1, 0.5]
    assert (card["classes"], card["counts"]) == (0, {"train": [4], "validation": [3], "test": [4]})
    assert card["views"]["plain"]["counts"] == [4]


@pytest.mark.parametrize(
    ("x", "duplicates"),
    [
        ({"train": [1, 1], "validation": [2, 2], "test": [3, 3]}, 0),
        ({"train": [1, 2], "validation": [1, 3], "test": [4, 5]}, 1),
        ({"train": [1, 2], "validation": [4, 3], "test": [2, 1]}, 2),
        ({"train": [1, 2], "validation": [4, 3], "test": [4, 4]}, 1),
        ({"train": [1, 2], "validation": [1, 4], "test": [1, 4]}, 2),
    ],
)
def test_inputs_in_more_than_one_part_are_counted_once_each(source, x, duplicates):
    source.answer = {part: examples(np.array(column)[:, None], [0, 0]) for part, column in x.items()}
    assert written()[3]["duplicates_across_splits"] == duplicates


NOT_FINITE = "data.own.load: given no examples or numbers that are not finite, allowed finite numbers only"
NO_CLASS = "data.own.load: given class 1 without examples to learn from, allowed one or more of each class"
UNKNOWN = "data.own.load: given class 3 without examples to learn from, allowed classes of the training part only"


@pytest.mark.parametrize(
    ("part", "given", "message"),
    [
        ("train", examples(np.zeros((0, 2)), []), NOT_FINITE),
        ("test", examples([[np.inf, 1]], [0]), NOT_FINITE),
        ("validation", examples([[0, 1]], [np.nan], np.float64), NOT_FINITE),
        ("train", examples([[0, 1], [2, 3]], [0, 2]), NO_CLASS),
        ("validation", examples([[0, 1], [2, 3]], [0, 3]), UNKNOWN),
        ("test", examples([[0, 1], [2, 3]], [3, 0]), UNKNOWN),
    ],
)
def test_parts_that_nothing_can_be_learned_from_are_refused(source, part, given, message):
    source.answer = PARTS | {part: given}
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        prepare(OWN, [0])


def test_what_a_source_refuses_is_said_with_its_place(source, monkeypatch):
    def load(raw, seed, file):
        assert (raw, seed, file) == (paths.RAW, 7, "own")
        raise InputError("file: given 'own'")

    monkeypatch.setattr(source, "load", load)
    with pytest.raises(InputError, match="^" + re.escape("data.own.load: file: given 'own'") + "$"):
        prepare(OWN, [0])


def test_a_source_that_gives_one_set_must_say_drawn(source):
    source.answer = TRAIN
    with pytest.raises(TypeError, match=r"^table: its SPLIT is 'given', but load gives a Examples$"):
        prepare(OWN, [0])


# Scale


def test_columns_are_scaled_by_the_training_part_and_constant_ones_are_moved_alone(source):
    train, validation, test, card = written(replace(OWN, scale="standard"))
    assert card["scale"] == {"kind": "standard", "mean": [2.0, 7.0], "sd": [2.0, 1.0]}
    assert train.x.tolist() == [[-1, 0], [1, 0], [-1, 0], [1, 0]]
    assert validation.x.tolist() == [[1, 0], [3.5, 2], [3.5, 2]]
    assert test.x.tolist() == [[-1, 0], [3.5, 2], [1.5, -2], [-0.5, -6]]
    assert np.array_equal(validation.y, PARTS["validation"].y)


def test_a_spread_below_one_is_a_spread(source, monkeypatch):
    monkeypatch.setattr(DataSettings, "kind", "signal")
    source.answer = {part: examples(given.x / 8, given.y) for part, given in PARTS.items()}
    train, _, _, card = written(replace(OWN, scale="standard"))
    whole = TRAIN.x / 8
    assert card["scale"] == {"kind": "standard", "mean": [whole.mean()], "sd": [pytest.approx(whole.std())]}
    assert np.allclose(train.x, (whole - whole.mean()) / whole.std())


@pytest.mark.parametrize("scale", ["robust", ""])
def test_scales_are_none_and_standard(source, scale):
    message = f"data.own.scale: given {scale!r}, allowed none, standard: name one of these"
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        prepare(replace(OWN, scale=scale), [0])


# Views


def views(**steps):
    return replace(OWN, views={"v": steps})


def test_the_seed_of_a_step_is_the_first_32_bits_of_the_digest_of_its_settings(source, monkeypatch):
    seeds = []

    def apply(part, seed, **options):
        seeds.append(seed)
        return part, {"seen": len(seeds)}

    monkeypatch.setattr(plugins.load("views", "rebalance"), "apply", apply)
    *_, card = written(views(rebalance={"sampler": "over"}))
    settings = bytes.fromhex(digest(7, "rebalance", {"sampler": "over"}))
    assert seeds == [int.from_bytes(settings[:4], "big")]
    assert card["views"]["v"]["steps"] == {"rebalance": {"seen": 1}}


@pytest.mark.parametrize(
    ("steps", "answer", "message"),
    [
        (
            {"augment": {"shift": 0.1}},
            TRAIN,
            "data.own.views.v.augment: given data of kind table, allowed "
            + ", ".join(plugins.load("views", "augment").KINDS),
        ),
        (
            {"rebalance": {}},
            TRAIN.take(np.array([0, 1, 3])),
            "data.own.views.v: given classes and shape (2, 2), allowed (3, 2), as before the view",
        ),
        (
            {"rebalance": {}},
            examples(np.zeros((4, 3)), TRAIN.y),
            "data.own.views.v: given classes and shape (3, 3), allowed (3, 2), as before the view",
        ),
        (
            {"rebalance": {}},
            examples(np.zeros((4, 2, 1)), TRAIN.y),
            "data.own.views.v: given classes and shape (3, 2, 1), allowed (3, 2), as before the view",
        ),
        (
            {"rebalance": {}},
            TRAIN.take(np.array([1, 2, 3])),
            "data.own.views.v: given class 0 without examples to learn from, allowed one or more of each class",
        ),
        ({"rebalance": {}}, None, "data.own.views.v.rebalance: count: given 5"),
    ],
)
def test_a_view_that_breaks_the_contract_is_refused_by_its_place(source, monkeypatch, steps, answer, message):
    def apply(part, seed, **options):
        if answer is None:
            raise InputError("count: given 5")
        return answer, {}

    monkeypatch.setattr(plugins.load("views", "rebalance"), "apply", apply)
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        prepare(views(**steps), [0])


# Files


def test_raw_files_are_those_named_after_the_source_or_a_setting(source):
    for name in ("own.csv", "own.npz", "table.csv", "other.csv", "own.md", "owner.csv", "5.csv"):
        (paths.RAW / name).write_text(name)
    settings = replace(OWN, load={"file": "own", "samples": 5, "sizes": [1, 2]})
    expected = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("own.csv", "own.npz", "table.csv")}
    assert written(settings)[3]["raw"] == expected


def test_without_a_card_the_rest_may_be_incomplete(source, monkeypatch):
    prepare(OWN, [0])
    kept = paths.fit_split("own", "plain", 0)

    def fail(file, examples):
        raise OSError("no space")

    monkeypatch.setattr(stage, "write_examples", fail)
    monkeypatch.setattr(stage, "_is_there", lambda *_: False)
    with pytest.raises(OSError, match="no space"):
        prepare(OWN, [0])
    assert kept.exists() and not paths.card("own", 0).exists()
