"""Show long runs in MLflow while they train; whatever goes wrong here, training goes on and `publish` catches up."""

import contextlib
import os
import platform
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline import publish, tracking
from pipeline.runs import diary
from pipeline.runs.run import Job
from pipeline.tracking import Experiment, Record

PERIOD_S = 5.0  # between two looks at the runs in progress
LONG_S = 10.0  # a run is shown live once it has taken so long; shorter ones are written once, when they are done


@contextlib.contextmanager
def follow(plan: Mapping[str, Any], every: Sequence[Job], missing: Sequence[Job]) -> Iterator[None]:
    """While the block runs, log the epochs of the runs in `missing` as they come; never raises."""
    stop = threading.Event()
    thread = threading.Thread(target=_follow, args=[plan, every, missing, stop], daemon=True)
    if missing:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if missing:
            thread.join(timeout=30)


def _follow(plan: Mapping[str, Any], every: Sequence[Job], missing: Sequence[Job], stop: threading.Event) -> None:
    window = Window(plan, every)
    while not stop.wait(PERIOD_S):
        try:
            window.look(missing)
        except (tracking.Unreachable, OSError) as error:
            print(f"MLflow: {error}; training goes on, the epochs are kept", file=sys.stderr, flush=True)
            stop.wait(12 * PERIOD_S)


@dataclass
class Window:
    """One topic's comparison, as far as it is in MLflow while it trains."""

    plan: Mapping[str, Any]
    every: Sequence[Job]

    def __post_init__(self) -> None:
        self._seen: dict[str, float] = {}
        self._written: dict[str, int] = {}
        self._experiment: Experiment | None = None
        self._parent_id = ""

    def look(self, jobs: Sequence[Job]) -> None:
        """Log what the runs in progress have written since the last look."""
        now = time.time()
        for job in jobs:
            rows = diary.read(job.run_key)
            if not rows:
                continue
            started = self._seen.setdefault(job.run_key, now)
            fresh = [row for row in rows if row["epoch"] > self._written.get(job.run_key, 0)]
            if fresh and now - started >= LONG_S:
                self._open().follow(self._record(job, started), publish.points(fresh))
                self._written[job.run_key] = int(rows[-1]["epoch"])

    def _open(self) -> Experiment:
        if self._experiment is None:
            tracking.create()
            facts = [vars(job) for job in self.every]
            comparison = publish.comparison(facts)
            experiment = Experiment(self.plan["topic"], publish.question(self.plan["topic"]), comparison)
            experiment.bury(mine=own(), alive=_alive)
            now = time.time()
            tags = {"comparison": comparison, "topic": self.plan["topic"], "profile": self.plan["profile"]}
            parent = Record(name=publish.title(self.plan, facts), tags=tags, started=now, ended=now)
            self._parent_id, self._comparison = experiment.keep_parent(parent), comparison
            self._experiment = experiment
        return self._experiment

    def _record(self, job: Job, started: float) -> Record:
        tags = {name: str(item) for name, item in job.names().items() if name != "settings"}
        tags |= {"comparison": self._comparison, tracking.PARENT: self._parent_id, tracking.OWNER: own()}
        params = tracking.flat({**job.settings, "seed": job.seed})
        return Record(f"{job.variant} seed {job.seed}", tags, started=started, ended=started, params=params)


def own() -> str:
    """This process, as a tag says it: host and process."""
    return f"{platform.node()}:{os.getpid()}"


def _alive(owner: str) -> bool:
    """Whether the process that keeps a run open still lives; of another host nobody here can tell: yes."""
    import psutil

    host, _, pid = owner.rpartition(":")
    return host != platform.node() or psutil.pid_exists(int(pid))
