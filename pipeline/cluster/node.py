"""What works on a node: it takes orders, has its own processes carry them out, and says how they come on."""

import os
import pickle
import platform
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import psutil

from pipeline import numerics, paths
from pipeline.cluster import facts, files
from pipeline.cluster.files import Cache
from pipeline.devices import carry_out
from pipeline.pool import workers
from pipeline.pool.process import Answer
from pipeline.pool.workers import Crew
from pipeline.training import epoch_log, machine, runtime

FOLDER = "AULA_NODE"  # where a node keeps data and half-trained runs: .aula/node of its project unless this says where
START = workers._start
LEASE_S = 120.0  # without a word from whoever asked: then nobody waits for its runs any more
LONG_S = 2.0  # a run that takes longer says how it comes on


@dataclass(frozen=True)
class Job:
    """What all orders have in common: what is done with a task (pickled), how, and for how long at most."""

    function: bytes
    numerics: numerics.Mode
    workers: int | str = "auto"
    slots: int = 1
    on_gpu: bool = False
    limit_s: float | None = None
    checkpoints: str | None = None
    start: Callable[..., None] = START  # of each process


@dataclass(frozen=True, eq=False)
class Order:
    """One task (pickled), at which place, and the data that it reads: {place: digest}."""

    number: int
    place: int
    run_key: str
    inputs: Mapping[str, str]
    task: bytes


@dataclass(frozen=True)
class Event:
    """What there is to say of an order: `lacks` digests, `epochs` since the last time, `answer`, or an `error`."""

    sequence: int
    kind: str
    order: int
    value: Any


@dataclass(frozen=True)
class Report:
    """All events that were not acknowledged yet, and the bytes that are left on the node's disk."""

    events: list[Event]
    free: int


@dataclass(frozen=True, eq=False)
class _Begun:
    order: Order
    inputs: Path
    since: float


