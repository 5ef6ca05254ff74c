"""How a model that has nothing to learn step by step is compiled: fitted, and ready to be measured."""

from typing import TYPE_CHECKING, Any

from pipeline.errors import InputError
from pipeline.records import Examples
from pipeline.training import optimizers

if TYPE_CHECKING:
    import keras


def compile_fitted(
    model: "keras.Model", training: Examples, loss: Any, *, steps_per_execution: int, jit_compile: bool
) -> None:
    """Fit `model` to all training examples, by a seed that follows from Keras' own; an epoch then measures it.

    The fit is repeated where a training goes on from a checkpoint, and gives what it gave. InputError: a model that
    learns step by step.
    """
    import keras

    if not hasattr(model, "adapt"):
        raise InputError(
            f"model: given {model.name} to be fitted at once, allowed boosted_trees or prior: take another task"
        )
    model.adapt(training, int(keras.random.randint((), 0, 2**31 - 1)))
    settings = optimizers.OptimizerSettings(optimizer="sgd", learning_rate=1.0)
    optimizers.compile_model(model, loss, settings, steps_per_execution=steps_per_execution, jit_compile=jit_compile)
