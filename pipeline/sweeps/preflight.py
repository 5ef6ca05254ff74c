"""What a sweep would cost, said before anything of it runs."""

import contextlib
import math
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from pipeline import paths
from pipeline.devices.carry_out import Sharing
from pipeline.errors import InputError
from pipeline.pool.workers import USABLE_MEMORY
from pipeline.records import read_json, read_json_or
from pipeline.settings.params import DataSettings, Settings
from pipeline.settings.sweep_blocks import SweepSettings
from pipeline.settings.sweep_space import Choice, Range, Values, spelled
from pipeline.sweeps.carry_out import Answers
from pipeline.sweeps.finals import finalists
from pipeline.sweeps.ledger import Ledger, study_id, told_before
from pipeline.sweeps.runs import TrialRuns
from pipeline.sweeps.search import Search
from pipeline.sweeps.trials import Outcome
from pipeline.training import memory


class NotPrepared(Exception):
    """Data that a sweep needs are not there yet, and looking ahead makes none."""


def refuse_to_prepare(block: DataSettings, draws: Sequence[int]) -> None:
    """In place of preparation, where nothing is to be made."""
    raise NotPrepared(block.name)


def refusal(settings: Settings, runs: TrialRuns) -> Callable[[Values], str | None]:
    """Why settings do not go together, as far as that is known without preparing their data: from the trials before."""
    rows = told_before(study_id(settings, runs.sweep, runs.base))
    before = {runs.identity(row["values"]): row["reason"] for row in rows if row["end"] == "refused"}

    def told(values: Values) -> str | None:
        try:
            return before.get(runs.identity(values)) or runs.refusal(values)
        except NotPrepared:
            return None

    return told


@dataclass(frozen=True)
class Ahead:
    """Runs of the search that are there already, how few and how many it still needs, and those its finals need."""

    found: int
    least: int
    most: int
    finals: int


def replay(settings: Settings, runs: TrialRuns, search: Search) -> Ahead:
    """What is left of a sweep: what was answered before is answered again. Without its data a run counts as to come."""
    study = study_id(settings, runs.sweep, runs.base)
    workers = Sharing.of(settings).count(runs.sweep.trials * runs.sweep.seeds)
    answers = Answers(runs, Ledger(runs.sweep.name, study, workers))
    while jobs := search.jobs():
        for job in jobs:
            outcome = _known(job.trial, search.values(job.trial), [job.seed], runs, answers)[0]
            if outcome:
                search.done(job, outcome)
    found = answers.found
    return Ahead(found, *search.left, _finals_left(settings, runs, search, answers))


def _finals_left(settings: Settings, runs: TrialRuns, search: Search, answers: Answers) -> int:
    """Runs on fresh seeds that are not there: of the untouched variant alone it is known before the search is over."""
    sweep, fresh = runs.sweep, runs.sweep.fresh_seeds(settings.first_seed)
    known: list[tuple[int, Values]] = [(0, {})]
    if search.is_over:
        known = [(trial.number, trial.values) for trial in finalists(search.told, sweep)]
    outcomes = [each for number, values in known for each in _known(number, values, fresh, runs, answers)]
    others = 0 if search.is_over else min(sweep.keep, sweep.trials - 1) * len(fresh)
    return outcomes.count(None) + others


def _known(trial: int, values: Values, seeds: Sequence[int], runs: TrialRuns, answers: Answers) -> list[Outcome | None]:
    """What came of a trial's runs with these seeds; None of one that is not there, or whose data are not."""
    try:
        return [answers.known(task) for task in runs.tasks(trial, values, seeds)]
    except NotPrepared:
        return [None] * len(seeds)


