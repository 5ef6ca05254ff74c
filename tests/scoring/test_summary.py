"""Summaries: what is not a finite number is counted and left out, whatever it is a mean of."""

import numpy as np
import pytest
from scipy import stats
from scored import history

from pipeline.scoring.summary import headline, mean_curves, summarise, total_confusion

NAN, INFINITE = float("nan"), float("inf")


def test_runs_without_a_value_are_counted_and_left_out_of_the_mean():
    rows = [{"variant": "a", "metric": "accuracy", "value": value} for value in (0.5, None, 0.7, NAN, INFINITE)]
    summary = summarise(rows)["a"]["accuracy"]
    assert summary["mean"] == pytest.approx(0.6) and (summary["n"], summary["failed"]) == (2, 3)


def interval(metric, *values):
    summary = summarise([{"variant": "a", "metric": metric, "value": value} for value in values])["a"][metric]
    return summary["ci_low"], summary["ci_high"]


@pytest.mark.parametrize("metric", ["solved", "a_rate_of_ones_own"])
def test_rates_have_the_exact_interval(metric):
    expected = stats.binomtest(8, 10).proportion_ci(0.95, "exact")
    assert interval(metric, *[1.0] * 8, 0.0, 0.0) == pytest.approx(tuple(expected))
    assert interval(metric, *[1.0] * 6) == pytest.approx((0.025 ** (1 / 6), 1))


def test_intervals_stay_within_the_metrics_range_and_are_never_narrower_than_its_step():
    assert interval("accuracy", 0.98, 1.0, 0.9)[1] == 1.0
    assert interval("cross_entropy", 0.01, 0.5)[0] == 0.0
    assert interval("accuracy", 1.0, 1.0, 1.0)[0] == pytest.approx(1 - 4.302652729911275 * 0.001 / 6)
    assert interval("own", 0.98, 1.0, 0.9)[1] > 1.0


def test_what_one_answer_for_all_always_scores_is_exact():
    """Where a network scores the same for all seeds, a step of the metric is left open."""
    rows = [{"variant": name, "metric": "accuracy", "value": 0.75} for name in ("prior", "mlp") for _ in range(3)]
    found = summarise(rows, {"prior"})
    exact, open_ = (found[name]["accuracy"] for name in ("prior", "mlp"))
    assert exact["ci_low"] == exact["ci_high"] == 0.75 and open_["ci_low"] < 0.75 < open_["ci_high"]
    rows[0]["value"] = 0.5
    assert summarise(rows, {"prior"})["prior"]["accuracy"]["ci_low"] < 0.6


def test_variants_and_metrics_are_summarised_apart():
    values = {("a", "accuracy"): 0.1, ("a", "gap"): 0.2, ("b", "accuracy"): 0.3}
    rows = [{"variant": variant, "metric": metric, "value": value} for (variant, metric), value in values.items()]
    means = {variant: {m: s["mean"] for m, s in table.items()} for variant, table in summarise(rows).items()}
    assert means == {"a": {"accuracy": 0.1, "gap": 0.2}, "b": {"accuracy": 0.3}}


def table(*means, failed=0):
    return {f"v{number}": {"accuracy": {"mean": mean, "failed": failed}} for number, mean in enumerate(means)}


@pytest.mark.parametrize("lost", [NAN, INFINITE, -INFINITE, None])
@pytest.mark.parametrize("place", range(4))
def test_the_headline_leaves_out_means_that_are_no_numbers_wherever_they_stand(lost, place):
    means = [0.75, 0.875, 0.24]
    means.insert(place, lost)
    found = headline(table(*means, failed=1), "accuracy")
    assert found == {"metric": "accuracy", "lowest": 0.24, "median": 0.75, "highest": 0.875, "failed": 4}


def test_the_headline_of_no_means_has_no_statistics():
    assert headline(table(NAN, None, failed=2), "accuracy") == {"metric": "accuracy", "failed": 4}


def test_the_headline_is_of_one_metric_and_of_variants_that_have_it():
    others = {"w": {"gap": {"mean": 9.0, "failed": 5}}}
    assert headline(table(0.12344, 0.2) | others, "accuracy") == {
        "metric": "accuracy",
        "lowest": 0.1234,
        "median": 0.1617,
        "highest": 0.2,
        "failed": 0,
    }


def test_curves_are_means_over_histories_as_far_as_all_of_them_go():
    rows = list(mean_curves("a", [history(losses=(0.9, 0.7, 0.8)), history(losses=(0.5, 0.3))]))
    objectives = {(row["epoch"], row["split"]): row["objective"] for row in rows}
    assert list(objectives) == [(1, "training"), (1, "validation"), (2, "training"), (2, "validation")]
    assert list(objectives.values()) == pytest.approx([0.4, 0.7, 0.4, 0.5])
    assert [row["accuracy"] for row in rows] == [1.0, 0.5, 1.0, 0.5] and {row["variant"] for row in rows} == {"a"}


def test_curves_of_one_run_are_its_history_with_nothing_where_a_task_has_no_accuracy():
    rows = [{"epoch": 1, "squared_error": 0.25, "val_squared_error": 0.5}]
    place = {"variant": "a", "epoch": 1, "accuracy": None}
    assert list(mean_curves("a", [rows])) == [
        place | {"split": "training", "objective": 0.25},
        place | {"split": "validation", "objective": 0.5},
    ]


def test_a_column_that_some_rows_lack_is_a_mean_over_those_that_have_it():
    whole = {"epoch": 1, "cross_entropy": 0.5, "val_cross_entropy": 0.5, "accuracy": 0.75, "val_accuracy": 0.25}
    lacking = {name: value for name, value in whole.items() if name != "accuracy"}
    assert [row["accuracy"] for row in mean_curves("a", [[whole], [lacking]])] == [0.75, 0.25]


def test_without_histories_or_an_objective_there_are_no_curves():
    assert list(mean_curves("a", [])) == list(mean_curves("a", [[{"epoch": 1, "d_loss": 0.5}]])) == []


def test_confusions_are_summed_over_the_runs_that_have_one():
    assert total_confusion([np.eye(2, dtype=int), None, np.ones((2, 2), int)]) == [[2, 1], [1, 2]]
    assert total_confusion([None]) == total_confusion([]) == []
