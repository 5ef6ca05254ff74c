"""What tracking adds to training: ours (follow and publish), and mlflow.keras.autolog on the same trainings."""

import contextlib
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from house import TOPIC, empty, python, small
from timing import Line, core_seconds, table, turns

from pipeline.runs.run import Job, run

RUNS, ROUNDS = 16, 2
LAPTOP = 100  # runs of a topic in the laptop profile, about
TRAINING = {  # as the topic of convolution trains its digits
    "model": "convnet",
    "build": {"channels": 16, "kernels": [5, 3], "padding": "valid", "pooling": "max"},
    "fit": {"epochs": 30, "batch_size": 32, "learning_rate": 0.001},
}


def autologged(job: Job) -> dict[str, Any]:
    """The same run, with what a user would add to the script."""
    import mlflow

    mlflow.set_tracking_uri("sqlite:///mlflow.db")
    mlflow.keras.autolog()
    return run(job)


def inside(side: str) -> int:
    """`python -m pipeline train` with our tracking, with none, or with autolog in its place; says what it took."""
    from pipeline import __main__ as line
    from pipeline import live, publish, train

    publishing = publish.publish
    publish.publish = lambda topics: None
    if side != "ours":
        live.follow = lambda *_: contextlib.nullcontext()
    if side == "autolog":
        train.run = autologged
    code = line.main(["train", TOPIC])
    imported = published = 0.0
    if side == "ours":
        started = time.perf_counter()
        import mlflow.entities
        import mlflow.tracking  # noqa: F401

        imported = time.perf_counter() - started
        publishing([TOPIC])
        published = time.perf_counter() - started - imported
    print(f"measured {imported} {published} {core_seconds()}")
    return code


def measure(place: Path, side: str, told: dict[str, list[list[float]]]) -> None:
    """One side in a process of its own; its figures are added to `told`."""
    empty(place)
    said = python(place, "benchmarks/tracking.py", side)
    assert said.count("finished") == RUNS, said
    told.setdefault(side, []).append([float(word) for word in said.split("measured ")[1].split()])


def main() -> int:
    told: dict[str, list[list[float]]] = {}
    sides = ("none", "ours", "autolog")
    with small(RUNS, **TRAINING) as place:
        taken = turns({side: lambda side=side: measure(place, side, told) for side in sides}, ROUNDS)
    none, ours, autolog = (statistics.median(taken[side]) for side in sides)
    cores = {side: statistics.median(row[2] for row in told[side]) for side in sides}
    imported, published = (statistics.median(row[at] for row in told["ours"]) for at in (0, 1))
    every = (imported + published * LAPTOP / RUNS) / (none * LAPTOP / RUNS)
    directly = imported + published
    table(
        f"tracking.py: {RUNS} runs of a CNN on digits, 30 epochs",
        [
            Line("training without tracking", none, " s"),
            Line("added by ours, wall clock", ours - none, " s"),
            Line("added by ours, core-seconds", cores["ours"] - cores["none"], " s"),
            Line("of it, importing MLflow (once a stage)", imported, " s"),
            Line("of it, publishing", published, " s"),
            Line("added by mlflow.keras.autolog, wall clock", autolog - none, " s"),
            Line("added by mlflow.keras.autolog, core-seconds", cores["autolog"] - cores["none"], " s"),
            Line("ours, share of training, wall clock", 100 * (ours - none) / none, " %"),
            Line(f"ours, importing and publishing, in a topic of {LAPTOP} such runs", 100 * every, " %", most=3),
            Line("autolog to ours (importing and publishing), a run", (autolog - none) / directly, "x"),
            Line("autolog to ours (publishing), a run", (autolog - none) / published, "x", least=10),
        ],
    )
    return 0


if __name__ == "__main__":
    sys.exit(inside(sys.argv[1]) if len(sys.argv) > 1 else main())
