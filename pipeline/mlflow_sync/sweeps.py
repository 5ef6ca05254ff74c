"""Sweeps in MLflow: a parent a sweep, a child a trial, its seeds beneath; rebuilt from data/sweeps and the store."""

import contextlib
import json
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from pipeline import freshness, paths
from pipeline.errors import InputError
from pipeline.mlflow_sync import gather, lease, mlflow_run, tracking_store
from pipeline.mlflow_sync.experiment import Experiment
from pipeline.mlflow_sync.gather import RecordedRun, short_digest
from pipeline.mlflow_sync.mlflow_run import MlflowRun
from pipeline.operations import lock
from pipeline.records import read_history, read_json, read_json_or, read_rows_or_none
from pipeline.settings.sweep_space import spelled
from pipeline.training.store import project_store

FILES, MARK = "sweep", "sweep_files"  # folder of its tables and its page, and tag with their digest
STALE = ", by other code than that of now: `python -m pipeline sweep {sweep}` scores it again"
PERIOD_S = 10.0  # between two looks at a sweep that goes on


@dataclass(frozen=True)
class SweepFiles:
    """What data/sweeps/<name> tells, with the sweep's runs that are in the store: [(phase, trial, run)]."""

    summary: Mapping[str, Any]
    told: Sequence[Mapping[str, Any]]
    runs: Sequence[tuple[str, int, RecordedRun]]

    @cached_property
    def is_stale(self) -> bool:
        """Whether it was scored or compared by other code than that of now."""
        return bool(self.summary.get("code") != freshness.sweep_code(self.summary["topic"]))

    @property
    def key(self) -> str:
        """Identity of the sweep among those of its topic."""
        return short_digest([self.summary["sweep"], self.summary["study"]])


def gathered(name: str) -> SweepFiles:
    """The files of one sweep."""
    folder = paths.sweep(name)
    lines = (folder / "trials.jsonl").read_text("utf-8").splitlines()
    facts = read_json_or(folder / "runs.json", {})
    rows = read_rows_or_none(folder / "runs.csv")
    found = ((row["phase"], int(row["trial"]), _recorded(facts.get(row["run_key"]))) for row in rows)
    runs = [(phase, trial, run) for phase, trial, run in found if run is not None]
    return SweepFiles(read_json(folder / "sweep.json"), [json.loads(line) for line in lines], runs)


def _recorded(names: Mapping[str, Any] | None) -> RecordedRun | None:
    """A run as the store has it; None of one that failed, or was pruned."""
    folder = project_store().folder(names["run_key"]) if names else None
    if folder is None or not (folder / "run.json").exists():
        return None
    return cast(
        RecordedRun,
        {**read_json(folder / "run.json"), **(names or {}), "history": read_history(folder / "history.csv")},
    )


def publish(topics: Sequence[str] | None = None) -> Counter[str]:
    """Write to MLflow what it lacks of all sweeps of these topics. The caller holds the lock."""
    counts: Counter[str] = Counter()
    for file in sorted(paths.SWEEPS.glob("*/sweep.json")):
        try:
            found = gathered(file.parent.name)
        except (InputError, OSError, KeyError, ValueError):
            continue  # damaged: the next `sweep` writes it anew
        if found.runs and (topics is None or found.summary["topic"] in topics):
            counts.update(_publish(found))
    return counts


def _publish(found: SweepFiles) -> Counter[str]:
    topic = found.summary["topic"]
    experiment = Experiment(topic, gather.question(topic), found.key)
    parent = _parent(found)
    parent_id = experiment.write_parent(parent, lease.owner())
    for trial in found.told:
        own = [(phase, run) for phase, number, run in found.runs if number == trial["number"]]
        target = _trial(found, trial, parent_id, [run for _, run in own])
        experiment.write(target)
        for phase, run in own:
            tags = {"sweep": found.summary["sweep"], "phase": phase}
            seed = mlflow_run.finished(run, found.key, experiment.run_id(target))
            experiment.write(replace(seed, tags={**seed.tags, **tags}))
    if found.summary["finals"]:
        experiment.write_parent(parent, lease.owner())  # what has come out, once the run is there
        experiment.close(parent)
    if experiment.can_store(parent):
        _log_files(experiment, parent, found.summary)
    return experiment.counts


def _log_files(experiment: Experiment, parent: MlflowRun, summary: Mapping[str, Any]) -> None:
    """The tables, and the page once the sweep is over; anew where it was scored again."""
    folder = paths.sweep(summary["sweep"])
    files = [folder / name for name in ("trials.csv", "index.html") if (folder / name).exists()]
    if not (summary["finals"] and files):
        return
    mark = short_digest(*(file.read_bytes() for file in files))
    if experiment.tag(parent, MARK) != mark or experiment.lacks(parent, FILES, [file.name for file in files]):
        for file in files:
            experiment.log_file(parent, file, FILES)
        experiment.set_tag(parent, MARK, mark)


