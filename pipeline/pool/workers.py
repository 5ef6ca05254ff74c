"""Carry out runs on warm processes: TensorFlow is imported once a worker, and a crash costs its own run only."""

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
from typing import Any, TypeVar

from pipeline import paths
from pipeline.pool.scheduler import Rota
from pipeline.training import runtime

Task = TypeVar("Task", bound=Hashable)
RUNS_A_WORKER = 100  # then it is replaced: TensorFlow keeps some memory of every model
TRIES = 2  # a run whose process died or hung is tried once more, from its checkpoint
TICK_S = 0.5
TOO_MUCH_MEMORY, WORN_OUT = 71, 72  # exit codes of a worker that stopped itself: in a run, and before one
RENEWED = "its worker was replaced before it began"
WORN_SHARE = 0.5  # of its memory, held before a run begins: then the worker is replaced first


def worker_count(wanted: int | str, tasks: int, slots: int = 1) -> int:
    """Number of processes, never more than there are tasks: for "auto" the cores, or `slots` for each GPU."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cards = len(runtime.gpus())
    return max(1, min((cards * slots or cores) if wanted == "auto" else int(wanted), tasks))


def carry_out(
    function: Callable[[Task], dict[str, Any]],
    tasks: Sequence[Task],
    wanted: int | str = "auto",
    limit_s: float | None = None,
    tick: Callable[[], None] = lambda: None,
    slots: int = 1,
    alike: Callable[[Task], Hashable] = lambda task: task,
) -> Iterator[tuple[Task, dict[str, Any] | None, str | None]]:
    """(task, its record, None) as each is done, or (task, None, reason) if its process died or hung twice.

    `limit_s` is the wall-clock time a task may take; `tick` is called about twice a second. With GPUs each worker
    sees one of them, and `slots` workers share it. Tasks for which `alike` gives the same go to one worker if they
    can. Leaving the loop early stops the workers.
    """
    if not tasks:
        return
    pools, rota = _pools(worker_count(wanted, len(tasks), slots), slots), Rota(tasks, alike)
    tries: Counter[Task] = Counter(tasks)
    pending: dict[Future[Any], tuple[Task, Any]] = {}

    def give(pool: Any) -> None:
        task = rota.give(pool)
        if task is not None:
            pending[pool.schedule(_with_fresh_memory, args=[function, task], timeout=limit_s)] = task, pool

    try:
        for pool in pools:
            give(pool)
        while pending:
            done, _ = wait(pending, timeout=TICK_S, return_when=FIRST_COMPLETED)
            tick()
            for future in done:
                task, pool = pending.pop(future)
                record, reason = _result(future, limit_s)
                again = reason == RENEWED or (reason is not None and tries[task] < TRIES)
                if again:
                    tries[task] += reason != RENEWED
                    rota.take_back(task)
                give(pool)
                if not again:
                    yield task, record, reason
    finally:
        for pool in pools:
            pool.stop()
        for pool in pools:
            pool.join()


def _pools(count: int, slots: int) -> list[Any]:
    """One pool a worker, so that we and not the pool choose what a worker does next."""
    from pebble import ProcessPool

    spawn = multiprocessing.get_context("spawn")
    setup = [os.getpid(), _memory_share(count), runtime.gpus(), slots]
    return [
        ProcessPool(1, max_tasks=RUNS_A_WORKER, context=spawn, initializer=_start, initargs=setup) for _ in range(count)
    ]


def _with_fresh_memory(function: Callable[[Task], Any], task: Task) -> Any:
    """In a worker: do `task`, unless so much memory is left from earlier ones that a new worker should."""
    if _worker.get("runs") and _held() > WORN_SHARE * _worker.get("memory", float("inf")):
        os._exit(WORN_OUT)
    _worker["runs"] = _worker.get("runs", 0) + 1
    return function(task)


def _held() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)


def _result(future: "Future[Any]", limit_s: float | None) -> tuple[dict[str, Any] | None, str | None]:
    from pebble import ProcessExpired

    try:
        return future.result(), None
    except TimeoutError:
        return None, f"no result within {limit_s:g} s, {TRIES} times"
    except ProcessExpired as error:
        if error.exitcode == WORN_OUT:
            return None, RENEWED
        memory = "it needed more memory than its share" if error.exitcode == TOO_MUCH_MEMORY else ""
        return None, f"its process died {TRIES} times: {memory or f'exit code {error.exitcode}'}"


def _memory_share(count: int) -> int:
    """Bytes that one of `count` workers may use: its share of four fifths of the machine's memory."""
    import psutil

    return int(psutil.virtual_memory().total * 0.8 / count)


_worker: dict[str, Any] = {}  # what this process knows of itself as a worker


def _start(parent: int, memory: int, gpus: Sequence[str], slots: int) -> None:
    """First thing in a worker: one thread, one GPU, no chatter, gone when the parent goes or memory runs short."""
    _worker["memory"] = memory
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent stops us in order
    threading.Thread(target=_watch, args=[parent, memory], daemon=True).start()
    _take_gpu(gpus, slots)
    runtime.settle(threads=1)


def _take_gpu(gpus: Sequence[str], slots: int) -> None:
    """See one GPU only: the first that fewer than `slots` workers hold; a worker's end, however sudden, frees it."""
    from filelock import FileLock, Timeout

    paths.LOCKS.mkdir(parents=True, exist_ok=True)
    for slot, card in itertools.product(range(slots), gpus):
        hold = FileLock(paths.LOCKS / f"gpu_{card}_{slot}", timeout=0)
        with contextlib.suppress(Timeout):
            hold.acquire()
            _worker["gpu"] = hold  # as long as this process lives
            os.environ["CUDA_VISIBLE_DEVICES"] = card
            return


def _watch(parent: int, memory: int) -> None:
    import psutil

    me = psutil.Process()
    while os.getppid() == parent:
        if me.memory_info().rss > memory:
            os._exit(TOO_MUCH_MEMORY)
        time.sleep(TICK_S)
    os._exit(1)
