"""Make smaller or scrambled pictures of the handwritten digits that ship with the course."""

from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.number_types import Count, Whole
from pipeline.records import Examples, read_shipped

KIND = "image"
LABELS = "class"
SPLIT = "drawn"


def load(
    raw: Path, seed: int, *, side: Count = 14, digits: list[Whole] | None = None, shuffled: bool = False
) -> Examples:
    """MNIST digits (LeCun et al., 1998), 500 of each: x (images, side, side, 1), 0..1, sorted by digit.

    Each pixel is the mean of a square of those of 28 by 28. `digits` names some of the ten, which become the classes
    0, 1, ... in that order. `shuffled` puts the pixels into another order, the same for all images and set by the seed
    alone: the same pictures without neighbourhood. InputError: no such file, a side that does not divide 28, digits
    that are none or come twice.
    """
    images, labels = read_shipped(raw / "digits.npz", "x", "y")
    if 28 % side:
        raise InputError(f"side: given {side}, allowed 28, 14, 7, 4, 2 or 1, which divide 28")
    chosen = list(range(10)) if digits is None else digits
    if len(set(chosen)) != len(chosen) or len(chosen) < 2 or not set(chosen) <= set(range(10)):
        raise InputError(f"digits: given {chosen}, allowed two or more of 0 to 9, each once")
    rows = np.concatenate([np.flatnonzero(labels == digit) for digit in chosen])
    window = 28 // side
    small = images[rows].reshape(-1, side, window, side, window).astype(np.float32).mean((2, 4)) / np.float32(255)
    if shuffled:
        small = small.reshape(len(rows), -1)[:, np.random.default_rng([seed, side]).permutation(side**2)]
    classes = np.repeat(np.arange(len(chosen)), [int(np.sum(labels == digit)) for digit in chosen])
    return Examples(small.reshape(-1, side, side, 1), classes.astype(np.int64))
