"""A worker that was replaced before a run began costs the run none of its tries."""

import os
import signal
import threading
from pathlib import Path

import pytest

from pipeline.pool import workers


@pytest.fixture(autouse=True)
def light(monkeypatch):
    """Workers without TensorFlow: what is tested here is the pool."""
    monkeypatch.setattr(workers, "_start", start)


def start(parent, memory, gpus, slots):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=workers._watch, args=[parent, memory], daemon=True).start()


def replaced_then_dies_once(task):
    """Three workers are replaced, then one dies, and the fifth does the work."""
    folder = Path(task)
    count = len(list(folder.iterdir()))
    (folder / str(count)).touch()
    if count < 3:
        os._exit(workers.EXIT_WORN_OUT)
    if count == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"after": count}


def replaced_then_always_dies(task):
    folder = Path(task)
    count = len(list(folder.iterdir()))
    (folder / str(count)).touch()
    if count < 2:
        os._exit(workers.EXIT_WORN_OUT)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_run_is_tried_as_often_as_ever_however_many_workers_were_replaced(tmp_path):
    ((_, record, reason),) = workers.carry_out(replaced_then_dies_once, [str(tmp_path)], workers=1)
    assert (record, reason) == ({"after": 4}, None)


def test_tries_that_count_still_end(tmp_path):
    ((_, record, reason),) = workers.carry_out(replaced_then_always_dies, [str(tmp_path)], workers=1)
    assert record is None and str(reason) == "its process was killed by SIGKILL, 2 times"
    assert len(list(tmp_path.iterdir())) == 2 + workers.TRIES
