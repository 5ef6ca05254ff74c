"""A topic of two variants and two seeds as the stages leave it under data/, and what MLflow holds of it."""

import contextlib
import functools
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from folders import ELSEWHERE

from pipeline import numerics, paths
from pipeline.mlflow_sync import tracking_store
from pipeline.records import SCORES, write_bytes, write_json, write_rows
from pipeline.settings.plan import data_digest
from pipeline.training import integrity, runtime, store

COLUMNS = ("epoch", "loss", "val_loss", "cross_entropy", "val_cross_entropy", "accuracy", "val_accuracy")
CONTRACT = {"topic", "variant", "seed", "run_key", "git_commit", "data_digest"}
TOPIC, VARIANTS, SEEDS, EPOCHS = "demo", ("plain_net", "wide_net"), (0, 1), 4
NOTHING = {"experiments": 0, "comparisons": 0, "runs": 0, "points": 0, "models": 0}
CREATE = (
    "import sys; from pathlib import Path; here = Path(sys.argv[1])\n"
    "from pipeline import paths; from pipeline.mlflow_sync import tracking_store\n"
    "paths.TRACKING, paths.LOCKS, paths.ARTIFACTS = here / 'mlflow.db', here / 'locks', here / 'mlartifacts'\n"
    "tracking_store.create(); print('mlflow' in sys.modules)"
)
CARD = {
    "data": "toy",
    "shape": [5],
    "classes": 2,
    "counts": {"train": [6, 4], "validation": [3, 3], "test": [2, 2]},
    "views": {"plain": {"counts": [6, 6], "examples": 12, "digest": "1" * 64}},
    "digests": {"train": "2" * 64, "validation": "3" * 64, "test": "4" * 64},
}


def planned(variant, generation="first"):
    code = {"code": f"{variant} {generation}"}
    digests = {str(seed): data_digest(CARD, "plain") for seed in SEEDS}
    draws = dict.fromkeys(digests, 0)
    return {"settings": settings(variant), "claims": {}, "draws": draws, "data_digests": digests, "code": code}


def key(variant, seed, generation="first"):
    plan, label = planned(variant, generation), numerics.label("portable")
    return store.key(plan, seed, data_digest(CARD, "plain"), runtime.versions(), runtime.device(), label)


def settings(variant):
    fit = {"epochs": EPOCHS, "learning_rate": 0.001, "service_token": "hidden-1", "key": 7}
    return {"data": "toy", "view": "plain", "model": "mlp", "build": {"units": [8, 8]}, "augment": {}, "fit": fit}


def write_run(variant, seed, topic=TOPIC, generation="first", status="finished", epochs=EPOCHS):
    record = {
        "run_key": key(variant, seed, generation),
        **{
            "topic": topic,
            "variant": variant,
            "seed": seed,
            "draw": 0,
            "profile": "laptop",
            "settings": settings(variant),
        },
        **{"status": status, "reason": None if status == "finished" else "it broke: password=hidden-2"},
        **{
            "parameters": 42,
            "epochs": epochs,
            "best_epoch": 2 if epochs >= 2 else None,
            "device": "cpu",
            "numerics": "portable",
        },
        **{"precision": "float32", "threads": 1, "versions": {"python": "3.11.7", "keras": "3.15.1"}},
        **{"started": 1_700_000_000.0, "duration_s": 8.0, "data_digest": data_digest(CARD, "plain"), "host": "h"},
        "git_commit": "abc123+",
    }
    write_json(paths.run(topic, variant, seed) / "run.json", record)
    rows = [
        dict(zip(COLUMNS, [epoch, *[epoch + column / 10 for column in range(6)]], strict=True))
        for epoch in range(1, epochs + 1)
    ]
    write_rows(paths.run(topic, variant, seed) / "history.csv", COLUMNS, rows)
    integrity.seal(paths.run(topic, variant, seed), record["run_key"])


def write_plan(topic=TOPIC, generation="first"):
    plan = {
        "topic": topic,
        "profile": "laptop",
        "numerics": "portable",
        "seeds": list(SEEDS),
        "metrics": ["accuracy", "ece"],
    }
    write_json(paths.plan(topic), plan | {"variants": {name: planned(name, generation) for name in VARIANTS}})


def train(topic=TOPIC, **changes):
    """What `prepare`, `plan` and `train` leave behind."""
    write_json(paths.card("toy", 0), CARD)
    write_plan(topic, changes.get("generation", "first"))
    for variant in VARIANTS:
        for seed in SEEDS:
            write_run(variant, seed, topic, **changes)


