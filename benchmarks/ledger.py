"""What must hold of three colleagues' runs: none trained twice, none lost or other, no result of mixed runs."""

import csv
import json
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from colleague import PIPELINE, Colleague, laid_out, sound_key

from pipeline.mlflow_sync.mlflow_internals import search_all
from pipeline.training import integrity
from pipeline.training.run import run_specs


@dataclass
class Ledger:
    """Every run that was ever seen: its history.csv by key, and each time that it was trained, by key and start."""

    histories: dict[str, str] = field(default_factory=dict)
    trainings: set[tuple[str, float]] = field(default_factory=set)
    taken: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    counts: Counter[str] = field(default_factory=Counter)

    def look(self, colleague: Colleague) -> list[str]:
        """Faults of a clone since the last look, and of what is in it now."""
        faults = colleague.faults + self._look_at_runs(colleague)
        if colleague.told and colleague.told[-1].code == 0 and colleague.told[-1].command.endswith("pipeline repro"):
            faults += mixed(colleague.place)
        colleague.faults, colleague.told = [], []
        return faults

    def _look_at_runs(self, colleague: Colleague) -> list[str]:
        faults, stored, new = [], {}, 0
        for folder in sorted((colleague.place / ".aula" / "runs").glob("??/*")):
            if integrity.is_sound(folder, folder.name):
                stored[folder.name] = folder
        laid = {key: folder for folder in laid_out(colleague.place) if (key := sound_key(folder))}
        for key, folder in [*stored.items(), *laid.items()]:
            faults += self._compare(colleague, key, folder)
        for key, folder in stored.items():
            started = json.loads((folder / "run.json").read_text())["started"]
            if (key, started) not in self.trainings:
                self.trainings.add((key, started))
                new += 1
                if started > colleague.held.get(key, started):
                    faults.append(f"trained again: {key}, which it had")
            elif key not in self.taken[colleague.name]:
                self.counts["runs taken in from others"] += 1
        self.taken[colleague.name] |= stored.keys()
        return faults + self._count(colleague, new, {*stored, *laid})

    def _count(self, colleague: Colleague, new: int, present: set[str]) -> list[str]:
        """What was said to be trained is what is new, but for what a kill cut short; prune alone makes one forget."""
        said, cut = colleague.printed(), any(told.stopped for told in colleague.told)
        self.counts["runs trained"] += new
        if any("runs prune" in told.command for told in colleague.told):
            self.counts["runs pruned"] += len(colleague.held.keys() - present)
            colleague.held = {key: since for key, since in colleague.held.items() if key in present}
            self.taken[colleague.name] &= present
        for key in present:
            colleague.held.setdefault(key, time.time())
        return [f"trained {said} runs, {new} of them new"] if said > new or (said < new and not cut) else []

    def _compare(self, colleague: Colleague, key: str, folder: Path) -> list[str]:
        """A run has the same history wherever its key is."""
        history = (folder / "history.csv").read_text()
        if self.histories.setdefault(key, history) != history:
            return [f"another history of {key}: {folder.relative_to(colleague.place)}"]
        return []


def planned(place: Path) -> dict[str, set[tuple[str, str, str]]]:
    """{topic: variant, seed and key of the runs of its plan}."""
    plans = [json.loads(file.read_text()) for file in sorted((place / "data" / "plan").glob("*.json"))]
    return {plan["topic"]: {(s.variant, str(s.seed), s.run_key) for s in run_specs(plan)} for plan in plans}


def mixed(place: Path) -> list[str]:
    """After a `repro` that went well: scores and claims are of all planned runs, and of no others."""
    faults, plans = [], planned(place)
    for topic, runs in plans.items():
        with (place / "data" / "results" / topic / "scores.csv").open() as file:
            scored = {(row["variant"], row["seed"], row["run_key"]) for row in csv.DictReader(file)}
        laid = {sound_key(folder) for folder in laid_out(place) if folder.parts[-3] == topic}
        if scored != runs or laid != {key for _, _, key in runs}:
            faults.append(f"mixed: {topic} has scores or runs of others than planned: {scored ^ runs}")
    keys = {key for runs in plans.values() for _, _, key in runs}
    for row in json.loads((place / "data" / "report" / "claims.json").read_text()):
        if not {*row["runs"]["better"], *row["runs"]["worse"]} <= keys or row["topic"] not in plans:
            faults.append(f"mixed: the claim {row['claim']} is of runs that are not planned")
    return faults


def shown(colleague: Colleague) -> list[str]:
    """Verdicts as the command shows them, whatever lies there: of planned runs alone, or none (exit code 2)."""
    told = colleague.do(*PIPELINE, "claims", "--json", codes=(0, 2))
    if told.code:
        return []
    rows = json.loads(told.text[told.text.index("[\n") if "[\n" in told.text else told.text.index("[") :])
    keys = {key for runs in planned(colleague.place).values() for _, _, key in runs}
    odd = [row["name"] for row in rows if not {*row["runs"]["better"], *row["runs"]["worse"]} <= keys]
    return [f"mixed: claims shows {odd} of runs that are not planned"] if odd else []


class Tracked:
    """What MLflow's server has: every run once, with the points of its history, none left open."""

    def __init__(self, address: str) -> None:
        from mlflow import MlflowClient

        self.client = MlflowClient(tracking_uri=address)

    def runs(self) -> list[Any]:
        """Runs of a variant and seed, of all experiments."""
        found = [each for each in self.client.search_experiments() if each.name != "Default"]
        return [run for each in found for run in search_all(self.client, each.experiment_id, "")]

    def twice(self) -> list[str]:
        """Runs that are there more than once."""
        seen = Counter((run.info.experiment_id, *self.name(run)) for run in self.runs())
        for version in self.client.search_model_versions():
            seen["version", version.name, version.tags["run_key"]] += 1
        return [f"MLflow has {number} of {name}" for name, number in seen.items() if number > 1]

    def name(self, run: Any) -> tuple[str, ...]:
        """What tells a run from others: of a parent its comparison."""
        tags = run.data.tags
        return (tags["variant"], tags["seed"], tags["run_key"]) if "run_key" in tags else (tags["comparison"],)

    def faults(self, histories: Mapping[str, str], wanted: set[str]) -> list[str]:
        """All that is wrong at the end: `histories` are of all runs that ever were, `wanted` keys must be there."""
        runs = self.runs()
        keys = {run.data.tags["run_key"] for run in runs if "run_key" in run.data.tags}
        faults = self.twice() + [f"MLflow lacks {key}" for key in wanted - keys]
        for run in runs:
            if run.info.status == "RUNNING":
                faults.append(f"MLflow: RUNNING at the end: {run.info.run_name} {run.data.tags}")
            elif run.info.status == "FINISHED" and "run_key" in run.data.tags:
                key = run.data.tags["run_key"]
                faults += self._differs(run, histories[key]) if key in histories else [f"MLflow alone knows {key}"]
        return faults

    def _differs(self, run: Any, history: str) -> list[str]:
        rows = list(csv.DictReader(history.splitlines()))
        for column in rows[0].keys() - {"epoch"}:
            kind, name = (
                ("validation", column.removeprefix("val_")) if column.startswith("val_") else ("training", column)
            )
            points = self.client.get_metric_history(run.info.run_id, f"{kind}/{name}")
            there = sorted((point.step, point.value) for point in points)
            if there != [(int(row["epoch"]), float(row[column])) for row in rows]:
                return [f"MLflow: {run.info.run_name} {run.data.tags['run_key']}: {column} is {there}, not {rows}"]
        return []
