"""The history of a run in progress, in a file of one line per epoch that anyone may read while it grows."""

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline import paths
from pipeline.records import write_bytes

FILE = "epochs.jsonl"


def begin(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Start anew with the rows of the epochs that a resumed training has behind it."""
    write_bytes(folder / FILE, "".join(json.dumps(row) + "\n" for row in rows).encode())


def add(folder: Path, row: dict[str, Any]) -> None:
    """Add the row of one epoch: a line that has ended is whole, so no reader needs a lock."""
    with (folder / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def read(run_key: str) -> list[dict[str, Any]]:
    """The epochs so far of a run in progress; none if it has not begun or is over."""
    rows = []
    with contextlib.suppress(OSError, json.JSONDecodeError):
        for line in (paths.CHECKPOINTS / run_key / FILE).read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                rows.append(json.loads(line))
    return rows
