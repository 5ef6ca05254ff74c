"""Trials as ordinary runs: their specs, their data, and what the store knows of them."""

import builtins
import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

from pipeline import paths
from pipeline.contracts import Plan, RunRecord
from pipeline.devices.mirrored import run
from pipeline.errors import InputError
from pipeline.records import digest, digest_of, digest_of_splits, read_examples, read_history, read_json
from pipeline.scoring import scored_runs
from pipeline.scoring.scored_runs import RunToScore
from pipeline.settings import shapes
from pipeline.settings.params import DataSettings, Settings, Variant
from pipeline.settings.plan import card, code_digests_of, key_of_all, planned
from pipeline.settings.sweep_blocks import SweepSettings
from pipeline.settings.sweep_space import Values
from pipeline.settings.validation import ParamsError
from pipeline.sharing.team import Training
from pipeline.sweeps.trials import Outcome
from pipeline.training import best_run
from pipeline.training.run import RunSpec, run_specs
from pipeline.training.store import Store, project_store

Prepare = Callable[[DataSettings, Sequence[int]], None]
OTHER_DATA = "InputError: data/prepared"
OF_THE_MACHINE = (  # how reasons begin that are no fault of a trial's settings
    OTHER_DATA,
    "no start within",
    *(f"its process was killed by {name}" for name in ("SIGHUP", "SIGINT", "SIGKILL", "SIGTERM")),
    *(f"{name}:" for name, kind in vars(builtins).items() if isinstance(kind, type) and issubclass(kind, OSError)),
)
NODES_LOST = "nodes were lost under it"


@dataclass(frozen=True, eq=False)
class TrialRun:
    """A run of a trial, and the digests of the code that its key is made from: a task of the pool.

    One that is in the store and is `to_score` on test data is scored, and trained no more.
    """

    trial: int
    seed: int
    spec: RunSpec
    code: Mapping[str, str]
    to_score: RunToScore | None = None


imported: dict[str, str] = {}  # of the code of a worker's process, digests as it first trained by it


def train_trial(task: TrialRun) -> RunRecord:
    """Train one run, in a worker's process, or score it. InputError: the code is no longer that of its key."""
    if task.to_score:
        return _score(task, task.to_score)
    lived_through = any(imported.setdefault(name, code) != code for name, code in task.code.items())
    if lived_through or code_digests_of(task.spec.settings) != task.code:
        raise InputError(
            "pipeline: given code that was changed while a sweep went on, allowed the same to its end: the same command"
            " goes on with the code of now"
        )
    return run(task.spec)


def _score(task: TrialRun, to_score: RunToScore) -> RunRecord:
    """Score a run of the store; what goes wrong is left to the comparison, which meets it again and tells it."""
    folder = project_store().folder(task.spec.run_key)
    with contextlib.suppress(Exception):
        scored_runs.score_run(to_score, folder)
    return cast(RunRecord, {**task.spec.names(), **read_json(folder / "run.json")})


