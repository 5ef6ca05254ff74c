"""One token for each step of a sequence: cross-entropy over the steps that are asked for."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pipeline.number_types import Positive, Share
from pipeline.records import Examples
from pipeline.tasks import classify
from pipeline.training import optimizers

if TYPE_CHECKING:
    import keras

LABELS = ("tokens",)
OBJECTIVE = "cross_entropy"
saved, watchers = classify.saved, classify.watchers


def outputs(training: Examples, validation: Examples) -> int:
    """Number of different tokens."""
    return int(max(training.y.max(), validation.y.max())) + 1


def compile(
    model: "keras.Model",
    training: Examples,
    steps_per_execution: int = 1,
    jit_compile: bool = False,
    *,
    learning_rate: Positive = 0.001,
    optimizer: Literal["adam", "sgd", "rmsprop"] = "adam",
    momentum: Share = 0.0,
    global_clipnorm: Positive | None = None,
    watch_gradients: bool = False,
) -> None:
    """Cross-entropy of logits (batch, steps, tokens), a mean over the steps labelled 0 or more. momentum: sgd alone."""
    settings = optimizers.OptimizerSettings(
        optimizer=optimizer,
        learning_rate=learning_rate,
        momentum=momentum,
        global_clipnorm=global_clipnorm,
        watch_gradients=watch_gradients,
    )
    optimizers.compile_model(model, entropy, settings, steps_per_execution=steps_per_execution, jit_compile=jit_compile)


def entropy(y: Any, logits: Any) -> Any:
    """Cross-entropy of a batch in nats: its sum over the asked-for tokens divided by their number."""
    import tensorflow as tf

    asked = tf.cast(y >= 0, tf.float32)
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(
        tf.cast(tf.maximum(y, 0), tf.int32), tf.cast(logits, tf.float32)
    )
    return tf.reduce_sum(each * asked) / tf.maximum(tf.reduce_sum(asked), 1.0)


def measure(model: "keras.Model", x: Any, y: Any) -> dict[str, Any]:
    """Cross-entropy and accuracy over the asked-for tokens in evaluation mode, without penalties."""
    import tensorflow as tf

    logits = tf.cast(model(x, training=False), tf.float32)
    asked = tf.cast(y >= 0, tf.float32)
    hits = tf.cast(tf.argmax(logits, -1) == tf.cast(y, tf.int64), tf.float32) * asked
    error = entropy(y, logits)
    accuracy = tf.reduce_sum(hits) / tf.maximum(tf.reduce_sum(asked), 1.0)
    objective = error + optimizers.penalties(model)
    return {"objective": objective, "cross_entropy": error, "accuracy": accuracy}


def predict(model: "keras.Model", x: np.ndarray) -> np.ndarray:
    """Softmax of the model's logits in evaluation mode, (examples, steps, tokens) float64."""
    return classify.softmax(classify.logits(model, x))
