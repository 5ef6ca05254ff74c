"""What the activations topic measures: what is left of the gradient in every layer, and how soon a network learns."""

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.contracts import RunUnderProbe
from pipeline.records import Examples
from pipeline.scoring.finished_run import steps_until

if TYPE_CHECKING:
    import keras

APPLIES_TO = {
    "backward_ratio": ("classify",),
    "backward_factor": ("classify",),
    "steps_to_quarter": ("classify",),
}
BEFORE_TRAINING = ("backward_ratio", "backward_factor")
SERIES = {
    "gradient_start": {
        "applies_to": ("classify",),
        "x": "hidden layer",
        "y": "RMS of dL/da, at the start",
        "log": True,
    },
    "gradient_trained": {
        "applies_to": ("classify",),
        "x": "hidden layer",
        "y": "RMS of dL/da, trained",
        "log": True,
    },
}

EXAMPLES = 512  # training images, the first, on which gradients are taken
SMALLEST = 2.0**-149  # the smallest float32 above 0: what a gradient of exactly 0 counts as
QUARTER = 0.75  # accuracy at a training error of 25 %


def gradient_start(run: RunUnderProbe) -> dict[float, float]:
    """Hidden layer, from 1 at the input: RMS of dL/da before training, a what the layer puts out."""
    return _numbered(_at_start(run))


def gradient_trained(run: RunUnderProbe) -> dict[float, float]:
    """Hidden layer, from 1 at the input: RMS of dL/da after training, a what the layer puts out."""
    return _numbered(backward_gradients(run.model, run.training))


def backward_ratio(run: RunUnderProbe) -> float:
    """log10 of dL/da (RMS) at the first hidden layer over that at the last one, before training.

    Of what layers put out, not of their weights: dL/dW, first over last, is about 1 in every ReLU network, however much
    dL/da vanishes, as the activations that multiply it shrink just as much on their way forwards (Glorot and Bengio,
    2010, figures 7 and 8, for tanh).
    """
    values = _at_start(run)
    return math.log10(values[0] / values[-1])


def backward_factor(run: RunUnderProbe) -> float:
    """Share of dL/da that one layer passes on: the geometric mean over the layers; no value for a single layer."""
    values = _at_start(run)
    return float((values[0] / values[-1]) ** (1 / (len(values) - 1))) if len(values) > 1 else math.nan


def steps_to_quarter(run: RunUnderProbe) -> float:
    """Optimizer steps to a training error of 25 % (Krizhevsky, 2012), looked at once an epoch.

    A run that never gets there counts as one epoch more than it had.
    """
    return steps_until(run, lambda row: row["accuracy"] >= QUARTER)


def backward_gradients(model: "keras.Model", examples: Examples) -> np.ndarray:
    """RMS of dL/da of each hidden layer (layers,), L the mean cross-entropy of the first 512 examples."""
    import keras
    import tensorflow as tf

    hidden = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)][:-1]
    outputs = keras.Model(model.input, [*(layer.output for layer in hidden), model.output])
    with tf.GradientTape() as tape:
        *activations, logits = outputs(examples.x[:EXAMPLES], training=False)
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(examples.y[:EXAMPLES], logits)
        loss = tf.reduce_mean(entropy)
    return np.array([max(_rms(gradient), SMALLEST) for gradient in tape.gradient(loss, activations)])


@lru_cache(maxsize=1)  # a run's probes come one after another, and all but one ask for the same
def _at_start(run: RunUnderProbe) -> np.ndarray:
    return backward_gradients(run.start(), run.training)


def _rms(values: Any) -> float:
    return float(np.sqrt(np.mean(np.asarray(values, float) ** 2)))


def _numbered(values: np.ndarray) -> dict[float, float]:
    return dict(enumerate(values.tolist(), 1))
