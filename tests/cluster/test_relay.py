"""The process that speaks with Ray, with hands that are played: it keeps them while the driver is busy or stopped."""

import subprocess
import sys
import threading
import time
from types import SimpleNamespace

from pipeline.cluster import node, relay
from pipeline.cluster.wire import Message


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


def test_keys_that_stop_or_end_the_driver_do_not_reach_the_relay():
    code = "import signal; from pipeline.cluster import relay; relay._deaf(); signal.raise_signal(signal.SIGTSTP);"
    code += "signal.raise_signal(signal.SIGINT); print('works')"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout == "works\n"
