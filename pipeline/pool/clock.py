"""Measure the time in which work could be done: a machine that slept, or a stopped process, has used up none."""

import time

LONGEST_TICK_S = 1.0


class WorkClock:
    """Seconds gone by, told in ticks: one that took longer than LONGEST_TICK_S counts as that.

    Whoever waits for workers ticks about twice a second. Between two ticks the machine may have slept, or this process
    and its workers may have been stopped (Ctrl-Z, SIGSTOP to the group), and nobody could work: the wall's clock would
    count that. A worker stopped alone is not spared: the clock of its parent goes on.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._last = time.monotonic()

    def tick(self) -> None:
        """Go on by the time since the last tick, or by LONGEST_TICK_S if that was longer."""
        now = time.monotonic()
        self.seconds += min(now - self._last, LONGEST_TICK_S)
        self._last = now
