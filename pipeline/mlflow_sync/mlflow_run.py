"""What MLflow should hold of one run, and of a comparison as a whole."""

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline import paths
from pipeline.contracts import DataCard, History, Plan
from pipeline.mlflow_sync import lease, masking
from pipeline.mlflow_sync.gather import Point, RecordedRun, RunFacts, TopicFiles, comparison, short_digest
from pipeline.records import read_json_or
from pipeline.report import class_names
from pipeline.settings.plan import data_digest
from pipeline.training import best_run, objective
from pipeline.training.run import RunSpec

NOTE, PARENT = "mlflow.note.content", "mlflow.parentRunId"  # tags that MLflow's UI reads
HISTORY = "history"  # tag with the digest of what never changes in a run
COMPARISON, COMPARISONS = "comparison", "comparisons"  # tags: under which a run is shown, and all that it is part of
CLASSES = "class_names"  # tag: names of the classes, in the order of a model's outputs
IDENTITY = ("variant", "seed", "run_key")
KEY_DIGITS = 6  # of a comparison, in the name of its parent run


@dataclass(frozen=True)
class SplitInput:
    """One split that a run has read: `shape` with the examples first, `counts` per class, `place` below the project."""

    name: str
    digest: str
    context: str
    place: str
    shape: tuple[int, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class MlflowRun:
    """One run as MLflow should hold it. `history` never changes; tags, scores, series and inputs may come later.

    `started` and `ended` are seconds since 1970; `scores` have one value, `series` are curves over any axis. The tags
    in IDENTITY tell two runs apart.
    """

    name: str
    tags: Mapping[str, str]
    started: float
    ended: float
    status: str = "FINISHED"
    params: Mapping[str, str] = field(default_factory=dict)
    history: Sequence[Point] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    series: Sequence[Point] = ()
    inputs: Sequence[SplitInput] = ()


def identity(tags: Mapping[str, str]) -> tuple[str, ...]:
    """What tells a run with these tags from all others of its experiment; one run may be part of many comparisons."""
    return tuple(tags[name] for name in IDENTITY) if "run_key" in tags else (tags.get(COMPARISON, ""),)


def parent(topic: TopicFiles, description: str) -> MlflowRun:
    """The run of a whole comparison, with its verdicts as tags."""
    tags = {NOTE: description} | {f"claim.{row['name']}": row["verdict"] for row in topic.claims}
    started, ended = min(run["started"] for run in topic.runs), max(_ended(run) for run in topic.runs)
    return of_comparison(topic.plan, topic.facts, tags, started, ended)


def of_comparison(
    plan: Plan, facts: Sequence[RunFacts], tags: Mapping[str, str], started: float, ended: float
) -> MlflowRun:
    """A comparison's parent run: name and parameters tell it from those of other settings."""
    key = comparison(facts)
    variants, seeds = {run["variant"] for run in facts}, {run["seed"] for run in facts}
    return MlflowRun(
        name=f"{plan['profile']}, {len(variants)} variants x {len(seeds)} seeds, {key[:KEY_DIGITS]}",
        tags={COMPARISON: key, COMPARISONS: key, "topic": plan["topic"], "profile": plan["profile"], **tags},
        started=started,
        ended=ended,
        params=_shared_parameters(facts) | {"variants": ", ".join(sorted(variants)), "seeds": str(sorted(seeds))},
    )


def _shared_parameters(facts: Sequence[RunFacts]) -> dict[str, str]:
    """Settings that all variants have in common; of the others, as JSON, what each variant has."""
    settings = {run["variant"]: masking.flat(run["settings"]) for run in facts}
    shared: dict[str, str] = {}
    for name in sorted({name for each in settings.values() for name in each}):
        values = {variant: each[name] for variant, each in sorted(settings.items()) if name in each}
        alike = len(set(values.values())) == 1 and len(values) == len(settings)
        shared[name] = next(iter(values.values())) if alike else json.dumps(values, ensure_ascii=False)
    return shared


def finished(
    run: RecordedRun,
    key: str,
    parent_id: str,
    scores: Mapping[str, float] | None = None,
    series: Sequence[Point] = (),
) -> MlflowRun:
    """A run of the comparison `key` that has ended; `scores` and `series` are what evaluation says of it, if it has."""
    history = points(run["history"])
    mark = short_digest([history, run["status"], run.get("parameters")])
    return MlflowRun(
        name=f"{run['variant']} seed {run['seed']}",
        tags=_tags(run) | _named_classes(run) | _place(key, parent_id) | {HISTORY: mark},
        started=run["started"],
        ended=_ended(run),
        status="FINISHED" if run["status"] == "finished" else "FAILED",
        params=masking.flat({**run["settings"], "seed": run["seed"], "parameters": run.get("parameters")}),
        history=history,
        scores=_summary(run) | _cost(run) | {f"test/{metric}": value for metric, value in (scores or {}).items()},
        series=series,
        inputs=_inputs(run, evaluated=bool(scores)),
    )


def _place(key: str, parent_id: str) -> dict[str, str]:
    return {COMPARISON: key, COMPARISONS: key, PARENT: parent_id}


def in_progress(spec: RunSpec, key: str, parent_id: str, owner: str, started: float) -> MlflowRun:
    """A run of the comparison `key` that trains just now, kept open by the process `owner`."""
    tags = {name: str(value) for name, value in spec.names().items() if name != "settings"}
    return MlflowRun(
        name=f"{spec.variant} seed {spec.seed}",
        tags=tags | _place(key, parent_id) | {lease.OWNER: owner},
        started=started,
        ended=started,
        params=masking.flat({**spec.settings, "seed": spec.seed}),
    )


def points(history: History) -> list[Point]:
    """(name, value, epoch) of each finite number: MLflow has no chart for the others."""
    return [
        (_metric(column), value, int(row["epoch"]))
        for row in history
        for column, value in row.items()
        if column != "epoch" and math.isfinite(value)
    ]


def _metric(column: str) -> str:
    """The part before the slash is a section of charts in MLflow's UI."""
    return f"validation/{column.removeprefix('val_')}" if column.startswith("val_") else f"training/{column}"


def _ended(run: RecordedRun) -> float:
    return run["started"] + (run.get("duration_s") or 0)


def _tags(run: RecordedRun) -> dict[str, str]:
    names = ("topic", "variant", "seed", "run_key", "git_commit", "data_digest", "profile", "status", "device")
    tags: dict[str, Any] = {
        name: run.get(name) for name in (*names, "numerics", "precision", "threads", "host", "processor")
    }
    tags |= {f"version.{library}": version for library, version in (run.get("versions") or {}).items()}
    tags["mlflow.source.git.commit"] = (run.get("git_commit") or "").rstrip("+")
    tags["reason"] = masking.masked(run.get("reason") or "")
    return {name: str(value) for name, value in tags.items() if value not in (None, "")}


def _cost(run: RecordedRun) -> dict[str, float]:
    """Seconds and memory that the run took."""
    costs = {"cost/duration_s": run.get("duration_s"), "cost/peak_memory_mb": run.get("peak_memory_mb")}
    return {name: float(value) for name, value in costs.items() if value}


def _summary(run: RecordedRun) -> dict[str, float]:
    """Best epoch, what the saved model has, and the gap between the objectives in the best and in the last epoch."""
    history, best = run["history"], run.get("best_epoch")
    best_epoch = {"best_epoch": float(best)} if best else {}
    rows = [("gap/best_epoch", row) for row in history if row["epoch"] == best]
    rows += [("gap/last_epoch", history[-1])] if history else []
    column = objective.name(history)
    gaps = {name: row[f"val_{column}"] - row[column] for name, row in rows if column}
    return best_epoch | _saved(run) | {name: gap for name, gap in gaps.items() if math.isfinite(gap)}


def _saved(run: RecordedRun) -> dict[str, float]:
    """The epoch whose weights the saved model has, and its validation there: what to choose a model by."""
    row = best_run.saved(run)
    values = {f"saved/{_metric(column).replace('/', '_')}": row[column] for column in row if column.startswith("val_")}
    epoch = {"saved/epoch": row["epoch"]} if row else {}
    return epoch | {name: value for name, value in values.items() if math.isfinite(value)}


def _named_classes(run: RecordedRun) -> dict[str, str]:
    """The names of the classes that a run tells apart, as JSON in the order of its outputs."""
    names = classes_of(run)
    return {CLASSES: json.dumps(names, ensure_ascii=False)} if names else {}


def classes_of(run: RecordedRun) -> list[str]:
    """Whole names of the classes in the order of a run's outputs; empty where its data have none, or are gone."""
    card = _card(run)
    return class_names.of_card(card) if card else []


def _card(run: RecordedRun) -> DataCard | None:
    """The card of the data that a run has read, unless they have been prepared anew since."""
    name, view = run["settings"]["data"], run["settings"]["view"]
    card: DataCard | None = read_json_or(paths.card(name, run["draw"]), None)
    if not card or view not in card["views"] or data_digest(card, view) != run["data_digest"]:
        return None
    return card


def _inputs(run: RecordedRun, evaluated: bool) -> list[SplitInput]:
    """The splits that a run has read, unless the data has been prepared anew since."""
    view, card = run["settings"]["view"], _card(run)
    if not card:
        return []
    seen = card["views"][view]
    inputs = [_split_input(run, card, "training", view, seen["digest"], seen["counts"])]
    for part in ("validation", "test") if evaluated else ("validation",):
        inputs.append(_split_input(run, card, part, part, card["digests"][part], card["counts"][part]))
    return inputs


def _split_input(
    run: RecordedRun, card: DataCard, context: str, part: str, digest: str, counts: Sequence[int]
) -> SplitInput:
    data, draw = run["settings"]["data"], run["draw"]
    files = {"training": paths.fit_split(data, part, draw)}
    files |= {"validation": paths.validation_split(data, draw), "test": paths.test_split(data, draw)}
    return SplitInput(
        name=f"{data}/{part}",
        digest=digest,
        context=context,
        place=os.path.relpath(files[context], paths.DATA.parent),
        shape=(sum(counts), *card["shape"]),
        counts=tuple(counts),
    )
