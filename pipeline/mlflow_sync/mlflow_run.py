"""What MLflow should hold of one run, and of a comparison as a whole."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline import paths
from pipeline.contracts import DataCard, History, Plan
from pipeline.mlflow_sync import masking
from pipeline.mlflow_sync.gather import Point, RecordedRun, TopicFiles, short_digest
from pipeline.records import read_json
from pipeline.settings.plan import data_digest
from pipeline.training import objective
from pipeline.training.run import RunSpec

NOTE, PARENT = "mlflow.note.content", "mlflow.parentRunId"  # tags that MLflow's UI reads
HISTORY = "history"  # tag with the digest of what never changes in a run
OWNER = "owner"  # tag of a run that is followed while it trains: host and process that keep it open
IDENTITY = ("comparison", "variant", "seed", "run_key")


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
    """What tells a run with these tags from all others of its experiment."""
    return tuple(tags.get(name, "") for name in IDENTITY)


def parent(topic: TopicFiles, description: str) -> MlflowRun:
    """The run of a whole comparison, with its verdicts as tags."""
    runs, plan = topic.runs, topic.plan
    tags = {"comparison": topic.comparison, "topic": topic.name, "profile": plan["profile"], NOTE: description}
    return MlflowRun(
        name=title(plan, runs),
        tags=tags | {f"claim.{row['name']}": row["verdict"] for row in topic.claims},
        started=min(run["started"] for run in runs),
        ended=max(_ended(run) for run in runs),
    )


def title(plan: Plan, runs: Sequence[Mapping[str, Any]] | Sequence[RecordedRun]) -> str:
    """Name of a comparison's parent run."""
    variants, seeds = {run["variant"] for run in runs}, {run["seed"] for run in runs}
    return f"{plan['profile']}, {len(variants)} variants x {len(seeds)} seeds"


def finished(
    run: RecordedRun,
    comparison: str,
    parent_id: str,
    scores: Mapping[str, float] | None = None,
    series: Sequence[Point] = (),
) -> MlflowRun:
    """A run that has ended, whichever way; `scores` and `series` are what evaluation says of it, if it has been."""
    history = points(run["history"])
    mark = short_digest([history, run["status"], run.get("parameters")])
    return MlflowRun(
        name=f"{run['variant']} seed {run['seed']}",
        tags=_tags(run) | {"comparison": comparison, PARENT: parent_id, HISTORY: mark},
        started=run["started"],
        ended=_ended(run),
        status="FINISHED" if run["status"] == "finished" else "FAILED",
        params=masking.flat({**run["settings"], "seed": run["seed"], "parameters": run.get("parameters")}),
        history=history,
        scores=_summary(run) | _cost(run) | {f"test/{metric}": value for metric, value in (scores or {}).items()},
        series=series,
        inputs=_inputs(run, evaluated=bool(scores)),
    )


def in_progress(spec: RunSpec, comparison: str, parent_id: str, owner: str, started: float) -> MlflowRun:
    """A run that trains just now, kept open by the process `owner`."""
    tags = {name: str(value) for name, value in spec.names().items() if name != "settings"}
    return MlflowRun(
        name=f"{spec.variant} seed {spec.seed}",
        tags=tags | {"comparison": comparison, PARENT: parent_id, OWNER: owner},
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
    tags: dict[str, Any] = {name: run.get(name) for name in (*names, "precision", "threads", "host", "processor")}
    tags |= {f"version.{library}": version for library, version in (run.get("versions") or {}).items()}
    tags["mlflow.source.git.commit"] = (run.get("git_commit") or "").rstrip("+")
    tags["reason"] = masking.masked(run.get("reason") or "")
    return {name: str(value) for name, value in tags.items() if value not in (None, "")}


def _cost(run: RecordedRun) -> dict[str, float]:
    """Seconds and memory that the run took."""
    costs = {"cost/duration_s": run.get("duration_s"), "cost/peak_memory_mb": run.get("peak_memory_mb")}
    return {name: float(value) for name, value in costs.items() if value}


def _summary(run: RecordedRun) -> dict[str, float]:
    """Best epoch, and the gap between validation and training objective there and in the last epoch."""
    history, best = run["history"], run.get("best_epoch")
    best_epoch = {"best_epoch": float(best)} if best else {}
    rows = [("gap/best_epoch", row) for row in history if row["epoch"] == best]
    rows += [("gap/last_epoch", history[-1])] if history else []
    column = objective.name(history)
    gaps = {name: row[f"val_{column}"] - row[column] for name, row in rows if column}
    return best_epoch | {name: gap for name, gap in gaps.items() if math.isfinite(gap)}


def _inputs(run: RecordedRun, evaluated: bool) -> list[SplitInput]:
    """The splits that a run has read, unless the data has been prepared anew since."""
    name, view = run["settings"]["data"], run["settings"]["view"]
    card: DataCard | None = read_json(paths.card(name)) if paths.card(name).exists() else None
    if not card or view not in card["views"] or data_digest(card, view) != run["data_digest"]:
        return []
    seen = card["views"][view]
    inputs = [_split_input(run, card, "training", view, seen["digest"], seen["counts"])]
    for part in ("validation", "test") if evaluated else ("validation",):
        inputs.append(_split_input(run, card, part, part, card["digests"][part], card["counts"][part]))
    return inputs


def _split_input(
    run: RecordedRun, card: DataCard, context: str, part: str, digest: str, counts: Sequence[int]
) -> SplitInput:
    data = run["settings"]["data"]
    files = {"training": paths.fit_split(data, part)}
    files |= {"validation": paths.validation_split(data), "test": paths.test_split(data)}
    return SplitInput(
        name=f"{data}/{part}",
        digest=digest,
        context=context,
        place=str(files[context].relative_to(paths.DATA.parent)),
        shape=(sum(counts), *card["shape"]),
        counts=tuple(counts),
    )
