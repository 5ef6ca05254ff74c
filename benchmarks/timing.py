"""Time two ways of doing the same thing in turn, and print medians and their ratio: machines drift, ratios hold."""

import statistics
import sys
import time
from collections.abc import Callable


def compare(name: str, ours: Callable[[], object], theirs: Callable[[], object], rounds: int, floor: float) -> float:
    """Run theirs, ours, theirs, ours ...; print seconds and give the median ratio, said to be low below `floor`."""
    taken: dict[str, list[float]] = {"theirs": [], "ours": []}
    for _ in range(rounds):
        for side, function in (("theirs", theirs), ("ours", ours)):
            started = time.perf_counter()
            function()
            taken[side].append(time.perf_counter() - started)
    ratios = [slow / fast for slow, fast in zip(taken["theirs"], taken["ours"], strict=True)]
    ratio = statistics.median(ratios)
    medians = {side: statistics.median(seconds) for side, seconds in taken.items()}
    print(f"{name}: theirs {medians['theirs']:.2f} s, ours {medians['ours']:.2f} s, ratio {ratio:.2f}", end=" ")
    print(f"({min(ratios):.2f} to {max(ratios):.2f}, {rounds} rounds, at least {floor:g} asked for)", flush=True)
    if ratio < floor:
        print(f"{name}: below what was asked for", file=sys.stderr)
    return ratio
