"""The threshold costs least on validation, test examples decide nothing, and a cost is the mean of its examples'."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scored import CARD, EXAMPLES, LABELS, history, record

from pipeline.records import Examples
from pipeline.scoring import expected_cost, topic_probes
from pipeline.scoring.expected_cost import cheapest_threshold, errors_cost
from pipeline.scoring.finished_run import FinishedRun
from pipeline.scoring.score import Asked, score
from pipeline.verdicts.topic import Costs

COSTS = Costs(missed=50, false_alarm=1, of=1)
ON_TEST = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.97, 0.03]])  # of classes 0, 0, 1, 1
ON_VALIDATION = np.array([[0.99, 0.01], [0.98, 0.02], [0.8, 0.2], [0.3, 0.7]])


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setattr(FinishedRun, "predicted", property(lambda run: ON_TEST))
    monkeypatch.setattr(FinishedRun, "predicted_of_validation", property(lambda run: ON_VALIDATION))
    monkeypatch.setattr(FinishedRun, "validation", property(lambda run: EXAMPLES))

    def finished(status="finished"):
        written = record(status) | {"topic": "own"}
        return FinishedRun(written["settings"], 0, written, history(status), CARD, EXAMPLES, EXAMPLES, folder=None)

    return finished


def total(truth, probabilities, threshold, costs):
    return errors_cost(truth, probabilities >= threshold, costs).sum()


def test_costs_are_counted_by_hand():
    truth, taken = np.array([True, True, False, False]), np.array([True, False, True, False])
    assert errors_cost(truth, taken, COSTS).tolist() == [0, 50_000, 1000, 0]


@given(
    arrays(bool, 12),
    arrays(float, 12, elements=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 1.0])),
    st.floats(0.01, 100),
)
def test_no_threshold_costs_less(truth, probabilities, ratio):
    costs = Costs(missed=ratio, false_alarm=1)
    found = total(truth, probabilities, cheapest_threshold(truth, probabilities, costs), costs)
    others = [total(truth, probabilities, other, costs) for other in np.linspace(0, 1.01, 203)]
    assert found <= min(others) * (1 + 1e-9)


def test_of_thresholds_that_cost_as_much_that_of_right_probabilities_is_taken():
    truth, probabilities = np.array([False, True]), np.array([0.001, 0.9])
    assert cheapest_threshold(truth, probabilities, COSTS) == pytest.approx(1 / 51)
    assert cheapest_threshold(truth, probabilities, Costs(missed=1, false_alarm=1)) == pytest.approx(0.5)


def test_nobody_is_taken_where_alarms_cost_more_than_all_that_is_missed():
    truth, probabilities = np.array([True, False, False]), np.array([0.4, 0.9, 0.8])
    assert cheapest_threshold(truth, probabilities, Costs(missed=1, false_alarm=50)) > 0.9


def test_a_run_is_decided_by_validation_alone(run):
    """By test examples 0.03 would be the cheapest threshold: the last one is missed because validation says 1/51."""
    found = expected_cost.of_run(run(), COSTS, of=1)
    assert 0.02 < found.threshold <= 0.2 and found.threshold == pytest.approx(0.02, abs=1e-9)
    assert found.by_item.tolist() == [1000, 1000, 0, 0] and found.value == 500
    assert (found.missed, found.false_alarms) == (0, 0.5)
    assert found.by_argmax == pytest.approx(1000 * (50 + 1) / 4)
    assert found.constant == pytest.approx(1000 * 2 / 4)  # all are taken: in training half of them are


def test_test_labels_do_not_move_the_threshold(run, monkeypatch):
    before = expected_cost.of_run(run(), COSTS, of=1).threshold
    turned = FinishedRun(
        run().settings, 0, run().record, [], CARD, EXAMPLES, Examples(EXAMPLES.x, 1 - LABELS), folder=None
    )
    assert expected_cost.of_run(turned, COSTS, of=1).threshold == before


def scored(run, **asked):
    return score(run, variant="a", asked=Asked(**asked), probes=topic_probes.read("own"))


def test_cost_is_scored_beside_the_other_metrics_and_by_item_where_a_claim_is_on_it(run):
    found = scored(run(), metrics=("accuracy", "cost"), claimed=("cost",), costs=COSTS)
    assert [(row["metric"], row["value"]) for row in found.rows] == [("accuracy", 0.5), ("cost", 500.0)]
    assert found.items["cost"].mean() == 500 and found.trivial == {"cost": 500.0}
    assert found.outcomes is None


@pytest.mark.parametrize("status", ["diverged", "failed"])
def test_a_run_that_did_not_finish_has_no_cost(run, status):
    (row,) = scored(run(status), metrics=("cost",), costs=COSTS).rows
    assert row["value"] is None


def test_outcomes_are_kept_of_runs_that_are_asked_for_them(run):
    assert scored(run(), metrics=()).outcomes is None
    found = scored(run(), metrics=("cost",), outcomes=True, costs=COSTS).outcomes
    assert found["of"] == 1 and found["costs"][0]["cost"] == 500 and found["costs"][0]["false_alarms"] == 500
