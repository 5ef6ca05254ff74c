"""16 short runs by `python -m pipeline train` against a cold process a run: a plain script with autolog."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from house import DATA, ROOT, TOPIC, empty, python, small
from timing import Line, medians, ratio, table, turns

RUNS, ROUNDS = 16, 4
SHARE = 2  # cold processes a round, of RUNS: each costs the same, as none knows of another


def cold(place: Path, at_once: int, first: int) -> None:
    """SHARE runs, each a process of its own, `at_once` of them at the same time."""
    prepared = place / "data" / "prepared" / DATA / "100"
    splits = [str(prepared / "fit" / "plain.npz"), str(prepared / "validation.npz")]
    script = str(ROOT / "benchmarks" / "plain.py")
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(lambda seed: python(place, script, *splits, str(seed)), range(first, first + SHARE)))


def main() -> int:
    with small(RUNS) as place:

        def ours() -> None:
            empty(place)
            told = python(place, "-m", "pipeline", "train", TOPIC)
            assert told.count("finished") == RUNS, told

        def theirs(at_once: int) -> None:
            empty(place)
            cold(place, at_once, 0)

        one, two = f"{SHARE} cold processes, one at a time", f"{SHARE} cold processes, two at a time"
        pool = f"{RUNS} runs on the pool"
        taken = turns({one: lambda: theirs(1), pool: ours, two: lambda: theirs(2)}, ROUNDS)
    times = {side: RUNS / SHARE * ratio(taken[side], taken[pool]) for side in (one, two)}
    table(
        f"pool.py: {RUNS} short runs, the pool against a cold process a run",
        [
            *medians(taken),
            Line(f"{RUNS} cold processes one at a time to the pool", times[one], "x", least=4),
            Line(f"{RUNS} cold processes two at a time to the pool", times[two], "x"),
        ],
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
