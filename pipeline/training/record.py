"""The record of a run, of one kind however it ended: what it was to be, what came of it, and on what."""

import platform
import time
from typing import TYPE_CHECKING, NotRequired, TypedDict

from pipeline.contracts import Ended, RunRecord, Status
from pipeline.training import machine, runtime

if TYPE_CHECKING:
    from pipeline.training.run import RunSpec

LONGEST_REASON = 500  # characters
TOO_LITTLE_MEMORY = ("MemoryError", "ResourceExhaustedError", "OutOfMemoryError")  # by name: TensorFlow's are its own


class Outcome(TypedDict):
    """The part of a record that says how training ended."""

    status: Status
    ended: Ended
    reason: str | None
    parameters: int | None
    epochs: int
    best_epoch: int | None
    outputs: NotRequired[int]


def record(spec: "RunSpec", outcome: Outcome, *, started: float, duration_s: float, peak_mb: int | None) -> RunRecord:
    """What stands in run.json: `started` in seconds since 1970, `peak_mb` in MiB, None where nobody could look."""
    return {
        "run_key": spec.run_key,
        "topic": spec.topic,
        "variant": spec.variant,
        "seed": spec.seed,
        "draw": spec.draw,
        "profile": spec.profile,
        "settings": spec.settings,
        **outcome,
        "device": spec.device,
        "numerics": spec.numerics,
        "precision": spec.settings["precision"],
        "threads": 1,
        "started": started,
        "duration_s": round(duration_s, 3),
        "peak_memory_mb": peak_mb,
        "versions": runtime.versions(),
        "data_digest": spec.data_digest,
        "claims": dict(spec.claims),
        "host": platform.node(),
        "processor": runtime.processor(),
        "library": machine.library(),
        "gpus": machine.gpus() if spec.device == "gpu" else [],
        "git_commit": runtime.commit(),
    }


def failure(ended: Ended, reason: str) -> Outcome:
    """The outcome of a run that failed: nothing of it is kept but why."""
    line = " ".join(reason.split())[:LONGEST_REASON]
    return Outcome(status="failed", ended=ended, reason=line, parameters=None, epochs=0, best_epoch=None)


def crash(error: BaseException) -> Outcome:
    """The outcome of a run that raised `error`; too little memory, whoever noticed it, is named as that."""
    told = f"{type(error).__name__}: {error}"
    if any(kind.__name__ in TOO_LITTLE_MEMORY for kind in type(error).__mro__):
        return failure("memory", f"it needed more memory than there is ({told})")
    return failure("exception", told)


def lost(spec: "RunSpec", ended: Ended, reason: str, seconds: float) -> RunRecord:
    """The record of a run whose process is gone after `seconds` of its last try: only its parent can tell."""
    return record(spec, failure(ended, reason), started=time.time() - seconds, duration_s=seconds, peak_mb=None)
