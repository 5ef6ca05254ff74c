"""Settings of optimizers do what their words say: the whole gradient is clipped, and momentum carries on."""

import keras
import numpy as np
import pytest

from pipeline.records import Examples
from pipeline.tasks import regress
from pipeline.training import optimizers

ONE = Examples(np.array([[3.0, 4.0]], "float32"), np.array([100.0], "float32"))
GRADIENT = np.array([-600.0, -800.0, -200.0])  # of (w x + b - 100) ** 2 at w = 0, b = 0: 2 (0 - 100) (3, 4, 1)


def linear():
    """w x + b from all zeros."""
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")])


def moved(model, steps=1):
    """How far each step moves (w1, w2, b), by one example again and again."""
    places = [np.zeros(3)]
    for _ in range(steps):
        model.train_on_batch(ONE.x, ONE.y[:, None])
        places.append(np.concatenate([weights.ravel() for weights in model.get_weights()]))
    return np.diff(places, axis=0)


def trained(steps=1, **settings):
    """The moves of a linear model whose task compiled it with `settings`."""
    model = linear()
    regress.compile(model, ONE, **{"learning_rate": 1e-6, "optimizer": "sgd"} | settings)
    return moved(model, steps)


def test_the_norm_of_the_whole_gradient_is_clipped_and_its_direction_kept():
    (step,) = trained(learning_rate=0.1, global_clipnorm=0.5)
    np.testing.assert_allclose(step, -0.1 * 0.5 * GRADIENT / np.linalg.norm(GRADIENT), rtol=1e-5)


@pytest.mark.parametrize("clip", [None, 1e6])
def test_a_gradient_within_the_limit_is_left_alone(clip):
    (step,) = trained(global_clipnorm=clip)
    np.testing.assert_allclose(step, -1e-6 * GRADIENT, rtol=1e-5)


@pytest.mark.parametrize(("momentum", "second"), [(0.0, 1.0), (0.9, 1.9)])
def test_momentum_carries_the_last_step_on(momentum, second):
    first, then = trained(2, momentum=momentum)
    np.testing.assert_allclose(then, second * first, rtol=1e-3)


@pytest.mark.parametrize(("name", "kind"), [("adam", "Adam"), ("sgd", "SGD"), ("rmsprop", "ExactRMSprop")])
def test_optimizers_go_by_their_names_and_only_sgd_takes_momentum(name, kind):
    model = linear()
    regress.compile(model, ONE, optimizer=name, learning_rate=0.02, momentum=0.9)
    settings = model.optimizer.get_config()
    assert type(model.optimizer).__name__ == kind and settings["learning_rate"] == pytest.approx(0.02)
    assert settings.get("momentum", 0.0) == (0.9 if name == "sgd" else 0.0)


def test_watched_norms_are_those_before_clipping_and_change_no_step():
    model = linear()
    regress.compile(model, ONE, 1, optimizer="sgd", learning_rate=0.1, global_clipnorm=0.5, watch_gradients=True)
    (step,) = moved(model)
    np.testing.assert_allclose(step, trained(learning_rate=0.1, global_clipnorm=0.5)[0], rtol=1e-6)
    np.testing.assert_allclose(np.asarray(optimizers.gradient_norms(model)), [np.linalg.norm(GRADIENT)], rtol=1e-5)


@pytest.mark.parametrize(
    ("examples", "batch", "asked", "xla", "expected"),
    [
        (10, 4, None, False, 3),
        (10, 4, None, True, 2),
        (3, 4, None, True, 1),
        (10, 4, 2, False, 2),
        (10, 4, 9, False, 3),
    ],
)
def test_steps_of_an_epoch(examples, batch, asked, xla, expected):
    assert optimizers.steps(examples, batch, asked, xla) == expected
