"""What the activations topic measures: the gradient of every hidden layer, and how soon a network learns."""

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.contracts import RunUnderProbe
from pipeline.records import Examples
from pipeline.scoring.finished_run import steps_per_epoch

if TYPE_CHECKING:
    import keras

APPLIES_TO = {
    "gradient_ratio": ("classify",),
    "gradient_factor": ("classify",),
    "sigmoid_bound": ("classify",),
    "steps_to_quarter": ("classify",),
}
SERIES = {
    "gradient_start": {
        "applies_to": ("classify",),
        "x": "hidden layer",
        "y": "RMS of the gradient, at the start",
        "log": True,
    },
    "gradient_trained": {
        "applies_to": ("classify",),
        "x": "hidden layer",
        "y": "RMS of the gradient, trained",
        "log": True,
    },
}

EXAMPLES = 512  # training images, the first, on which gradients are taken
SMALLEST = 2.0**-149  # the smallest float32 above 0: what a gradient of exactly 0 counts as
STEEPEST = 0.25  # largest derivative of the sigmoid
SLACK = 1e-4  # relative error of float32 sums
QUARTER = 0.75  # accuracy at a training error of 25 %


def gradient_start(run: RunUnderProbe) -> dict[float, float]:
    """Hidden layer, from 1 at the input: RMS of dL/dW before training."""
    return _numbered(_at_start(run)["gradients"])


def gradient_trained(run: RunUnderProbe) -> dict[float, float]:
    """Hidden layer, from 1 at the input: RMS of dL/dW after training."""
    return _numbered(kernel_gradients(run.model, run.training))


def gradient_ratio(run: RunUnderProbe) -> float:
    """log10 of the first hidden kernel's RMS gradient over the last one's, before training."""
    values = _at_start(run)["gradients"]
    return math.log10(values[0] / values[-1])


def gradient_factor(run: RunUnderProbe) -> float:
    """What one layer leaves of the gradient: the ratio's root, one for each step back; no value for a single layer."""
    values = _at_start(run)["gradients"]
    return (values[0] / values[-1]) ** (1 / (len(values) - 1)) if len(values) > 1 else math.nan


def sigmoid_bound(run: RunUnderProbe) -> float:
    """Share of the layers that pass on at most 1/4 times the spectral norm of their kernel, before training.

    Going back through a sigmoid layer, |dL/da| shrinks to at most that, since its derivative is at most 1/4; other
    activations need not keep to it. No value for a single layer.
    """
    factors, norms = _at_start(run)["factors"]
    return float(np.mean(factors <= STEEPEST * norms * (1 + SLACK))) if len(factors) else math.nan


def steps_to_quarter(run: RunUnderProbe) -> float:
    """Optimizer steps to a training error of 25 % (Krizhevsky, 2012), looked at once an epoch.

    A run that never gets there counts as one epoch more than it had.
    """
    steps = steps_per_epoch(run)
    reached = [row["epoch"] for row in run.history if row["accuracy"] >= QUARTER]
    return float(steps * min(reached, default=len(run.history) + 1))


def kernel_gradients(model: "keras.Model", examples: Examples) -> np.ndarray:
    """RMS of dL/dW of each hidden kernel (layers,), L the mean cross-entropy of the first 512 examples."""
    import tensorflow as tf

    kernels = [layer.kernel.value for layer in _dense(model)[:-1]]
    with tf.GradientTape() as tape:
        loss = _loss(model(examples.x[:EXAMPLES], training=False), examples)
    return np.array([max(_rms(gradient), SMALLEST) for gradient in tape.gradient(loss, kernels)])


def backward_factors(model: "keras.Model", examples: Examples) -> tuple[np.ndarray, np.ndarray]:
    """|dL/da| below over above each hidden layer but the first, and the spectral norms of their kernels."""
    import keras
    import tensorflow as tf

    hidden = _dense(model)[:-1]
    outputs = keras.Model(model.input, [*(layer.output for layer in hidden), model.output])
    with tf.GradientTape() as tape:
        *activations, logits = outputs(examples.x[:EXAMPLES], training=False)
        loss = _loss(logits, examples)
    norms = [max(_rms(gradient), SMALLEST) * gradient.shape[1] ** 0.5 for gradient in tape.gradient(loss, activations)]
    kernels = [np.asarray(layer.kernel, float) for layer in hidden[1:]]
    return np.divide(norms[:-1], norms[1:]), np.array([np.linalg.norm(kernel, 2) for kernel in kernels])


@lru_cache(maxsize=1)  # a run's probes come one after another, and all but one ask for the same
def _at_start(run: RunUnderProbe) -> dict[str, Any]:
    model = run.start()
    gradients, factors = kernel_gradients(model, run.training), backward_factors(model, run.training)
    return {"gradients": gradients, "factors": factors}


def _loss(logits: Any, examples: Examples) -> Any:
    import tensorflow as tf

    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(examples.y[:EXAMPLES], logits))


def _rms(values: Any) -> float:
    return float(np.sqrt(np.mean(np.asarray(values, float) ** 2)))


def _dense(model: "keras.Model") -> list["keras.Layer"]:
    import keras

    return [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]


def _numbered(values: np.ndarray) -> dict[float, float]:
    return dict(enumerate(values.tolist(), 1))
