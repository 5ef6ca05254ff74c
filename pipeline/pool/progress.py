"""Show how far a topic's runs have come: bars on a terminal, a line a run anywhere else."""

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from pipeline.training import epoch_log
from pipeline.training.run import Job


class Board:
    """One bar for all runs and one for each in progress; without a terminal, a line for each that is done."""

    def __init__(self, topic: str, jobs: Sequence[Job], before: int) -> None:
        self._topic, self._open, self._bars = topic, list(jobs), {}
        self._all, self._done, self._before = len(jobs), 0, before
        self._bar: Any = None
        if sys.stdout.isatty() and jobs:
            self._bar = _bars()
            self._total = self._bar.add_task(f"{topic}: runs", total=len(jobs), told="")

    def __enter__(self) -> "Board":
        told = f", {self._before} of them done before" if self._before else ""
        print(f"{self._topic}: {self._all + self._before} runs{told}", flush=True)
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()

    def tick(self) -> None:
        """Look at what the runs in progress have written."""
        if not self._bar:
            return
        for job in self._open:
            rows = epoch_log.read(job.run_key)
            if rows:
                if job not in self._bars:
                    name = f"  {job.variant} seed {job.seed}"
                    self._bars[job] = self._bar.add_task(name, total=job.settings["fit"]["epochs"], told="")
                told = f"loss {rows[-1]['loss']:.3g}"
                self._bar.update(self._bars[job], completed=rows[-1]["epoch"], told=told)

    def done(self, job: Job, record: dict[str, Any]) -> None:
        """One run is over."""
        self._done += 1
        self._open.remove(job)
        told = record["reason"] or f"{record['duration_s']:.1f} s"
        if self._bar:
            self._bar.update(self._total, advance=1)
            if job in self._bars:
                self._bar.remove_task(self._bars.pop(job))
        if not self._bar or record["status"] != "finished":
            counted = f"{self._topic}: {self._done}/{self._all}"
            print(f"{counted} {job.variant} seed {job.seed}: {record['status']} ({told})", flush=True)


def _bars() -> Any:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[told]}"))
    return Progress(*columns, TimeRemainingColumn(), transient=True)
