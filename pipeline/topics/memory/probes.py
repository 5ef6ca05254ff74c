"""What the memory topic measures: whether and when a task is solved, and how far back the gradient reaches."""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.contracts import RunUnderProbe
from pipeline.records import Examples
from pipeline.scoring import graph_cache
from pipeline.scoring.finished_run import new_examples, steps_until

if TYPE_CHECKING:
    import keras

APPLIES_TO = {
    "solved": ("sequence",),
    "steps_to_solution": ("sequence",),
    "sums_right": ("regress",),
    "gradient_at_lag_20": ("adding", "temporal_order"),  # copying may be shorter than the lag
    "gradient_at_lag_20_trained": ("adding", "temporal_order"),
    "gradient_over_sequence": ("sequence",),
    "accuracy_at_40": ("temporal_order",),
}
DIVERGED = {"solved": 0.0}
BEFORE_TRAINING = ("gradient_at_lag_20", "gradient_over_sequence")
SERIES = {
    "gradient_start": {
        "applies_to": ("sequence",),
        "x": "lag",
        "y": "gradient of the last state, at the start",
        "log": True,
    },
    "gradient_trained": {
        "applies_to": ("sequence",),
        "x": "lag",
        "y": "gradient of the last state, trained",
        "log": True,
    },
}

SOLVED = {"val_squared_error": 0.01, "val_accuracy": 0.99}  # mean squared error at most; share right at least
RIGHT = 0.04  # largest error of a sum that counts as right (Hochreiter and Schmidhuber, 1997, experiment 4)
EXAMPLES = 128  # held-out sequences over which a gradient is averaged
LAG = 20
ASKED_LENGTH, ASKED_SEED, ASKED = 40, 40, 500  # steps, seed and number of the sequences of `accuracy_at_40`
SMALLEST = 2.0**-149  # the smallest float32 above 0: what a gradient of exactly 0 counts as


def solved(run: RunUnderProbe) -> float:
    """1 if an epoch reached a validation squared error of 0.01 (baseline 0.167) or an accuracy of 0.99, else 0."""
    return float(any(map(_is_solved, run.history)))


def steps_to_solution(run: RunUnderProbe) -> float:
    """Optimizer steps until a run is solved, looked at once an epoch; a run that never is counts one epoch more."""
    return steps_until(run, _is_solved)


def sums_right(run: RunUnderProbe) -> float:
    """Share of held-out sequences whose sum is told to 0.04; always answering 1 has 0.0784 right.

    The sum s of two uniform numbers has the density 1 - |s - 1|: between 0.96 and 1.04 lie 1 - 0.96^2.
    """
    return float(np.mean(np.abs(run.predicted - run.test.y) < RIGHT))


def gradient_at_lag_20(run: RunUnderProbe) -> float:
    """log10 of the last state's gradient 20 steps back over that at the last step, before training."""
    return _log_ratio(gradient_start(run))


def gradient_at_lag_20_trained(run: RunUnderProbe) -> float:
    """log10 of the last state's gradient 20 steps back over that at the last step, after training."""
    return _log_ratio(gradient_trained(run))


def gradient_over_sequence(run: RunUnderProbe) -> float:
    """log10 of the last state's gradient by the first step over that by the last one, before training."""
    *_, last = (curve := gradient_start(run))
    return math.log10(curve[last] / curve[0])


def accuracy_at_40(run: RunUnderProbe) -> float:
    """Share right of 500 new sequences of 40 steps, whatever the length on which the network was trained.

    A recurrent layer has the same weights at every step, so it takes any number of them.
    """
    asked = new_examples(run, ASKED_SEED, samples=ASKED, length=ASKED_LENGTH)
    logits = graph_cache.run(answers, run.model, asked.x)
    return float(np.mean(np.argmax(logits, axis=1) == asked.y))


def answers(model: "keras.Model", x: Any) -> Any:
    """The network's outputs (batch, outputs) after sequences x (batch, steps, features) of any length."""
    return model.layers[-1](last_state(model, x))


@lru_cache(maxsize=1)  # asked for by the curve and by the number drawn from it
def gradient_start(run: RunUnderProbe) -> dict[float, float]:
    """Lag k: norm of the derivative of the last state by the input k steps earlier, before training."""
    return dict(enumerate(gradients(run.start(), run.test)))


@lru_cache(maxsize=1)  # asked for by the curve and by the number drawn from it
def gradient_trained(run: RunUnderProbe) -> dict[float, float]:
    """Lag k: norm of the derivative of the last state by the input k steps earlier, after training."""
    return dict(enumerate(gradients(run.model, run.test)))


def gradients(model: "keras.Model", examples: Examples) -> list[float]:
    """Root mean square over sequences of the Frobenius norm of dh_T/dx_(T-k), for k = 0, 1, ... steps.

    Each sequence's norm is estimated along one random direction of the state, the same for every model of that size:
    E|v dh/dx|^2 is the squared Frobenius norm for v of independent standard normal numbers.
    """
    squares = np.asarray(graph_cache.run(_along, model, examples.x[:EXAMPLES]), float) ** 2
    norms = np.sqrt(squares.sum(2).mean(0))
    by_lag: list[float] = np.maximum(norms, SMALLEST)[::-1].tolist()
    return by_lag


def _along(model: "keras.Model", x: Any) -> Any:
    """Gradient of the last state along a random direction by the inputs."""
    import tensorflow as tf

    x = tf.convert_to_tensor(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        state = last_state(model, x)
        direction = np.random.default_rng(0).standard_normal(state.shape).astype("float32")
        along = tf.reduce_sum(state * direction)
    return tape.gradient(along, x)


def last_state(model: "keras.Model", x: Any) -> Any:
    """The recurrent layer's output at the last step (batch, units), over the whole sequence without truncation."""
    import keras

    layer = next(layer for layer in model.layers if isinstance(layer, keras.layers.RNN))
    outputs = layer(x)
    states = outputs[0] if isinstance(outputs, (list, tuple)) else outputs
    return states[:, -1] if layer.return_sequences else states


def _is_solved(row: Mapping[str, float]) -> bool:
    """Whether the task counts as solved in an epoch."""
    error, accuracy = SOLVED["val_squared_error"], SOLVED["val_accuracy"]
    return row.get("val_squared_error", math.inf) <= error or row.get("val_accuracy", 0) >= accuracy


def _log_ratio(curve: dict[float, float]) -> float:
    """No value for sequences too short for the lag."""
    return math.log10(curve[LAG] / curve[0]) if LAG in curve else math.nan
