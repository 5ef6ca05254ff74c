"""One variant trained with one seed: settings and data in, a history, a model and a record out."""

import math
import platform
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipeline import paths, plugins
from pipeline.records import Examples, digest, read_examples, write_json, write_rows
from pipeline.training import memory, objective, runtime, store

COLUMNS = ("epoch", "loss", "val_loss")  # of a history without a row


@dataclass(frozen=True, eq=False)
class Job:
    """What one run needs to know."""

    topic: str
    variant: str
    seed: int
    run_key: str
    profile: str
    settings: Mapping[str, Any]
    data_digest: str
    device: str

    def names(self) -> dict[str, Any]:
        """What is said of the run in its topic; all else follows from its key."""
        place = {"run_key": self.run_key, "topic": self.topic, "variant": self.variant, "seed": self.seed}
        return place | {"profile": self.profile, "settings": dict(self.settings)}


def jobs(plan: dict[str, Any]) -> list[Job]:
    """The runs of a plan."""
    device, versions = runtime.device(), runtime.versions()
    return [
        Job(
            topic=plan["topic"],
            variant=name,
            seed=seed,
            run_key=store.key(variant, seed, versions, device),
            profile=plan["profile"],
            settings=variant["settings"],
            data_digest=variant["data_digest"],
            device=device,
        )
        for name, variant in plan["variants"].items()
        for seed in plan["seeds"]
    ]


@lru_cache(maxsize=4)
def _examples(path: Path) -> Examples:
    return read_examples(path)


def run(job: Job) -> dict[str, Any]:
    """Train, keep what came of it in the store, and give its record; a crash is a record of status "failed"."""
    started = time.time()
    memory.forget_peak()
    try:
        record = _kept(job, started)
    except Exception as error:
        return _record(job, started) | {"status": "failed", "reason": f"{type(error).__name__}: {error}"[:500]}
    shutil.rmtree(paths.CHECKPOINTS / job.run_key, ignore_errors=True)
    return record


def _kept(job: Job, started: float) -> dict[str, Any]:
    """Train and put into the store; of a run that fails anywhere on the way nothing stays but its checkpoints."""
    draft = store.draft()
    try:
        outcome = _train(job, draft)
        record = _record(job, started) | outcome
        store.put(job.run_key, draft, {name: item for name, item in record.items() if name not in job.names()})
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return record


def _train(job: Job, draft: Path) -> dict[str, Any]:
    from pipeline.training.fit import fit

    wanted = job.settings
    checkpoints = paths.CHECKPOINTS / job.run_key
    write_json(checkpoints / "run.json", {"topic": job.topic, "variant": job.variant, "seed": job.seed})
    training = _examples(paths.fit_split(wanted["data"], wanted["view"]))
    validation = _examples(paths.validation_split(wanted["data"]))
    task = plugins.load("tasks", wanted["task"])
    outputs = task.outputs(training, validation)
    model = build(wanted, training.x.shape[1:], outputs, job.seed)
    alike = digest(dict(wanted), job.data_digest)
    history = fit(task, model, training, validation, job.seed, checkpoints, draft, alike, **wanted["fit"])
    write_rows(draft / "history.csv", list(history[0]), history)
    task.saved(model).save(draft / "model.keras")
    return _outcome(history, task.OBJECTIVE) | {"parameters": int(model.count_params()), "outputs": outputs}


def build(wanted: Mapping[str, Any], shape: tuple[int, ...], outputs: int, seed: int) -> Any:
    """The model that settings ask for, as it is before training: its weights follow from the seed."""
    import keras

    from pipeline.training import augmentation

    runtime.seed(seed)
    keras.config.set_dtype_policy(wanted["precision"])
    model = plugins.load("models", wanted["model"]).build(shape, outputs, **wanted["build"])
    return augmentation.wrap(model, augmentation.augmentation(**wanted["augment"]) if wanted["augment"] else [])


def _outcome(history: list[dict[str, float]], aim: str | None) -> dict[str, Any]:
    finite = [row for row in history if aim and math.isfinite(row[f"val_{aim}"])]
    best = min(finite, key=lambda row: row[f"val_{aim}"], default=None)
    last = history[-1]
    lost = not objective.finite(last)
    reason = f"the loss was not finite in epoch {last['epoch']}" if lost else None
    outcome = {"status": "diverged" if lost else "finished", "reason": reason, "epochs": len(history)}
    return outcome | {"best_epoch": int(best["epoch"]) if best else None}


def _record(job: Job, started: float) -> dict[str, Any]:
    place = {"device": job.device, "precision": job.settings["precision"], "threads": 1}
    times = {"started": started, "duration_s": round(time.time() - started, 3), "peak_memory_mb": memory.peak_mb()}
    origin = {
        "versions": runtime.versions(),
        "data_digest": job.data_digest,
        "host": platform.node(),
        "processor": runtime.processor(),
        "git_commit": runtime.commit(),
    }
    empty = {"status": "failed", "reason": None, "parameters": None, "epochs": 0, "best_epoch": None}
    return job.names() | empty | place | times | origin