class Node:
    """The work of one machine for one driver. Calls are quick, may come twice, and their answers may be lost."""

    def __init__(self, root: Path | None = None) -> None:
        self._root = (root or Path(os.environ.get(FOLDER) or paths.STATE / "node")).expanduser().resolve()
        self._ours = f"work-{platform.node()}-"  # machines may share the folder
        self._work = self._root / f"{self._ours}{os.getpid()}"
        self._crew: Crew[Any, Any] | None = None
        self._events: list[Event] = []
        self._sequence = self._last_order = 0
        self._waiting: dict[int, Order] = {}
        self._asked: set[str] = set()  # digests of data that are on their way
        self._told: dict[int, int] = {}  # order -> epochs of which was told
        self._heard = time.monotonic()
        threading.Thread(target=self._leave_when_forgotten, daemon=True).start()

    def facts(self, mode: numerics.Mode) -> facts.Facts:
        """What this machine is."""
        numerics.settle(mode)
        return facts.of_this_machine(mode, self._root)

    def begin(self, job: Job) -> int:
        """Be ready for orders; how many at a time. InputError: a GPU has too little memory for so many."""
        self._drop_left()
        self._cache = Cache(self._root / "cache")
        numerics.settle(job.numerics)
        states = Path(job.checkpoints) if job.checkpoints else self._root / "checkpoints"
        folders = {"STORE": self._work / "runs", "SCORES": self._work / "scores"}
        folders["CHECKPOINTS"] = states / machine.mark(job.numerics)  # of another GPU nobody goes on from half a run
        files.move(**folders)
        gpus = runtime.gpus() if job.on_gpu else []
        slots, share = carry_out.shares(gpus, job.slots)
        count = workers.worker_count(job.workers, len(gpus) * slots or workers.MOST_WORKERS, slots)
        there = _There(job.function, tuple(folders.items()), share)
        self._crew = Crew(there, count, slots=slots, limit_s=job.limit_s, start=job.start, gpus=gpus)
        return count

    def _drop_left(self) -> None:
        """What those of this machine have left that were killed; the name of another may begin as ours does."""
        for old in self._root.glob(f"{self._ours}*"):
            number = old.name.removeprefix(self._ours)
            if number.isdecimal() and not psutil.pid_exists(int(number)):
                shutil.rmtree(old, ignore_errors=True)

    def touch(self) -> None:
        """Somebody waits for what is done here, though busy or stopped."""
        self._heard = time.monotonic()

    def put(self, digest: str, content: bytes) -> None:
        """Keep data that orders wait for."""
        self._heard = time.monotonic()
        self._cache.put(digest, content)
        self._asked.discard(digest)

    def exchange(self, acknowledged: int, orders: Sequence[Order], wait_s: float) -> Report:
        """Take new orders, wait until there is something to say, `wait_s` at most, and say it.

        Events up to `acknowledged` have arrived; orders that are known already do not count.
        """
        self._heard = time.monotonic()
        self._events = [event for event in self._events if event.sequence > acknowledged]
        for order in orders:
            if order.number > self._last_order:
                self._last_order = order.number
                self._waiting[order.number] = order
        self._give()
        until = time.monotonic() + wait_s
        while not self._events and (left := until - time.monotonic()) > 0:
            self._work_on(min(left, workers.TICK_S))  # by which limits of runs are counted
        self._heard = time.monotonic()
        return Report(list(self._events), facts.free(self._root))

    def stop(self) -> None:
        """End all work."""
        if self._crew:
            self._crew.stop()
        shutil.rmtree(self._work, ignore_errors=True)

    def _give(self) -> None:
        assert self._crew is not None, "begin() comes first"
        for order in list(self._waiting.values()):
            lacking = self._cache.lacks(order.inputs)  # also of data that were here and have vanished
            if asked := sorted({*lacking} - self._asked):
                self._asked.update(asked)
                self._note("lacks", order.number, asked)
            if not lacking and order.place in self._crew.free():
                del self._waiting[order.number]
                laid = self._cache.lay_out(order.inputs, self._work / "inputs")
                with _no_main():
                    self._crew.give(order.place, _Begun(order, laid, time.monotonic()))

    def _work_on(self, wait_s: float) -> None:
        assert self._crew is not None
        self._crew.wait(wait_s)
        for task in list(self._crew.tasks.values()):
            self._tell_epochs(task)
        try:
            for _, task, answer in self._crew.answers():
                self._note("answer", task.order.number, _packed(task.order, answer))
        except Exception as error:
            self._note("error", 0, error)

    def _tell_epochs(self, task: _Begun) -> None:
        if time.monotonic() - task.since > LONG_S:
            rows = epoch_log.read(task.order.run_key)
            told = self._told.get(task.order.number, 0)
            if len(rows) > told:
                self._told[task.order.number] = len(rows)
                self._note("epochs", task.order.number, rows[told:])

    def _note(self, kind: str, order: int, value: Any) -> None:
        self._sequence += 1
        self._events.append(Event(self._sequence, kind, order, value))

    def _leave_when_forgotten(self) -> None:
        while time.monotonic() - self._heard < LEASE_S:
            time.sleep(1.0)
        os._exit(1)  # its workers notice


def _packed(order: Order, answer: Answer[Any]) -> tuple[Answer[Any], dict[str, bytes]]:
    """An answer and what was written; a run may have been finished by a process that died later."""
    if answer.ending:
        return answer, files.pack(order.run_key)
    record, parcel = cast(tuple[Any, dict[str, bytes]], answer.record)
    return Answer(record=record), parcel


@contextmanager
def _no_main() -> Iterator[None]:
    """Let processes that start within not import what this one runs: that is Ray's."""
    main = sys.modules["__main__"]
    kept = {name: getattr(main, name, None) for name in ("__file__", "__spec__")}
    try:
        for name in kept:
            setattr(main, name, None)
        yield
    finally:
        for name, value in kept.items():
            setattr(main, name, value)


# What follows runs in a worker of a node


@dataclass(frozen=True)
class _There:
    """What the pool's function does with a task, once this process finds the project's folders where they are."""

    function: bytes
    folders: tuple[tuple[str, Path], ...]
    share: int | None = None  # MiB of its GPU

    def __call__(self, begun: _Begun) -> tuple[Any, dict[str, bytes]]:
        files.move(**dict(self.folders), PREPARED=begun.inputs / "prepared", TEST=begun.inputs / "test")
        files.move(TRIED=begun.inputs / "tried")
        carry_out.hold_once(self.share)
        record = _function(self.function)(pickle.loads(begun.order.task))
        return record, files.pack(begun.order.run_key)


@lru_cache(maxsize=1)
def _function(pickled: bytes) -> Any:
    return pickle.loads(pickled)
