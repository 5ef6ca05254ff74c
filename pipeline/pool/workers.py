"""Carry out runs on warm processes: TensorFlow is imported once per worker, and a crash costs its own run only."""

import contextlib
import dataclasses
import itertools
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence, Set
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Any, Generic, TypeVar

from pipeline import paths, streams
from pipeline.pool.clock import WorkClock
from pipeline.pool.executor import Executor, Hire
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


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def worker_count(workers: int | str, tasks: int, slots: int = 1) -> int:
    """Number of processes, never more than there are tasks: for "auto" the cores, or `slots` for each GPU."""
    gpus = len(runtime.gpus())
    return max(1, min((gpus * slots or cores()) if workers == "auto" else int(workers), tasks))


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
    hire: Hire[Task, Record] | None = None,
) -> Iterator[tuple[Task, Record | None, Ending | None]]:
    """(task, its record, None) as each is done, or (task, None, how its process ended) if that died or hung twice.

    `limit_s` is the time a task may take in which it could work: sleep of the machine is not counted, see WorkClock.
    `tick` is called about twice a second. With GPUs each worker sees one of them, and `slots` workers share it. Tasks
    for which `affinity` gives the same go to one worker if they can. Where tasks follow from what came of others,
    `more` is asked for them after each, given how many workers would idle without; one that is not `wanted` any more
    when its turn comes is passed over. `hire` brings other workers than those of this machine. Leaving the loop early
    stops the workers. An exception that `function` raises is raised here.
    """
    if not tasks and not more:
        return
    count = worker_count(workers, MOST_WORKERS if more else len(tasks), slots)
    executor = hire(function, limit_s) if hire else Crew(function, count, slots=slots, limit_s=limit_s)
    shift = _Shift(executor, AffinityQueue(tasks, affinity), wanted)
    tries: Counter[Task] = Counter(tasks)
    try:
        shift.employ_all(more)
        while executor.tasks or len(shift.queue):
            executor.wait()
            tick()
            for place, task, answer in executor.answers():
                ending = answer.ending
                tries[task] = max(1, tries[task])
                again = ending and not ending.is_last and (ending.kind == "replaced" or tries[task] < TRIES)
                if ending and again:
                    tries[task] += ending.kind != "replaced"  # it never began, so that was no try
                    shift.queue.requeue(task)
                if not more:
                    shift.employ(place)  # before the caller looks at the record: its worker need not wait for that
                if not again:
                    executor.keep(task, answer)
                    yield task, answer.record, _counted(ending, tries[task])
            shift.employ_all(more)
    finally:
        executor.stop()


def _counted(ending: Ending | None, tries: int) -> Ending | None:
    if ending is None or (times := tries + ending.before) == 1:
        return ending
    return dataclasses.replace(ending, reason=f"{ending.reason}, {times} times")


class _Shift(Generic[Task, Record]):
    """Who gets which task next."""

    def __init__(
        self, executor: Executor[Task, Record], queue: AffinityQueue[Task], wanted: Callable[[Task], bool]
    ) -> None:
        self.queue, self._executor, self._wanted = queue, executor, wanted

    def employ(self, place: Hashable) -> None:
        """Give the worker at `place` its next task, if it is free and one waits."""
        if not self._executor.is_free(place):
            return
        refused = self._executor.refused(place)
        task = self.queue.next(place, refused)
        while task is not None and not self._wanted(task):
            task = self.queue.next(place, refused)
        if task is not None:
            self._executor.give(place, task)

    def employ_all(self, more: Callable[[int], Sequence[Task]] | None) -> None:
        """Give each worker that is free a task, if there is one; `more` says which have come up since."""
        free = self._executor.free()
        self.queue.only_of({*free, *self._executor.tasks})
        for task in more(len(free) - len(self.queue)) if more else ():
            self.queue.add(task)
        for place in free:
            self.employ(place)


class Crew(Generic[Task, Record]):
    """Workers of this machine, at `count` places: each a process once there is a task for it."""

    def __init__(
        self,
        function: Callable[[Task], Record],
        count: int,
        *,
        slots: int = 1,
        limit_s: float | None = None,
        start: Callable[..., None] | None = None,
        gpus: Sequence[str] | None = None,
    ) -> None:
        self.tasks: dict[Hashable, Task] = {}
        self._count, self._limit_s = count, limit_s
        self._function, self._start, self._clock = function, start or _start, WorkClock()
        self._setup = [os.getpid(), _memory_share(count), runtime.gpus() if gpus is None else gpus, slots]
        self._processes: dict[Hashable, WorkerProcess[Task, Record]] = {}

    def free(self) -> list[Hashable]:
        """Places without a task."""
        return [place for place in range(self._count) if place not in self.tasks]

    def is_free(self, place: Hashable) -> bool:
        """Whether it is without a task."""
        return place not in self.tasks

    def refused(self, place: Hashable) -> Set[Task]:
        """None: all places are on this machine."""
        return frozenset()

    def give(self, place: Hashable, task: Task) -> None:
        """Have `task` carried out by the process at `place`, which is started if there is none."""
        if place in self._processes and self._processes[place].given >= RUNS_PER_WORKER:
            self._processes.pop(place).stop()
        if place not in self._processes:
            self._processes[place] = WorkerProcess(
                _Unworn(self._function), start=self._start, arguments=self._setup, clock=self._clock
            )
        self._processes[place].give(task)
        self.tasks[place] = task

    def wait(self, seconds: float = TICK_S) -> None:
        """Until a worker has something to say, `seconds` at most."""
        wait([sign for place in self.tasks for sign in self._processes[place].signs()], timeout=seconds)
        self._clock.tick()

    def answers(self) -> Iterator[tuple[Hashable, Task, Answer[Record]]]:
        """(place, task, what came of it) of each task that is over; the place is free then."""
        for place in list(self.tasks):
            answer = self._processes[place].answer(self._limit_s)
            if answer is not None:
                if answer.ending:
                    del self._processes[place]
                yield place, self.tasks.pop(place), answer

    def keep(self, task: Task, answer: Answer[Record]) -> None:
        """A worker of this machine has written it where it belongs."""

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
        lock = FileLock(paths.gpu_lock(gpu, slot), timeout=0)
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
