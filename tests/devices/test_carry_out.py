"""Runs share GPUs by what they take of their memory: measured, remembered, held to it, and never a victim of it."""

from collections import Counter

import pytest

from pipeline.devices import carry_out as devices
from pipeline.devices import gpu_memory
from pipeline.devices.carry_out import Measured, Sharing, carry_out
from pipeline.devices.groups import OnGroup
from pipeline.errors import InputError
from pipeline.pool.process import Ending

NEEDS = {"small": 1000, "large": 20000, "huge": 90000}  # MiB
CARD_MB = 80000


class Card:
    """A GPU of CARD_MB in the place of the pool's workers: it knows what each task takes, and how much it is given."""

    def __init__(self):
        self.passes, self.tried = [], Counter()

    def carry_out(self, function, tasks, *, workers, slots=1, more=None, wanted=lambda task: True, **rest):
        self.passes.append({"workers": workers, "slots": slots, "share": getattr(function, "share", None)})
        waiting = list(tasks)
        while True:
            waiting += more(1) if more and not waiting else []
            if not waiting:
                return
            task = waiting.pop(0)
            yield task, *self._do(function, task)

    def _do(self, function, task):
        self.tried[task] += 1
        kind = function.kind(task) if isinstance(function, Measured) else task.split()[0]
        room = (isinstance(function, Measured) and function.share) or CARD_MB
        if NEEDS[kind] > room:
            return {"ended": "memory", "status": "failed"}, None
        if isinstance(function, Measured):
            gpu_memory.remember(kind, function.device, NEEDS[kind])
        return {"ended": "completed", "status": "finished"}, None


@pytest.fixture
def card(monkeypatch, house):
    """One free GPU, and what is done on it."""
    found = Card()
    monkeypatch.setattr(devices.pool, "carry_out", found.carry_out)
    monkeypatch.setattr(devices.runtime, "gpus", lambda: ["0"])
    monkeypatch.setattr(devices.runtime, "devices", lambda: "gpu: 1 x H100")
    monkeypatch.setattr(gpu_memory, "free_mb", lambda gpus: CARD_MB)
    return found


def kind(task):
    return task.split()[0]


def answers(tasks, sharing, **rest):
    return {task: record["ended"] for task, record, _ in carry_out(len, tasks, sharing=sharing, kind=kind, **rest)}


def test_what_a_share_is_too_small_for_is_done_alone_and_not_failed(card):
    tasks = ["large 1", "small 1", "small 2", "large 2", "huge 1"]
    found = answers(tasks, Sharing(runs_per_gpu=4))
    assert found == dict.fromkeys(tasks[:4], "completed") | {"huge 1": "memory"}  # which no GPU here has room for
    share = gpu_memory.share_mb(CARD_MB, 4)
    assert [each["share"] for each in card.passes] == [share, None] and share < NEEDS["large"]
    assert [(each["workers"], each["slots"]) for each in card.passes] == [(4, 4), (1, 1)]
    assert card.tried["large 1"] == 2 and card.tried["small 1"] == 1


def test_what_was_measured_is_not_tried_in_a_share_again(card):
    answers(["large 1", "small 1"], Sharing(runs_per_gpu=4))
    card.tried.clear()
    assert set(answers(["large 2", "small 2"], Sharing(runs_per_gpu=4)).values()) == {"completed"}
    assert card.tried == {"large 2": 1, "small 2": 1}
    assert gpu_memory.remembered("large", "gpu: 1 x H100") == NEEDS["large"]
    assert gpu_memory.remembered("large", "gpu: 1 x A100") is None  # another device tells nothing


def test_a_run_alone_on_its_gpu_is_measured_too(card):
    answers(["large 1"], Sharing())
    assert gpu_memory.remembered("large", "gpu: 1 x H100") == NEEDS["large"]
    assert card.passes == [{"workers": 1, "slots": 1, "share": None}]


