"""Carry out runs on warm processes: TensorFlow is imported once per worker, and a crash costs its own run only."""

import contextlib
import dataclasses
import itertools
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any, Generic, TypeVar

from pipeline import paths, streams
from pipeline.pool.clock import WorkClock
from pipeline.pool.process import EXIT_TOO_MUCH_MEMORY, EXIT_WORN_OUT, Answer, Ending, WorkerProcess
from pipeline.pool.scheduler import AffinityQueue
from pipeline.training import memory, runtime

Task = TypeVar("Task", bound=Hashable)
Record = TypeVar("Record")
RUNS_PER_WORKER = 100  # then it is replaced: TensorFlow keeps some memory of every model
MOST_WORKERS = 1024  # where nobody knows how many tasks there will be
TRIES = 2  # a run whose process died or hung is tried once more, from its checkpoint
TICK_S = 0.5
WORN_OUT_SHARE = 0.5  # of its memory, held before a run begins: then the worker is replaced first
USABLE_MEMORY = 0.8  # of the machine's: the rest is for the system and for the parent


def worker_count(workers: int | str, tasks: int, slots: int = 1) -> int:
    """Number of processes, never more than there are tasks: for "auto" the cores, or `slots` for each GPU."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    gpus = len(runtime.gpus())
    return max(1, min((gpus * slots or cores) if workers == "auto" else int(workers), tasks))


def carry_out(
    function: Callable[[Task], Record],
    tasks: Sequence[Task],
    *,
    workers: int | str = "auto",
    limit_s: float | None = None,
    tick: Callable[[], None] = lambda: None,
    slots: int = 1,
    affinity: Callable[[Task], Hashable] = lambda task: task,
    more: Callable[[int], Sequence[Task]] | None = None,
    wanted: Callable[[Task], bool] = lambda task: True,
) -> Iterator[tuple[Task, Record | None, Ending | None]]:
    """(task, its record, None) as each is done, or (task, None, how its process ended) if that died or hung twice.

    `limit_s` is the time a task may take in which it could work: sleep of the machine is not counted, see WorkClock.
    `tick` is called about twice a second. With GPUs each worker sees one of them, and `slots` workers share it. Tasks
    for which `affinity` gives the same go to one worker if they can. Where tasks follow from what came of others,
    `more` is asked for them after each, given how many workers would idle without; one that is not `wanted` any more
    when its turn comes is passed over. Leaving the loop early stops the workers. An exception that `function` raises is
    raised here.
    """
    if not tasks and not more:
        return
    count = worker_count(workers, MOST_WORKERS if more else len(tasks), slots)
    crew = _Crew(function, AffinityQueue(tasks, affinity), count, slots, wanted)
    tries: Counter[Task] = Counter(tasks)
    try:
        crew.employ_all(more)
        while crew.tasks:
            crew.wait()
            tick()
            for place, task, answer in crew.answers(limit_s):
                ending = answer.ending
                tries[task] = max(1, tries[task])
                again = ending is not None and (ending.kind == "replaced" or tries[task] < TRIES)
                if ending and again:
                    tries[task] += ending.kind != "replaced"  # it never began, so that was no try
                    crew.queue.requeue(task)
                if not more:
                    crew.employ(place)  # before the caller looks at the record: its worker need not wait for that
                if not again:
                    yield task, answer.record, _counted(ending)
            crew.employ_all(more)
    finally:
        crew.stop()


def _counted(ending: Ending | None) -> Ending | None:
    return dataclasses.replace(ending, reason=f"{ending.reason}, {TRIES} times") if ending else None


class _Crew(Generic[Task, Record]):
    """`count` places for workers; a place has a process once there is a task for it, and a new one if that is gone."""

    def __init__(
        self,
        function: Callable[[Task], Record],
        queue: AffinityQueue[Task],
        count: int,
        slots: int,
        wanted: Callable[[Task], bool] = lambda task: True,
    ) -> None:
        self.queue, self.count, self._wanted = queue, count, wanted
        self.tasks: dict[int, Task] = {}  # place -> the task that is carried out there
        self._function, self._clock = function, WorkClock()
        self._setup = [os.getpid(), _memory_share(count), runtime.gpus(), slots]
        self._processes: dict[int, WorkerProcess[Task, Record]] = {}

    def employ(self, place: int) -> None:
        """Give the worker at `place` its next task, if one waits."""
        task = self.queue.next(place)
        while task is not None and not self._wanted(task):
            task = self.queue.next(place)
        if task is None:
            return
        if place in self._processes and self._processes[place].given >= RUNS_PER_WORKER:
            self._processes.pop(place).stop()
        if place not in self._processes:
            self._processes[place] = WorkerProcess(
                _Unworn(self._function), start=_start, arguments=self._setup, clock=self._clock
            )
        self._processes[place].give(task)
        self.tasks[place] = task

    def employ_all(self, more: Callable[[int], Sequence[Task]] | None) -> None:
        """Give each worker that is free a task, if there is one; `more` says which have come up since."""
        free = [place for place in range(self.count) if place not in self.tasks]
        for task in more(len(free) - len(self.queue)) if more else ():
            self.queue.add(task)
        for place in free:
            self.employ(place)

    def wait(self) -> None:
        """Until a worker has something to say, TICK_S at most."""
        wait([sign for place in self.tasks for sign in self._processes[place].signs()], timeout=TICK_S)
        self._clock.tick()

    def answers(self, limit_s: float | None) -> Iterator[tuple[int, Task, Answer[Record]]]:
        """(place, task, what came of it) of each task that is over; the place is free then."""
        for place in list(self.tasks):
            answer = self._processes[place].answer(limit_s)
            if answer is not None:
                if answer.ending:
                    del self._processes[place]
                yield place, self.tasks.pop(place), answer

    def stop(self) -> None:
        """End all workers, whatever they are doing."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            process.stop()


