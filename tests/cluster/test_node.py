"""What works on a node: orders are carried out once, by processes of its own, and told of until that is heard."""

import hashlib
import pickle
import platform
import signal
import threading
import time

import pytest

from pipeline import paths
from pipeline.cluster import node as at_node
from pipeline.cluster.node import FOLDER, Job, Node, Order
from pipeline.devices import carry_out, gpu_memory
from pipeline.errors import InputError
from pipeline.pool import workers
from pipeline.training import runtime
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


@pytest.fixture(autouse=True)
def remembered(monkeypatch):
    """A node of which nobody hears any more ends its process, which is the tests' own here."""
    monkeypatch.setattr(Node, "_leave_when_forgotten", lambda self: None)


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


def test_data_that_vanish_before_an_order_begins_are_asked_for_again(node, tmp_path):
    at = node(read_and_write)
    lacking = until(at, "lacks", [order(1)])
    assert at.exchange(lacking.sequence, [order(2)], 0.1).events == []  # the same data, which are on their way
    at.put(lacking.value[0], b"data")
    (tmp_path / "node" / "cache" / lacking.value[0]).unlink()
    again = until(at, "lacks", acknowledged=lacking.sequence)
    assert again.value == lacking.value
    at.put(again.value[0], b"data")
    assert until(at, "answer", acknowledged=again.sequence).value[0].record["read"] == "data"


def test_a_touch_is_a_sign_of_life_of_whoever_asked(tmp_path):
    at = Node(tmp_path / "node")
    at._heard -= at_node.LEASE_S
    at.touch()
    assert time.monotonic() - at._heard < at_node.LEASE_S / 2


def test_machines_that_share_the_folder_leave_each_other_s_work_alone(node, tmp_path, monkeypatch):
    nobody = 2**22 + 1  # no process has that number
    there = [tmp_path / "node" / f"work-other-{nobody}", tmp_path / "node" / f"work-{platform.node()}-{nobody}"]
    for folder in there:
        folder.mkdir(parents=True)
    node(fail)
    assert [folder.exists() for folder in there] == [True, False]


def test_a_name_that_begins_another_machine_s_is_no_fault(node, tmp_path, monkeypatch):
    monkeypatch.setattr(platform, "node", lambda: "node")
    others = [tmp_path / "node" / f"work-node-{rest}" for rest in ("1-4242", "big-4242", "")]
    for folder in others:
        folder.mkdir(parents=True)
    node(fail)
    assert all(folder.exists() for folder in others)


def test_the_same_process_number_on_two_machines_is_two_folders(tmp_path, monkeypatch):
    ours = Node(tmp_path)._work
    monkeypatch.setattr(platform, "node", lambda: "other")
    assert Node(tmp_path)._work != ours


