"""Score every run of a topic on held-out data: the one stage that reads the test split."""

import importlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from pipeline import paths, plugins
from pipeline.metrics import history as histories
from pipeline.pool import workers
from pipeline.records import SCORES, Examples, read_examples, read_history, read_json, write_json, write_rows
from pipeline.scoring.finished_run import FinishedRun
from pipeline.settings.params import Settings
from pipeline.settings.plan import current
from pipeline.training import objective

CURVES = ("variant", "epoch", "split", "objective", "accuracy")
SERIES = ("variant", "seed", "series", "at", "value")
FEW = 12  # classes up to which a confusion matrix can be read, and is kept


@dataclass(frozen=True)
class Entry:
    """One run to be scored."""

    topic: str
    variant: str
    seed: int
    metrics: tuple[str, ...]


def evaluate(settings: Settings, topic: str) -> None:
    """Write scores, metrics, summary, curves, series, samples and confusions under data/results/<topic>."""
    plan = current(settings, topic)
    entries = [
        Entry(topic, variant, seed, tuple(plan["metrics"])) for variant in plan["variants"] for seed in plan["seeds"]
    ]
    found = _scored(entries, settings)
    scores = [row for entry in entries for row in found[entry]["rows"]]
    metrics, folder = summarise(scores), paths.results(topic)
    write_rows(folder / "scores.csv", SCORES, scores)
    write_json(folder / "metrics.json", metrics)
    write_json(folder / "summary.json", _narrow(metrics, plan["metrics"][0]))
    curves = [row for variant in plan["variants"] for row in _curves(topic, variant, plan["seeds"])]
    write_rows(folder / "curves.csv", CURVES, curves)
    write_rows(folder / "series.csv", SERIES, [row for entry in entries for row in found[entry]["series"]])
    samples = {entry.variant: found[entry]["samples"] for entry in entries if found[entry]["samples"]}
    write_json(folder / "samples.json", samples)
    write_json(folder / "confusion.json", {variant: _confusion(found, variant) for variant in plan["variants"]})


def _scored(entries: list[Entry], settings: Settings) -> dict[Entry, dict[str, Any]]:
    found = {}
    answers = workers.carry_out(
        score, entries, workers=settings.workers, slots=settings.runs_per_gpu, affinity=lambda entry: entry.variant
    )
    for entry, answer, reason in answers:
        if answer is None:
            raise RuntimeError(f"{entry.topic}: {entry.variant} seed {entry.seed} cannot be scored: {reason}")
        found[entry] = answer
    return found


def score(entry: Entry) -> dict[str, Any]:
    """Rows of scores.csv and series.csv, samples and confusion matrix of one run; None is no value."""
    run, probes = _finished_run(entry), _probes(entry.topic)
    status, key = run.record["status"], run.record["run_key"]
    names = {"variant": entry.variant, "seed": entry.seed, "status": status, "run_key": key}
    wanted = {name: _value(name, run, probes, status) for name in entry.metrics if applies(name, run, probes)}
    answer: dict[str, Any] = {"rows": [names | {"metric": name, "value": value} for name, value in wanted.items()]}
    if status != "finished":
        return answer | {"series": [], "samples": [], "confusion": None}
    place = {"variant": entry.variant, "seed": entry.seed}
    told = getattr(probes, "samples", None)
    return answer | {
        "series": [place | row for row in _series(entry.topic, run, probes)],
        "samples": told(run) if told and entry.seed == 0 else [],
        "confusion": _matrix(run),
    }


def applies(name: str, run: FinishedRun, probes: ModuleType | None) -> bool:
    """Whether a metric says something of that run: a probe by its APPLIES_TO, the others by their file."""
    if name in getattr(probes, "APPLIES_TO", {}):
        return _suits(probes.APPLIES_TO[name], run)  # type: ignore[union-attr]
    return name in _metrics("history") or name in _metrics(run.settings["task"])


def _suits(kinds: tuple[str, ...], run: FinishedRun) -> bool:
    return bool({run.card["kind"], run.card["source"], run.settings["task"]} & set(kinds))


def _metrics(task: str) -> list[str]:
    return plugins.functions(paths.METRICS / f"{task}.py")


def _value(name: str, run: FinishedRun, probes: ModuleType | None, status: str) -> float | None:
    """A metric's value; a run that diverged has one only where the metric is about that."""
    own = name in getattr(probes, "APPLIES_TO", {})
    if status == "diverged" and own:
        lost: Mapping[str, float] = getattr(probes, "DIVERGED", {})
        return lost.get(name)
    if status == "failed" or (status == "diverged" and name not in histories.DIVERGED):
        return None
    if own:
        return float(getattr(probes, name)(run))
    if name in _metrics("history"):
        known: float | None = getattr(histories, name)(run.history)
        return known
    module = importlib.import_module(f"pipeline.metrics.{run.settings['task']}")
    return float(getattr(module, name)(run.test.y, run.predicted, run.priors))


