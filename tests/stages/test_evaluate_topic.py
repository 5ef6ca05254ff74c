"""All files of a topic's results, from runs that need no training: each of its own variant, headline and samples."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scored import trust

from pipeline import paths
from pipeline.records import Examples, read_json, read_rows, write_examples, write_json, write_rows, write_sealed
from pipeline.scoring.finished_run import FinishedRun
from pipeline.settings import plan
from pipeline.stages import evaluate

LABELS = np.array([0, 0, 0, 1])
ANSWERS = {"right": [0, 0, 0, 1], "wrong": [1, 1, 0, 1]}  # accuracy 1 and 0.5
SEEDS = 2


def write_run(topic, variant, seed, status="finished", **changes):
    settings = {"data": "toy", "view": "plain", "task": "classify"} | changes
    record = {"status": status, "run_key": f"{variant}{seed}", "draw": 0, "settings": settings, "variant": variant}
    write_json(paths.run(topic, variant, seed) / "run.json", record)
    row = {"loss": 0.5, "val_loss": 0.6, "cross_entropy": 0.4, "val_cross_entropy": 0.7, "accuracy": 1.0}
    row["val_accuracy"] = 0.5
    write_rows(paths.run(topic, variant, seed) / "history.csv", ("epoch", *row), [{"epoch": 1, **row}])


def settings_of(smoke, topic, variants):
    """The shipped settings with one topic of these variants, two seeds, and accuracy as its headline."""
    block = smoke.topics[topic]
    shipped = list(block.variants.values())
    block = replace(
        block,
        seeds=SEEDS,
        metrics=("accuracy",),
        variants={name: replace(shipped[0], name=name) for name in variants},
    )
    return replace(smoke, topics={topic: block})


@pytest.fixture
def evaluated(smoke, monkeypatch):
    """Evaluate a topic whose runs answer by ANSWERS, in this process; gives the folder of its results."""
    examples = Examples(np.zeros((4, 3), np.float32), LABELS)
    for file in (paths.fit_split("toy", "plain", 0), paths.test_split("toy", 0)):
        write_examples(file, examples)
    write_sealed(
        paths.card("toy", 0), {"kind": "text", "source": "surnames", "classes": 2, "counts": {"train": [2, 2]}}
    )
    predicted = property(lambda run: np.eye(2)[ANSWERS[run.record["variant"]]])
    monkeypatch.setattr(FinishedRun, "predicted", predicted)
    monkeypatch.setattr(evaluate.workers, "carry_out", here)
    trust(monkeypatch)

    def run(topic, **runs):
        settings = settings_of(smoke, topic, runs)
        plan.plan(settings)
        for variant, changes in runs.items():
            for seed in range(200, 200 + SEEDS):
                write_run(topic, variant, seed, **changes)
        evaluate.evaluate(settings, topic)
        return paths.results(topic)

    return run


def here(function, tasks, *_, **__):
    """The pool's answers, without processes."""
    return ((task, function(task), None) for task in tasks)


def test_a_confusion_matrix_counts_the_runs_of_its_own_variant(evaluated):
    found = read_json(evaluated("overfitting", right={}, wrong={}) / "confusion.json")
    assert found == {"right": [[6, 0], [0, 2]], "wrong": [[2, 4], [0, 2]]}


def test_a_variant_without_a_finished_run_has_no_matrix(evaluated):
    found = read_json(evaluated("overfitting", right={}, wrong={"status": "failed"}) / "confusion.json")
    assert found == {"right": [[6, 0], [0, 2]], "wrong": []}


def test_the_headline_is_the_first_metric_from_the_lowest_to_the_highest_mean(evaluated):
    found = read_json(evaluated("overfitting", right={}, wrong={}) / "summary.json")
    assert found == {"metric": "accuracy", "lowest": 0.5, "median": 0.75, "highest": 1.0, "failed": 0}


def test_variants_without_a_value_are_counted_and_left_out_of_the_headline(evaluated):
    text = (evaluated("overfitting", right={}, wrong={"status": "failed"}) / "summary.json").read_text()
    assert json.loads(text) == {"metric": "accuracy", "lowest": 1.0, "median": 1.0, "highest": 1.0, "failed": SEEDS}


def test_without_any_value_there_is_no_headline(evaluated):
    folder = evaluated("overfitting", right={"status": "failed"}, wrong={"status": "failed"})
    found = read_json(folder / "summary.json")
    assert found["failed"] == 2 * SEEDS and not [value for name, value in found.items() if isinstance(value, float)]


def test_every_run_has_its_rows(evaluated):
    rows = read_rows(evaluated("overfitting", right={}, wrong={}) / "scores.csv")
    assert [(row["variant"], row["seed"], row["run_key"], float(row["value"])) for row in rows] == [
        ("right", "200", "right200", 1.0),
        ("right", "201", "right201", 1.0),
        ("wrong", "200", "wrong200", 0.5),
        ("wrong", "201", "wrong201", 0.5),
    ]


def test_samples_are_those_of_the_first_seed(evaluated, monkeypatch):
    from pipeline.topics.recurrent_forms import probes

    monkeypatch.setattr(probes, "samples", lambda run: [f"{run.record['variant']}, seed {run.seed}"])
    monkeypatch.setattr(evaluate, "_series", lambda *_: [], raising=False)
    found = read_json(evaluated("recurrent_forms", right={}, wrong={}) / "samples.json")
    assert found == {"right": ["right, seed 200"], "wrong": ["wrong, seed 200"]}
