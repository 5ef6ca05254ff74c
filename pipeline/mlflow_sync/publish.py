"""Bring MLflow in line with the files under data/, which are the truth it can be rebuilt from."""

import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline import errors, paths, plugins
from pipeline.errors import InputError
from pipeline.mlflow_sync import (
    already,
    descriptions,
    gather,
    images,
    lease,
    mlflow_run,
    model_registry,
    model_versions,
    sweeps,
    tracking_store,
)
from pipeline.mlflow_sync.experiment import Experiment
from pipeline.mlflow_sync.gather import RecordedRun, TopicFiles
from pipeline.mlflow_sync.mlflow_run import MlflowRun
from pipeline.operations import lock
from pipeline.records import digest, read_json, write_rows
from pipeline.report import drawn
from pipeline.training import best_run

COUNTED = ("experiments", "comparisons", "runs", "points", "models")
SAMPLES, FIGURES = "samples", "figures"  # key of pictures by step; folder of the report's, and tag with their digest
ANIMATION, CONFUSION, NAMED = "samples.gif", "confusion.png", "confusion.csv"


def publish_if_possible(topics: Sequence[str]) -> None:
    """As `publish`; a store out of reach, or a full disk, is told on stderr, and fails nobody."""
    try:
        publish(topics)
    except (tracking_store.Unreachable, InputError) as error:
        line: str | None = str(error)
    except OSError as error:
        line = errors.of_the_disk(error)
        if line is None:
            raise
    else:
        return
    print(f"MLflow: {line}; `python -m pipeline publish` catches up later", file=sys.stderr)


def publish(topics: Sequence[str] | None = None) -> dict[str, int]:
    """Write to MLflow what it lacks of the runs, scores and verdicts of `topics` (default: every planned one).

    Gives how many experiments, comparisons, runs, points (metric values) and versions of registered models are new;
    none if it was complete. tracking_store.Unreachable where MLflow cannot be used; another call goes on from there.
    Refused, once all other topics are written, where an experiment of that name is not ours.
    """
    plans = [plan for file in sorted(paths.PLAN.glob("*.json")) if not (plan := read_json(file)).get("left_out")]
    asked = [plan for plan in plans if topics is None or plan["topic"] in topics]
    lacking = [plan for plan in asked if not already.is_published(plan)]
    planned = [(already.files(plan), gather.gather(plan)) for plan in lacking]
    begun = [(files, topic) for files, topic in planned if topic.runs]
    counts, refusals = Counter(dict.fromkeys(COUNTED, 0)), []
    if begun or any(paths.SWEEPS.glob("*/sweep.json")):
        tracking_store.check()
        tracking_store.create()
        with lock.hold("mlflow", wait=True):
            for files, topic in begun:
                try:
                    counts.update(_publish(topic, files))
                except tracking_store.Refused as refusal:
                    refusals.append(str(refusal))
            counts.update(sweeps.publish(topics))
    if refusals:
        raise tracking_store.Refused("; ".join(dict.fromkeys(refusals)))
    return {name: counts[name] for name in COUNTED}


def _publish(topic: TopicFiles, files: str) -> Counter[str]:
    experiment = Experiment(topic.name, topic.question, topic.comparison)
    best = None if topic.missing else best_run.best(topic.runs)
    parent = mlflow_run.parent(topic, descriptions.of_comparison(topic, best))
    parent_id = experiment.write_parent(parent, lease.owner())
    for run in topic.runs:
        scores, series = topic.scores.get(gather.identity(run)), topic.series.get((run["variant"], str(run["seed"])))
        target = mlflow_run.finished(run, topic.comparison, parent_id, scores, series or ())
        experiment.write(target)
        if run["seed"] == topic.plan["seeds"][0]:
            _log_samples(experiment, target, run)
        if run is best:
            _register(experiment, target, run, topic.runs)
    if topic.evaluated:
        _log_figures(experiment, parent, topic)
    experiment.close(parent)
    experiment.close_left()
    experiment.settle_twins()
    if not topic.missing and not experiment.has_left_some:  # which is said each time
        already.remember(topic.plan, files, parent_id)
    return experiment.counts


