"""What tracking costs a stage that trains: ours, and mlflow.keras.autolog on the same trainings (six minutes)."""

import contextlib
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from house import TOPIC, empty, python, small
from timing import Line, core_seconds, table, turns

from pipeline.training.run import RunSpec, run

RUNS, MORE, ROUNDS = 12, 36, 1  # runs of a small topic, and of one from which the cost of one more run follows
LAPTOP = 70  # runs of a topic in the laptop profile, about
TRAINING = {  # as the topic of convolution trains its digits
    "model": "convnet",
    "build": {"channels": 16, "kernels": [5, 3], "padding": "valid", "pooling": "max"},
    "fit": {"epochs": 30, "batch_size": 32, "learning_rate": 0.001},
}


def autologged(spec: RunSpec) -> dict[str, Any]:
    """The same run, with what a user would add to the script."""
    import mlflow

    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    mlflow.keras.autolog()
    return run(spec)


def inside(side: str) -> int:
    """`python -m pipeline train` with our tracking, with none, or with autolog in its place; says what it took."""
    from pipeline import __main__ as line
    from pipeline.mlflow_sync import live, publish
    from pipeline.stages import train

    spent: list[float] = []
    if side == "ours":
        live._follow = counted(live._follow, spent)
        publish.publish = counted(publish.publish, spent)
    else:
        publish.publish = lambda topics: None
        live.follow = lambda *_: contextlib.nullcontext()
    if side == "autolog":
        train.run = autologged
    code = line.main(["train", TOPIC])
    print(f"measured {sum(spent)} {core_seconds()}")
    return code


def counted(function: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    """`function`, which adds the processor time of its own thread to `spent`."""

    def timed(*given: Any) -> Any:
        started = time.thread_time()
        try:
            return function(*given)
        finally:
            spent.append(time.thread_time() - started)

    return timed


def measure(place: Path, side: str, runs: int, told: dict[str, list[list[float]]]) -> None:
    """One side in a process of its own; its figures are added to `told`."""
    empty(place)
    said = python(place, "benchmarks/tracking.py", side)
    assert said.count("finished") == runs, said
    told.setdefault(side, []).append([float(word) for word in said.split("measured ")[1].splitlines()[0].split()])


def compared(runs: int, *sides: str) -> tuple[dict[str, float], dict[str, float], float]:
    """Of a topic of so many runs, by side: seconds, processor seconds; and processor seconds that ours spent."""
    told: dict[str, list[list[float]]] = {}
    with small(runs, **TRAINING) as place:
        taken = turns({side: lambda side=side: measure(place, side, runs, told) for side in sides}, ROUNDS)
    walls = {side: statistics.median(taken[side]) for side in sides}
    cores = {side: statistics.median(row[1] for row in told[side]) for side in sides}
    return walls, cores, statistics.median(row[0] for row in told["ours"])


def main() -> int:
    walls, cores, spent = compared(RUNS, "none", "ours", "autolog")
    a_run = max(compared(MORE, "ours")[2] - spent, 0) / (MORE - RUNS)
    once = spent - RUNS * a_run
    topic = once + a_run * LAPTOP
    added = cores["autolog"] - cores["none"]
    table(
        f"tracking.py: {RUNS} runs of a CNN on digits, 30 epochs; s of wall clock, cs of processor time",
        [
            Line("training without tracking", walls["none"], " s"),
            Line("training without tracking", cores["none"], " cs"),
            Line("ours: added, a difference of two trainings", walls["ours"] - walls["none"], " s"),
            Line("ours: spent", spent, " cs"),
            Line("of it, once a topic (importing MLflow, its experiment, the best model)", once, " cs"),
            Line(f"of it, a run (by {MORE} runs against {RUNS})", a_run, " cs"),
            Line("mlflow.keras.autolog: added", walls["autolog"] - walls["none"], " s"),
            Line("mlflow.keras.autolog: added", added, " cs"),
            Line("ours, share of this training", 100 * spent / cores["none"], " %"),
            Line(
                f"ours, in a topic of {LAPTOP} such runs", 100 * topic / (cores["none"] * LAPTOP / RUNS), " %", most=3
            ),
            Line(f"autolog to ours, in a topic of {LAPTOP} such runs", added * LAPTOP / RUNS / topic, "x", least=10),
        ],
    )
    return 0


if __name__ == "__main__":
    sys.exit(inside(sys.argv[1]) if len(sys.argv) > 1 else main())