def lines(settings: Settings, runs: TrialRuns, ahead: Ahead) -> list[str]:
    """Trials, runs, minutes and memory."""
    sweep = runs.sweep
    size = sweep.space.size()
    many = "without end" if math.isinf(size) else f"{size:,.0f}"
    spent = f"; no further trial after {sweep.budget_minutes or 0:g} minutes of training, as measured on this machine"
    budget = f"{spent}, but for up to {sweep.at_once - 1} that have begun by then" if sweep.budget_minutes else ""
    return [
        f"{sweep.name}: {sweep.trials} trials of {sweep.topic}.{sweep.variant} by {sweep.search}, {sweep.metric}",
        *(f"  {each.path}: {_spelled(each.domain)}{_condition(each.when)}" for each in sweep.space.tried),
        f"  combinations: {many}",
        f"  to train: {ahead.least} to {ahead.most} runs in the search, as trials that fall behind get no further seed",
        f"  then {ahead.finals} on fresh seeds{budget}",
        f"  in the store already: {ahead.found} of the search",
        *_time(settings, runs, (ahead.least + ahead.finals, ahead.most + ahead.finals)),
    ]


def _spelled(domain: Range | Choice) -> str:
    """As it stands in params.yaml."""
    if isinstance(domain, Choice):
        return ", ".join(map(spelled, domain.options))
    steps = ["in", str(domain.points)] if domain.points else []
    return " ".join([f"{domain.low:g}", "..", f"{domain.high:g}", *(["log"] if domain.log else []), *steps])


def _condition(when: Mapping[str, tuple[Any, ...]]) -> str:
    parts = [f"{path}: {', '.join(map(spelled, values))}" for path, values in when.items()]
    return " ".join(["", "when", "; ".join(parts)]) if parts else ""


def _time(settings: Settings, runs: TrialRuns, count: tuple[int, int]) -> list[str]:
    """Minutes, by what runs of the untouched variant took."""
    if not count[1]:
        return ["  time: none, as all of it is there"]
    workers = Sharing.of(settings).count(count[1])
    measured = _measured(settings, runs)
    if measured is None:
        return [f"  time: not known, as no run of {runs.sweep.variant} was measured; on {workers} workers"]
    seconds, megabytes, origin = measured
    each = seconds * longer(runs.sweep)
    low, high = (math.ceil(number / workers) * each / 60 for number in count)
    line = f"  time: about {low:.1f} to {high:.1f} minutes on {workers} workers, at {each:.1f} s a run ({origin})"
    if megabytes is None:
        return [line]
    share = memory.machine() * USABLE_MEMORY / workers / 2**20
    short = "" if megabytes < share else ": too much, set `workers` lower"
    return [line, f"  memory: {megabytes:.0f} MB a worker, {share:.0f} MB are there for each{short}"]


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
    """Records of finished runs of the untouched variant that this machine has trained, the sweep's or its topic's."""
    sweep, found = runs.sweep, dict[str, dict[str, Any]]()
    for seed in (*sweep.search_seeds(settings.first_seed), *sweep.fresh_seeds(settings.first_seed)):
        with contextlib.suppress(NotPrepared, InputError):
            (task,) = runs.tasks(0, {}, [seed])
            if runs.store.has(task.spec.run_key):
                found[task.spec.run_key] = read_json(runs.store.folder(task.spec.run_key) / "run.json")
    for file in sorted((paths.RUNS / sweep.topic / sweep.variant).glob("*/run.json")):
        with contextlib.suppress(InputError):
            record = read_json(file)
            if record["profile"] == settings.profile:
                found[record["run_key"]] = record
    return [each for each in found.values() if (each["host"], each["status"]) == (platform.node(), "finished")]


def longer(sweep: SweepSettings) -> float:
    """How much longer a trial takes than the untouched variant, as far as epochs tell."""
    epochs = next((each.domain for each in sweep.space.tried if each.path == "fit.epochs"), None)
    own = sweep.arm.variant.fit.get("epochs")
    if epochs is None or not own:
        return 1.0
    values = epochs.options if isinstance(epochs, Choice) else [epochs.at(share / 10) for share in range(11)]
    return fmean(float(value) for value in values) / float(own)