def _register(experiment: Experiment, target: MlflowRun, run: RecordedRun, runs: Sequence[RecordedRun]) -> None:
    """Register the comparison's best model, unless it is."""
    if experiment.can_store(target):
        model_versions.register(
            experiment,
            target,
            model_registry.name(run["topic"]),
            describe=lambda: descriptions.of_model(run, runs),
            tags=model_registry.tags(run),
            compared={each["run_key"] for each in runs},
            pack=lambda: model_registry.packed(run, experiment.run_id(target)),
        )


def _log_samples(experiment: Experiment, target: MlflowRun, run: RecordedRun) -> None:
    """A generator's samples epoch by epoch, where MLflow's charts have a slider for them, and as an animation."""
    file = paths.run(run["topic"], run["variant"], run["seed"]) / "samples.npz"
    if not (file.exists() and experiment.can_store(target)):
        return
    import numpy as np

    with np.load(file, allow_pickle=False) as arrays, tempfile.TemporaryDirectory() as folder:
        epochs = arrays["epochs"].tolist()
        moving = experiment.lacks(target, "images", [ANIMATION])
        if not moving and experiment.image_steps(target, SAMPLES) >= set(epochs):
            return
        frames = images.sheets(arrays["images"])
        if moving:
            images.animate(frames, Path(folder) / ANIMATION)
            experiment.log_folder(target, Path(folder), "images")
        experiment.log_steps(target, SAMPLES, dict(zip(epochs, frames, strict=True)))


def _log_figures(experiment: Experiment, parent: MlflowRun, topic: TopicFiles) -> None:
    """The report's pictures of the topic, and the confusion matrices of its variants, on the parent."""
    pictures = _pictures(topic.name) if drawn.is_of_present(topic.name, bool(topic.claims)) else {}
    expected = [*pictures, *([CONFUSION] if images.has_confusions(topic.confusion) else [])]
    table = _named_confusions(topic)
    expected += [NAMED] if table else []
    if not (expected and experiment.can_store(parent)):
        return
    drawn_from: list[Any] = [{name: digest(file.read_bytes()) for name, file in pictures.items()}, topic.confusion]
    mark = gather.short_digest([*drawn_from, *([dict(topic.class_names)] if topic.class_names else [])])
    if experiment.tag(parent, FIGURES) == mark and not experiment.lacks(parent, FIGURES, expected):
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, file in pictures.items():
            shutil.copyfile(file, Path(folder) / name)
        if table:
            write_rows(Path(folder) / NAMED, list(table[0]), table)
        experiment.log_folder(parent, Path(folder), FIGURES)
    if matrices := images.confusions(topic.confusion, topic.class_names):
        experiment.log_image(parent, matrices, f"{FIGURES}/{CONFUSION}")
    experiment.set_tag(parent, FIGURES, mark)


def _named_confusions(topic: TopicFiles) -> list[dict[str, Any]]:
    """Counts by whole names of classes, a row each: of variants whose data have names, which pictures cut short."""
    return [
        {"variant": variant, "true": true, "predicted": predicted, "count": count}
        for variant, names in topic.class_names.items()
        for true, row in zip(names, topic.confusion.get(variant, []), strict=False)
        for predicted, count in zip(names, row, strict=False)
    ]


def _pictures(topic: str) -> dict[str, Path]:
    """The report's picture files of a topic by name, without those of another topic whose name goes on from it."""
    known = {*plugins.names("topics"), *(file.stem for file in paths.PLAN.glob("*.json"))}
    longer = [other for other in known if other != topic and other.startswith(topic)]
    files = sorted(paths.PICTURES.glob(f"{topic}_*.svg"))
    of_others = tuple(f"{other}_" for other in longer)
    return {file.name.removeprefix(f"{topic}_"): file for file in files if not file.name.startswith(of_others)}
