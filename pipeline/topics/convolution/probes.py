"""What the convolution topic measures beyond the plain scores: moved images, fields, costs, how pixels correlate."""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.contracts import RunUnderProbe
from pipeline.tasks import classify

if TYPE_CHECKING:
    import keras

APPLIES_TO = {
    "shifted_accuracy": ("image",),
    "receptive_field": ("image", "signal"),
    "multiplications": ("image", "signal"),
    "near_over_far": ("image",),
}
SERIES = {
    "correlation": {
        "applies_to": ("image", "signal"),
        "x": "distance (pixels or samples)",
        "y": "mean |r| of two places",
        "log": False,
    }
}
FARTHEST = 4  # pixels, in each direction
NEAR, FAR = 1, 10  # pixels between two whose correlation is looked at
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

    The place is that of the tensor which the head (a flattening or a mean, if there is one, and the last dense layer) takes:
    all its channels together, or all units of a fully connected layer. A position counts if its gradient is not 0 for
    one of the inputs (n, *shape).
    """
    import keras
    import tensorflow as tf

    layers = _bare(model).layers
    brings = keras.layers.Flatten | keras.layers.GlobalAveragePooling1D | keras.layers.GlobalAveragePooling2D
    head = layers[-2] if isinstance(layers[-2], brings) and len(layers) > 3 else layers[-1]
    x = tf.constant(inputs)
    with tf.GradientTape() as tape:
        tape.watch(x)
        activations = keras.Model(_bare(model).inputs, head.input)(x, training=False)
        middle = activations[(slice(None), *(size // 2 for size in activations.shape[1:-1]))]
        total = tf.reduce_sum(middle)
    positions: np.ndarray = np.any(np.asarray(tape.gradient(total, x)) != 0, axis=(0, -1))
    return positions


def _bare(model: "keras.Model") -> "keras.Model":
    """The model itself, behind augmentation, which changes nothing outside training."""
    import keras

    while isinstance(model.layers[-1], keras.Model):
        model = model.layers[-1]
    return model


def multiplications(run: RunUnderProbe) -> float:
    """Multiplications by a weight that one example takes: what a network costs beside its parameters.

    A kernel (*window, channels, filters) of a convolution is used once at each place of its output; other kernels once.
    """
    total = 0
    for layer in _bare(run.model).layers:
        if hasattr(layer, "kernel"):
            shared = layer.kernel.ndim == len(layer.output.shape) and layer.kernel.ndim > 2
            places = math.prod(layer.output.shape[1:-1]) if shared else 1
            total += places * math.prod(layer.kernel.shape)
    return float(total)


def near_over_far(run: RunUnderProbe) -> float:
    """Mean |r| of neighbouring pixels less that of pixels ten apart, over the training images as they are shown."""
    found = correlations(run.training.x, (NEAR, FAR))
    return found[NEAR] - found[FAR]


def correlation(run: RunUnderProbe) -> dict[float, float]:
    """Distance -> mean |r| of two places at that distance, over the training part."""
    return {float(at): r for at, r in correlations(run.training.x, range(1, FAR + 1)).items()}


def correlations(x: np.ndarray, distances: Iterable[int]) -> dict[int, float]:
    """Distance -> mean |r| over all pairs at that distance along an axis, of inputs (n, *places, channels).

    r is over the examples; places that are the same in all of them have none and do not count.
    """
    deviation = x.std(0, dtype=np.float64)
    varies = deviation > 0
    z = (x - x.mean(0, dtype=np.float64)) / np.where(varies, deviation, 1)
    means = {}
    for distance in distances:
        pairs = [_pairs(z, varies, axis, distance) for axis in range(1, x.ndim - 1)]
        means[distance] = float(np.mean(np.abs(np.concatenate(pairs))))
    return means


def _pairs(z: np.ndarray, varies: np.ndarray, axis: int, distance: int) -> np.ndarray:
    """Correlations of places `distance` apart along one axis of standardised inputs."""
    size = z.shape[axis]
    one, other = np.arange(size - distance), np.arange(distance, size)
    r = np.mean(z.take(one, axis) * z.take(other, axis), axis=0)
    both = varies.take(one, axis - 1) & varies.take(other, axis - 1)
    found: np.ndarray = r[both]
    return found


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