def _parent(found: SweepFiles) -> MlflowRun:
    summary, finals = found.summary, found.summary["finals"]
    runs = [run for _, _, run in found.runs]
    tags = {"topic": summary["topic"], "profile": summary["profile"], "sweep": summary["sweep"]}
    note = finals["conclusion"] if finals else f"{summary['trials']} of {summary['planned']} trials"
    is_stale = bool(finals) and found.is_stale
    note += STALE.format(sweep=summary["sweep"]) if is_stale else ""
    scores = {"sweep/trials": float(summary["trials"]), "cost/duration_s": float(summary["seconds"])}
    if summary["best"]:
        scores["sweep/best"] = float(summary["best"]["score"])
    known = {name: (finals or {}).get(name) for name in ("optimism", "mean_optimism", "comparison")}
    scores |= {f"sweep/{name}": float(value) for name, value in known.items() if value is not None}
    row = (finals or {}).get("verdict")
    verdict = {"claim.sweep": "stale" if is_stale else row["verdict"]} if row else {}
    return MlflowRun(
        name=f"sweep {summary['sweep']}",
        tags={mlflow_run.COMPARISON: found.key, mlflow_run.COMPARISONS: found.key}
        | {mlflow_run.NOTE: note, **tags, **verdict},
        started=min(run["started"] for run in runs),
        ended=max(run["started"] + run["duration_s"] for run in runs),
        params={"variant": summary["variant"], "best": summary["metric"], "search": summary["search"]}
        | {f"try.{row['path']}": _spelled(row) for row in summary["space"]},
        scores=scores,
    )


def _spelled(row: Mapping[str, Any]) -> str:
    if "any" in row:
        return spelled(row["any"])
    return f"{row['low']:g} .. {row['high']:g}{' log' if row['log'] else ''}"


def _trial(found: SweepFiles, trial: Mapping[str, Any], parent_id: str, runs: Sequence[RecordedRun]) -> MlflowRun:
    """One trial: its settings as parameters, its score, and how it ended. Its seeds are beneath it."""
    key = short_digest([found.key, trial["number"]])
    values = found.summary["own"] if trial["number"] == 0 else trial["values"]
    finals = found.summary["finals"] or {"finalists": []}
    fresh = next((each["fresh"] for each in finals["finalists"] if each["trial"] == trial["number"]), None)
    scores = {"sweep/score": trial["score"], "sweep/fresh": fresh, "sweep/seeds": float(len(trial["scores"]))}
    started = min((run["started"] for run in runs), default=_parent(found).started)
    tags = {"sweep": found.summary["sweep"], "end": trial["end"], "reason": trial["reason"] or ""}
    tags |= {mlflow_run.PARENT: parent_id, mlflow_run.HISTORY: short_digest([trial["end"], trial["score"]])}
    return MlflowRun(
        name=f"trial {trial['number']}" + (f": {found.summary['variant']}" if trial["number"] == 0 else ""),
        tags={mlflow_run.COMPARISON: key, mlflow_run.COMPARISONS: f"{key},{found.key}"}
        | {name: value for name, value in tags.items() if value},
        started=started,
        ended=max((run["started"] + run["duration_s"] for run in runs), default=started),
        status="FINISHED" if trial["score"] is not None else "FAILED",
        params={path: spelled(value) for path, value in values.items()},
        scores={name: float(value) for name, value in scores.items() if value is not None},
    )


# While a sweep goes on


@contextlib.contextmanager
def follow(name: str) -> Iterator[None]:
    """While the block runs, write what its files tell to MLflow; never raises, and training never waits for it."""
    stop = threading.Event()
    thread = threading.Thread(target=_follow, args=[paths.sweep(name), stop], daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=60)


def _follow(folder: Path, stop: threading.Event) -> None:
    seen: bytes = b""
    said = ""
    with contextlib.suppress(tracking_store.Unreachable, InputError, OSError):  # said below, if there is something
        tracking_store.create()  # seconds, while workers start
    while not stop.wait(PERIOD_S):
        try:
            trials = (folder / "trials.jsonl").read_bytes()
            if trials == seen:
                continue
            found = gathered(folder.name)
            if found.runs:
                tracking_store.check()
                tracking_store.create()
                with lock.hold("mlflow"):
                    _publish(found)
            seen = trials
        except lock.Held:
            continue  # somebody publishes: there is time
        except (tracking_store.Unreachable, InputError, OSError, ValueError, KeyError) as error:
            if isinstance(error, tracking_store.Unreachable) and str(error) != said:
                print(f"MLflow: {error}; training goes on, the trials are kept", file=sys.stderr, flush=True)
                said = str(error)
            stop.wait(12 * PERIOD_S)
