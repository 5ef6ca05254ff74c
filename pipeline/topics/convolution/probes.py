"""What the convolution topic measures beyond the plain scores: moved test images, and what a unit sees."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.contracts import RunUnderProbe
from pipeline.tasks import classify

if TYPE_CHECKING:
    import keras

APPLIES_TO = {"shifted_accuracy": ("image",), "receptive_field": ("image", "signal")}
FARTHEST = 4  # pixels, in each direction
EXAMPLES = 64  # of the test part: a ReLU that is shut, or the loser of a maximum, passes no gradient for one of them


def shifted_accuracy(run: RunUnderProbe) -> float:
    """Accuracy on the test images, each moved by up to 4 pixels both ways; the same moves for every run."""
    test, random = run.test, np.random.default_rng(0)
    moves = random.integers(-FARTHEST, FARTHEST + 1, size=(len(test), 2))
    predicted = classify.predict(run.model, shifted(test.x, moves))
    return float(np.mean(predicted.argmax(1) == test.y))


def receptive_field(run: RunUnderProbe) -> float:
    """Input positions that the middle place of the last layer before the dense head looks at, by its gradient."""
    return float(np.sum(seen(run.model, run.test.x[:EXAMPLES])))


def seen(model: "keras.Model", inputs: np.ndarray) -> np.ndarray:
    """Which positions of the input (bool, its shape without batch and channels) the middle place depends on.

    The place is that of the tensor which the head (the flattening, if there is one, and the last dense layer) takes:
    all its channels together, or all units of a fully connected layer. A position counts if its gradient is not 0 for
    one of the inputs (n, *shape).
    """
    import keras
    import tensorflow as tf

    while isinstance(model.layers[-1], keras.Model):  # behind augmentation, which changes nothing outside training
        model = model.layers[-1]
    layers = model.layers
    head = layers[-2] if isinstance(layers[-2], keras.layers.Flatten) and len(layers) > 3 else layers[-1]
    x = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(x)
        activations = keras.Model(model.inputs, head.input)(x, training=False)
        middle = activations[(slice(None), *(size // 2 for size in activations.shape[1:-1]))]
        total = tf.reduce_sum(middle)
    positions: np.ndarray = np.any(np.asarray(tape.gradient(total, x)) != 0, axis=(0, -1))
    return positions


def receptive_field_formula(layers: Sequence[tuple[int, int]]) -> int:
    """Positions that a unit sees along one axis, for layers of (window, stride) in order from the input.

    r_l = r_(l-1) + (k_l - 1) * product of the strides before l, r_0 = 1: for a unit far enough from the border.
    """
    size = jump = 1
    for window, stride in layers:
        size += (window - 1) * jump
        jump *= stride
    return size


def shifted(images: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Images (n, height, width, channels) moved by `moves` (n, 2), down and right; what comes in is black."""
    margin = int(np.abs(moves).max(initial=0))
    height, width = images.shape[1:3]
    wide = np.pad(images, ((0, 0), (margin, margin), (margin, margin), (0, 0)), constant_values=images.min())
    corners = margin - moves
    return np.stack([image[y : y + height, x : x + width] for image, (y, x) in zip(wide, corners, strict=True)])
