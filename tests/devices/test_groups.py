"""A group of GPUs belongs to one worker at a time, and is free again when that is gone."""

import platform
import subprocess
import sys

import pytest

from pipeline import paths
from pipeline.devices import groups
from pipeline.errors import InputError

HOLD = """
import sys, time
from pathlib import Path
from pipeline import paths
from pipeline.devices import groups
paths.LOCKS = Path(sys.argv[1])
print([name for _, name in groups.take([((0, "0"), (1, "1")), ((2, "2"), (3, "3"))])], flush=True)
time.sleep(60)
"""


@pytest.fixture
def holders(tmp_path):
    """Start a process that takes a group of two and keeps it; gives the process and what it took."""
    started = []

    def begin():
        command = [sys.executable, "-c", HOLD, str(tmp_path)]
        process = subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process, process.stdout.readline().strip()

    yield begin
    for process in started:
        process.kill()
        process.wait()


def test_each_worker_has_a_group_of_its_own_and_one_that_is_killed_frees_it(holders):
    (first, one), (_, other) = holders(), holders()
    assert [one, other] == ["['0', '1']", "['2', '3']"]
    first.kill()
    first.wait()
    assert holders()[1] == "['0', '1']"


def test_a_group_is_taken_once_and_seen_alone(monkeypatch, house):
    seen = []
    monkeypatch.setattr(groups, "_held", [])
    task = groups.OnGroup(len, [((2, "5"), (3, "7"))], see=seen.append)
    assert [task("ab"), task("abc")] == [2, 3] and seen == [[2, 3]]
    assert sorted(file.name for file in paths.LOCKS.iterdir()) == [
        f"gpu_{platform.node()}_5_0",
        f"gpu_{platform.node()}_7_0",
    ]


def test_tensorflow_uses_the_gpus_of_the_group_alone(monkeypatch):
    import tensorflow as tf

    told = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["a", "b", "c", "d"])
    monkeypatch.setattr(tf.config, "set_visible_devices", lambda *words: told.append(words))
    groups.see_only([1, 3])
    assert told == [(["b", "d"], "GPU")]


@pytest.mark.parametrize(("cards", "allowed"), [([], 1), (["0"], 1), (["0", "1", "2"], 3)])
def test_more_gpus_than_there_are_are_refused(monkeypatch, cards, allowed):
    monkeypatch.setattr(groups.runtime, "gpus", lambda: cards)
    groups.refuse_too_few(allowed)
    with pytest.raises(InputError, match=f"given 4 where TensorFlow finds {len(cards)} GPUs, allowed {allowed} at"):
        groups.refuse_too_few(4)
