"""One margin for each metric, in its unit, and what is known of its steps and range."""

import math

import pytest

from pipeline.verdicts import margins
from pipeline.verdicts.margins import METRICS, smallest_difference


@pytest.mark.parametrize(
    ("name", "kind", "margin"),
    [
        ("accuracy", "mean", 0.01),
        ("balanced_accuracy", "mean", 0.01),
        ("exact_match", "mean", 0.01),
        ("rare_recall", "mean", 0.05),
        ("cross_entropy", "mean", 0.05),
        ("gap", "mean", 0.05),
        ("gradient_at_lag_20", "mean", 1.0),
        ("solved", "rate", 0.25),
        ("a_rate_of_ones_own", "rate", 0.25),
        ("steps_to_solution", "ratio", math.log(1.25)),
        ("steps_to_solution", "mean", None),
        ("certainty", "mean", None),
    ],
)
def test_the_table(name, kind, margin):
    assert smallest_difference(name, kind) == margin


def test_a_margin_can_be_reached_within_the_range_and_is_wider_than_a_step():
    for name, metric in METRICS.items():
        assert metric.because and metric.low < metric.high, name
        if metric.margin is not None and not metric.rate:
            assert metric.step <= metric.margin < metric.high - metric.low, name


def test_every_rate_is_zero_or_one():
    assert {name for name, metric in METRICS.items() if metric.rate} == {"solved", "learned", "stalled", "diverged"}
    assert all(
        (METRICS[name].low, METRICS[name].high, METRICS[name].step) == (0, 1, 1) for name in ("solved", "stalled")
    )


def test_shares_of_test_examples_move_by_them():
    assert METRICS["accuracy"].is_share and METRICS["rare_recall"].is_share
    assert not METRICS["solved"].is_share and not METRICS["gap"].is_share and not METRICS["accuracy_gap"].is_share


def test_of_a_metric_that_is_not_in_the_table_nothing_is_known():
    unknown = margins.metric("certainty")
    assert (unknown.margin, unknown.step, unknown.low, unknown.high) == (None, 0, -math.inf, math.inf)
