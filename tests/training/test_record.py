"""One kind of record, with all its fields, however a run ended."""

import typing

import pytest

from pipeline.contracts import Ended, RunRecord
from pipeline.training import record
from pipeline.training.run import RunSpec

FIELDS = RunRecord.__annotations__.keys() - {"outputs"}
ENDS = typing.get_args(Ended)


@pytest.fixture
def spec():
    return RunSpec("topic", "variant", 3, 3, "ab01", "smoke", {"precision": "float32"}, "digest", "cpu", "portable")


class ResourceExhaustedError(Exception):
    """TensorFlow's, by its name."""


class OutOfMemory(ResourceExhaustedError):
    """A kind of it."""


@pytest.mark.parametrize("ended", ENDS[2:])
def test_a_run_whose_process_is_gone_has_every_field(spec, ended):
    lost = record.lost(spec, ended, "it is gone, 2 times", 12.5)
    assert lost.keys() == FIELDS
    assert (lost["status"], lost["ended"], lost["reason"]) == ("failed", ended, "it is gone, 2 times")
    assert (lost["duration_s"], lost["peak_memory_mb"], lost["epochs"]) == (12.5, None, 0)


@pytest.mark.parametrize(
    ("error", "ended", "told"),
    [
        (ValueError("too\n  deep"), "exception", "ValueError: too deep"),
        (SystemExit(3), "exception", "SystemExit: 3"),
        (MemoryError(), "memory", "it needed more memory than there is (MemoryError: )"),
        (ResourceExhaustedError("OOM"), "memory", "it needed more memory than there is (ResourceExhaustedError: OOM)"),
        (OutOfMemory("OOM"), "memory", "it needed more memory than there is (OutOfMemory: OOM)"),
    ],
)
def test_an_error_is_told_in_one_line(spec, error, ended, told):
    crash = record.record(spec, record.crash(error), started=1.0, duration_s=2.0, peak_mb=3)
    assert crash.keys() == FIELDS
    assert (crash["status"], crash["ended"], crash["reason"]) == ("failed", ended, told)


def test_a_long_reason_is_cut():
    assert len(record.failure("exception", "x" * 10_000)["reason"]) == record.LONGEST_REASON
