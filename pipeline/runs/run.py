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

from pipeline import paths, plugins, runtime
from pipeline.records import Examples, read_examples, write_rows
from pipeline.runs import store

COLUMNS = ("epoch", "loss", "val_loss", "cross_entropy", "val_cross_entropy", "accuracy", "val_accuracy")


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
    draft = store.draft()
    try:
        outcome = _train(job, draft)
    except Exception as error:
        shutil.rmtree(draft, ignore_errors=True)
        return _record(job, started) | {"status": "failed", "reason": f"{type(error).__name__}: {error}"[:500]}
    record = _record(job, started) | outcome
    store.put(job.run_key, draft, {name: item for name, item in record.items() if name not in job.names()})
    shutil.rmtree(paths.CHECKPOINTS / job.run_key, ignore_errors=True)
    return record


def _train(job: Job, draft: Path) -> dict[str, Any]:
    from pipeline import layers
    from pipeline.runs.fit import fit

    wanted = job.settings
    training = _examples(paths.fit_split(wanted["data"], wanted["view"]))
    validation = _examples(paths.validation_split(wanted["data"]))
    runtime.seed(job.seed)
    classes = int(max(training.y.max(), validation.y.max())) + 1
    model = plugins.load("models", wanted["model"]).build(training.x.shape[1:], classes, **wanted["build"])
    model = layers.wrap(model, layers.augmentation(**wanted["augment"]) if wanted["augment"] else [])
    history = fit(model, training, validation, job.seed, paths.CHECKPOINTS / job.run_key, **wanted["fit"])
    write_rows(draft / "history.csv", COLUMNS, history)
    _save(model, draft / "model.keras")
    return _outcome(history) | {"parameters": int(model.count_params())}


def _save(model: Any, path: Path) -> None:
    """Weights and architecture alone: how the model was compiled is in the record."""
    import keras

    keras.Model(model.input, model.output, name=model.name).save(path)


def _outcome(history: list[dict[str, float]]) -> dict[str, Any]:
    finite = [row for row in history if math.isfinite(row["val_cross_entropy"])]
    best = min(finite, key=lambda row: row["val_cross_entropy"], default=None)
    last = history[-1]
    lost = not (math.isfinite(last["loss"]) and math.isfinite(last["cross_entropy"]))
    reason = f"the loss was not finite in epoch {last['epoch']}" if lost else None
    outcome = {"status": "diverged" if lost else "finished", "reason": reason, "epochs": len(history)}
    return outcome | {"best_epoch": int(best["epoch"]) if best else None}


def _record(job: Job, started: float) -> dict[str, Any]:
    place = {"device": job.device, "precision": "float32", "threads": 1, "versions": runtime.versions()}
    times = {"started": started, "duration_s": round(time.time() - started, 3)}
    origin = {"data_digest": job.data_digest, "host": platform.node(), "git_commit": runtime.commit()}
    empty = {"status": "failed", "reason": None, "parameters": None, "epochs": 0, "best_epoch": None}
    return job.names() | empty | place | times | origin
