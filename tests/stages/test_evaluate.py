"""Scoring: what applies to a run has a value, what was lost has none, and outcomes other than "finished" are kept."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline import paths
from pipeline.records import Examples, read_json, write_examples, write_json, write_rows
from pipeline.scoring.finished_run import FinishedRun
from pipeline.stages import evaluate
from pipeline.stages.evaluate import Entry

LABELS = np.array([0, 0, 1, 1])
ANSWERS = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7]])  # one of the four is wrong
ROW = {"loss": 0.5, "val_loss": 0.6, "cross_entropy": 0.4, "accuracy": 1.0, "val_accuracy": 0.5}


@pytest.fixture(autouse=True)
def answers(house, monkeypatch):
    """Data of two classes, and models that need not be loaded to know what they answer."""
    evaluate._data.cache_clear()
    examples = Examples(np.zeros((4, 3), np.float32), LABELS)
    write_examples(paths.fit_split("toy", "plain"), examples)
    write_examples(paths.test_split("toy"), examples)
    card = {"kind": "image", "source": "digits", "classes": 2, "counts": {"train": [2, 2]}}
    write_json(paths.card("toy"), card)
    monkeypatch.setattr(FinishedRun, "predicted", property(lambda run: ANSWERS))


def write_run(topic, variant, seed, status="finished", losses=(0.9, 0.7, 0.8), task="classify"):
    """What `train` leaves behind: one row an epoch, of these validation losses."""
    folder, wanted = paths.run(topic, variant, seed), {"data": "toy", "view": "plain", "task": task}
    write_json(folder / "run.json", {"status": status, "run_key": "abc", "settings": wanted})
    rows = [{"epoch": at, **ROW, "val_cross_entropy": loss} for at, loss in enumerate(losses, 1)]
    if status == "diverged":
        rows[-1]["loss"] = float("inf")
    write_rows(folder / "history.csv", ("epoch", *ROW, "val_cross_entropy"), rows)


def values(topic, *metrics):
    """{metric: value} of seed 0 of variant "a"."""
    return {row["metric"]: row["value"] for row in evaluate.score(Entry(topic, "a", 0, metrics))["rows"]}


def test_metrics_of_the_task_the_history_and_the_topic_are_scored_in_order_and_others_left_out():
    write_run("overfitting", "a", 0)
    scored = values("overfitting", "accuracy", "gap", "squared_error", "accuracy_gap", "onset")
    assert list(scored) == ["accuracy", "gap", "accuracy_gap", "onset"]
    assert scored == pytest.approx({"accuracy": 0.75, "gap": 0.4, "accuracy_gap": 0.25, "onset": 3.0})


def test_a_run_that_diverged_has_values_where_they_are_about_that_and_none_elsewhere():
    write_run("exploding", "a", 0, "diverged", task="regress")
    scored = values("exploding", "squared_error", "diverged", "epochs", "learned", "late_rise")
    assert scored == {"squared_error": None, "diverged": 1.0, "epochs": 3.0, "learned": 0.0, "late_rise": None}


def test_a_run_that_failed_is_kept_without_a_value():
    write_run("overfitting", "a", 0, "failed", losses=())
    assert values("overfitting", "accuracy", "gap", "onset") == {"accuracy": None, "gap": None, "onset": None}
    scored = evaluate.score(Entry("overfitting", "a", 0, ()))
    assert (scored["series"], scored["samples"], scored["confusion"]) == ([], [], None)


def test_rows_say_which_run_they_are_of():
    write_run("overfitting", "a", 0)
    (row,) = evaluate.score(Entry("overfitting", "a", 0, ("accuracy",)))["rows"]
    told = {"variant": "a", "seed": 0, "status": "finished", "run_key": "abc", "metric": "accuracy", "value": 0.75}
    assert row == told


@pytest.mark.parametrize(("classes", "counts"), [(2, [[1, 1], [0, 2]]), (13, None)])
def test_confusions_have_true_classes_in_rows_up_to_what_can_be_read(classes, counts):
    write_run("overfitting", "a", 0)
    write_json(paths.card("toy"), read_json(paths.card("toy")) | {"classes": classes})
    found = evaluate.score(Entry("overfitting", "a", 0, ()))["confusion"]
    assert (found if counts is None else found.tolist()) == counts


def test_curves_are_means_over_finished_runs_as_far_as_all_of_them_went():
    write_run("overfitting", "a", 0, losses=(0.9, 0.7, 0.8))
    write_run("overfitting", "a", 1, losses=(0.5, 0.3))
    write_run("overfitting", "a", 2, "diverged", losses=(float("nan"),))
    rows = evaluate._curves("overfitting", "a", [0, 1, 2])
    found = {(row["epoch"], row["split"]): row["objective"] for row in rows}
    assert list(found) == [(1, "training"), (1, "validation"), (2, "training"), (2, "validation")]
    assert list(found.values()) == pytest.approx([0.4, 0.7, 0.4, 0.5])


def test_a_run_that_cannot_be_scored_is_named(monkeypatch):
    lost = Entry("overfitting", "a", 3, ())
    monkeypatch.setattr(evaluate.workers, "carry_out", lambda *_, **__: [(lost, None, "its process died 2 times")])
    with pytest.raises(RuntimeError, match="overfitting: a seed 3 cannot be scored: its process died 2 times"):
        evaluate._scored([lost], SimpleNamespace(workers=1, runs_per_gpu=1))


def test_runs_without_a_value_are_counted_and_left_out_of_the_mean():
    rows = [{"variant": "a", "metric": "accuracy", "value": value} for value in (0.5, None, 0.7, float("nan"))]
    found = evaluate.summarise(rows)["a"]["accuracy"]
    assert found["mean"] == pytest.approx(0.6) and (found["n"], found["failed"]) == (2, 2)
