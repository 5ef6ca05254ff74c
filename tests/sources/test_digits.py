"""Digits: 500 of each, as they ship."""

import numpy as np
import pytest

from pipeline import paths
from pipeline.errors import InputError
from pipeline.sources.digits import load


def test_500_different_images_of_each_digit():
    examples = load(paths.RAW, 0)
    assert examples.x.shape == (5000, 28, 28, 1)
    assert np.bincount(examples.y).tolist() == [500] * 10
    assert len({image.tobytes() for image in examples.x}) == 5000


def test_zeros_are_round_and_ones_are_thin():
    examples = load(paths.RAW, 0)
    ink = [examples.x[examples.y == digit].mean() for digit in range(10)]
    assert np.argmin(ink) == 1 and np.argmax(ink) == 0


def test_a_missing_file_names_the_way_back(tmp_path):
    with pytest.raises(InputError, match="git restore data/raw"):
        load(tmp_path, 0)
