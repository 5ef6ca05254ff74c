"""Runs as `train` leaves them, of models that need not be loaded to know what they answer."""

import numpy as np

from pipeline import freshness, paths
from pipeline.records import (
    Examples,
    digest_of,
    read_examples,
    read_json,
    write_examples,
    write_json,
    write_rows,
    write_sealed,
)
from pipeline.scoring import scored_runs
from pipeline.scoring.score import Asked
from pipeline.scoring.scored_runs import RunToScore
from pipeline.settings.plan import places

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


def to_score(variant, seed, *, topic="overfitting", metrics=("accuracy",), claimed=(), samples=False, key="scores"):
    """What is asked of a run as `write_run` leaves it, of the held-out examples as they are now."""
    names = {"topic": topic, "variant": variant, "seed": seed} | record()
    names["run_key"] = f"{variant}{seed}"
    asked = Asked(metrics=tuple(metrics), claimed=tuple(claimed), samples=samples)
    held_out = digest_of(read_examples(paths.test_split("toy", 0)))
    return RunToScore(
        names=names,
        asked=asked,
        test_digest=held_out,
        code=scored_runs._code_digest(topic),
        key=f"{key}{variant}{seed}",
    )


def trust(monkeypatch):
    """Let `evaluate` take the files under data/ for what the settings ask for: test_freshness.py has those checks."""

    def runs_to_score(settings, plan):
        asked = {"topic": plan["topic"], "metrics": plan["metrics"]}
        return [to_score(*place, **asked, samples=place[1] == plan["seeds"][0]) for place in places(plan)]

    def records(plan):
        return {place: read_json(paths.run(plan["topic"], *place) / "run.json") for place in places(plan)}

    monkeypatch.setattr(scored_runs, "runs_to_score", runs_to_score)
    monkeypatch.setattr(freshness, "require_runs", records)
    monkeypatch.setattr(freshness, "require_examples", lambda *_, **__: None)
    monkeypatch.setattr(freshness, "origin", lambda *_: {})


def write_run(topic, variant, seed, status="finished", losses=(0.9, 0.7, 0.8)):
    folder = paths.run(topic, variant, seed)
    write_json(folder / "run.json", record(status))
    write_rows(folder / "history.csv", ("epoch", *ROW, "val_cross_entropy"), history(status, losses))
