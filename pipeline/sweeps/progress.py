"""Show how a sweep comes on: a bar on a terminal, one line a trial anywhere else."""

import sys
import time
from collections.abc import Callable, Sequence
from statistics import fmean
from types import TracebackType
from typing import Any

from pipeline.pool.progress import display
from pipeline.settings.sweep_blocks import SweepSettings
from pipeline.spoken import tell, told
from pipeline.sweeps.ledger import Ledger
from pipeline.sweeps.search import Search
from pipeline.sweeps.trials import Told, best

PAGE_S = 30.0


class Board:
    """Best so far, trials that are over and time left; keeps the trials in the ledger as they are told."""

    def __init__(self, sweep: SweepSettings, ledger: Ledger, workers: int) -> None:
        self._sweep, self._ledger, self._workers = sweep, ledger, workers
        self._display: Any = display() if sys.stdout.isatty() else None
        self._bar = self._display.add_task(sweep.name, total=sweep.trials, note="") if self._display else None

    def __enter__(self) -> "Board":
        what = f"{self._sweep.trials} trials of {self._sweep.topic}.{self._sweep.variant}"
        tell(f"{self._sweep.name}: {what}, {self._sweep.seeds} seeds each, by {self._sweep.metric}")
        if self._display:
            self._display.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._display:
            self._display.stop()

    def told(self, trials: Sequence[Told], search: Search) -> None:
        """These trials are over."""
        self._ledger.tell(search.told)
        ranked = best(search.told, highest=self._sweep.highest)
        note = f"best {ranked[0].score:.4g} (trial {ranked[0].number})" if ranked else "none is good yet"
        note += self._left(search.told)
        if self._display:
            self._display.update(self._bar, completed=len(search.told), note=told(note))
        for trial in trials if not self._display else ():
            self._say(trial, note)
        for trial in trials if self._display else ():
            if trial.reason:
                tell(f"{self._sweep.name}: trial {trial.number} {trial.end}: {trial.reason}")

    def _left(self, told: Sequence[Told]) -> str:
        """Minutes of the search that are left, by what trials took so far; the finals come on top."""
        left = self._sweep.trials - len(told)
        seconds = fmean(trial.seconds for trial in told) * left / self._workers
        return f", about {max(1, round(seconds / 60))} min left" if left and seconds else ""

    def _say(self, trial: Told, note: str) -> None:
        score = "" if trial.score is None else f" {trial.score:.4g}"
        reason = f" ({trial.reason})" if trial.reason else ""
        count = f"{self._sweep.name}: {trial.number + 1}/{self._sweep.trials} trial {trial.number}"
        tell(f"{count}: {trial.end}{score}{reason}; {note}")

    def finals(self) -> None:
        """The search is over: finalists are trained now."""
        tell(f"{self._sweep.name}: up to {self._sweep.keep} finalists and {self._sweep.variant} on fresh seeds")

    def tick(self) -> None:
        """Rich draws by itself."""


class Shown:
    """A board, and a page that is drawn anew while trials come in, but no more often than every PAGE_S."""

    def __init__(self, board: Board, draw: Callable[[], Any]) -> None:
        self._board, self._draw = board, draw
        self._drawn = time.monotonic()

    def told(self, trials: Sequence[Told], search: Search) -> None:
        """These trials are over."""
        self._board.told(trials, search)
        if time.monotonic() - self._drawn > PAGE_S:
            self._draw()
            self._drawn = time.monotonic()

    def tick(self) -> None:
        """Rich draws by itself."""
        self._board.tick()