def _series(topic: str, run: FinishedRun, probes: ModuleType | None) -> list[dict[str, Any]]:
    """Each curve of the topic that suits the run, a point a row."""
    rows = []
    for name in plugins.load("topics", topic).TOPIC.series:
        if _suits(probes.SERIES[name]["kinds"], run):  # type: ignore[union-attr]
            curve = getattr(probes, name)(run)
            rows += [{"series": name, "at": at, "value": float(value)} for at, value in curve.items()]
    return rows


def _matrix(run: FinishedRun) -> np.ndarray | None:
    if run.settings["task"] != "classify" or run.card["classes"] > FEW:
        return None
    from pipeline.tasks.classify import confusion

    return confusion(run.test.y, run.predicted)


def _finished_run(entry: Entry) -> FinishedRun:
    folder = paths.run(entry.topic, entry.variant, entry.seed)
    record = read_json(folder / "run.json")
    wanted = record["settings"]
    training, test, card = _data(wanted["data"], wanted["view"])
    return FinishedRun(wanted, entry.seed, record, read_history(folder / "history.csv"), card, training, test, folder)


@lru_cache(maxsize=4)
def _data(data: str, view: str) -> tuple[Examples, Examples, dict[str, Any]]:
    training = read_examples(paths.fit_split(data, view))
    return training, read_examples(paths.test_split(data)), read_json(paths.card(data))


def _probes(topic: str) -> ModuleType | None:
    there = (paths.PACKAGE / "topics" / topic / "probes.py").exists()
    return importlib.import_module(f"pipeline.topics.{topic}.probes") if there else None


def _confusion(found: dict[Entry, dict[str, Any]], variant: str) -> list[list[int]]:
    """Counts over all finished runs of a variant."""
    matrices = [answer["confusion"] for entry, answer in found.items() if entry.variant == variant]
    total = sum(matrix for matrix in matrices if matrix is not None)
    return total.tolist() if isinstance(total, np.ndarray) else []


def summarise(scores: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """{variant: {metric: {mean, sd, ci_low, ci_high, n, failed}}} of rows of scores.csv."""
    from pipeline.verdicts import intervals

    groups: dict[tuple[str, str], list[Any]] = {}
    for row in scores:
        groups.setdefault((row["variant"], row["metric"]), []).append(row["value"])
    table: dict[str, dict[str, Any]] = {}
    for (variant, metric), values in groups.items():
        sound = [value for value in values if value is not None and math.isfinite(value)]
        table.setdefault(variant, {})[metric] = intervals.summary(sound) | {"failed": len(values) - len(sound)}
    return table


def _narrow(metrics: dict[str, Any], metric: str) -> dict[str, Any]:
    """The headline metric over all variants, a line of `dvc metrics show`: narrow, whatever a topic compares."""
    scores = [found[metric] for found in metrics.values() if metric in found]
    means = sorted(score["mean"] for score in scores if score["mean"] is not None)
    told = {"lowest": means[0], "median": float(np.median(means)), "highest": means[-1]} if means else {}
    rounded = {name: round(value, 4) for name, value in told.items()}
    return {"metric": metric, **rounded, "failed": sum(score["failed"] for score in scores)}


def _curves(topic: str, variant: str, seeds: list[int]) -> list[dict[str, Any]]:
    """Mean over finished runs of objective and accuracy, an epoch and split a row, as far as all of them went."""
    every = [_history(paths.run(topic, variant, seed)) for seed in seeds]
    finished = [history for history in every if history]
    name = objective.name(finished[0]) if finished else None
    rows = []
    for at in range(min(map(len, finished), default=0) if name else 0):
        for split, prefix in (("training", ""), ("validation", "val_")):
            means = {
                "objective": _mean(finished, at, f"{prefix}{name}"),
                "accuracy": _mean(finished, at, f"{prefix}accuracy"),
            }
            rows.append({"variant": variant, "epoch": at + 1, "split": split} | means)
    return rows


def _history(folder: Path) -> list[dict[str, float]]:
    finished = read_json(folder / "run.json")["status"] == "finished"
    return read_history(folder / "history.csv") if finished else []


def _mean(every: list[list[dict[str, float]]], at: int, column: str) -> float | None:
    values = [history[at][column] for history in every if column in history[at]]
    return float(np.mean(values)) if values else None