def test_what_follows_from_a_large_task_is_asked_for_once_that_is_done(card):
    """As in a sweep: the next trial is asked for when the one before is told."""
    told, asked = [], []

    def more(idle):
        if len(asked) == len(told) and len(asked) < 4:
            asked.append(f"{'small' if len(asked) % 2 else 'large'} {len(asked)}")
            return asked[-1:]
        return []

    for task, record, _ in carry_out(len, [], sharing=Sharing(runs_per_gpu=4), kind=kind, more=more):
        assert record["ended"] == "completed"
        told.append(task)
    assert told == ["large 0", "small 1", "large 2", "small 3"]
    assert card.tried["large 2"] == 1  # known by then


@pytest.mark.parametrize(
    ("record", "ending", "lacked"),
    [
        ({"ended": "memory"}, None, True),
        ({"ended": "exception"}, None, False),
        (None, Ending("memory", "the system killed its process", 1.0), True),
        (None, Ending("killed", "its process was killed", 1.0), False),
        (None, None, False),
    ],
)
def test_want_of_memory_is_told_apart(record, ending, lacked):
    assert devices.lacked_memory(record, ending) == lacked


def test_nobody_shares_where_nobody_can_tell_how_much_is_free(card, monkeypatch, capsys):
    monkeypatch.setattr(gpu_memory, "free_mb", lambda gpus: None)
    answers(["small 1", "small 2"], Sharing(runs_per_gpu=4))
    assert card.passes == [{"workers": 1, "slots": 1, "share": None}]
    assert "one run at a time" in capsys.readouterr().err


def test_without_a_gpu_all_is_as_ever(card, monkeypatch):
    monkeypatch.setattr(devices.runtime, "gpus", list)
    answers(["small 1"], Sharing("auto", 1, 3))
    assert card.passes == [{"workers": "auto", "slots": 3, "share": None}]


def test_runs_with_several_gpus_go_to_groups_of_them(card, monkeypatch):
    monkeypatch.setattr(devices.runtime, "gpus", lambda: ["0", "1", "GPU-c", "3", "4"])
    seen = []
    monkeypatch.setattr(card, "_do", lambda function, task: seen.append(function) or ({"ended": "completed"}, None))
    answers(["large 1", "large 2", "large 3"], Sharing(gpus_per_run=2))
    assert card.passes == [{"workers": 2, "slots": 0, "share": None}]
    assert isinstance(seen[0], OnGroup) and seen[0].groups == [((0, "0"), (1, "1")), ((2, "GPU-c"), (3, "3"))]


@pytest.mark.parametrize(
    ("sharing", "cards", "tasks", "expected"),
    [
        (Sharing(), 2, 9, 2),
        (Sharing(runs_per_gpu=3), 2, 9, 6),
        (Sharing(runs_per_gpu=3), 2, 4, 4),
        (Sharing(8), 2, 9, 2),  # more would have no GPU of their own, and see them all
        (Sharing(1, runs_per_gpu=3), 2, 9, 1),
        (Sharing(gpus_per_run=2), 5, 9, 2),
        (Sharing(gpus_per_run=4), 2, 9, 1),
    ],
)
def test_workers_are_no_more_than_gpus_have_room_for(monkeypatch, sharing, cards, tasks, expected):
    monkeypatch.setattr(devices.runtime, "gpus", lambda: [str(number) for number in range(cards)])
    assert sharing.count(tasks) == expected


def test_a_worker_is_held_to_its_share_once_and_tells_what_it_took(monkeypatch, house):
    calls = []
    monkeypatch.setattr(devices, "_is_held", [])
    monkeypatch.setattr(gpu_memory, "hold_to", lambda share: calls.append(share))
    monkeypatch.setattr(gpu_memory, "forget_peak", lambda: calls.append("forget"))
    monkeypatch.setattr(gpu_memory, "peak_mb", lambda: 700 + len(calls))
    task = Measured(len, kind, "card", 5000)
    assert [task("small 1"), task("small 2")] == [7, 7]
    assert calls == [5000, "forget", "forget"]
    assert gpu_memory.remembered("small", "card") == 703


def test_too_many_for_a_gpu_are_refused_with_the_number_that_fits():
    with pytest.raises(InputError, match=r"runs_per_gpu: given 16 on a GPU with 16000 MB free, allowed 13 at most"):
        gpu_memory.share_mb(16000, 16)
    assert gpu_memory.share_mb(16000, 13) >= gpu_memory.LEAST_MB
