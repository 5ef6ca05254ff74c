"""A lock is held by one, says by whom and since when, and is free again however its holder ended."""

import subprocess
import sys
import threading
import time

import pytest

from pipeline import paths
from pipeline.operations import lock

HOLD = (
    "import sys, time; from pathlib import Path; from pipeline import paths; from pipeline.operations import lock\n"
    "paths.LOCKS = Path(sys.argv[1])\n"
    "with lock.hold('repro'): print('held', flush=True); time.sleep(60)"
)


@pytest.fixture
def other(house):
    """Another process that holds the lock "repro"."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(paths.LOCKS)], cwd=paths.ROOT, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline().strip() == "held"
    yield child
    child.kill()
    child.wait()


def test_a_second_is_refused_and_told_who_and_since_when(other):
    told = rf"one at a time: process {other.pid} on .* holds it since [-\d]+ \d\d:\d\d:\d\d"
    with pytest.raises(lock.Held, match=told), lock.hold("repro"):
        pass


def test_a_kill_frees_it(other):
    other.kill()
    other.wait()
    with lock.hold("repro"):
        pass


def test_one_may_wait_for_it(other, capsys):
    threading.Timer(1, other.kill).start()
    started = time.time()
    with lock.hold("repro", wait=True):
        assert time.time() - started > 0.8
    assert "waiting, process" in capsys.readouterr().err


def test_locks_of_other_names_do_not_meet(other):
    with lock.hold("train_convolution"):
        pass
