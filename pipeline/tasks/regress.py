"""One number for each input: mean squared error."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pipeline.number_types import Positive, Share
from pipeline.records import Examples
from pipeline.tasks import classify
from pipeline.training import optimizers

if TYPE_CHECKING:
    import keras

LABELS = ("number",)
OBJECTIVE = "squared_error"
saved, watchers = classify.saved, classify.watchers


def outputs(training: Examples, validation: Examples) -> int:
    """One number."""
    return 1


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
    """Mean squared error of outputs (batch, 1). momentum is for sgd alone."""
    settings = optimizers.OptimizerSettings(
        optimizer=optimizer,
        learning_rate=learning_rate,
        momentum=momentum,
        global_clipnorm=global_clipnorm,
        watch_gradients=watch_gradients,
    )
    optimizers.compile_model(
        model, "mean_squared_error", settings, steps_per_execution=steps_per_execution, jit_compile=jit_compile
    )


def measure(model: "keras.Model", x: Any, y: Any) -> dict[str, Any]:
    """Mean squared error in evaluation mode, without penalties."""
    import tensorflow as tf

    numbers = tf.cast(model(x, training=False), tf.float32)[:, 0]
    error = tf.reduce_mean((numbers - y) ** 2)
    return {"objective": error + optimizers.penalties(model), "squared_error": error}


def predict(model: "keras.Model", x: np.ndarray) -> np.ndarray:
    """The model's numbers (examples,) in evaluation mode."""
    return classify.logits(model, x)[:, 0]
