"""What is minimised, measured and answered for classes, against figures worked out by hand."""

import keras
import numpy as np
import pytest
from scipy import special

from pipeline.records import Examples
from pipeline.tasks import classify

LABELS = np.array([0, 0, 0, 1])
COUNTS = np.array([3, 1])
LOGITS = np.log(np.array([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.5, 0.3, 0.2], [0.1, 0.1, 0.8]], "float32"))
TRUTH = np.array([0, 1, 2, 2])  # the third is wrong
ENTROPY = -np.mean(np.log([0.7, 0.6, 0.2, 0.8]))
DATA = Examples(LOGITS, TRUTH)
UNEVEN = Examples(LOGITS, np.array([0, 0, 0, 1]))  # class 2 is in no example

P = 1 / (1 + np.exp(-2.0))  # of the likelier class
PAIR = np.array([[2.0, 0.0], [2.0, 0.0], [0.0, 2.0]], "float32")
PAIR_LABELS = np.array([0, 1, 1])  # the second is wrong
PAIR_CHOSEN = np.array([P, 1 - P, P])


def same(penalty=None):
    """Gives its input back: the data are the logits."""
    weights = {"kernel_initializer": "identity", "use_bias": False, "kernel_regularizer": penalty}
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(3, **weights)], name="same")


def compiled(training=DATA, penalty=None, **settings):
    model = same(penalty)
    classify.compile(model, training, **settings)
    return model


def measured(model, x=LOGITS, y=TRUTH):
    return {name: float(value) for name, value in classify.measure(model, x, y).items()}


@pytest.mark.parametrize(("training", "validation"), [([0, 5], [1, 2]), ([0, 1], [5, 2])])
def test_as_many_outputs_as_classes_in_either_split(training, validation):
    assert classify.outputs(*(Examples(np.zeros((2, 1)), np.array(part)) for part in (training, validation))) == 6


def test_class_weights_balance_the_classes_and_average_to_one():
    weights = classify.weights_of(COUNTS, "balanced")
    np.testing.assert_allclose(weights, [4 / 6, 2.0])
    assert np.mean(weights[LABELS]) == 1


def test_effective_numbers_lie_between_no_weights_and_balanced_ones():
    counts = np.array([3000, 30])
    none, effective, balanced = (classify.weights_of(counts, kind) for kind in (None, "effective", "balanced"))
    assert none.tolist() == [1, 1] and 1 < effective[1] < balanced[1]
    np.testing.assert_allclose(np.sum(effective * counts), counts.sum())


def test_effective_numbers_by_hand():
    """Cui et al. (2019), equation 2, beta 0.999: n examples are worth 1 + 0.999 + ... + 0.999**(n - 1) of them."""
    inverse = 1 / np.array([1, 1 + 0.999 + 0.999**2, sum(0.999**at for at in range(2000))])
    counts = np.array([1, 3, 2000])
    by_hand = inverse * counts.sum() / np.sum(inverse * counts)
    np.testing.assert_allclose(classify.weights_of(counts, "effective"), by_hand, rtol=1e-9)


@pytest.mark.parametrize("kind", ["balanced", "effective"])
def test_a_class_without_examples_has_the_weight_of_one_with_a_single_example(kind):
    np.testing.assert_array_equal(
        classify.weights_of(np.array([0, 3]), kind), classify.weights_of(np.array([1, 3]), kind)
    )


def test_without_any_setting_the_loss_is_cross_entropy_whatever_the_counts():
    assert float(classify.loss(COUNTS)(PAIR_LABELS, PAIR)) == pytest.approx(-np.mean(np.log(PAIR_CHOSEN)), rel=1e-5)


WEIGHTED = {
    "class_weight": ({"class_weight": "balanced"}, -np.mean(np.array([2 / 3, 2, 2]) * np.log(PAIR_CHOSEN))),
    "focal": ({"focal": 3.0}, -np.mean((1 - PAIR_CHOSEN) ** 3 * np.log(PAIR_CHOSEN))),
    "smoothing": ({"label_smoothing": 0.2}, -np.mean(0.9 * np.log(PAIR_CHOSEN) + 0.1 * np.log(1 - PAIR_CHOSEN))),
    "adjustment": (
        {"logit_adjustment": 2.0},
        -np.mean(special.log_softmax(PAIR + 2 * np.log([0.75, 0.25]), 1)[np.arange(3), PAIR_LABELS]),
    ),
}


@pytest.mark.parametrize(("settings", "by_hand"), WEIGHTED.values(), ids=WEIGHTED)
def test_each_setting_alone_changes_the_loss_as_worked_out_by_hand(settings, by_hand):
    loss = classify.loss(COUNTS, **settings)
    assert float(loss(PAIR_LABELS, PAIR)) == pytest.approx(by_hand, rel=1e-5)
    assert float(loss(PAIR_LABELS[:, None], PAIR)) == pytest.approx(by_hand, rel=1e-5), "labels come as a column too"
    assert loss.name == "weighted_cross_entropy"


def test_all_settings_together_by_hand():
    settings = {"class_weight": "balanced", "logit_adjustment": 1.0, "focal": 2.0, "label_smoothing": 0.2}
    logs = special.log_softmax(PAIR + np.log([0.75, 0.25]), 1)
    target = np.array([[0.9, 0.1], [0.1, 0.9], [0.1, 0.9]])
    each = -np.sum(target * (1 - np.exp(logs)) ** 2 * logs, 1) * np.array([2 / 3, 2, 2])
    assert float(classify.loss(COUNTS, **settings)(PAIR_LABELS, PAIR)) == pytest.approx(each.mean(), rel=1e-5)


