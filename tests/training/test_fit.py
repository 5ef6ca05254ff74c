"""`fit`: its metrics are those of a plain Keras fit, its history is in evaluation mode, its order follows the seed."""

import keras
import numpy as np
import pytest

from pipeline import plugins
from pipeline.records import Examples
from pipeline.tasks import classify
from pipeline.training import fit as fitting
from pipeline.training import runtime
from pipeline.training.run import compile_and_fit


def examples(n=90, seed=0, classes=3):
    random = np.random.default_rng(seed)
    y = np.arange(n) % classes
    x = random.normal(size=(n, 6)).astype("float32") + 2 * y[:, None]
    return Examples(x.astype("float32"), y.astype("int64"))


def model(seed=0, **settings):
    runtime.seed(seed)
    return plugins.load("models", "mlp").build((6,), 3, **{"width": 8, "depth": 1} | settings)


def fit(net, training, validation, seed, **settings):
    return compile_and_fit(classify, net, training, validation, settings, seed=seed)


def test_history_has_one_row_per_epoch_and_the_columns_of_the_contract():
    rows = fit(model(), examples(), examples(30, 1), 0, epochs=3)
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert list(rows[0]) == [
        "epoch", "loss", "val_loss", "cross_entropy", "val_cross_entropy", "accuracy", "val_accuracy",
    ]  # fmt: skip


def test_it_learns():
    rows = fit(model(), examples(), examples(30, 1), 0, epochs=100, learning_rate=0.02)
    assert rows[-1]["val_accuracy"] > 0.8 and rows[-1]["cross_entropy"] < rows[0]["cross_entropy"] / 2


@pytest.mark.slow
def test_same_seed_same_history_whatever_ran_before():
    first = fit(model(3, dropout=0.5), examples(), examples(30, 1), 3, epochs=2)
    fit(model(5), examples(), examples(30, 1), 5, epochs=1)
    again = fit(model(3, dropout=0.5), examples(), examples(30, 1), 3, epochs=2)
    other = fit(model(3, dropout=0.5), examples(), examples(30, 1), 4, epochs=2)
    assert first == again
    assert first != other  # another order of the same data


def test_cross_entropy_is_in_evaluation_mode_and_without_penalties():
    net, training, validation = model(dropout=0.5, penalty=0.1), examples(), examples(30, 1)
    row = fit(net, training, validation, 0, epochs=1)[-1]
    for split, name in ((training, "cross_entropy"), (validation, "val_cross_entropy")):
        predicted = classify.predict(net, split.x)
        by_hand = -np.mean(np.log(predicted[np.arange(len(split)), split.y]))
        assert row[name] == pytest.approx(by_hand, rel=1e-5)
    penalty = sum(float(term) for term in net.losses)
    assert penalty > 0.05
    assert row["val_loss"] == pytest.approx(row["val_cross_entropy"] + penalty, rel=1e-5)


def test_metrics_are_those_of_a_plain_fit():
    """The same batches through Keras' fit, evaluate and History, without any of our tuning.

    `steps_per_epoch` is needed: Keras 3.15 takes one optimizer step too many where it does not know how many there are.
    """
    training, validation = examples(), examples(30, 1)
    rows = fit(model(), training, validation, 7, epochs=3, batch_size=32)
    plain = model()
    plain.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    for epoch in range(3):
        order = fitting.batches(training, 32, 7, epoch + 1, first=epoch)
        told = plain.fit(order, steps_per_epoch=3, verbose=0, validation_data=(validation.x, validation.y)).history
        assert rows[epoch]["loss"] == pytest.approx(told["loss"][0], rel=1e-5)
        assert rows[epoch]["val_loss"] == pytest.approx(told["val_loss"][0], rel=1e-5)
        assert rows[epoch]["val_accuracy"] == pytest.approx(told["val_accuracy"][0], rel=1e-6)


def test_every_example_once_an_epoch_in_an_order_of_its_own():
    data = Examples(np.arange(10, dtype="float32")[:, None], np.arange(10))
    seen = [y for _, batch in fitting.batches(data, 4, 0, 2).as_numpy_iterator() for y in batch]
    assert sorted(seen[:10]) == sorted(seen[10:]) == list(range(10))
    assert seen[:10] != seen[10:]
    resumed = [y for _, batch in fitting.batches(data, 4, 0, 2, first=1).as_numpy_iterator() for y in batch]
    assert resumed == seen[10:]


def test_patience_stops_and_keeps_the_best_epoch():
    net, validation = model(), examples(30, 1)
    rows = fit(net, examples(), validation, 0, epochs=200, learning_rate=0.1, patience=2)
    assert len(rows) < 200
    predicted = classify.predict(net, validation.x)
    best = min(row["val_cross_entropy"] for row in rows)
    assert -np.mean(np.log(predicted[np.arange(30), validation.y])) == pytest.approx(best, rel=1e-4)


def test_a_loss_that_is_not_finite_ends_training():
    rows = fit(model(), examples(), examples(30, 1), 0, epochs=50, learning_rate=1e6, optimizer="sgd")
    assert len(rows) < 50 and not np.isfinite(rows[-1]["cross_entropy"])


def test_val_loss_is_the_objective_with_its_weights():
    skewed = examples().take(np.r_[np.arange(0, 90, 3), [1, 2, 4, 5]])
    row = fit(model(), skewed, examples(30, 1), 0, epochs=1, class_weight="balanced")[-1]
    assert row["val_loss"] != pytest.approx(row["val_cross_entropy"], rel=1e-3)


def test_logit_adjustment_by_hand():
    """Menon et al. (2021), equation 10: cross-entropy of logits plus tau log prior."""
    logits, labels, priors = np.array([[1.0, 2.0], [0.5, 0.1]]), np.array([0, 1]), np.array([0.9, 0.1])
    shifted = logits + np.log(priors)
    by_hand = np.mean(np.log(np.exp(shifted).sum(1)) - shifted[np.arange(2), labels])
    assert float(classify.loss(priors, logit_adjustment=1.0)(labels, logits.astype("float32"))) == pytest.approx(
        by_hand, rel=1e-5
    )
    plain = np.mean(np.log(np.exp(logits).sum(1)) - logits[np.arange(2), labels])
    assert float(classify.loss(priors)(labels, logits.astype("float32"))) == pytest.approx(plain, rel=1e-5)


def test_epoch_steps_make_an_epoch_of_so_many_batches_each_time_of_others():
    training = examples(n=60)
    whole = [x.numpy() for x, _ in fitting.batches(training, 10, 0, 2)]
    short = [x.numpy() for x, _ in fitting.batches(training, 10, 0, 2, steps=2)]
    assert len(whole) == 12 and len(short) == 4
    for at, batch in enumerate((whole[0], whole[1], whole[6], whole[7])):  # the first two of each epoch's order
        assert np.array_equal(short[at], batch)
    net = model()
    fit(net, training, examples(30, 1), 0, epochs=3, batch_size=10, epoch_steps=2)
    assert int(net.optimizer.iterations) == 6


def test_more_epoch_steps_than_there_are_batches_are_the_whole_split():
    net = model()
    fit(net, examples(n=60), examples(30, 1), 0, epochs=2, batch_size=25, epoch_steps=50)
    assert int(net.optimizer.iterations) == 6  # three batches, the last of ten
