"""Data sets are prepared side by side, told in their order, and one by one where a process does not last."""

import os
import signal
import time
from types import SimpleNamespace

import pytest

from pipeline.errors import InputError
from pipeline.stages import side_by_side

NAMES = ("a", "b", "c", "d")
DRAWS = {name: [200, 201] for name in NAMES}
BLOCKS = [SimpleNamespace(name=name) for name in NAMES]


@pytest.fixture
def prepare(tmp_path, monkeypatch):
    """Preparing, replaced: it leaves a file a data set, with process and draws; `wrong` says what else is done."""

    def replaced(wrong):
        def instead(block, draws):
            wrong(block.name)
            (tmp_path / block.name).write_text(f"{os.getpid()} {draws}", encoding="utf-8")

        monkeypatch.setattr(side_by_side.prepare, "prepare", instead)

    return replaced


def processes(place):
    return {file.name: int(file.read_text("utf-8").split()[0]) for file in place.iterdir()}


def test_all_are_prepared_in_other_processes_and_told_in_order(tmp_path, prepare):
    prepare(lambda name: time.sleep(0.4 if name == "a" else 0.1))
    assert list(side_by_side.prepared(BLOCKS, DRAWS, 2)) == [*NAMES]
    told = processes(tmp_path)
    assert set(told) == set(NAMES) and os.getpid() not in told.values() and len(set(told.values())) == 2
    assert (tmp_path / "d").read_text("utf-8").endswith("[200, 201]")


def test_a_single_one_needs_no_process(tmp_path, prepare):
    prepare(lambda name: None)
    assert list(side_by_side.prepared(BLOCKS[:1], DRAWS, "auto")) == ["a"]
    assert processes(tmp_path) == {"a": os.getpid()}


def test_what_a_user_has_set_wrong_is_told_as_it_is_and_comes_after_those_before_it(prepare):
    def refuse(name):
        if name == "b":
            raise InputError("data.b.split: given 3, allowed fewer: set it lower")

    prepare(refuse)
    told = []
    with pytest.raises(InputError, match=r"^data\.b\.split: given 3, allowed fewer: set it lower$"):
        told.extend(side_by_side.prepared(BLOCKS, DRAWS, 2))
    assert told == ["a"]


def test_our_own_mistake_stays_what_it_is(prepare):
    prepare(lambda name: {}[name])
    with pytest.raises(KeyError):
        list(side_by_side.prepared(BLOCKS, DRAWS, 2))


def test_where_a_process_is_killed_the_rest_is_prepared_one_by_one(tmp_path, prepare):
    here = os.getpid()
    prepare(lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == "b" and os.getpid() != here else None)
    assert list(side_by_side.prepared(BLOCKS, DRAWS, 2)) == [*NAMES]
    assert processes(tmp_path)["b"] == here


def test_stopped_it_waits_for_none(prepare):
    prepare(lambda name: time.sleep(30 if name != "a" else 0.01))
    since = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        for _ in side_by_side.prepared(BLOCKS, DRAWS, 2):
            signal.signal(signal.SIGALRM, signal.default_int_handler)
            signal.setitimer(signal.ITIMER_REAL, 0.2)
    assert time.monotonic() - since < 10
