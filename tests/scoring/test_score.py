"""Scoring a run: what applies to it has a value, what was lost has none, and every outcome is kept."""

import numpy as np
import pytest
from scored import ANSWERS, CARD, EXAMPLES, history, record

from pipeline.scoring import topic_probes
from pipeline.scoring.finished_run import FinishedRun
from pipeline.scoring.score import Asked, confusion_matrix, score
from pipeline.scoring.topic_probes import TopicProbes


@pytest.fixture(autouse=True)
def answers(monkeypatch):
    monkeypatch.setattr(FinishedRun, "predicted", property(lambda run: ANSWERS))


def finished_run(status="finished", losses=(0.9, 0.7, 0.8), task="classify", seed=0, card=CARD):
    written = record(status, task)
    return FinishedRun(
        written["settings"], seed, written, history(status, losses), card, EXAMPLES, EXAMPLES, folder=None
    )


def scores(run, *metrics, topic="overfitting"):
    return score(run, variant="a", asked=Asked(metrics=metrics), probes=topic_probes.read(topic))


def values(run, *metrics, topic="overfitting"):
    return {row["metric"]: row["value"] for row in scores(run, *metrics, topic=topic).rows}


def test_metrics_of_the_task_the_history_and_the_topic_are_scored_in_order_and_others_left_out():
    scored = values(finished_run(), "accuracy", "gap", "squared_error", "accuracy_gap", "onset")
    assert list(scored) == ["accuracy", "gap", "accuracy_gap", "onset"]
    assert scored == pytest.approx({"accuracy": 0.75, "gap": 0.4, "accuracy_gap": 0.25, "onset": 3.0})


def test_a_run_that_diverged_has_values_where_they_are_about_that_and_none_elsewhere():
    run = finished_run("diverged", task="regress")
    scored = values(run, "squared_error", "diverged", "epochs", "learned", "late_rise", topic="exploding")
    assert scored == {"squared_error": None, "diverged": 1.0, "epochs": 3.0, "learned": 0.0, "late_rise": None}


def test_a_probe_that_says_nothing_of_diverged_runs_has_no_value_for_one():
    assert values(finished_run("diverged"), "onset", "accuracy_gap") == {"onset": None, "accuracy_gap": None}


def test_a_run_that_failed_is_kept_without_a_value():
    scored = scores(finished_run("failed", losses=()), "accuracy", "gap", "onset")
    assert [(row["metric"], row["value"]) for row in scored.rows] == [
        ("accuracy", None),
        ("gap", None),
        ("onset", None),
    ]
    assert (scored.series, scored.samples, scored.confusion) == ([], [], None)


def test_rows_say_which_run_they_are_of():
    (row,) = scores(finished_run(seed=3), "accuracy").rows
    expected = {"variant": "a", "seed": 3, "status": "finished", "run_key": "abc", "metric": "accuracy", "value": 0.75}
    assert row == expected


@pytest.mark.parametrize(("classes", "counts"), [(2, [[1, 1], [0, 2]]), (12, [[1, 1], [0, 2]]), (13, None)])
def test_confusions_have_true_classes_in_rows_up_to_what_can_be_read(classes, counts):
    confusion = scores(finished_run(card=CARD | {"classes": classes})).confusion
    assert (confusion if counts is None else confusion.tolist()) == counts


def test_a_confusion_matrix_counts_a_predicted_class_that_no_example_is_of():
    predicted = np.eye(3)[[0, 1, 1, 1]]
    assert confusion_matrix(np.array([0, 0, 0, 1]), predicted).tolist() == [[1, 2, 0], [0, 1, 0], [0, 0, 0]]


def toy_probes(**changes):
    settings = {"applies_to": ("image",), "x": "epoch", "y": "loss", "log": False}
    own = {
        "metrics": {"twice": lambda run: 2 * run.seed},
        "applies_to": {"twice": ("image",)},
        "series": {"losses": lambda run: {row["epoch"]: row["val_cross_entropy"] for row in run.history}},
        "series_settings": {"losses": settings},
        "samples": lambda run: ["a line"],
    }
    return TopicProbes(**own | changes)


def test_series_are_one_row_per_point_of_runs_they_apply_to():
    scored = score(finished_run(losses=(0.9, 0.7), seed=1), variant="a", asked=Asked(metrics=()), probes=toy_probes())
    place = {"variant": "a", "seed": 1, "series": "losses"}
    assert scored.series == [place | {"at": 1, "value": 0.9}, place | {"at": 2, "value": 0.7}]
    elsewhere = finished_run(card=CARD | {"kind": "table"})
    assert score(elsewhere, variant="a", asked=Asked(metrics=()), probes=toy_probes()).series == []


@pytest.mark.parametrize("word", ["image", "digits", "classify"])
def test_a_probe_applies_by_kind_of_data_source_or_task(word):
    probes = toy_probes(applies_to={"twice": ("text", word)})
    (row,) = score(finished_run(seed=4), variant="a", asked=Asked(metrics=("twice",)), probes=probes).rows
    assert row["value"] == 8.0
    probes = toy_probes(applies_to={"twice": ("text",)})
    assert score(finished_run(), variant="a", asked=Asked(metrics=("twice",)), probes=probes).rows == []


@pytest.mark.parametrize(("status", "value"), [("finished", 6.0), ("diverged", 6.0), ("failed", None)])
def test_a_probe_taken_before_training_keeps_its_value_when_training_diverges(status, value):
    probes, asked = toy_probes(before_training=("twice",)), Asked(metrics=("twice",))
    (row,) = score(finished_run(status, seed=3), variant="a", asked=asked, probes=probes).rows
    assert row["value"] == value
    if status == "diverged":
        (row,) = score(finished_run(status, seed=3), variant="a", asked=asked, probes=toy_probes()).rows
        assert row["value"] is None


def test_samples_are_those_that_are_asked_for():
    wanted = (Asked(metrics=(), samples=samples) for samples in (True, False))
    first, second = (score(finished_run(), variant="a", asked=each, probes=toy_probes()) for each in wanted)
    assert (first.samples, second.samples) == (["a line"], [])
    asked = Asked(metrics=(), samples=True)
    assert score(finished_run(), variant="a", asked=asked, probes=toy_probes(samples=None)).samples == []


def test_claimed_metrics_are_told_by_example_and_beside_a_constant_answer():
    claimed = ("accuracy", "gap", "onset", "pr_auc")
    asked = Asked(metrics=("accuracy",), claimed=claimed)
    scored = score(finished_run(), variant="a", asked=asked, probes=topic_probes.read("overfitting"))
    assert {metric: values.tolist() for metric, values in scored.items.items()} == {"accuracy": [1, 0, 1, 1]}
    assert scored.trivial == {"accuracy": 0.5, "pr_auc": 0.5}
