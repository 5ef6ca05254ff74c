"""Numbers are learnt by their squared error, and measured without what penalties add."""

import keras
import numpy as np
import pytest

from pipeline.records import Examples
from pipeline.tasks import regress

DATA = Examples(np.array([[1.0], [2.0]], "float32"), np.array([3.0, 3.0], "float32"))
ERROR = (2.0**2 + 1.0**2) / 2  # a model that gives its input back is wrong by 2 and by 1


def same(penalty=None):
    """Gives its input back, with a penalty on its only weight."""
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones", kernel_regularizer=penalty)
    return keras.Sequential([keras.Input((1,)), layer])


def test_the_error_is_the_mean_of_the_squares():
    told = regress.measure(same(), DATA.x, DATA.y)
    assert {name: float(value) for name, value in told.items()} == pytest.approx(
        {"objective": ERROR, "squared_error": ERROR}
    )


def test_a_penalty_counts_for_the_objective_alone():
    told = regress.measure(same(keras.regularizers.L2(0.5)), DATA.x, DATA.y)
    assert float(told["squared_error"]) == pytest.approx(ERROR)
    assert float(told["objective"]) == pytest.approx(ERROR + 0.5)


def test_the_loss_that_is_trained_is_the_same_error():
    model = same()
    regress.compile(model, DATA)
    assert model.evaluate(DATA.x, DATA.y[:, None], verbose=0) == pytest.approx(ERROR)


def test_a_model_is_measured_and_asked_in_evaluation_mode(trains_by_default):
    model = keras.Sequential([keras.Input((1,)), trains_by_default, *same().layers])
    assert float(regress.measure(model, DATA.x, DATA.y)["squared_error"]) == pytest.approx(ERROR)
    assert regress.predict(model, DATA.x).tolist() == [1.0, 2.0]


def test_left_to_itself_sgd_has_no_momentum():
    model = same()
    regress.compile(model, DATA, optimizer="sgd")
    assert model.optimizer.get_config()["momentum"] == 0.0


def test_one_number_per_example():
    assert regress.outputs(DATA, DATA) == 1 and regress.predict(same(), DATA.x).shape == (2,)
    assert regress.watchers(same(), 3) == []


def test_settings_reach_the_optimizer_and_the_step():
    model = same()
    settings = {"learning_rate": 0.25, "optimizer": "sgd", "momentum": 0.5, "global_clipnorm": 2.0}
    regress.compile(model, DATA, 3, True, **settings, watch_gradients=True)
    config = model.optimizer.get_config()
    assert (config["learning_rate"], config["momentum"], config["global_clipnorm"]) == (0.25, 0.5, 2.0)
    assert model.steps_per_execution == 3 and model.jit_compile is True
    assert model.optimizer.built and hasattr(model.optimizer, "gradient_norms")


def test_left_to_itself_it_is_adam_without_clipping_or_watching():
    model = same()
    regress.compile(model, DATA)
    config = model.optimizer.get_config()
    assert type(model.optimizer).__name__ == "Adam" and config["learning_rate"] == pytest.approx(0.001)
    assert config["global_clipnorm"] is None and model.steps_per_execution == 1 and not model.jit_compile
    assert not hasattr(model.optimizer, "gradient_norms")
