"""What a history tells by itself, against rows written by hand."""

import math

import pytest

from pipeline.metrics import history

NAN = math.nan


def _rows(training: list[float], validation: list[float], **columns: list[float]) -> list[dict[str, float]]:
    return [
        {"epoch": at + 1, "loss": one, "val_loss": other, "cross_entropy": one, "val_cross_entropy": other}
        | {name: values[at] for name, values in columns.items()}
        for at, (one, other) in enumerate(zip(training, validation, strict=True))
    ]


ROWS = _rows([2.0, 1.0, 0.5, 0.25], [2.0, 1.5, 1.75, 2.25], accuracy=[0.2, 0.5, 0.8, 0.9])


def test_curves_in_numbers():
    assert history.epochs(ROWS) == 4
    assert history.best_epoch(ROWS) == 2
    assert history.gap(ROWS) == 2.0
    assert history.late_rise(ROWS) == 0.75
    assert history.train_accuracy(ROWS) == 0.9


def test_the_first_of_equal_epochs_is_the_best():
    assert history.best_epoch(_rows([1, 1, 1], [3, 2, 2])) == 2


@pytest.mark.parametrize(("last", "expected"), [(1.0, 0.0), (NAN, 1.0), (math.inf, 1.0)])
def test_diverged_is_a_loss_that_is_not_finite_in_the_end(last, expected):
    assert history.diverged(_rows([2.0, last], [2.0, 1.0])) == expected


def test_a_lost_validation_loss_alone_is_no_divergence():
    assert history.diverged([{"epoch": 1, "loss": 1.0, "val_loss": math.inf}]) == 0.0


def test_watched_gradients():
    rows = _rows([2, 1], [2, 1], gradient_norm=[100.0, 1.0], clipped_share=[1.0, 0.5])
    assert history.clipped_share(rows) == 0.75


def test_without_watched_gradients_there_is_no_value():
    assert history.clipped_share(ROWS) is None


@pytest.mark.parametrize("metric", [history.best_epoch, history.gap, history.late_rise, history.train_accuracy])
def test_without_an_objective_there_is_no_value(metric):
    assert metric([{"epoch": 1, "generator_loss": 1.0, "discriminator_loss": 1.0}]) is None
