"""Make short films of a digit that moves left or right: the order of the frames is all that tells which way."""

from pathlib import Path
from typing import Literal

import numpy as np

from pipeline.errors import InputError
from pipeline.number_types import Count
from pipeline.records import Examples, read_shipped

KIND = "sequence"
LABELS = "class"
SPLIT = "drawn"

SIDE = 7  # pixels of a digit, each the mean of 4 by 4


def load(
    raw: Path,
    seed: int,
    *,
    films: Count = 3000,
    frames: Count = 8,
    order: Literal["kept", "shuffled"] = "kept",
    shown: Count | None = None,
) -> Examples:
    """Films of MNIST digits (LeCun et al., 1998): x (films, shown, 7 (6 + frames)), y 0 for left, 1 for right.

    A digit of 7 by 7 pixels moves by one pixel a frame over a black field of 7 by 6 + frames, from one edge to the
    other; each film draws its digit and its direction. A frame is one vector, row after row. `order: shuffled` puts
    the frames of each film into an order of its own; `shown` keeps so many of them, drawn anew for each film, in their
    order. Either way a film to the left and one to the right have the same frames. InputError: the file is missing or
    damaged, or more frames are to be shown than there are.
    """
    if shown is not None and shown > frames:
        raise InputError(f"shown: given {shown}, allowed 1 to frames, {frames}")
    digits = _digits(raw)
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(films) % 2)
    drawn = digits[random.integers(len(digits), size=films)]
    field = np.zeros((films, frames, SIDE, SIDE + frames - 1), np.float32)
    for frame in range(frames):
        field[:, frame, :, frame : frame + SIDE] = drawn
    field = np.where(labels[:, None, None, None] == 1, field, field[:, ::-1])
    ranks = random.random((films, frames)).argsort(1)  # a random order of each film's frames
    if order == "shuffled":
        field = np.take_along_axis(field, ranks[:, :, None, None], 1)
    if shown is not None:
        field = np.take_along_axis(field, np.sort(ranks[:, :shown], 1)[:, :, None, None], 1)
    return Examples(np.ascontiguousarray(field).reshape(films, field.shape[1], -1), labels.astype(np.int64))


def _digits(raw: Path) -> np.ndarray:
    """All digits (5000, 7, 7), 0..1."""
    (images,) = read_shipped(raw / "digits.npz", "x")
    small: np.ndarray = images.astype(np.float32).reshape(-1, SIDE, 4, SIDE, 4).mean((2, 4)) / np.float32(255)
    return small