def _memory_share(count: int) -> int:
    """Bytes that one of `count` workers may use."""
    return int(memory.machine() * USABLE_MEMORY / count)


# What follows runs in a worker


@dataclass
class Worker:
    """What a worker process knows of itself from one run to the next."""

    memory_limit: float = float("inf")  # bytes
    runs: int = 0
    gpu_lock: Any = None  # held as long as the process lives, so that its end, however sudden, frees the GPU


_this = Worker()  # a process is one worker: tasks come to it as bare function calls, so it must find its state here


def _start(parent: int, memory_limit: int, gpus: Sequence[str], slots: int) -> None:
    """First thing in a worker: one thread, one GPU, no chatter, gone when the parent goes or memory runs short."""
    _this.memory_limit = memory_limit
    streams.survive_closed_pipes()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent stops us in order
    threading.Thread(target=_watch, args=[parent, memory_limit], daemon=True).start()
    _take_gpu(gpus, slots)
    runtime.settle()


@dataclass(frozen=True)
class _Unworn(Generic[Task, Record]):
    """Do a task, unless so much memory is left from earlier ones that a new worker should."""

    function: Callable[[Task], Record]

    def __call__(self, task: Task) -> Record:
        if _this.runs and _memory_held() > WORN_OUT_SHARE * _this.memory_limit:
            os._exit(EXIT_WORN_OUT)
        _this.runs += 1
        return self.function(task)


def _memory_held() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)


def _take_gpu(gpus: Sequence[str], slots: int) -> None:
    """See one GPU only: the first that fewer than `slots` workers hold; every GPU has one before any has two.

    Without `gpus` see none: what is called a run on the processor must be one.
    """
    from filelock import FileLock, Timeout

    if not gpus:
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
        return
    paths.LOCKS.mkdir(parents=True, exist_ok=True)
    for slot, gpu in itertools.product(range(slots), gpus):
        lock = FileLock(paths.LOCKS / f"gpu_{gpu}_{slot}", timeout=0)
        with contextlib.suppress(Timeout):
            lock.acquire()
            _this.gpu_lock = lock
            os.environ["CUDA_VISIBLE_DEVICES"] = gpu
            return


def _watch(parent: int, memory_limit: int) -> None:
    while os.getppid() == parent:
        if _memory_held() > memory_limit:
            os._exit(EXIT_TOO_MUCH_MEMORY)
        time.sleep(TICK_S)
    os._exit(1)
