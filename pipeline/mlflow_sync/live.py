"""Show runs in MLflow while a topic trains; whatever goes wrong here, training goes on and `publish` catches up."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pipeline.contracts import Plan
from pipeline.mlflow_sync import gather, lease, mlflow_run, tracking_store
from pipeline.mlflow_sync.experiment import Experiment
from pipeline.mlflow_sync.gather import RecordedRun
from pipeline.operations import lock
from pipeline.records import read_history, read_json
from pipeline.training import epoch_log
from pipeline.training.run import RunSpec
from pipeline.training.store import project_store

PERIOD_S = 5.0  # between two updates
LONG_S = 10.0  # a run is shown live once it has taken so long; shorter ones are written once, when they are done


@contextlib.contextmanager
def follow(plan: Plan, specs: Sequence[RunSpec], missing: Sequence[RunSpec]) -> Iterator[None]:
    """While the block runs, log the runs in `missing` as they come; never raises, and training never waits for it."""
    stop = threading.Event()
    thread = threading.Thread(target=_follow, args=[plan, specs, missing, stop], daemon=True)
    if missing:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if missing:
            thread.join(timeout=30)


def _follow(plan: Plan, specs: Sequence[RunSpec], missing: Sequence[RunSpec], stop: threading.Event) -> None:
    comparison, told = LiveComparison(plan, specs), ""
    while not stop.wait(PERIOD_S):
        try:
            comparison.update(missing, stop.is_set)
            told = ""
        except lock.Held:
            continue  # somebody publishes: there is time
        except (tracking_store.Unreachable, OSError) as error:
            if str(error) != told:
                print(f"MLflow: {error}; training goes on, the epochs are kept", file=sys.stderr, flush=True)
            told = str(error)
            stop.wait(12 * PERIOD_S)


@dataclass
class LiveComparison:
    """One topic's comparison, as far as it is in MLflow while it trains."""

    plan: Plan
    specs: Sequence[RunSpec]

    def __post_init__(self) -> None:
        self._first_seen: dict[str, float] = {}
        self._epochs: dict[str, int] = {}
        self._written: set[str] = set()
        self._experiment: Experiment | None = None
        self._parent_id = self._comparison = ""
        self._renewed = 0.0

    def update(self, missing: Sequence[RunSpec], stopped: Callable[[], bool] = lambda: False) -> None:
        """Log the runs that are finished, and what long ones have written since the last update.

        `stopped` is asked between two runs; what it leaves out is for the next update or `publish`. lock.Held while
        another process publishes; tracking_store.Unreachable.
        """
        waiting = [spec for spec in missing if spec.run_key not in self._written]
        finished = [spec for spec in waiting if project_store().has(spec.run_key)]
        fresh = {spec: rows for spec in waiting if (rows := self._fresh(spec))}
        if not (finished or fresh):
            return self._renew()
        tracking_store.create()
        with lock.hold("mlflow"):  # whoever publishes meanwhile would write the same runs
            experiment = self._open()
            for spec in (*finished, *fresh):
                if stopped():
                    return
                self._follow(experiment, spec, fresh[spec]) if spec in fresh else self._write(experiment, spec)

    def _renew(self) -> None:
        """Say from time to time that the open runs are still ours: another machine cannot see this process."""
        if self._experiment and time.time() - self._renewed > lease.PERIOD_S:
            with lock.hold("mlflow"):
                self._experiment.renew()
            self._renewed = time.time()

    def _fresh(self, spec: RunSpec) -> list[dict[str, Any]]:
        """New epochs of a run that has been in progress for long."""
        rows, now = epoch_log.read(spec.run_key), time.time()
        if not rows or now - self._first_seen.setdefault(spec.run_key, now) < LONG_S:
            return []
        return [row for row in rows if row["epoch"] > self._epochs.get(spec.run_key, 0)]

    def _follow(self, experiment: Experiment, spec: RunSpec, rows: Sequence[Mapping[str, Any]]) -> None:
        target = mlflow_run.in_progress(
            spec, self._comparison, self._parent_id, owner(), self._first_seen[spec.run_key]
        )
        experiment.follow(target, mlflow_run.points(rows))
        self._epochs[spec.run_key] = int(rows[-1]["epoch"])

    def _write(self, experiment: Experiment, spec: RunSpec) -> None:
        """Write a finished run as `publish` would, from the store that it has been put into."""
        folder = project_store().folder(spec.run_key)
        run = {**spec.names(), **read_json(folder / "run.json"), "history": read_history(folder / "history.csv")}
        experiment.write(mlflow_run.finished(cast(RecordedRun, run), self._comparison, self._parent_id))
        self._written.add(spec.run_key)

    def _open(self) -> Experiment:
        if self._experiment is None:
            facts, topic, now = [vars(spec) for spec in self.specs], self.plan["topic"], time.time()
            comparison = gather.comparison(facts)
            experiment = Experiment(topic, gather.question(topic), comparison)
            experiment.close_left(others_only=True)
            parent = mlflow_run.of_comparison(self.plan, facts, {}, now, now)
            self._parent_id, self._comparison = experiment.write_parent(parent, owner()), comparison
            self._experiment, self._renewed = experiment, now
        return self._experiment


def owner() -> str:
    """This process, as a tag says it."""
    return lease.owner()
