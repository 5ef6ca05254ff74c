"""Two machines are told apart by all that their numbers follow from and that is in no run's key."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from pipeline.training import machine, record, runtime
from pipeline.training.machine import Machine
from pipeline.training.run import RunSpec

OURS = Machine("glibc 2.36", "portable", "A100", "Xeon avx2")


@pytest.mark.parametrize(
    ("theirs", "told"),
    [
        ({}, None),
        ({"processor": "EPYC avx2"}, None),  # numbers are held the same on both
        ({"library": "glibc 2.31"}, "given glibc 2.31, allowed glibc 2.36: its exp and log may differ in the last dig"),
        ({"device": "T4"}, "given T4, allowed A100"),
        ({"numerics": "native avx512f"}, "given a processor whose numbers are native avx512f, allowed portable"),
        ({"library": None, "numerics": None, "device": None, "processor": None}, None),  # nobody has said
    ],
)
def test_what_makes_machines_unlike(theirs, told):
    found = machine.unlike(replace(OURS, **theirs), OURS)
    assert found == told or (found and told and found.startswith(told))


def test_processors_count_where_numbers_are_their_own():
    native = replace(OURS, numerics="native avx2")
    told = machine.unlike(replace(native, processor="EPYC avx2"), native)
    assert told == "given EPYC avx2, allowed Xeon avx2, as numbers are not held the same on all"


def test_the_number_of_gpus_does_not_count(monkeypatch):
    found = []
    for cards in (("A100",), ("A100",) * 8, ("T4", "A100")):
        monkeypatch.setattr(runtime, "_loadable", lambda cards=cards: cards)
        found.append(machine.here("portable").device)
    assert found == ["A100", "A100", "A100, T4"]
    monkeypatch.setattr(runtime, "_loadable", tuple)
    assert machine.here("portable").device == "cpu"


def test_a_mark_is_another_where_numbers_may_be(monkeypatch):
    def marks(**ours):
        for name, value in ({"library": "glibc 2.36", "device": "A100", "processor": "Xeon avx2"} | ours).items():
            kept[name] = value
        return [machine.mark(mode) for mode in ("portable", "native")]

    kept = {}
    monkeypatch.setattr(machine, "here", lambda mode: Machine(kept["library"], mode, kept["device"], kept["processor"]))
    portable, native = marks()
    assert marks() == [portable, native] and len(portable) == len(native) == machine.MARK_DIGITS
    assert marks(processor="EPYC avx2")[0] == portable and marks(processor="EPYC avx2")[1] != native
    for other in ({"library": "glibc 2.31"}, {"device": "H100"}):
        assert marks(**other)[0] != portable and marks(**other)[1] != native


@pytest.fixture
def tensorflow(monkeypatch):
    """TensorFlow with two GPUs of a kind, as a worker sees them."""
    names = {"0": {"device_name": "NVIDIA A100"}, "1": {"device_name": "NVIDIA A100"}, "2": {}}
    cards = [SimpleNamespace(name=name) for name in names]
    config = SimpleNamespace(
        get_visible_devices=lambda kind: cards[:2] if kind == "GPU" else [],
        experimental=SimpleNamespace(get_device_details=lambda card: names[card.name]),
    )
    monkeypatch.setitem(sys.modules, "tensorflow", SimpleNamespace(config=config))
    return config


def test_a_record_says_on_what_it_was_trained(tensorflow):
    def made(device):
        spec = RunSpec("t", "v", 3, 3, "ab01", "smoke", {"precision": "float32"}, "digest", device, "portable")
        return record.record(spec, record.failure("exception", "x"), started=1.0, duration_s=2.0, peak_mb=3)

    on_gpu, on_cpu = made("gpu"), made("cpu")
    assert on_gpu["gpus"] == ["NVIDIA A100"] and on_cpu["gpus"] == []
    assert on_gpu["library"] == on_cpu["library"] == machine.library() != ""
    assert machine.of_record(on_gpu).device == "NVIDIA A100" and machine.is_told(on_gpu)
    assert machine.of_record(on_cpu).device == "cpu" and machine.unlike_here(on_cpu) is None


def test_a_record_of_before_says_less():
    old = {"device": "gpu", "numerics": "portable", "processor": "Xeon"}
    assert machine.of_record(old) == Machine(None, "portable", None, "Xeon") and not machine.is_told(old)


def test_a_run_that_can_never_be_ours_is_in_nobody_s_way(monkeypatch):
    """Its kind of device, or how its numbers are added up, is in its key."""
    monkeypatch.setattr(runtime, "_loadable", tuple)
    other = {"device": "gpu", "gpus": ["T4"], "numerics": "portable", "library": "glibc 2.17"}
    assert machine.unlike_here(other) is None
    assert machine.unlike_here(other | {"device": "cpu", "numerics": "native of another"}) is None
    assert machine.unlike_here(other | {"device": "cpu", "gpus": []}).startswith("given glibc 2.17")