def test_a_folder_may_be_told_from_where_one_is(tmp_path, monkeypatch):
    """Links to data lie below it, and lead nowhere if they are told from elsewhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(FOLDER, "here")
    assert Node()._root == tmp_path / "here"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(FOLDER, "~/there")
    assert Node()._root == tmp_path / "there"


class Crew:
    """What a node would start."""

    def __init__(self, function, count, **rest):
        self.function, self.count, self.rest, self.tasks = function, count, rest, {}

    def stop(self):
        pass


@pytest.fixture
def on_gpus(house, tmp_path, monkeypatch):
    """Begin on a node with two GPUs of 80 GB for a job; gives how many runs at a time, and what was started."""
    for name in ("STORE", "SCORES", "CHECKPOINTS"):
        monkeypatch.setattr(paths, name, getattr(paths, name))
    monkeypatch.setattr(at_node, "Crew", Crew)
    monkeypatch.setattr(runtime, "gpus", lambda: ["0", "1"])
    monkeypatch.setattr(gpu_memory, "free_mb", lambda gpus: 80_000)

    def begin(**job):
        node = Node(tmp_path / "node")
        return node.begin(Job(pickle.dumps(fail), "portable", on_gpu=True, **job)), node._crew

    return begin


def test_runs_that_share_a_gpu_are_each_held_to_a_share_of_it(on_gpus, monkeypatch):
    held = []
    monkeypatch.setattr(carry_out, "_is_held", [])
    monkeypatch.setattr(gpu_memory, "hold_to", held.append)
    count, crew = on_gpus(slots=4)
    assert count == crew.count == 8 and crew.rest["slots"] == 4
    for _ in range(2):
        with pytest.raises(ValueError, match="no such thing"):
            crew.function(at_node._Begun(order(1), paths.STATE, 0.0))
    assert held == [gpu_memory.share_mb(80_000, 4)]


@pytest.mark.parametrize(("job", "count"), [({"workers": 8}, 2), ({"workers": 8, "slots": 2}, 4), ({"workers": 1}, 1)])
def test_there_are_never_more_runs_than_gpus_have_room_for(on_gpus, job, count):
    assert on_gpus(**job)[0] == count


def test_nobody_shares_a_gpu_of_which_nobody_can_tell_what_is_free(on_gpus, monkeypatch):
    monkeypatch.setattr(gpu_memory, "free_mb", lambda gpus: None)
    count, crew = on_gpus(slots=4)
    assert count == 2 and crew.function.share is None and crew.rest["slots"] == 1


def test_a_gpu_with_too_little_for_so_many_is_refused(on_gpus, monkeypatch):
    monkeypatch.setattr(gpu_memory, "free_mb", lambda gpus: 8000)
    with pytest.raises(InputError, match="given 16 on a GPU with 8000 MB free, allowed 6 at most"):
        on_gpus(slots=16)


@pytest.mark.parametrize("shared", [False, True])
def test_half_a_run_of_another_gpu_is_not_gone_on_from(on_gpus, tmp_path, monkeypatch, shared):
    """Allocations of one cluster may have other GPUs each, and its machines a folder that they share."""
    states = str(tmp_path / "shared") if shared else None

    def at(gpu):
        monkeypatch.setattr(runtime, "_loadable", lambda: (gpu,))
        crew = on_gpus(checkpoints=states)[1]
        assert dict(crew.function.folders)["CHECKPOINTS"] == paths.CHECKPOINTS  # workers find them there
        return paths.CHECKPOINTS

    assert at("A100") != at("H100") and at("A100") == at("A100")
    assert at("A100").parent == (tmp_path / "shared" if shared else tmp_path / "node" / "checkpoints")


@pytest.mark.parametrize(("fails_after", "steps"), [(99, 3), (2, 2)])
def test_a_long_wait_is_ticks_of_work_that_end_with_an_event(house, tmp_path, monkeypatch, fails_after, steps):
    """Limits of runs are counted by a clock that takes no tick for longer than a second; a thousand nodes wait ten."""
    for name in ("STORE", "SCORES", "CHECKPOINTS"):
        monkeypatch.setattr(paths, name, getattr(paths, name))
    waited, now = [], time.monotonic

    class Idle(Crew):
        def wait(self, seconds):
            waited.append(seconds)

        def answers(self):
            if len(waited) >= fails_after:
                raise ValueError("no such thing")
            return iter(())

    monkeypatch.setattr(at_node, "Crew", Idle)
    monkeypatch.setattr(time, "monotonic", lambda: now() + sum(waited))
    node = Node(tmp_path / "node")
    node.begin(Job(pickle.dumps(fail), "portable", workers=1))
    report = node.exchange(0, [], 1.4)
    assert len(waited) == steps and max(waited) <= workers.TICK_S
    assert [event.kind for event in report.events] == ["error"] * (steps == 2)


def test_an_exception_of_a_task_is_told(node):
    at = node(fail)
    at.put(hashlib.sha256(b"data").hexdigest(), b"data")
    assert "no such thing" in str(until(at, "error", [order(1)]).value)
