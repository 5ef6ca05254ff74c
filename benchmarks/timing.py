"""Time two ways of doing the same thing in turn, and print medians and their ratio: machines drift, ratios hold."""

import resource
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Sides = dict[str, Callable[[], object]]


@dataclass(frozen=True)
class Line:
    """One measured value, and what is wanted of it: nothing, at least `least`, or at most `most`."""

    what: str
    value: float
    unit: str = ""
    least: float | None = None
    most: float | None = None

    def wanted(self) -> str:
        """The wanted value and whether it was reached, in words."""
        if self.least is None and self.most is None:
            return ""
        reached = self.value >= self.least if self.least is not None else self.value <= (self.most or 0)
        bound = f"at least {self.least:g}" if self.least is not None else f"at most {self.most:g}"
        return f"{bound}{self.unit}: {'reached' if reached else 'MISSED'}"


def turns(sides: Sides, rounds: int) -> dict[str, list[float]]:
    """Seconds that each side took in each round; one after another, so that a slow minute hits them all.

    Core-seconds, with those of processes that ended, are printed too: they hold while others use the machine.
    """
    taken: dict[str, list[float]] = {side: [] for side in sides}
    for number in range(rounds):
        for side, function in sides.items():
            started, cores = time.perf_counter(), core_seconds()
            function()
            taken[side].append(time.perf_counter() - started)
            told = f"{taken[side][-1]:.2f} s ({core_seconds() - cores:.2f} core-seconds)"
            print(f"round {number + 1} of {rounds}: {side}: {told}", flush=True)
    return taken


def core_seconds() -> float:
    """Processor time so far of this process and of those it has waited for."""
    own, ended = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime


def ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """Median over the rounds of slow to fast."""
    return statistics.median(above / below for above, below in zip(slow, fast, strict=True))


def table(title: str, lines: Sequence[Line]) -> None:
    """Print what was measured beside what is wanted."""
    width = max(len(line.what) for line in lines)
    print(f"\n{title}")
    for line in lines:
        print(f"  {line.what:<{width}}  {line.value:9.2f}{line.unit:<3}  {line.wanted()}".rstrip())
    print(flush=True)


def medians(taken: dict[str, list[float]]) -> list[Line]:
    """A line for the median seconds of each side."""
    return [
        Line(f"{side} (median of {len(seconds)})", statistics.median(seconds), " s") for side, seconds in taken.items()
    ]
