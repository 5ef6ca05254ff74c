"""Read the handwritten digits that ship with the course row by row: one image as a sequence of 28 steps."""

from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.records import UNREADABLE, Examples

KIND = "sequence"
LABELS = "class"
SPLIT = "drawn"


def load(raw: Path, seed: int) -> Examples:
    """MNIST digits (LeCun et al., 1998), 500 of each: x (5000, 28, 28), 0..1, steps from the top row; y the digit.

    `seed` decides nothing. A missing or damaged file: InputError.
    """
    file = raw / "digits.npz"
    if not file.is_file():
        raise InputError("data/raw/digits.npz: given no such file, allowed the one in git: `git restore data/raw`")
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return Examples(arrays["x"].astype(np.float32) / np.float32(255), arrays["y"].astype(np.int64))
    except UNREADABLE as error:
        told = f"data/raw/digits.npz: given a damaged file ({type(error).__name__}), allowed the one in git"
        raise InputError(f"{told}: `git restore data/raw`") from None
