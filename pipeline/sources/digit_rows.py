"""Read the handwritten digits that ship with the course row by row: one image as a sequence of 28 steps."""

from pathlib import Path

import numpy as np

from pipeline.records import Examples, read_shipped

KIND = "sequence"
LABELS = "class"
SPLIT = "drawn"


def load(raw: Path, seed: int) -> Examples:
    """MNIST digits (LeCun et al., 1998), 500 of each: x (5000, 28, 28), 0..1, steps from the top row; y the digit.

    `seed` decides nothing. A missing or damaged file: InputError.
    """
    images, labels = read_shipped(raw / "digits.npz", "x", "y")
    return Examples(images.astype(np.float32) / np.float32(255), labels.astype(np.int64))