class TrialRuns:
    """The runs that a sweep may ask for. Data are prepared when first asked for, by what they are made from."""

    def __init__(self, settings: Settings, sweep: SweepSettings, prepare: Prepare) -> None:
        self.settings, self.sweep, self._prepare = settings, sweep, prepare
        self._blocks: dict[tuple[str, str], DataSettings] = {}
        self._arms: dict[str, tuple[Variant, DataSettings] | str] = {}
        self._identities: dict[str, str] = {}
        self._cards: dict[tuple[str, int], Any] = {}

    @cached_property
    def store(self) -> Store:
        """Where all runs of the project are."""
        return project_store()

    @cached_property
    def team(self) -> Training:
        """The store that others share, if there is one."""
        return Training(self.settings)

    @property
    def data(self) -> set[str]:
        """Names of the data that it has learnt from so far."""
        return {name for name, _ in self._cards}

    def arm(self, values: Values) -> tuple[Variant, DataSettings]:
        """Variant and data of a trial. ParamsError: its settings do not go together."""
        found = self._arm(values)
        if isinstance(found, str):
            raise ParamsError([found])
        return found

    def refusal(self, values: Values, seeds: Sequence[int] | None = None) -> str | None:
        """Why settings do not go together, as far as can be told before a run; None: they do.

        Prepares their data of these seeds, those of the search unless others are given.
        """
        found = self._arm(values)
        if isinstance(found, str):
            return found
        variant, block = found
        seeds = seeds or self.sweep.search_seeds(self.settings.first_seed)
        try:
            self._prepare_all(block, seeds)
        except InputError as error:
            return self._as_tried(str(error), variant.view)
        prepared = self._card(block, block.draw(seeds[0]))
        return shapes.unfit(variant.model, variant.build, tuple(prepared["shape"])) if prepared else None

    def _as_tried(self, line: str, view: str) -> str:
        """A complaint of a view that a sweep has made: it stands in no file, what is tried does."""
        data = self.sweep.arm.variant.data
        block = self.sweep.arm.data.get(data)
        is_written = block is None or view in block.views
        return line if is_written else line.replace(f"data.{data}.views.{view}", f"sweeps.{self.sweep.name}.try.view")

    def identity(self, values: Values) -> str:
        """The same for settings that come to the same runs: what has no effect does not count."""
        key = digest(dict(values))
        if key not in self._identities:
            found = self._arm(values)
            self._identities[key] = key if isinstance(found, str) else identity_of(*found)
        return self._identities[key]

    @property
    def base(self) -> list[str]:
        """What the untouched variant is, and what it is with each setting at its ends: all that trials follow from."""
        space = self.sweep.space
        edges = [values for each in space.tried for values in space.edges(each)]
        return [self.identity(values) for values in ({}, *edges)]

    def _arm(self, values: Values) -> tuple[Variant, DataSettings] | str:
        key = digest(dict(values))
        if key not in self._arms:
            try:
                variant, block = self.sweep.tried(values)
                shared = self._shared(block, variant.view)
                self._arms[key] = replace(variant, data=shared.name), shared
            except ParamsError as error:
                self._arms[key] = error.lines[0] if error.lines else "its settings do not go together"
        return self._arms[key]

    def _shared(self, block: DataSettings, view: str) -> DataSettings:
        """The data set with that view alone, under a name that says what it is made from."""
        if (block.name, view) not in self._blocks:
            alone = replace(block, views={view: block.views[view]})
            name = f"{block.name}{paths.OF_SWEEPS}{key_of_all(alone)[:12]}"
            self._blocks[block.name, view] = replace(alone, name=name)
        return self._blocks[block.name, view]

    def _prepare_all(self, block: DataSettings, seeds: Sequence[int]) -> None:
        for draw in dict.fromkeys(block.draw(seed) for seed in seeds):
            if self._card(block, draw) is None:
                self._prepare(block, [draw])
                self._cards[block.name, draw] = card(block, draw)

    def _card(self, block: DataSettings, draw: int) -> Any:
        """The card of a draw that is prepared; None where it is not."""
        if (block.name, draw) not in self._cards:
            try:
                self._cards[block.name, draw] = card(block, draw)
            except InputError:
                return None
        return self._cards[block.name, draw]

    def plan(self, arms: Mapping[str, Values], seeds: Sequence[int]) -> tuple[Plan, Settings]:
        """A plan of trials by names, and settings that know their data; data that are not there are prepared."""
        topic = self.settings.topics[self.sweep.topic]
        found = {name: self.arm(values) for name, values in arms.items()}
        blocks = {block.name: block for _, block in found.values()}
        for block in blocks.values():
            self._prepare_all(block, seeds)
        settings = replace(self.settings, data={**self.settings.data, **blocks})
        variants = {name: replace(variant, name=name) for name, (variant, _) in found.items()}
        plan: Plan = {
            "topic": topic.name,
            "profile": settings.profile,
            "numerics": settings.numerics,
            "seeds": list(seeds),
            "looks": {"means": [len(seeds)], "rates": [len(seeds)]},
            "metrics": [self.sweep.test_metric],
            "variants": {
                name: planned(blocks[variant.data], topic, variant, seeds, lambda data, draw: self._cards[data, draw])
                for name, variant in variants.items()
            },
        }
        return plan, settings

    def tasks(self, trial: int, values: Values, seeds: Sequence[int]) -> list[TrialRun]:
        """The runs of a trial with these seeds; what others have trained of them is in the store then."""
        name = trial_name(trial)
        plan, _ = self.plan({name: values}, seeds)
        code = plan["variants"][name]["code"]
        specs = run_specs(plan)
        self.team.take([spec.run_key for spec in specs])
        return [TrialRun(trial, spec.seed, replace(spec, claims={}), code) for spec in specs]

    def stored(self, spec: RunSpec) -> Outcome | None:
        """What came of a run that has ended before, for whomever it was; None: it is not in the store."""
        if not self.store.has(spec.run_key):
            return None
        record = read_json(self.store.folder(spec.run_key) / "run.json")
        return self._outcome(spec, record)

    def outcome(self, spec: RunSpec, record: RunRecord) -> Outcome:
        """What came of a run that has just ended. InputError: not it failed, but the machine, or data were damaged.

        A run that failed so on nodes that can work bears another reason (see cluster.fleet), and is failed itself.
        """
        if record["status"] == "failed":
            reason = str(record["reason"])
            if reason.startswith(OTHER_DATA) and not _is_sound(spec):  # on a node they may be others than here
                paths.card(spec.settings["data"], spec.draw).unlink(missing_ok=True)  # so that they are prepared anew
            if reason.startswith(OF_THE_MACHINE) or NODES_LOST in reason:
                raise InputError(f"sweep {self.sweep.name}: {reason}: make room or mend it; the same command goes on")
            return Outcome("failed", None, reason, record["duration_s"], record["ended"] == "memory")
        return self._outcome(spec, record)

    def _outcome(self, spec: RunSpec, record: Mapping[str, Any]) -> Outcome:
        """Its score is the validation metric of the model that was kept."""
        seconds = float(record["duration_s"])
        if record["status"] != "finished":
            return Outcome("diverged", None, record["reason"], seconds)
        history = read_history(self.store.folder(spec.run_key) / "history.csv")
        value = best_run.saved({"history": history, "settings": spec.settings}).get(self.sweep.metric, math.nan)
        if not math.isfinite(value):
            return Outcome("diverged", None, f"{self.sweep.metric} was not finite", seconds)
        return Outcome("finished", value, None, seconds)


def _is_sound(spec: RunSpec) -> bool:
    """Whether the examples that this machine has for a run are those that were planned."""
    data, draw = spec.settings["data"], spec.draw
    files = paths.fit_split(data, spec.settings["view"], draw), paths.validation_split(data, draw)
    try:
        return digest_of_splits(*(digest_of(read_examples(file)) for file in files)) == spec.data_digest
    except (OSError, InputError):
        return False


def identity_of(variant: Variant, block: DataSettings) -> str:
    """The same for variants that come to the same runs: by what data and view are made from, not by their names."""
    settings = {name: item for name, item in variant.settings().items() if name not in ("data", "view")}
    return digest(settings, key_of_all(replace(block, views={"": block.views[variant.view]})))


def trial_name(number: int) -> str:
    """How a trial is called where a variant has its name."""
    return f"trial_{number:03}"
