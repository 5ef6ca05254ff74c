"""What the convolution topic measures beyond the plain scores: accuracy on test images that were moved."""

from typing import TYPE_CHECKING

import numpy as np

from pipeline import tasks
from pipeline.records import Examples

if TYPE_CHECKING:
    import keras

KINDS = {"shifted_accuracy": ("image",)}
FARTHEST = 4  # pixels, in each direction


def shifted_accuracy(model: "keras.Model", test: Examples) -> float:
    """Accuracy on the test images, each moved by up to 4 pixels both ways; the same moves for every run."""
    random = np.random.default_rng(0)
    moves = random.integers(-FARTHEST, FARTHEST + 1, size=(len(test), 2))
    predicted = tasks.probabilities(model, shifted(test.x, moves))
    return float(np.mean(predicted.argmax(1) == test.y))


def shifted(images: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Images (n, height, width, channels) moved by `moves` (n, 2), down and right; what comes in is black."""
    margin = int(np.abs(moves).max(initial=0))
    height, width = images.shape[1:3]
    wide = np.pad(images, ((0, 0), (margin, margin), (margin, margin), (0, 0)), constant_values=images.min())
    corners = margin - moves
    return np.stack([image[y : y + height, x : x + width] for image, (y, x) in zip(wide, corners, strict=True)])
