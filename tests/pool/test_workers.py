"""The pool: every task answered once, a crash or a hang costs its own task only, workers never outlive their parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from pipeline import paths
from pipeline.pool import workers


@pytest.fixture(autouse=True)
def light(monkeypatch):
    """Workers without TensorFlow: what is tested here is the pool."""
    monkeypatch.setattr(workers, "_start", start)


def start(parent, memory, gpus, slots):
    import threading

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=workers._watch, args=[parent, memory], daemon=True).start()


def double(task):
    return {"value": 2 * task, "pid": os.getpid()}


def die_at_three(task):
    if task == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"value": task}


def die_once(task):
    number, folder = task
    mark = Path(folder) / str(number)
    if number == 1 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"value": number}


def hang_at_one(task):
    if task == 1:
        time.sleep(600)
    return {"value": task}


def swell_at_one(task):
    held = bytearray(300_000_000) if task == 1 else b""
    time.sleep(3 if task == 1 else 0)
    return {"value": len(held)}


def answers(function, tasks, **more):
    return {task: (record, reason) for task, record, reason in workers.carry_out(function, tasks, workers=2, **more)}


def test_every_task_is_answered_by_few_processes():
    found = answers(double, list(range(12)))
    assert {task: record["value"] for task, (record, _) in found.items()} == {n: 2 * n for n in range(12)}
    assert len({record["pid"] for record, _ in found.values()}) <= 2


def test_tasks_of_one_affinity_follow_each_other():
    done = workers.carry_out(double, [0, 1, 2, 3], workers=1, affinity=lambda task: task % 2)
    assert [task for task, _, _ in done] == [0, 2, 1, 3]


def test_no_tasks_no_pool():
    assert answers(double, []) == {}


def test_a_process_that_dies_costs_its_own_task_only():
    found = answers(die_at_three, list(range(6)))
    assert found[3][0] is None and str(found[3][1]) == "its process was killed by SIGKILL, 2 times"
    assert all(found[n] == ({"value": n}, None) for n in range(6) if n != 3)


def test_a_task_whose_process_died_once_is_tried_again(tmp_path):
    found = answers(die_once, [(n, str(tmp_path)) for n in range(3)])
    assert all(reason is None for _, reason in found.values())


def test_a_task_that_hangs_is_ended_and_the_others_go_on():
    found = answers(hang_at_one, [0, 1, 2], limit_s=2)
    assert found[1][0] is None and found[1][1].kind == "timeout"
    assert str(found[1][1]) == "no result within 2 s of work, 2 times"
    assert found[0] == ({"value": 0}, None) and found[2] == ({"value": 2}, None)


def test_a_task_that_swells_is_ended_and_the_others_go_on(monkeypatch):
    monkeypatch.setattr(workers, "_memory_share", lambda count: 250_000_000)
    found = answers(swell_at_one, [0, 1, 2])
    assert found[1][1].kind == "memory" and "more memory than its share" in found[1][1].reason
    assert found[0] == ({"value": 0}, None) and found[2] == ({"value": 0}, None)


def test_workers_are_cores_or_what_is_asked_for_but_not_more_than_tasks():
    assert workers.worker_count(3, 10) == 3 and workers.worker_count(3, 2) == 2 and workers.worker_count("auto", 1) == 1


def test_workers_go_when_their_parent_is_killed():
    script = (
        "import sys; sys.path.insert(0, 'tests/pool'); import test_workers as t; from pipeline.pool import workers\n"
        "workers._start = t.start\n"
        "if __name__ == '__main__': list(workers.carry_out(t.hang_at_one, [1, 1.0 + 1e-9], workers=2))"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=paths.ROOT)
    until = time.time() + 20
    while len(children := psutil.Process(parent.pid).children(recursive=True)) < 2 and time.time() < until:
        time.sleep(0.1)
    assert len(children) >= 2
    time.sleep(2)
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


HOLD = """
import os, sys, time
from pathlib import Path
from pipeline import paths
from pipeline.pool import workers
paths.LOCKS = Path(sys.argv[1])
workers._take_gpu(["0", "1"], int(sys.argv[2]))
print(os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)
time.sleep(60)
"""


@pytest.fixture
def holders(tmp_path):
    """Start a process that takes a GPU of two and keeps it; gives the process and the GPU it sees."""
    started = []

    def begin(slots):
        environment = {name: text for name, text in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path), str(slots)],
            cwd=paths.ROOT, env=environment, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process, process.stdout.readline().strip()

    yield begin
    for process in started:
        process.kill()
        process.wait()


def test_workers_share_gpus_evenly_and_a_killed_one_frees_its_place(holders):
    (first, one), (_, other) = holders(2), holders(2)
    assert [one, other] == ["0", "1"]  # every GPU has one before any has two
    assert [holders(2)[1], holders(2)[1]] == ["0", "1"]
    first.kill()
    first.wait()
    assert holders(2)[1] == "0"


@pytest.mark.parametrize(
    ("wanted", "tasks", "slots", "cards", "expected"),
    [
        ("auto", 100, 1, ["0", "1"], 2),
        ("auto", 100, 3, ["0", "1"], 6),
        ("auto", 4, 3, ["0", "1"], 4),
        (1, 9, 3, ["0"], 1),
    ],
)
def test_the_number_of_workers_follows_the_gpus(monkeypatch, wanted, tasks, slots, cards, expected):
    monkeypatch.setattr(workers.runtime, "gpus", lambda: cards)
    assert workers.worker_count(wanted, tasks, slots) == expected
