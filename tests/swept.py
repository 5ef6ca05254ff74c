"""A project with one sweep, and a trainer that trains nothing: what each run would leave follows from its settings."""

import contextlib

from pipeline import paths
from pipeline.records import write_rows
from pipeline.settings import params
from pipeline.stages import sweep as stage
from pipeline.sweeps import carry_out, finals
from pipeline.training.record import failure
from pipeline.training.record import record as record_of
from pipeline.training.store import project_store

COLUMNS = ("epoch", "loss", "val_loss", "cross_entropy", "val_cross_entropy", "accuracy", "val_accuracy")
SWEEP = """
sweeps:
  small:
    topic: convolution
    variant: stride
    try:
      fit.learning_rate: 0.001 .. 1.0 log
      build.pooling: {any: [stride, max]}
    best: val_cross_entropy lowest
    trials: 12
    seeds: 2
    at_once: 3
    finalists: {keep: 2, seeds: 3}
"""


VIEWS = """
sweeps:
  small:
    topic: imbalance
    variant: smote
    try:
      fit.learning_rate: 0.003 .. 0.3 log
      view: {any: [plain, smote]}
      view.rebalance.ratio: {range: 0.2 .. 1.0, when: {view: smote}}
    best: val_cross_entropy lowest
    trials: 8
    seeds: 1
    at_once: 3
    finalists: {keep: 2, seeds: 2}
"""
ROW = {"metric": "cross_entropy", "difference": 0.1, "ci_low": 0.06, "ci_high": 0.14, "verdict": "reproduced"}


def at_once(function, tasks, *, more=None, wanted=lambda task: True, **rest):
    """The pool, with one worker that is this process."""
    waiting = [*tasks, *(more(1) if more else [])]
    while waiting:
        task = waiting.pop(0)
        if wanted(task):
            yield task, carry_out.train_trial(task), None
        waiting += more(1 - len(waiting)) if more else []


def trained(task):
    """What training would leave: best at a rate of 0.03; it diverges beyond 0.3, and fails below 0.002."""
    spec, rate = task.spec, task.spec.settings["fit"]["learning_rate"]
    trained.keys.append(spec.run_key)
    outcome = {
        "status": "finished",
        "ended": "completed",
        "reason": None,
        "parameters": 1,
        "epochs": 1,
        "best_epoch": 1,
    }
    if rate < 0.002:
        outcome = failure("memory", "its process needed more memory than its share, 2 times")
    if rate > 0.3:
        outcome |= {"status": "diverged", "ended": "diverged", "reason": "the loss was not finite in epoch 1"}
    made = record_of(spec, outcome, started=0.0, duration_s=2.0, peak_mb=100)
    if outcome["status"] != "failed":
        draft = project_store().draft()
        value = abs(rate - 0.03) + spec.seed / 1000
        write_rows(draft / "history.csv", COLUMNS, [dict.fromkeys(COLUMNS, value) | {"epoch": 1}])
        project_store().put(spec.run_key, draft, made)
    return made


trained.keys = []


def settle(monkeypatch, place, sweep=SWEEP):
    """The shipped settings in the smoke profile with the sweep `small`, in the folder `place`."""
    text = paths.PARAMS.read_text("utf-8")
    text = text[: text.index("\nsweeps:")] + sweep
    (place / "profiles").mkdir(parents=True)
    (place / "params.yaml").write_text(text, "utf-8")
    for file in (paths.PARAMS.parent / "profiles").glob("*.yaml"):
        (place / "profiles" / file.name).write_text(file.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(paths, "PARAMS", place / "params.yaml")
    monkeypatch.setattr(carry_out, "carry_out", at_once)
    monkeypatch.setattr(carry_out, "train_trial", trained)
    monkeypatch.setattr(finals, "_compare", lambda chosen, runs, fresh, weight: ROW)
    monkeypatch.setattr(stage, "to_score", lambda told, runs, answers: [])
    monkeypatch.setattr(stage.mlflow_sweeps, "follow", lambda name: contextlib.nullcontext())
    monkeypatch.setattr(stage.sweep_page, "page", lambda name, *_: f"the page of {name}")
    trained.keys.clear()
    return params.read(place / "params.yaml", profile="smoke")
