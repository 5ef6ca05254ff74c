"""What works on a node: orders are carried out once, by processes of its own, and told of until that is heard."""

import hashlib
import pickle
import signal
import threading
import time

import pytest

from pipeline import paths
from pipeline.cluster.node import Job, Node, Order
from pipeline.pool import workers
from pipeline.training.store import project_store

LONG_S = 60.0


def start(parent, memory, gpus, slots):
    """A worker without TensorFlow."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=workers._watch, args=[parent, memory], daemon=True).start()


def read_and_write(task):
    """The content of its data, kept as a run would be."""
    key, place = task
    draft = project_store().draft()
    content = (paths.PREPARED / place).read_text()
    (draft / "history.csv").write_text(content)
    project_store().put(key, draft, {"status": "finished", "reason": None})
    return {"status": "finished", "read": content}


def fail(task):
    raise ValueError("no such thing")


@pytest.fixture
def node(house, tmp_path, monkeypatch):
    for name in ("STORE", "SCORES", "CHECKPOINTS"):
        monkeypatch.setattr(paths, name, getattr(paths, name))  # which the node moves
    made = []

    def make(function):
        made.append(Node(tmp_path / "node"))
        assert made[0].begin(Job(pickle.dumps(function), "portable", workers=2, start=start)) == 2
        return made[0]

    yield make
    made[0].stop()


def order(number, content=b"data"):
    place, digest = "prepared/toy/plain.npz", hashlib.sha256(content).hexdigest()
    return Order(number, 0, f"{number:032x}", {place: digest}, pickle.dumps((f"{number:032x}", "toy/plain.npz")))


def until(node, kind, orders=(), acknowledged=0):
    """The first event of a kind."""
    deadline = time.monotonic() + LONG_S
    while time.monotonic() < deadline:
        for event in node.exchange(acknowledged, orders, 0.5).events:
            if event.kind == kind:
                return event
    raise AssertionError(f"no {kind}")


def test_an_order_waits_for_its_data_and_is_carried_out_once(node):
    at = node(read_and_write)
    lacking = until(at, "lacks", [order(1)])
    assert lacking.value == [hashlib.sha256(b"data").hexdigest()]
    at.put(lacking.value[0], b"data")
    told = until(at, "answer", [order(1)], acknowledged=lacking.sequence)  # it came twice: its first answer was lost
    answer, parcel = told.value
    assert answer.record["read"] == "data" and any(name.endswith("history.csv") for name in parcel)
    assert until(at, "answer", [order(1)]).sequence == told.sequence  # told again, as nobody said that it has arrived
    assert at.exchange(told.sequence, [order(1)], 0.1).events == []
    assert not list(paths.STORE.glob("??/*"))  # nothing stays on the node


def test_an_exception_of_a_task_is_told(node):
    at = node(fail)
    at.put(hashlib.sha256(b"data").hexdigest(), b"data")
    assert "no such thing" in str(until(at, "error", [order(1)]).value)
