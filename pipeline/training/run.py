"""One variant trained with one seed: settings and data in, a history, a model and a record out."""

import inspect
import math
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from pipeline import numerics, paths, plugins
from pipeline.contracts import RunRecord, Task, VariantSettings
from pipeline.errors import InputError
from pipeline.records import Examples, digest, digest_of, digest_of_splits, read_examples, write_json, write_rows
from pipeline.training import memory, objective, record, runtime
from pipeline.training.record import Outcome
from pipeline.training.store import Store, key, project_store

if TYPE_CHECKING:
    import keras

COLUMNS = ("epoch", "loss", "val_loss")  # of a history without a row


@dataclass(frozen=True, eq=False)
class RunSpec:
    """What one run is to be, before it is trained; what came of it is a contracts.RunRecord."""

    topic: str
    variant: str
    seed: int
    draw: int
    run_key: str
    profile: str
    settings: VariantSettings
    data_digest: str
    device: str
    numerics: str
    claims: Mapping[str, str] = field(default_factory=dict)

    def names(self) -> dict[str, Any]:
        """What is said of the run in its topic; all else follows from its key."""
        place = {"run_key": self.run_key, "topic": self.topic, "variant": self.variant, "seed": self.seed}
        place["draw"] = self.draw
        return place | {"profile": self.profile, "settings": dict(self.settings)}


def run_specs(plan: Mapping[str, Any]) -> list[RunSpec]:
    """The runs of a plan, in order of variant and seed."""
    device, versions, label = runtime.device(), runtime.versions(), numerics.label(plan["numerics"])
    return [
        RunSpec(
            topic=plan["topic"],
            variant=name,
            seed=int(seed),
            draw=variant["draws"][seed],
            run_key=key(variant, int(seed), data_digest, versions, device, label),
            profile=plan["profile"],
            settings=variant["settings"],
            data_digest=data_digest,
            device=device,
            numerics=label,
            claims=variant["claims"],
        )
        for name, variant in plan["variants"].items()
        for seed, data_digest in variant["data_digests"].items()
    ]


def run(spec: RunSpec, store: Store | None = None, checkpoints: Path | None = None) -> RunRecord:
    """Train, keep what came of it in `store`, and give its record; checkpoints are in a folder of its own below theirs.

    Both are the project's by default. A crash is a record of status "failed"; its checkpoints stay, so that the next
    try goes on from them.
    """
    started, clock = time.time(), time.monotonic()
    memory.forget_peak()
    folder = (checkpoints or paths.CHECKPOINTS) / spec.run_key
    draft = None
    try:
        draft = (store or project_store()).draft()
        outcome = _train(spec, draft, folder)
        result = _record(spec, outcome, started, clock)
        (store or project_store()).put(spec.run_key, draft, {k: v for k, v in result.items() if k not in spec.names()})
    except (Exception, SystemExit) as error:  # a plugin's exit is its failure, and not the end of this worker
        return _record(spec, record.crash(error), started, clock)
    finally:
        if draft is not None:  # of a run that fails anywhere on the way nothing stays but its checkpoints
            shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    return result


def _record(spec: RunSpec, outcome: Outcome, started: float, clock: float) -> RunRecord:
    seconds = time.monotonic() - clock
    return record.record(spec, outcome, started=started, duration_s=seconds, peak_mb=memory.peak_mb())


def _train(spec: RunSpec, draft: Path, checkpoints: Path) -> Outcome:
    """Train one run; history.csv, model.keras and what the task watches are written to `draft`."""
    settings = spec.settings
    held = numerics.held()
    assert held == spec.numerics, f"a key for numbers that are {spec.numerics}, in a process whose are {held}"
    write_json(checkpoints / "run.json", {"topic": spec.topic, "variant": spec.variant, "seed": spec.seed})
    training, validation = _planned_examples(spec)
    task = load_task(settings)
    outputs = task.outputs(training, validation)
    model = build(settings, training.x.shape[1:], outputs, spec.seed)
    history = compile_and_fit(
        task,
        model,
        training,
        validation,
        settings["fit"],
        seed=spec.seed,
        checkpoints=checkpoints,
        artifacts=draft,
        cache_key=digest(dict(settings), _traced(training), _traced(validation)),
    )
    write_rows(draft / "history.csv", list(history[0]), history)
    task.saved(model).save(draft / "model.keras")
    return _outcome(history, task.OBJECTIVE, parameters=int(model.count_params()), outputs=outputs)


