"""Tokens are learnt by the cross-entropy of those that are asked for; padding neither counts nor dilutes."""

import keras
import numpy as np
import pytest

from pipeline.records import Examples
from pipeline.tasks import tag

LOGITS = np.log(np.array([[[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.6, 0.3, 0.1]]], "float32"))
LABELS = np.array([[0, 1, -1, -1]])  # asked for: the first is right, the second is not
ENTROPY = -(np.log(0.7) + np.log(0.3)) / 2
DATA = Examples(LOGITS, LABELS)


def same(penalty=None):
    """Gives its input back: the data are the logits."""
    weights = {"kernel_initializer": "identity", "use_bias": False, "kernel_regularizer": penalty}
    return keras.Sequential([keras.Input((4, 3)), keras.layers.Dense(3, **weights)])


def test_the_loss_is_a_mean_over_the_tokens_that_are_asked_for():
    assert float(tag.entropy(LABELS, LOGITS)) == pytest.approx(ENTROPY, rel=1e-5)
    longer = np.concatenate([LOGITS, LOGITS], 1), np.concatenate([LABELS, np.full((1, 4), -1)], 1)
    assert float(tag.entropy(longer[1], longer[0])) == pytest.approx(ENTROPY, rel=1e-5), "padding dilutes it"


def test_nothing_asked_is_no_loss_and_one_token_is_its_own_mean():
    assert float(tag.entropy(np.full((1, 4), -1), LOGITS)) == 0.0
    assert float(tag.entropy(np.array([[0, -1, -1, -1]]), LOGITS)) == pytest.approx(-np.log(0.7), rel=1e-5)


def test_measured_are_entropy_and_accuracy_and_the_penalty_is_the_objectives_alone():
    told = {name: float(value) for name, value in tag.measure(same(), LOGITS, LABELS).items()}
    assert told == pytest.approx({"objective": ENTROPY, "cross_entropy": ENTROPY, "accuracy": 0.5}, rel=1e-5)
    told = tag.measure(same(keras.regularizers.L2(0.1)), LOGITS, LABELS)
    assert float(told["objective"]) == pytest.approx(ENTROPY + 0.3, rel=1e-5)
    assert float(told["cross_entropy"]) == pytest.approx(ENTROPY, rel=1e-5)


def test_no_tokens_asked_for_are_no_hits():
    assert float(tag.measure(same(), LOGITS, np.full((1, 4), -1))["accuracy"]) == 0.0


def test_a_single_token_asked_for_is_right_or_wrong():
    assert float(tag.measure(same(), LOGITS, np.array([[0, -1, -1, -1]]))["accuracy"]) == 1.0


def test_a_model_is_measured_and_asked_in_evaluation_mode(trains_by_default):
    model = keras.Sequential([keras.Input((4, 3)), trains_by_default, *same().layers])
    np.testing.assert_allclose(tag.predict(model, LOGITS), np.exp(LOGITS), rtol=1e-5)
    assert float(tag.measure(model, LOGITS, LABELS)["cross_entropy"]) == pytest.approx(ENTROPY, rel=1e-5)


def test_the_answer_is_a_distribution_per_step():
    np.testing.assert_allclose(tag.predict(same(), LOGITS), np.exp(LOGITS), rtol=1e-5)


@pytest.mark.parametrize(("training", "validation"), [([[0, 5]], [[1, -1]]), ([[0, 1]], [[5, -1]])])
def test_as_many_outputs_as_tokens_in_either_split(training, validation):
    parts = [Examples(np.zeros((1, 2)), np.array(labels)) for labels in (training, validation)]
    assert tag.outputs(*parts) == 6


def test_the_loss_that_is_trained_is_the_one_that_is_measured():
    model = same()
    tag.compile(model, DATA)
    assert model.evaluate(LOGITS, LABELS, verbose=0) == pytest.approx(ENTROPY, rel=1e-5)


def test_settings_reach_the_optimizer_and_the_step():
    model = same()
    settings = {"learning_rate": 0.25, "optimizer": "sgd", "momentum": 0.5, "global_clipnorm": 2.0}
    tag.compile(model, DATA, 3, True, **settings, watch_gradients=True)
    config = model.optimizer.get_config()
    assert (config["learning_rate"], config["momentum"], config["global_clipnorm"]) == (0.25, 0.5, 2.0)
    assert model.steps_per_execution == 3 and model.jit_compile is True
    assert model.optimizer.built and hasattr(model.optimizer, "gradient_norms")


def test_left_to_itself_it_is_adam_without_clipping_or_watching():
    model = same()
    tag.compile(model, DATA)
    config = model.optimizer.get_config()
    assert type(model.optimizer).__name__ == "Adam" and config["learning_rate"] == pytest.approx(0.001)
    assert config["global_clipnorm"] is None and model.steps_per_execution == 1 and not model.jit_compile
    assert not hasattr(model.optimizer, "gradient_norms")


def test_left_to_itself_sgd_has_no_momentum():
    model = same()
    tag.compile(model, DATA, optimizer="sgd")
    assert model.optimizer.get_config()["momentum"] == 0.0
