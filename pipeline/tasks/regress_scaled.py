"""One number for each input, whatever its unit: trained with mean 0 and deviation 1, answered in its own unit."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pipeline.number_types import Positive, Share
from pipeline.records import Examples
from pipeline.tasks import classify, regress
from pipeline.training import optimizers

if TYPE_CHECKING:
    import keras

LABELS = ("number",)
OBJECTIVE = "squared_error"
SCORED_AS = "regress"
outputs, predict, watchers = regress.outputs, regress.predict, regress.watchers


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
    """Mean squared error of outputs (batch, 1) and labels that are scaled as the training part's. momentum: sgd alone.

    Prices of 250,000 are as easy to learn as numbers about 1, with the same rate and penalties.
    """
    import keras

    # Variables of the model, not constants of its loss: seeds of a variant share what is traced (compiled_cache.py),
    # and each has a training part, and so a scale, of its own.
    mean, sd = np.mean(training.y, dtype=np.float64), np.std(training.y, dtype=np.float64)
    model.scale_of_labels = keras.Variable([mean, sd or 1.0], trainable=False, dtype="float32", name="scale_of_labels")
    settings = optimizers.OptimizerSettings(
        optimizer=optimizer,
        learning_rate=learning_rate,
        momentum=momentum,
        global_clipnorm=global_clipnorm,
        watch_gradients=watch_gradients,
    )

    def error(y: Any, scaled: Any) -> Any:
        return keras.losses.mean_squared_error(_scaled(model, y), scaled)

    optimizers.compile_model(model, error, settings, steps_per_execution=steps_per_execution, jit_compile=jit_compile)


def _scaled(model: "keras.Model", y: Any) -> Any:
    return (y - model.scale_of_labels[0]) / model.scale_of_labels[1]


def measure(model: "keras.Model", x: Any, y: Any) -> dict[str, Any]:
    """Mean squared error in evaluation mode, in squared units of the labels; the objective is that of scaled ones."""
    import tensorflow as tf

    numbers = tf.cast(model(x, training=False), tf.float32)[:, 0]
    error = tf.reduce_mean((numbers - _scaled(model, y)) ** 2)
    sd = model.scale_of_labels[1]
    return {"objective": error + optimizers.penalties(model), "squared_error": error * sd**2}


def saved(model: "keras.Model") -> "keras.Model":
    """The trained model, answering in the unit of the labels."""
    import keras

    mean, sd = np.asarray(model.scale_of_labels, np.float64).tolist()
    in_unit = keras.layers.Rescaling(sd, mean, dtype="float32", name="in_unit_of_labels")(model.output)
    return classify.saved(keras.Model(model.input, in_unit, name=model.name))
