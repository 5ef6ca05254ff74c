"""Read images that come as one .npz file as two classes: one of theirs, and all others."""

import re
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.number_types import Whole
from pipeline.records import UNREADABLE, Examples

KIND = "image"
LABELS = "class"
SPLIT = "drawn"


def load(raw: Path, seed: int, *, file: str, positive: Whole) -> Examples:
    """Images from data/raw/<file>.npz: x of shape (images, height, width, 1), 0..1, y 1 for `positive` and else 0.

    The file holds `x` of shape (images, height, width) as bytes and `y` with a whole number an image. `seed` decides
    nothing. InputError: no such file, another shape, or a class that has none of the images or all of them.
    """
    images, labels = _arrays(raw, file)
    whole = images.dtype == np.uint8 and labels.dtype.kind in "iu"
    if images.ndim != 3 or labels.shape != images.shape[:1] or not whole:
        raise InputError(
            f"{file}.npz: given x {images.dtype} {images.shape} and y {labels.dtype} {labels.shape}, allowed x uint8"
            " (images, height, width) and y (images) of whole numbers"
        )
    rare = labels == positive
    if rare.all() or not rare.any():
        classes = ", ".join(map(str, np.unique(labels)[:10]))
        raise InputError(f"positive: given {positive}, allowed one of two or more classes in {file}.npz: {classes}")
    return Examples(images[..., None].astype(np.float32) / np.float32(255), rare.astype(np.int64))


def check(raw: Path, *, file: str, positive: int) -> None:
    """InputError: data/raw/<file>.npz is not there."""
    if not re.fullmatch(r"[a-z0-9_]+", file) or not (raw / f"{file}.npz").is_file():
        archives = ", ".join(sorted(archive.stem for archive in raw.glob("*.npz"))) or "none: put an .npz file there"
        raise InputError(f"file: given {file!r}, allowed an archive in data/raw, named in [a-z0-9_]: {archives}")


def _arrays(raw: Path, file: str) -> tuple[np.ndarray, np.ndarray]:
    check(raw, file=file, positive=0)
    try:
        with np.load(raw / f"{file}.npz", allow_pickle=False) as arrays:
            return arrays["x"], arrays["y"]
    except UNREADABLE as error:
        told = f"given a file that cannot be read ({type(error).__name__}), allowed arrays x and y"
        raise InputError(f"{file}.npz: {told}") from None