def _traced(examples: Examples) -> list[Any]:
    """What of examples becomes part of a traced training: shapes, and how many of each class there are.

    Seeds of a variant that have these in common differ in their variables alone.
    """
    classes = np.bincount(examples.y) if examples.y.ndim == 1 and examples.y.dtype.kind == "i" else None
    return [examples.x.shape, examples.y.shape, None if classes is None else classes.tolist()]


def _planned_examples(spec: RunSpec) -> tuple[Examples, Examples]:
    """What the run learns from and what it is validated on (InputError: not those that its key is made from)."""
    data, view = spec.settings["data"], spec.settings["view"]
    training, of_training = _examples(paths.fit_split(data, view, spec.draw))
    validation, of_validation = _examples(paths.validation_split(data, spec.draw))
    if digest_of_splits(of_training, of_validation) != spec.data_digest:
        place = f"data/prepared/{data}/{spec.draw}"
        raise InputError(f"{place}: given other examples than were planned, allowed those: run `dvc repro`")
    return training, validation


@lru_cache(maxsize=4)  # the next run on this worker most likely reads the same two files
def _examples(path: Path) -> tuple[Examples, str]:
    examples = read_examples(path)
    return examples, digest_of(examples)


def load_task(settings: VariantSettings) -> Task:
    """The task that settings name."""
    return cast(Task, plugins.load("tasks", settings["task"]))  # which has checked that it has what a task must have


def build(settings: VariantSettings, shape: tuple[int, ...], outputs: int, seed: int) -> "keras.Model":
    """The model that settings ask for, as it is before training: its weights follow from the seed."""
    import keras

    from pipeline.training import augmentation

    runtime.seed(seed)
    keras.config.set_dtype_policy(settings["precision"])
    model = plugins.load("models", settings["model"]).build(shape, outputs, **settings["build"])
    return augmentation.wrap(model, augmentation.augmentation(**settings["augment"]) if settings["augment"] else [])


def compile_and_fit(
    task: Task,
    model: "keras.Model",
    training: Examples,
    validation: Examples,
    settings: Mapping[str, Any],
    *,
    seed: int,
    checkpoints: Path | None = None,
    artifacts: Path | None = None,
    cache_key: str | None = None,
) -> list[dict[str, float]]:
    """Train `model` with what stands under `fit:` in params.yaml, and give its history: see `fit`.

    Keyword arguments of `fit` go there, all others to the task's `compile`; those left out have their defaults.
    """
    from pipeline.training import optimizers
    from pipeline.training.fit import fit

    loop = {
        name: settings.get(name, argument.default)
        for name, argument in inspect.signature(fit).parameters.items()
        if argument.kind is argument.KEYWORD_ONLY
    }
    compile_settings = {name: value for name, value in settings.items() if name not in loop}
    steps = optimizers.steps(len(training), loop["batch_size"], loop["epoch_steps"], loop["xla"])
    # One execution is one epoch: Python is asked once per epoch, not once per step.
    task.compile(model, training, steps_per_execution=steps, jit_compile=loop["xla"], **compile_settings)
    return fit(task, model, training, validation, seed, checkpoints, artifacts, cache_key, **loop)


def _outcome(
    history: Sequence[Mapping[str, float]], objective_name: str | None, *, parameters: int, outputs: int
) -> Outcome:
    column = f"val_{objective_name}"
    finite = [row for row in history if objective_name and math.isfinite(row[column])]
    best = min(finite, key=lambda row: row[column], default=None)
    last = history[-1]
    diverged = not objective.finite(last)
    return Outcome(
        status="diverged" if diverged else "finished",
        ended="diverged" if diverged else "completed",
        reason=f"the loss was not finite in epoch {last['epoch']}" if diverged else None,
        parameters=parameters,
        epochs=len(history),
        best_epoch=int(best["epoch"]) if best else None,
        outputs=outputs,
    )
