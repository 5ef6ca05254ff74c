"""Carry out runs on warm processes: TensorFlow is imported once per worker, and a crash costs its own run only."""

import contextlib
import itertools
import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any, TypeVar

from pipeline import paths
from pipeline.pool.scheduler import AffinityQueue
from pipeline.training import runtime

Task = TypeVar("Task", bound=Hashable)
Record = TypeVar("Record")
RUNS_PER_WORKER = 100  # then it is replaced: TensorFlow keeps some memory of every model
TRIES = 2  # a run whose process died or hung is tried once more, from its checkpoint
TICK_S = 0.5
EXIT_TOO_MUCH_MEMORY, EXIT_WORN_OUT = 71, 72  # of a worker that stopped itself: in a run, and before one
REPLACED = "its worker was replaced before it began"
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
) -> Iterator[tuple[Task, Record | None, str | None]]:
    """(task, its record, None) as each is done, or (task, None, reason) if its process died or hung twice.

    `limit_s` is the wall-clock time a task may take; `tick` is called about twice a second. With GPUs each worker
    sees one of them, and `slots` workers share it. Tasks for which `affinity` gives the same go to one worker if they
    can. Leaving the loop early stops the workers.
    """
    if not tasks:
        return
    pools, queue = _pools(worker_count(workers, len(tasks), slots), slots), AffinityQueue(tasks, affinity)
    tries: Counter[Task] = Counter(tasks)
    pending: dict[Future[Record], tuple[Task, Any]] = {}

    def schedule(pool: Any) -> None:
        task = queue.next(pool)
        if task is not None:
            pending[pool.schedule(_unless_worn_out, args=[function, task], timeout=limit_s)] = task, pool

    try:
        for pool in pools:
            schedule(pool)
        while pending:
            done, _ = wait(pending, timeout=TICK_S, return_when=FIRST_COMPLETED)
            tick()
            for future in done:
                task, pool = pending.pop(future)
                record, reason = _result(future, limit_s)
                again = reason == REPLACED or (reason is not None and tries[task] < TRIES)
                if again:
                    tries[task] += reason != REPLACED  # it never began, so that was no try
                    queue.requeue(task)
                schedule(pool)  # before the caller looks at the record: its worker need not wait for that
                if not again:
                    yield task, record, reason
    finally:
        for pool in pools:
            pool.stop()
        for pool in pools:
            pool.join()


def _pools(count: int, slots: int) -> list[Any]:
    """One pool per worker, so that we and not the pool choose what a worker does next."""
    from pebble import ProcessPool

    spawn = multiprocessing.get_context("spawn")  # a fork would share TensorFlow's threads and locks in any state
    setup = [os.getpid(), _memory_share(count), runtime.gpus(), slots]
    return [
        ProcessPool(1, max_tasks=RUNS_PER_WORKER, context=spawn, initializer=_start, initargs=setup)
        for _ in range(count)
    ]


def _result(future: "Future[Any]", limit_s: float | None) -> tuple[Record | None, str | None]:
    from pebble import ProcessExpired

    try:
        return future.result(), None
    except TimeoutError:
        return None, f"no result within {limit_s:g} s, {TRIES} times"
    except ProcessExpired as error:
        if error.exitcode == EXIT_WORN_OUT:
            return None, REPLACED
        memory = "it needed more memory than its share" if error.exitcode == EXIT_TOO_MUCH_MEMORY else ""
        return None, f"its process died {TRIES} times: {memory or f'exit code {error.exitcode}'}"


def _memory_share(count: int) -> int:
    """Bytes that one of `count` workers may use."""
    import psutil

    return int(psutil.virtual_memory().total * USABLE_MEMORY / count)


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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent stops us in order
    threading.Thread(target=_watch, args=[parent, memory_limit], daemon=True).start()
    _take_gpu(gpus, slots)
    runtime.settle(threads=1)


def _unless_worn_out(function: Callable[[Task], Record], task: Task) -> Record:
    """Do `task`, unless so much memory is left from earlier ones that a new worker should."""
    if _this.runs and _memory_held() > WORN_OUT_SHARE * _this.memory_limit:
        os._exit(EXIT_WORN_OUT)
    _this.runs += 1
    return function(task)


def _memory_held() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)


def _take_gpu(gpus: Sequence[str], slots: int) -> None:
    """See one GPU only: the first that fewer than `slots` workers hold; every GPU has one before any has two."""
    from filelock import FileLock, Timeout

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
