"""Show how far a topic's runs have come: bars on a terminal, one line per run anywhere else."""

import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from pipeline.spoken import tell, told
from pipeline.training import epoch_log
from pipeline.training.run import RunSpec


class Board:
    """One bar for all runs and one for each in progress; without a terminal, a line for each that is done."""

    def __init__(self, topic: str, specs: Sequence[RunSpec], before: int, devices: str = "") -> None:
        self._topic, self._open = topic, list(specs)
        self._bars: dict[RunSpec, Any] = {}
        self._nodes: dict[RunSpec, str] = {}
        self._all, self._done, self._before = len(specs), 0, before
        self._display: Any = None
        self._devices = f", on {devices}" if devices else ""
        if sys.stdout.isatty() and specs:
            self._display = display()
            self._total = self._display.add_task(told(f"{topic}: runs"), total=len(specs), note="")

    def __enter__(self) -> "Board":
        before = f", {self._before} of them done before" if self._before else ""
        tell(f"{self._topic}: {self._all + self._before} runs{before}{self._devices}")
        if self._display:
            self._display.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._display:
            self._display.stop()

    def placed(self, spec: RunSpec, node: str) -> None:
        """A run has gone to a node of a cluster; it may go to another one later."""
        self._nodes[spec] = f" on {node}"
        if spec in self._bars:
            self._display.update(self._bars[spec], description=self._name(spec))

    def _name(self, spec: RunSpec) -> str:
        return told(f"  {spec.variant} seed {spec.seed}{self._nodes.get(spec, '')}")

    def tick(self) -> None:
        """Look at what the runs in progress have written."""
        if not self._display:
            return
        for spec in self._open:
            rows = epoch_log.read(spec.run_key)
            if rows:
                if spec not in self._bars:
                    epochs = spec.settings["fit"]["epochs"]
                    self._bars[spec] = self._display.add_task(self._name(spec), total=epochs, note="")
                note = f"loss {rows[-1]['loss']:.3g}"
                self._display.update(self._bars[spec], completed=rows[-1]["epoch"], note=note)

    def done(self, spec: RunSpec, record: Mapping[str, Any]) -> None:
        """Show that one run is over, and how it ended."""
        self._done += 1
        self._open.remove(spec)
        if self._display:
            self._display.update(self._total, advance=1)
            if spec in self._bars:
                self._display.remove_task(self._bars.pop(spec))
        if not self._display or record["status"] != "finished":
            note = record["reason"] or f"{record['duration_s']:.1f} s"
            name = f"{spec.variant} seed {spec.seed}{self._nodes.get(spec, '')}"
            tell(f"{self._topic}: {self._done}/{self._all} {name}: {record['status']} ({note})")


def display() -> Any:
    """Bars with a count, the time left and a `note`, gone when it stops."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[note]}"))
    return Progress(*columns, TimeRemainingColumn(), transient=True)
