"""The process that speaks with Ray, with hands that are played: it keeps them while the driver is busy or stopped."""

import multiprocessing
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from pipeline.cluster import node, relay, token
from pipeline.cluster.wire import HeadLost, Message


class Full:
    """A connection that a stopped driver does not empty."""

    def __init__(self):
        self.is_full, self.free = threading.Event(), threading.Event()

    def send(self, message):
        self.is_full.set()
        self.free.wait()


def test_hands_are_told_that_somebody_waits_for_them_though_the_driver_takes_no_message(monkeypatch):
    monkeypatch.setattr(relay, "TOUCH_S", 0.02)
    touched, connection = [], Full()
    desk = relay._Desk(connection)
    touch = SimpleNamespace(remote=lambda: touched.append(time.monotonic()))
    desk._hands["a/1"] = SimpleNamespace(touch=touch)
    threading.Thread(target=lambda: desk.say(Message("", "nodes", {})), daemon=True).start()
    assert connection.is_full.wait(5.0)
    threading.Thread(target=desk.keep, daemon=True).start()
    until = time.monotonic() + 5.0
    while len(touched) < 3 and time.monotonic() < until:
        time.sleep(0.01)
    desk._hands.clear()
    connection.free.set()
    assert len(touched) >= 3


def test_several_touches_fit_into_a_lease():
    assert 3 * relay.TOUCH_S < node.LEASE_S


RAY = {
    "__init__": """
import json, os, signal
from pathlib import Path
from types import SimpleNamespace
from pipeline.cluster import relay

relay.TOUCH_S = 0.05
TOLD = Path(__file__).parent / "told"


def touch():
    with TOLD.open("a") as told:
        told.write("touched\\n")


def init(**options):
    ignored = [signal.getsignal(each) is signal.SIG_IGN for each in (signal.SIGINT, signal.SIGTSTP)]
    TOLD.write_text(f"keys are ignored: {ignored}\\n")


def nodes():
    return []


def remote(kind):
    hand = SimpleNamespace(touch=SimpleNamespace(remote=touch))
    return SimpleNamespace(options=lambda **options: SimpleNamespace(remote=lambda: hand))
""",
    "_private/services": "",
    "util/scheduling_strategies": "def NodeAffinitySchedulingStrategy(node, soft): pass",
}


def test_a_relay_minds_no_keys_and_says_to_each_hand_that_it_is_there(tmp_path, monkeypatch):
    """All of it, in its process, with a Ray that is played."""
    for name, code in RAY.items():
        file = tmp_path / "ray" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / "__init__.py").touch()
        file.write_text(code)
    monkeypatch.syspath_prepend(tmp_path)  # a process that is spawned has it as well
    spawn, head = multiprocessing.get_context("spawn"), socket.create_server(("127.0.0.1", 0))
    ours, theirs = spawn.Pipe()
    arguments = [theirs, f"127.0.0.1:{head.getsockname()[1]}", {}, tmp_path / "log"]
    process = spawn.Process(target=relay._relay, args=arguments, daemon=True)
    process.start()
    try:
        assert ours.poll(60.0) and ours.recv().call == "nodes"
        ours.send(("hire", "a/1", "a", 1, 0))
        told, until = tmp_path / "ray" / "told", time.monotonic() + 30.0
        while told.read_text().count("touched") < 3 and time.monotonic() < until:
            time.sleep(0.05)
        assert told.read_text().splitlines()[:4] == ["keys are ignored: [True, True]", *["touched"] * 3]
    finally:
        ours.close()
        process.kill()
        process.join()
        head.close()


def test_keys_that_stop_or_end_the_driver_do_not_reach_the_relay():
    code = "import signal; from pipeline.cluster import relay; relay._deaf(); signal.raise_signal(signal.SIGTSTP);"
    code += "signal.raise_signal(signal.SIGINT); print('works')"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout == "works\n"


class Pipe:
    """The driver's end of the pipe: `told` is what comes by it, None where there is nothing for a moment."""

    def __init__(self, told):
        self.told = told

    def poll(self, seconds):
        if self.told and self.told[0] is None:
            self.told.pop(0)
            return False
        return bool(self.told)

    def recv(self):
        return self.told.pop(0)


@pytest.fixture
def listening(monkeypatch):
    """A relay that is not started, to which `told` comes; time goes on by `passed`."""
    passed, clock = [], time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + sum(passed))
    monkeypatch.setattr(multiprocessing, "get_context", lambda kind: Nothing())
    monkeypatch.setattr(token, "environment", lambda address: {})

    def begin(*told):
        made = relay.Relay("127.0.0.1:6379")
        made._connection = Pipe([*told])
        return made, passed

    return begin


class Nothing:
    """What would start a process."""

    def Pipe(self):
        return SimpleNamespace(), SimpleNamespace(close=lambda: None)

    def Process(self, **words):
        return SimpleNamespace(start=lambda: None)


NODES = Message("", "nodes", {})


@pytest.mark.parametrize("is_there", [True, False])
def test_a_driver_that_was_stopped_for_long_has_not_listened_and_hears_the_head_again(listening, monkeypatch, is_there):
    """What was on its way, and larger than the pipe, comes in parts: for a moment there is nothing more."""
    monkeypatch.setattr(relay, "answers", lambda address: is_there)  # it may have too much to do to answer at once
    parcel = Message("a/1", "exchange", None)
    made, passed = listening(NODES, None, parcel, None, None, NODES, None)
    assert made.receive(0.5) == [NODES]
    passed.append(10 * relay.SILENT_S)
    assert made.receive(0.5) == [parcel] and made.receive(0.5) == [] and made.receive(0.5) == [NODES]


@pytest.mark.parametrize(("is_there", "limit_s"), [(True, relay.SILENT_S), (False, relay.QUIET_S)])
def test_a_head_of_which_nothing_is_heard_is_lost(listening, monkeypatch, is_there, limit_s):
    monkeypatch.setattr(relay, "answers", lambda address: is_there)
    made, passed = listening(NODES)
    while sum(passed) < limit_s - 3:
        passed.append(0.5)
        made.receive(0.5)
    with pytest.raises(HeadLost, match="no longer answers"):
        while sum(passed) < limit_s + 3:
            passed.append(0.5)
            made.receive(0.5)
