"""What a sweep would cost, said before anything of it runs."""

import math
import platform
from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import Any

from pipeline import paths
from pipeline.devices.carry_out import Sharing
from pipeline.errors import InputError
from pipeline.pool.workers import USABLE_MEMORY
from pipeline.records import read_json, read_json_or
from pipeline.settings.params import DataSettings, Settings
from pipeline.settings.sweep_blocks import SweepSettings
from pipeline.settings.sweep_space import Choice, Range, spelled
from pipeline.sweeps.carry_out import Answers
from pipeline.sweeps.ledger import Ledger, study_id
from pipeline.sweeps.runs import TrialRun, TrialRuns
from pipeline.sweeps.search import Search
from pipeline.sweeps.trials import Job
from pipeline.training import memory


class NotPrepared(Exception):
    """Data that a sweep needs are not there yet, and looking ahead makes none."""


def refuse_to_prepare(block: DataSettings, draws: Sequence[int]) -> None:
    """In place of preparation, where nothing is to be made."""
    raise NotPrepared(block.name)


def known_runs(settings: Settings, runs: TrialRuns, search: Search | None) -> int:
    """How many runs of the search are there already: what was answered before is answered again. 0 without data."""
    try:
        study = study_id(settings, runs.sweep, runs.identity({}))
        workers = Sharing.of(settings).count(runs.sweep.trials * runs.sweep.seeds)
        answers = Answers(runs, Ledger(runs.sweep.name, study, workers))
        while search and (jobs := search.jobs()):
            for job in jobs:
                outcome = answers.known(_task(runs, search, job))
                if outcome:
                    search.done(job, outcome)
        return answers.found
    except NotPrepared:
        return 0


def _task(runs: TrialRuns, search: Search, job: Job) -> TrialRun:
    tasks = runs.tasks(job.trial, search.values(job.trial), search.rules.seeds)
    return next(task for task in tasks if task.seed == job.seed)


def lines(settings: Settings, runs: TrialRuns, found: int) -> list[str]:
    """Trials, runs, minutes and memory."""
    sweep = runs.sweep
    size = sweep.space.size()
    least = sweep.trials
    most, finals = sweep.trials * sweep.seeds, (1 + min(sweep.keep, sweep.trials - 1)) * sweep.fresh
    many = "without end" if math.isinf(size) else f"{size:,.0f}"
    budget = _budget(sweep.budget_minutes, sweep.at_once - 1) if sweep.budget_minutes else ""
    return [
        f"{sweep.name}: {sweep.trials} trials of {sweep.topic}.{sweep.variant} by {sweep.search}, {sweep.metric}",
        *(f"  {each.path}: {_spelled(each.domain)}{_condition(each.when)}" for each in sweep.space.tried),
        f"  combinations: {many}",
        f"  runs: {least} to {most} in the search, as trials that fall behind get no further seed",
        f"  then {finals} on fresh seeds{budget}",
        f"  in the store already: {found} of the search",
        _time(settings, runs, (max(0, least - found) + finals, max(0, most - found) + finals)),
    ]


def _budget(minutes: float, begun: int) -> str:
    told = f"; no further trial after {minutes:g} minutes of training, as measured on this machine"
    return f"{told}, but for up to {begun} that have begun by then" if begun else told


def _spelled(domain: Range | Choice) -> str:
    """As it stands in params.yaml."""
    if isinstance(domain, Choice):
        return ", ".join(map(spelled, domain.options))
    steps = ["in", str(domain.points)] if domain.points else []
    return " ".join([f"{domain.low:g}", "..", f"{domain.high:g}", *(["log"] if domain.log else []), *steps])


def _condition(when: Mapping[str, tuple[Any, ...]]) -> str:
    parts = [f"{path} is {' or '.join(map(spelled, values))}" for path, values in when.items()]
    return " ".join(["", "where", " and ".join(parts)]) if parts else ""


def _time(settings: Settings, runs: TrialRuns, count: tuple[int, int]) -> str:
    """Minutes, by what runs of the untouched variant took."""
    workers = Sharing.of(settings).count(count[1])
    measured = _measured(settings, runs)
    if measured is None:
        return f"  time: not known, as no run of {runs.sweep.variant} was measured; on {workers} workers"
    seconds, megabytes, origin = measured
    each = seconds * longer(runs.sweep)
    low, high = (math.ceil(number / workers) * each / 60 for number in count)
    line = f"  time: about {low:.1f} to {high:.1f} minutes on {workers} workers, at {each:.1f} s a run ({origin})"
    if megabytes is None:
        return line
    share = memory.machine() * USABLE_MEMORY / workers / 2**20
    short = "" if megabytes < share else ": too much, set `workers` lower"
    return f"{line}\n  memory: {megabytes:.0f} MB a worker, {share:.0f} MB are there for each{short}"


def _measured(settings: Settings, runs: TrialRuns) -> tuple[float, float | None, str] | None:
    """Seconds and megabytes of a run of the untouched variant, and where they were measured; None: nowhere."""
    records = _records(settings, runs)
    if records:
        peaks = [record["peak_memory_mb"] for record in records if record["peak_memory_mb"]]
        told = f"{len(records)} runs of {runs.sweep.variant} on this machine"
        return median(record["duration_s"] for record in records), max(peaks, default=None), told
    published = read_json_or(paths.PUBLISHED / "seconds.json", {}).get(settings.profile, {})
    seconds = published.get(runs.sweep.topic, {}).get(runs.sweep.variant)
    return (seconds, None, "as published, on another machine") if seconds else None


def _records(settings: Settings, runs: TrialRuns) -> list[dict[str, Any]]:
    """Records of runs of the untouched variant that this machine has trained, with any seed of the sweep's."""
    sweep, found = runs.sweep, []
    for seed in (*sweep.search_seeds(settings.first_seed), *sweep.fresh_seeds(settings.first_seed)):
        try:
            (task,) = runs.tasks(0, {}, [seed])
        except (NotPrepared, InputError):
            continue
        if runs.store.has(task.spec.run_key):
            record = read_json(runs.store.folder(task.spec.run_key) / "run.json")
            if record["host"] == platform.node():
                found.append(record)
    return found


def longer(sweep: SweepSettings) -> float:
    """How much longer a trial takes than the untouched variant, as far as epochs tell."""
    epochs = next((each.domain for each in sweep.space.tried if each.path == "fit.epochs"), None)
    own = sweep.arm.variant.fit.get("epochs")
    if epochs is None or not own:
        return 1.0
    values = epochs.options if isinstance(epochs, Choice) else [epochs.at(share / 10) for share in range(11)]
    return fmean(float(value) for value in values) / float(own)
