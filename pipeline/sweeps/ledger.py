"""What a sweep keeps beside the store: its trials as they are told, and runs that failed, which the store has not."""

import json
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline import numerics, paths
from pipeline.records import digest, read_json_or, write_bytes, write_json
from pipeline.settings.params import Settings
from pipeline.settings.plan import code_digests
from pipeline.settings.sweep_blocks import SweepSettings
from pipeline.sweeps.trials import Outcome, Told
from pipeline.training import runtime

HISTORY = "trials.jsonl"  # of a study, and of what its sweep leaves


def study_id(settings: Settings, sweep: SweepSettings, base: Sequence[str]) -> str:
    """A name for all that decides which settings are tried; how many trials, and what follows them, is not in it.

    `base` says what the untouched variant is, and what it is with each setting at its ends. TPE's numbers are those of
    a version of Optuna, and scores those of the code and the libraries that train.
    """
    space = [
        [each.path, repr(each.domain), sorted((p, repr(v)) for p, v in each.when.items())] for each in sweep.space.tried
    ]
    rules = [sweep.metric, sweep.search, sweep.search_seeds(settings.first_seed), sweep.at_once, sweep.seed]
    rules.append(sweep.run_minutes or settings.run_minutes)  # what ran out of time may not with more of it
    libraries = {name: number for name, number in runtime.versions().items() if name != "python"}
    machine = [version("optuna"), libraries, runtime.device(), numerics.label(settings.numerics)]
    return f"{sweep.name}-{digest([base, space, rules, _code(sweep), machine])[:12]}"


def _code(sweep: SweepSettings) -> list[dict[str, str]]:
    """Digests of the code by which the models of all trials are trained."""
    variant = sweep.arm.variant
    tried = [option for each in sweep.space.tried if each.path == "model" for option in each.domain.ends()]
    models = sorted({variant.model, *tried})
    return [code_digests(model, variant.task, variant.gpus_per_run) for model in models]


class Ledger:
    """Files of one study, with one writer; all but failures can be made anew from the store."""

    def __init__(self, sweep: str, study: str, workers: int) -> None:
        self.folder, self._workers = paths.STUDIES / study, workers
        self.failures = _read_failures(self.folder / "failures.jsonl", workers)
        self._lists = {"runs": paths.asked_by_sweeps() / f"{sweep}.json", "data": self.folder / "data.json"}
        self._asked = {what: {str(name) for name in read_json_or(file, [])} for what, file in self._lists.items()}

    def fail(self, run_key: str, outcome: Outcome) -> None:
        """Keep why a run failed: it is not tried again."""
        self.failures[run_key] = outcome
        row = {"run_key": run_key, "reason": outcome.reason, "seconds": outcome.seconds}
        line = json.dumps(row | {"lacked_memory": outcome.lacked_memory, "workers": self._workers})
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "failures.jsonl").open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")  # a line of its own, whatever a kill has left of the one before

    def tell(self, told: Sequence[Told]) -> None:
        """Keep the trials so far, in their order."""
        write_bytes(self.folder / HISTORY, history(told))

    def ask_for(self, run_keys: Iterable[str], data: Iterable[str]) -> None:
        """Keep which runs and data the sweep asks for, beside those it asked for before: pruning leaves them.

        It is said before they are made, or a kill would leave them to nobody.
        """
        for what, names in (("runs", {*run_keys}), ("data", {*data})):
            if names - self._asked[what]:
                self._asked[what] |= names
                write_json(self._lists[what], sorted(self._asked[what]))


def comparison(sweep: str, profile: str, name: str) -> int:
    """Which of the sweep's comparisons on test data this one is, from 1, whatever else was changed in between.

    It is kept before test data are read; one that was made before, by its `name`, stays the one that it was.
    """
    file = paths.STUDIES / f"{sweep}{paths.COMPARED}" / f"{profile}.json"
    names: list[str] = read_json_or(file, [])
    if name not in names:
        names.append(name)
        write_json(file, names)
    return names.index(name) + 1


def history(told: Sequence[Told]) -> bytes:
    """Trials as lines of JSON: the same bytes for any number of workers, and however often they were interrupted."""
    return "".join(json.dumps(trial.record()) + "\n" for trial in told).encode()


def told_before(study: str) -> list[dict[str, Any]]:
    """Records of the trials that a study has told so far; none where the file is damaged: nothing but --plan asks."""
    file = paths.STUDIES / study / HISTORY
    try:
        return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    except (OSError, ValueError):
        return []


def _read_failures(file: Path, workers: int) -> dict[str, Outcome]:
    """{key of run: outcome}; none is a torn line, or what lacked memory among other workers."""
    found: dict[str, Outcome] = {}
    for line in file.read_text("utf-8", errors="replace").splitlines() if file.exists() else ():
        try:
            row: dict[str, Any] = json.loads(line)
            lacked = bool(row.get("lacked_memory"))
            if not lacked or row.get("workers") == workers:
                found[row["run_key"]] = Outcome("failed", None, str(row["reason"]), float(row["seconds"]), lacked)
        except (ValueError, KeyError, TypeError):
            continue
    return found