def evaluate(topic=TOPIC, generation="first", accuracy=0.75):
    folder, cells = paths.results(topic), []
    for variant in VARIANTS:
        for seed in SEEDS:
            place = {"variant": variant, "seed": seed, "status": "finished", "run_key": key(variant, seed, generation)}
            cells += [
                place | {"metric": "accuracy", "value": accuracy + seed},
                place | {"metric": "ece", "value": None},
            ]
    write_rows(folder / "scores.csv", SCORES, cells)
    mean = {"mean": accuracy, "sd": 0.1, "ci_low": 0.5, "ci_high": None, "n": 2, "failed": 0}
    write_json(folder / "metrics.json", {variant: {"accuracy": mean} for variant in VARIANTS})
    write_json(folder / "confusion.json", {variant: [[3, 1], [0, 4]] for variant in VARIANTS})
    curves = [
        {"variant": variant, "epoch": epoch, "split": split, "objective": 1 / epoch, "accuracy": 0.5}
        for variant in VARIANTS
        for epoch in range(1, EPOCHS + 1)
        for split in ("training", "validation")
    ]
    write_rows(folder / "curves.csv", tuple(curves[0]), curves)


def series(scale):
    """A curve of every run, with a point that is no number and one that is at no whole step."""
    points = [(1.0, 2.0), (5.0, 10.0), (9.0, 18.0), (10.0, float("inf")), (10.5, 1.0)]
    rows = [
        {"variant": variant, "seed": seed, "series": "gradient", "at": at, "value": value * scale}
        for variant in VARIANTS
        for seed in SEEDS
        for at, value in points
    ]
    write_rows(paths.results(TOPIC) / "series.csv", tuple(rows[0]), rows)


def report(topic=TOPIC, generation="first", verdict="reproduced", name="wider"):
    runs = {
        arm: [key(variant, seed, generation) for seed in SEEDS]
        for arm, variant in zip(("worse", "better"), VARIANTS, strict=True)
    }
    row = {"topic": topic, "claim": "Wider is better.", "name": name, "metric": "accuracy", "verdict": verdict}
    row |= {"better": VARIANTS[1], "worse": VARIANTS[0], "difference": 0.25, "ci_low": 0.125, "ci_high": None}
    write_json(
        paths.REPORT / "claims.json", [row | {"margin": 0.05, "runs": runs}, row | {"topic": "other", "runs": runs}]
    )
    for picture in ("curves", "scores"):
        write_bytes(paths.PICTURES / f"{topic}_{picture}.svg", f"<svg><!-- {verdict} --></svg>".encode())


@functools.cache
def empty_store():
    """Bytes of a store without an experiment, made once: it takes seconds."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", CREATE, folder], cwd=paths.ROOT, check=True, env=clean())
        return (Path(folder) / "mlflow.db").read_bytes()


def clean():
    return {name: value for name, value in os.environ.items() if name not in ELSEWHERE}


def mlflow_client():
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=tracking_store.uri())


def runs(topic=TOPIC):
    """All runs of a topic by (variant, seed), the parents under None."""
    found = mlflow_client().search_runs([mlflow_client().get_experiment_by_name(topic).experiment_id])
    children = {(run.data.tags["variant"], run.data.tags["seed"]): run for run in found if "variant" in run.data.tags}
    assert len(children) == sum("variant" in run.data.tags for run in found), "a run is there twice"
    return children | {None: [run for run in found if "variant" not in run.data.tags]}


def history(run, name):
    return [(point.step, point.value) for point in mlflow_client().get_metric_history(run.info.run_id, name)]


@contextlib.contextmanager
def unwritten(file):
    """Asserts that nothing is committed to the database meanwhile: SQLite counts it."""
    with contextlib.closing(sqlite3.connect(file)) as watcher:
        before = watcher.execute("PRAGMA data_version").fetchone()
        rows = list(watcher.iterdump())
        yield
        assert watcher.execute("PRAGMA data_version").fetchone() == before
        assert list(watcher.iterdump()) == rows


def inputs(run):
    return {one.tags[0].value: (one.dataset.name, one.dataset.digest) for one in run.inputs.dataset_inputs}


def publish_error():
    """What publish refuses, in its own words."""
    from pipeline.mlflow_sync.publish import publish

    try:
        publish()
    except tracking_store.Refused as refusal:
        return str(refusal)
    raise AssertionError("nothing was refused")
