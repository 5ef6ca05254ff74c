"""What records say of how runs ended on a node: whether that may be the node's fault, and that it is the run's own."""

import re
from collections.abc import Mapping
from typing import Any

from pipeline.pool.process import Answer

OF_THE_MACHINE = re.compile(r"(OSError|PermissionError|FileNotFoundError):|InputError: [^:]*\bprepared/")


def of_the_machine(record: Any) -> str | None:
    """Why a run failed if that may be no fault of its own, but of the disk that it was on."""
    reason = str(record["reason"]) if isinstance(record, Mapping) and record.get("status") == "failed" else ""
    return reason if OF_THE_MACHINE.match(reason) else None


def is_finished(record: Any) -> bool:
    """Whether a run has ended of which there are files."""
    return isinstance(record, Mapping) and record.get("status") in ("finished", "diverged")


def as_own(answer: Answer[Any]) -> Answer[Any]:
    """The answer of a run whose fault it is itself: its reason no longer begins as those of a machine do."""
    assert answer.record is not None
    return Answer(record=dict(answer.record, reason=f"on each node that tried it: {answer.record['reason']}"))
