"""A run is lost where a loss is, not where a validation figure is; its objective is found whatever the task."""

import math

import pytest

from pipeline.training import objective

GAN = {"epoch": 1, "d_loss": 1.2, "g_loss": 0.7, "judged_real": 0.5, "val_judged_real": 0.5}
ROW = {"epoch": 1, "loss": 0.5, "val_loss": 0.6, "cross_entropy": 0.4, "val_cross_entropy": 0.7, "accuracy": 1.0}


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("column", ["loss", "d_loss", "g_loss", "cross_entropy", "squared_error"])
def test_any_loss_that_is_not_finite_ends_a_run(column, value):
    row = {"loss": 0.5, "d_loss": 1.2, "g_loss": 0.7, "cross_entropy": 0.4, "squared_error": 0.1}
    assert objective.finite(row) and not objective.finite(row | {column: value})


@pytest.mark.parametrize("row", [GAN, ROW])
def test_a_row_without_some_losses_is_sound(row):
    assert objective.finite(row) and objective.finite(row | {"val_loss": math.nan, "val_cross_entropy": math.inf})


def test_the_objective_is_the_column_measured_on_both_splits():
    assert objective.name([ROW]) == "cross_entropy" and objective.name([{"val_squared_error": 1.0}]) == "squared_error"
    assert objective.name([GAN]) is None and objective.name([]) is None
    assert objective.name([GAN, ROW]) == "cross_entropy" and objective.name([ROW, GAN]) is None  # the last row tells


def test_a_curve_has_three_columns_per_epoch_and_no_rows_without_an_objective():
    second = ROW | {"epoch": 2, "cross_entropy": 0.3, "val_cross_entropy": 0.8}
    assert objective.curve([ROW, second]) == [
        {"epoch": 1, "objective": 0.4, "val_objective": 0.7},
        {"epoch": 2, "objective": 0.3, "val_objective": 0.8},
    ]
    assert objective.curve([GAN]) == objective.curve([]) == []
