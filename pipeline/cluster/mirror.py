"""The epochs of runs that nodes are at, in the files in which this machine would have them: displays look there."""

import contextlib
from collections.abc import Sequence
from typing import Any

from pipeline import paths
from pipeline.training import epoch_log


class Mirror:
    """Epoch logs beside no checkpoint; nodes keep theirs elsewhere, in this very folder one level down at most."""

    def __init__(self) -> None:
        self._begun: set[str] = set()

    def add(self, run_key: str, rows: Sequence[dict[str, Any]]) -> None:
        """More epochs of a run."""
        folder = paths.CHECKPOINTS / run_key
        if run_key not in self._begun or rows[0]["epoch"] == 1:
            self._begun.add(run_key)
            epoch_log.begin(folder, rows)
        else:
            for row in rows:
                epoch_log.add(folder, row)

    def drop(self, run_key: str) -> None:
        """The run is over."""
        if run_key in self._begun:
            self._begun.discard(run_key)
            folder = paths.CHECKPOINTS / run_key
            (folder / epoch_log.FILE).unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # this machine has a state of it
                folder.rmdir()

    def close(self) -> None:
        """No run is watched any more."""
        for run_key in list(self._begun):
            self.drop(run_key)
