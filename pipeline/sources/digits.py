"""Read the 5,000 handwritten digits that ship with the course."""

from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.records import UNREADABLE, Examples

KIND = "image"
LABELS = "class"
SPLIT = "drawn"


def load(raw: Path, seed: int) -> Examples:
    """MNIST digits (LeCun et al., 1998), 500 of each: x of shape (5000, 28, 28, 1), 0..1, sorted by digit.

    `seed` decides nothing. A missing file: InputError.
    """
    file = raw / "digits.npz"
    if not file.is_file():
        raise InputError("data/raw/digits.npz: given no such file, allowed the one in git: `git restore data/raw`")
    try:
        with np.load(file, allow_pickle=False) as arrays:
            images, labels = arrays["x"], arrays["y"]
    except UNREADABLE as error:
        told = f"data/raw/digits.npz: given a damaged file ({type(error).__name__}), allowed the one in git"
        raise InputError(f"{told}: `git restore data/raw`") from None
    return Examples(images[..., None].astype(np.float32) / np.float32(255), labels.astype(np.int64))
