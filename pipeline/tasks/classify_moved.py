"""One class for each input, decided as if all classes were equally frequent: trained plainly, moved afterwards."""

from typing import TYPE_CHECKING, Literal

import numpy as np

from pipeline.number_types import NotNegative, Positive, Share
from pipeline.records import Examples
from pipeline.tasks import classify

if TYPE_CHECKING:
    import keras

LABELS = ("class",)
OBJECTIVE = "cross_entropy"
SCORED_AS = "classify"
outputs, measure, predict, watchers = classify.outputs, classify.measure, classify.predict, classify.watchers


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
    label_smoothing: Share = 0.0,
    tau: NotNegative = 1.0,
) -> None:
    """As `classify` compiles it; once it is trained, tau times the log shares of the classes leave its logits.

    Post-hoc logit adjustment (Menon, 2021), with two classes the same as a threshold moved from 1/2 to the share of
    the class (Collell, 2018). Probabilities are then those of balanced classes: of a rare class they say more than is
    seen. Histories are of the model before that.
    """
    classify.compile(
        model,
        training,
        steps_per_execution,
        jit_compile,
        learning_rate=learning_rate,
        optimizer=optimizer,
        momentum=momentum,
        global_clipnorm=global_clipnorm,
        watch_gradients=watch_gradients,
        label_smoothing=label_smoothing,
    )
    counts = np.maximum(np.bincount(training.y, minlength=model.output_shape[-1]), 1)
    model.moved_by = tuple((-tau * np.log(counts / counts.sum())).tolist())


def saved(model: "keras.Model") -> "keras.Model":
    """The trained model with its logits moved."""
    import keras

    moved = keras.layers.Rescaling(1.0, list(model.moved_by), dtype="float32", name="moved")(model.output)
    return keras.Model(model.input, moved, name=model.name)