def test_a_class_without_examples_is_adjusted_as_one_of_a_share_of_1e_12():
    shifted = np.array([[0.0, np.log(1e-12)]])
    found = classify.loss(np.array([5, 0]), logit_adjustment=1.0)(np.array([1]), np.zeros((1, 2), "float32"))
    assert float(found) == pytest.approx(-special.log_softmax(shifted, 1)[0, 1], rel=1e-6)


COMPILED = {
    "class_weight": {"class_weight": "effective"},
    "logit_adjustment": {"logit_adjustment": 0.5},
    "focal": {"focal": 2.0},
    "label_smoothing": {"label_smoothing": 0.1},
}


@pytest.mark.parametrize("settings", COMPILED.values(), ids=COMPILED)
def test_settings_reach_the_loss_and_a_class_that_is_not_in_training_counts_as_well(settings):
    model = compiled(UNEVEN, **settings)
    expected = float(classify.loss(np.array([3, 1, 0]), **settings)(TRUTH, LOGITS))
    assert expected != pytest.approx(ENTROPY, rel=1e-3)
    assert measured(model)["objective"] == pytest.approx(expected, rel=1e-5)


def test_settings_reach_the_optimizer_and_the_step():
    model = same()
    settings = {"learning_rate": 0.25, "optimizer": "sgd", "momentum": 0.5, "global_clipnorm": 2.0}
    classify.compile(model, DATA, 3, True, **settings, watch_gradients=True)
    config = model.optimizer.get_config()
    assert (config["learning_rate"], config["momentum"], config["global_clipnorm"]) == (0.25, 0.5, 2.0)
    assert model.steps_per_execution == 3 and model.jit_compile is True
    assert model.optimizer.built and hasattr(model.optimizer, "gradient_norms")


def test_left_to_itself_it_is_adam_on_plain_cross_entropy_without_clipping_or_watching():
    model = compiled(UNEVEN)
    config = model.optimizer.get_config()
    assert type(model.optimizer).__name__ == "Adam" and config["learning_rate"] == pytest.approx(0.001)
    assert config["global_clipnorm"] is None and model.steps_per_execution == 1 and not model.jit_compile
    assert not hasattr(model.optimizer, "gradient_norms")
    assert model.evaluate(LOGITS, TRUTH, verbose=0) == pytest.approx(ENTROPY, rel=1e-5)


def test_left_to_itself_sgd_has_no_momentum():
    assert compiled(optimizer="sgd").optimizer.get_config()["momentum"] == 0.0


def test_measured_are_entropy_and_accuracy_and_the_penalty_is_the_objectives_alone():
    expected = {"objective": ENTROPY, "cross_entropy": ENTROPY, "accuracy": 0.75}
    assert measured(compiled()) == pytest.approx(expected, rel=1e-5)
    penalised = compiled(penalty=keras.regularizers.L2(0.1))
    assert measured(penalised) == pytest.approx(expected | {"objective": ENTROPY + 0.3}, rel=1e-5)


def test_weights_are_the_objectives_alone():
    figures = measured(compiled(UNEVEN, class_weight="balanced"))
    weights = classify.weights_of(np.array([3, 1, 0]), "balanced")[TRUTH]
    assert figures["objective"] == pytest.approx(-np.mean(weights * np.log([0.7, 0.6, 0.2, 0.8])), rel=1e-5)
    assert figures["cross_entropy"] == pytest.approx(ENTROPY, rel=1e-5)


def test_a_model_is_measured_and_asked_in_evaluation_mode(trains_by_default):
    model = keras.Sequential([keras.Input((3,)), trains_by_default, *same().layers])
    classify.compile(model, DATA)
    assert measured(model)["cross_entropy"] == pytest.approx(ENTROPY, rel=1e-5)
    np.testing.assert_allclose(classify.predict(model, LOGITS), np.exp(LOGITS), rtol=1e-5)


def test_probabilities_are_softmax_rows_in_every_batch():
    logits = np.random.default_rng(0).normal(0, 50, (7, 4)).astype("float32")
    identity = keras.Sequential([keras.Input((4,)), keras.layers.Identity()])
    answer = classify.logits(identity, logits, rows=3)
    np.testing.assert_array_equal(answer, logits)
    assert answer.dtype == np.float64
    np.testing.assert_allclose(classify.softmax(answer), special.softmax(logits.astype(float), 1), rtol=1e-12)


@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 3), (3, 3, 3)])
def test_softmax_is_over_the_last_axis_and_does_not_overflow(shape):
    values = 1000 + np.random.default_rng(1).normal(0, 300, shape)
    np.testing.assert_allclose(classify.softmax(values), special.softmax(values, -1), rtol=1e-9, atol=1e-300)


def test_at_most_2048_examples_are_asked_at_a_time():
    asked = []

    def model(x, training):
        asked.append(len(x))
        return x

    assert len(classify.logits(model, np.zeros((2 * 2048 + 1, 1), "float32"))) == 2 * 2048 + 1
    assert asked == [2048, 2048, 1]


def test_what_is_saved_answers_alike_under_its_name_and_is_not_compiled():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs), name="same")
    classify.compile(model, DATA)
    kept = classify.saved(model)
    assert kept.name == "same" and not kept.compiled
    np.testing.assert_array_equal(kept(LOGITS), model(LOGITS))


def test_nobody_watches():
    assert classify.watchers(same(), 3) == []
