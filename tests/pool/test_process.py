"""However a worker ends, its task is answered: in words, and never by waiting for ever."""

import os
import signal
import sys
import threading
import time

import psutil
import pytest

from pipeline.pool import process, workers
from pipeline.pool.clock import WorkClock
from pipeline.pool.process import WorkerProcess


@pytest.fixture(autouse=True)
def light(monkeypatch):
    """Workers without TensorFlow: what is tested here is the pool."""
    monkeypatch.setattr(workers, "_start", start)


def start(parent, memory, gpus, slots):
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def start_and_die(parent, memory, gpus, slots):
    os.kill(os.getpid(), signal.SIGKILL)


def end(task):
    if task == "exit code 0":
        os._exit(0)
    if task == "exit code 7":
        os._exit(7)
    if task == "abort":
        os.abort()
    return {"value": task}


def give_up(task):
    sys.exit(0)


class Odd(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def raise_odd(task):
    raise Odd("salt", "pepper")


def answer_what_cannot_be_sent(task):
    return {"value": threading.Lock()}


def work_in_twenty_steps(task):
    for _ in range(20):
        time.sleep(0.1)
    return {"value": task}


def answers(function, tasks, **more):
    return {task: (record, ending) for task, record, ending in workers.carry_out(function, tasks, workers=1, **more)}


@pytest.mark.parametrize(
    ("task", "told"),
    [
        ("exit code 0", "its process ended with exit code 0, 2 times"),
        ("exit code 7", "its process ended with exit code 7, 2 times"),
        ("abort", "its process was killed by SIGABRT, 2 times"),
    ],
)
def test_every_end_of_a_process_is_an_answer_and_the_next_task_is_done(task, told):
    found = answers(end, [task, "calm"])
    assert found[task][0] is None and str(found[task][1]) == told and found[task][1].kind == "killed"
    assert found["calm"] == ({"value": "calm"}, None)


def test_a_worker_that_dies_before_its_first_task_is_an_answer(monkeypatch):
    monkeypatch.setattr(workers, "_start", start_and_die)
    ((_, ending),) = answers(end, ["calm"]).values()
    assert str(ending) == "its process was killed by SIGKILL, 2 times"


def test_a_worker_that_does_not_start_is_ended(monkeypatch):
    monkeypatch.setattr(workers, "_start", time_out)
    monkeypatch.setattr(process, "START_LIMIT_S", 1)
    ((_, ending),) = answers(end, ["calm"]).values()
    assert str(ending) == "no start within 1 s, 2 times"


def time_out(parent, memory, gpus, slots):
    time.sleep(600)


@pytest.mark.parametrize(
    ("function", "told"),
    [(give_up, "SystemExit: 0"), (raise_odd, "Odd: salt and pepper"), (answer_what_cannot_be_sent, "cannot be sent")],
)
def test_an_exception_of_the_task_is_raised_where_the_answer_is_awaited(function, told):
    with pytest.raises(RuntimeError, match=told):
        answers(function, ["task"])


def test_the_system_out_of_memory_is_named(monkeypatch):
    kills = iter([3, 4, 4, 5])
    monkeypatch.setattr(process.memory, "kernel_kills", lambda: next(kills))
    found = answers(die, ["task"])
    assert found["task"][1].kind == "memory"
    assert str(found["task"][1]) == "the system killed its process, as memory ran out, 2 times"


def die(task):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_time_in_which_all_were_stopped_uses_up_nothing():
    clock, slept = WorkClock(), 0
    worker = WorkerProcess(work_in_twenty_steps, start=start, arguments=[0, 0, [], 1], clock=clock)
    try:
        worker.give("task")
        until = time.monotonic() + 100
        while (answer := worker.answer(limit_s=10)) is None and time.monotonic() < until:
            if worker._ready and slept < 2:  # as if this process had been stopped as well: no tick
                psutil.Process(worker._process.pid).suspend()
                time.sleep(6)
                psutil.Process(worker._process.pid).resume()
                slept += 1
            time.sleep(0.1)
            clock.tick()
    finally:
        worker.stop()
    assert slept == 2 and answer is not None and answer.record == {"value": "task"}
