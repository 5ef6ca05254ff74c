"""Two workers against one on the same tasks, and 500 runs through one pool: memory and time a run must not creep."""

import json
import shutil
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from house import DIGITS, TOPIC, empty, python, small
from timing import Line, medians, ratio, table, turns

SAME, ROUNDS = 8, 2  # runs of some five seconds
MANY, FEW = 500, 50  # runs of well under a second; the first and the last of them are compared
WARM = 20  # runs before the first that count
WORKER_MB = 100  # what is smaller is no worker: Python's own helpers
CNN: dict[str, Any] = {
    "model": "convnet",
    "build": {"channels": 16, "kernels": [5, 3], "padding": "valid", "pooling": "max"},
    "fit": {"epochs": 40, "batch_size": 32, "learning_rate": 0.001},
}
TINY: dict[str, Any] = {"build": {"width": 16, "depth": 1}, "fit": {"epochs": 1, "batch_size": 100}}
FEW_DIGITS = DIGITS | {"split": {"validation": 100, "test": 100, "train": 200}}


def carry_out(count: int, file: Path) -> None:
    """Carry out the topic's runs on `count` workers; each run's seconds and the workers' memory go to `file`."""
    import psutil

    from pipeline import paths
    from pipeline.pool import workers
    from pipeline.settings import params
    from pipeline.settings.plan import current
    from pipeline.training.run import run, run_specs

    me, memory, runs = psutil.Process(), [], []

    def look() -> None:
        sizes = [_size(child) for child in me.children()]
        memory.append([len(runs), max([size for size in sizes if size > WORKER_MB], default=0)])

    specs = run_specs(current(params.read(paths.PARAMS), TOPIC))
    started = time.perf_counter()
    for _, record, reason in workers.carry_out(run, specs, workers=count, tick=look):
        assert record and record["status"] == "finished", record or reason
        runs.append(record["duration_s"])
    file.write_text(json.dumps({"seconds": time.perf_counter() - started, "runs": runs, "memory": memory}))


def _size(process: Any) -> float:
    import psutil

    try:
        return process.memory_info().rss / 1e6
    except psutil.Error:
        return 0.0


def measure(place: Path, count: int) -> dict[str, Any]:
    """The same in the copy, by a process of its own."""
    empty(place)
    file = place / "measured.json"
    python(place, "benchmarks/workers.py", str(count), str(file))
    measured: dict[str, Any] = json.loads(file.read_text())
    shutil.rmtree(place / ".aula")
    return measured


def two_and_one() -> list[Line]:
    """The same tasks on one worker and on two, with the start of the workers."""
    each: dict[int, list[float]] = {1: [], 2: []}  # seconds of the runs themselves, by number of workers
    with small(SAME, **CNN) as place:
        sides = {f"{SAME} runs, {count} worker{'s'[: count - 1]}": count for count in each}
        ask = {
            side: lambda count=count: each[count].extend(measure(place, count)["runs"]) for side, count in sides.items()
        }
        taken = turns(ask, ROUNDS)
    one, two = taken.values()
    slower = statistics.median(each[2]) / statistics.median(each[1])
    worth = 2 / slower
    return [
        *medians(taken),
        Line("one worker to two", ratio(one, two), "x", least=1.7),
        Line("a run beside another to a run alone", slower, "x"),
        Line("so two of this machine's processors are worth, of one", worth, "x"),
        Line("and the pool makes of that", 100 * ratio(one, two) / worth, " %"),
    ]


def many() -> list[Line]:
    """Memory and time a run over MANY runs of one pool."""
    with small(MANY, FEW_DIGITS, **TINY) as place:
        measured = measure(place, 2)
    runs = measured["runs"]
    first, last = (statistics.median(part) for part in (runs[WARM : WARM + FEW], runs[-FEW:]))
    early, late = (_peak(measured["memory"], *span) for span in ((WARM, MANY // 2), (MANY // 2, MANY)))
    return [
        Line(f"{MANY} tiny runs, 2 workers", measured["seconds"], " s"),
        Line("time of one of the first fifty (median)", first, " s"),
        Line("time of one of the last fifty (median)", last, " s"),
        Line("last fifty to first fifty", last / first, "x", most=1.1),
        Line("largest worker, first half", early, " MB"),
        Line("largest worker, second half", late, " MB"),
        Line("second half to first half", late / early, "x", most=1.1),
    ]


def _peak(memory: Sequence[Sequence[float]], begin: int, end: int) -> float:
    return max((size for done, size in memory if begin <= done <= end), default=float("nan"))


def main() -> int:
    table("workers.py: the pool of workers", two_and_one() + many())
    return 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        carry_out(int(sys.argv[1]), Path(sys.argv[2]))
        sys.exit(0)
    sys.exit(main())
