"""Every source: its words are readable without importing it, and what it gives keeps the contract."""

import re

import numpy as np
import pytest

from pipeline import paths, plugins
from pipeline.raw_data import RawData
from pipeline.records import Examples, digest

LOADS = [
    ("mnist1d", {"samples": 200}),
    ("mnist1d", {"samples": 200, "shuffled": True}),
    ("digits", {}),
    ("small_digits", {}),
    ("small_digits", {"side": 28, "shuffled": True}),
    ("digit_rows", {}),
    ("moving_digits", {"films": 50}),
    ("moving_digits", {"films": 50, "order": "shuffled", "shown": 2}),
    ("real_or_generated", {"samples": 50}),
    *(("table", {"file": file}) for file in ("yeast5", "abalone19", "credit", "health")),
    ("one_against_rest", {"file": "digits", "positive": 8}),
]
SHAPES = {"signal": r"\d+, \d+", "image": r"\d+, \d+, \d+", "table": r"\d+", "sequence": r"\d+, \d+"}
SHAPES |= {"text": r"\d+", "points": r"\d+"}


def arrays(loaded):
    """Examples as they are, or of a table of numbers without gaps."""
    if not isinstance(loaded, RawData):
        return loaded
    return Examples(np.stack([column.cells for column in loaded.x], axis=1).astype(np.float32), loaded.y)


@pytest.mark.parametrize("name", plugins.names("sources"))
def test_kind_and_settings_are_read_without_import(name):
    assert plugins.constant("sources", name, "KIND") in SHAPES
    assert plugins.constant("sources", name, "LABELS") in ("class", "number", "tokens")
    assert isinstance(plugins.settings("sources", name), dict)


@pytest.mark.parametrize(("name", "settings"), LOADS)
def test_examples_are_whole_finite_and_labelled_from_0(name, settings):
    source = plugins.load("sources", name)
    examples = arrays(source.load(paths.RAW, 0, **settings))
    assert examples.x.dtype == np.float32 and examples.y.dtype == np.int64
    assert re.fullmatch(SHAPES[source.KIND], str(examples.x.shape[1:]).strip("(),"))
    assert np.isfinite(examples.x).all()
    assert (np.bincount(examples.y) > 0).all()
    if source.KIND == "image":
        assert examples.x.min() == 0 and examples.x.max() == 1


@pytest.mark.parametrize(("name", "settings"), LOADS)
def test_same_seed_same_bytes_whatever_numpy_has_drawn(name, settings):
    load = plugins.load("sources", name).load
    np.random.seed(1)
    first = arrays(load(paths.RAW, 3, **settings))
    np.random.seed(2)
    again = arrays(load(paths.RAW, 3, **settings))
    assert digest(first.x, first.y) == digest(again.x, again.y)
