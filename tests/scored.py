"""Runs as `train` leaves them, of models that need not be loaded to know what they answer."""

import numpy as np

from pipeline import freshness, paths
from pipeline.records import Examples, write_examples, write_json, write_rows, write_sealed

LABELS = np.array([0, 0, 1, 1])
ANSWERS = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7]])  # one of the four is wrong
ROW = {"loss": 0.5, "val_loss": 0.6, "cross_entropy": 0.4, "accuracy": 1.0, "val_accuracy": 0.5}
CARD = {"kind": "image", "source": "digits", "classes": 2, "counts": {"train": [2, 2]}}
EXAMPLES = Examples(np.zeros((4, 3), np.float32), LABELS)


def history(status="finished", losses=(0.9, 0.7, 0.8)):
    """One row per epoch, of these validation losses."""
    rows = [{"epoch": epoch, **ROW, "val_cross_entropy": loss} for epoch, loss in enumerate(losses, 1)]
    if status == "diverged":
        rows[-1]["loss"] = float("inf")
    return rows


def record(status="finished", task="classify"):
    return {"status": status, "run_key": "abc", "draw": 0, "settings": {"data": "toy", "view": "plain", "task": task}}


def write_data(training=EXAMPLES, test=EXAMPLES):
    write_examples(paths.fit_split("toy", "plain", 0), training)
    write_examples(paths.test_split("toy", 0), test)
    write_sealed(paths.card("toy", 0), CARD)


def trust(monkeypatch):
    """Let `evaluate` take the files under data/ for what the settings ask for: test_freshness.py has those checks."""
    monkeypatch.setattr(freshness, "require_runs", lambda plan: {})
    monkeypatch.setattr(freshness, "require_examples", lambda *_, **__: None)
    monkeypatch.setattr(freshness, "origin", lambda *_: {})


def write_run(topic, variant, seed, status="finished", losses=(0.9, 0.7, 0.8)):
    folder = paths.run(topic, variant, seed)
    write_json(folder / "run.json", record(status))
    write_rows(folder / "history.csv", ("epoch", *ROW, "val_cross_entropy"), history(status, losses))
