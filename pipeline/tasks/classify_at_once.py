"""One class for each input, by a model that is fitted to all training examples at once, not by an optimizer."""

from typing import TYPE_CHECKING

from pipeline.records import Examples
from pipeline.tasks import _at_once, classify

if TYPE_CHECKING:
    import keras

LABELS = ("class",)
OBJECTIVE = "cross_entropy"
SCORED_AS = "classify"
outputs, measure, predict = classify.outputs, classify.measure, classify.predict
saved, watchers = classify.saved, classify.watchers


def compile(model: "keras.Model", training: Examples, steps_per_execution: int = 1, jit_compile: bool = False) -> None:
    """Fit a model that has `adapt`; an epoch of one step is enough to measure it."""
    import keras

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    _at_once.compile_fitted(model, training, loss, steps_per_execution=steps_per_execution, jit_compile=jit_compile)
