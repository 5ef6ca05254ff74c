"""What the exploding topic measures: the first gradient, and apart from survival, whether anything was learned."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.contracts import RunUnderProbe
from pipeline.scoring import graph_cache

if TYPE_CHECKING:
    import keras

APPLIES_TO = {"first_gradient": ("sequence",), "learned": ("regress",), "solved": ("classify",)}
DIVERGED = {"learned": 0.0, "solved": 0.0}
BEFORE_TRAINING = ("first_gradient",)
SERIES = {
    "gradient_norm": {"applies_to": ("sequence",), "x": "epoch", "y": "median norm of the gradient", "log": True},
    "gradient_norm_max": {"applies_to": ("sequence",), "x": "epoch", "y": "largest norm of the gradient", "log": True},
}

BASELINE = 1 / 6  # squared error of always answering 1: twice the variance of a uniform number
WRONG = 0.01  # share of wrong sequences below which a run has solved its task (Pascanu, 2013)


def first_gradient(run: RunUnderProbe) -> float:
    """log10 of the gradient's norm over all weights before training, on the first batch_size training sequences."""
    count = run.settings["fit"]["batch_size"]
    norm = graph_cache.run(_norm, run.start(), run.training.x[:count], run.training.y[:count])
    return math.log10(float(norm))


def learned(run: RunUnderProbe) -> float:
    """1 if the squared error on held-out sequences is below half of what always answering 1 has, else 0."""
    return float(np.mean((run.predicted - run.test.y) ** 2) < BASELINE / 2)


def solved(run: RunUnderProbe) -> float:
    """1 if less than 1 % of the held-out sequences are classified wrongly, else 0."""
    return float(np.mean(run.predicted.argmax(1) != run.test.y) < WRONG)


def gradient_norm(run: RunUnderProbe) -> dict[float, float]:
    """Epoch: median norm of its steps' gradients, before clipping; needs `watch_gradients`."""
    return _column(run, "gradient_norm")


def gradient_norm_max(run: RunUnderProbe) -> dict[float, float]:
    """Epoch: largest norm of its steps' gradients, before clipping; needs `watch_gradients`."""
    return _column(run, "gradient_norm_max")


def _column(run: RunUnderProbe, name: str) -> dict[float, float]:
    return {row["epoch"]: row[name] for row in run.history if math.isfinite(row.get(name, math.nan))}


def _norm(model: "keras.Model", x: Any, y: Any) -> Any:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        loss = _loss(model(x, training=False), y)
    return tf.linalg.global_norm([tf.cast(part, tf.float64) for part in tape.gradient(loss, model.trainable_weights)])


def _loss(outputs: Any, labels: Any) -> Any:
    """The objective: squared error of numbers, cross-entropy of classes."""
    import tensorflow as tf

    if tf.as_dtype(labels.dtype).is_floating:
        return tf.reduce_mean((outputs[:, 0] - labels) ** 2)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, outputs))
