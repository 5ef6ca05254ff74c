"""Carry out runs on warm processes: TensorFlow is imported once a worker, and a crash costs its own run only."""

import multiprocessing
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, TypeVar

from pipeline import runtime

Task = TypeVar("Task", bound=Hashable)
RUNS_A_WORKER = 40  # then it is replaced: TensorFlow keeps some memory of every model
TRIES = 2  # a run whose process died or hung is tried once more, from its checkpoint
TICK_S = 0.5
TOO_MUCH_MEMORY = 71  # exit code of a worker that stopped itself


def workers(wanted: int | str, tasks: int) -> int:
    """Number of processes: the cores there are for "auto", never more than there are tasks."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores if wanted == "auto" else int(wanted), tasks))


def carry_out(
    function: Callable[[Task], dict[str, Any]],
    tasks: Sequence[Task],
    wanted: int | str = "auto",
    limit_s: float | None = None,
    tick: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Task, dict[str, Any] | None, str | None]]:
    """(task, its record, None) as each is done, or (task, None, reason) if its process died or hung twice.

    `limit_s` is the wall-clock time a task may take; `tick` is called about twice a second. Leaving the loop early
    stops the workers.
    """
    from pebble import ProcessPool

    if not tasks:
        return
    count = workers(wanted, len(tasks))
    spawn = multiprocessing.get_context("spawn")
    setup = [os.getpid(), _memory_share(count)]
    pool = ProcessPool(count, max_tasks=RUNS_A_WORKER, context=spawn, initializer=_start, initargs=setup)
    tries: Counter[Task] = Counter(tasks)
    pending: dict[Future[Any], Task] = {pool.schedule(function, args=[task], timeout=limit_s): task for task in tasks}
    try:
        while pending:
            done, _ = wait(pending, timeout=TICK_S, return_when=FIRST_COMPLETED)
            tick()
            for future in done:
                task = pending.pop(future)
                record, reason = _result(future, limit_s)
                if reason and tries[task] < TRIES:
                    tries[task] += 1
                    pending[pool.schedule(function, args=[task], timeout=limit_s)] = task
                else:
                    yield task, record, reason
        pool.close()
    finally:
        pool.stop()
        pool.join()


def _result(future: "Future[Any]", limit_s: float | None) -> tuple[dict[str, Any] | None, str | None]:
    from pebble import ProcessExpired

    try:
        return future.result(), None
    except TimeoutError:
        return None, f"no result within {limit_s:g} s, {TRIES} times"
    except ProcessExpired as error:
        memory = "it needed more memory than its share" if error.exitcode == TOO_MUCH_MEMORY else ""
        return None, f"its process died {TRIES} times: {memory or f'exit code {error.exitcode}'}"


def _memory_share(count: int) -> int:
    """Bytes that one of `count` workers may use: its share of four fifths of the machine's memory."""
    import psutil

    return int(psutil.virtual_memory().total * 0.8 / count)


def _start(parent: int, memory: int) -> None:
    """First thing in a worker: one thread, no chatter, gone when the parent goes or memory runs short."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent stops us in order
    threading.Thread(target=_watch, args=[parent, memory], daemon=True).start()
    runtime.settle(threads=1)


def _watch(parent: int, memory: int) -> None:
    import psutil

    me = psutil.Process()
    while os.getppid() == parent:
        if me.memory_info().rss > memory:
            os._exit(TOO_MUCH_MEMORY)
        time.sleep(TICK_S)
    os._exit(1)
