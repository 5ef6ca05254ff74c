"""One number for each input, by a model that is fitted to all training examples at once, not by an optimizer."""

from typing import TYPE_CHECKING

from pipeline.records import Examples
from pipeline.tasks import _at_once, regress

if TYPE_CHECKING:
    import keras

LABELS = ("number",)
OBJECTIVE = "squared_error"
SCORED_AS = "regress"
outputs, measure, predict = regress.outputs, regress.measure, regress.predict
saved, watchers = regress.saved, regress.watchers


def compile(model: "keras.Model", training: Examples, steps_per_execution: int = 1, jit_compile: bool = False) -> None:
    """Fit a model that has `adapt`; an epoch of one step is enough to measure it."""
    _at_once.compile_fitted(
        model, training, "mean_squared_error", steps_per_execution=steps_per_execution, jit_compile=jit_compile
    )
