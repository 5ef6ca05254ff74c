"""What MLflow and the page cost with very many finished runs: 10,000 of them, synthetic, published, again, reported."""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from house import ROOT
from timing import Line, core_seconds, table

from pipeline import paths
from pipeline.contracts import Plan
from pipeline.freshness import TopicState, runs
from pipeline.records import SCORES, write_json, write_rows
from pipeline.scoring.summary import headline, mean_curves, summarise
from pipeline.training import integrity
from pipeline.training.record import Outcome, record
from pipeline.training.run import RunSpec, run_specs
from pipeline.verdicts.topic import Claim, Topic

FOLDERS = ("DATA", "PREPARED", "TEST", "PLAN", "RUNS", "RESULTS", "REPORT", "CLAIMS", "SWEEPS", "PICTURES", "PUBLISHED")
FOLDERS += ("TRACKING", "ARTIFACTS", "STATE", "STORE", "CHECKPOINTS", "LOCKS", "ASKED", "LOOKS", "SCORES", "STUDIES")
TOPIC, VARIANTS, EPOCHS = "many", 20, 10
COLUMNS = ("epoch", "loss", "val_loss", "cross_entropy", "val_cross_entropy", "accuracy", "val_accuracy")
METRICS = ("accuracy", "cross_entropy")
CLAIM = Claim(
    name="last_over_first",
    chapter="1 Many",
    sentence="The last of many variants is better than the first.",
    published="nobody",
    better=f"variant_{VARIANTS - 1:02}",
    worse="variant_00",
    metric="accuracy",
    margin=0.01,
    margin_because="it is large",
)


def move(place: Path) -> None:
    """Have this process read and write below `place`."""
    for name in FOLDERS:
        setattr(paths, name, place / getattr(paths, name).relative_to(paths.ROOT))


def plan(seeds: int) -> Plan:
    """What the runs follow from: variants that differ in a learning rate."""
    fit = {"epochs": EPOCHS, "batch_size": 64, "optimizer": "adam"}
    settings = {"view": "plain", "data": "toy", "model": "mlp", "build": {"width": 8}, "augment": {}}
    settings |= {"task": "classify", "precision": "float32"}
    every = [str(seed) for seed in range(100, 100 + seeds)]
    variants = {
        f"variant_{at:02}": {
            "settings": settings | {"fit": fit | {"learning_rate": 0.001 * (at + 1)}},
            "claims": {},
            "draws": dict.fromkeys(every, 0),
            "data_digests": dict.fromkeys(every, "d" * 64),
            "code": {"model": str(at)},
        }
        for at in range(VARIANTS)
    }
    made = {"topic": TOPIC, "profile": "laptop", "numerics": "portable", "seeds": [int(seed) for seed in every]}
    looks = {"means": [seeds], "rates": [seeds]}
    return made | {"metrics": list(METRICS), "looks": looks, "variants": variants}  # type: ignore[return-value]


def history(random: np.random.Generator, at: int) -> list[dict[str, float]]:
    """A training that goes well, and the better the later the variant stands."""
    epochs = np.arange(1, EPOCHS + 1)
    loss = np.exp(-epochs / 5) + random.normal(0, 0.01, EPOCHS) + 0.5 - at / 100
    values = np.stack([epochs, loss, loss + 0.1, loss, loss + 0.1, 1 - loss / 2, 0.95 - loss / 2], axis=1)
    return [dict(zip(COLUMNS, map(float, row), strict=True)) for row in values]


def write_run(spec: RunSpec, rows: list[dict[str, float]]) -> None:
    """A finished run under data/runs, without a model."""
    outcome: Outcome = {"status": "finished", "ended": "completed", "reason": None, "parameters": 5210}
    outcome |= {"epochs": EPOCHS, "best_epoch": EPOCHS, "outputs": 10}  # type: ignore[assignment]
    folder = paths.run(spec.topic, spec.variant, spec.seed)
    write_rows(folder / "history.csv", COLUMNS, rows)
    write_json(folder / "run.json", record(spec, outcome, started=1.7e9, duration_s=3.2, peak_mb=400))
    integrity.seal(folder, spec.run_key)


def make(seeds: int) -> None:
    """All files of the topic, as `plan`, `train` and `evaluate` leave them."""
    made, random = plan(seeds), np.random.default_rng(1)
    write_json(paths.plan(TOPIC), made)
    histories: dict[str, list[list[dict[str, float]]]] = {}
    scores: list[dict[str, Any]] = []
    for spec in run_specs(made):
        at = list(made["variants"]).index(spec.variant)
        rows = history(random, at)
        histories.setdefault(spec.variant, []).append(rows)
        write_run(spec, rows)
        names = {"variant": spec.variant, "seed": spec.seed, "status": "finished", "run_key": spec.run_key}
        values = {"accuracy": rows[-1]["val_accuracy"], "cross_entropy": rows[-1]["val_cross_entropy"]}
        scores += [names | {"metric": metric, "value": value} for metric, value in values.items()]
    write_results(scores, histories)


def write_results(scores: list[dict[str, Any]], histories: dict[str, list[list[dict[str, float]]]]) -> None:
    folder = paths.results(TOPIC)
    write_rows(folder / "scores.csv", SCORES, scores)
    metrics = summarise(scores)  # type: ignore[arg-type]
    write_json(folder / "metrics.json", metrics)
    write_json(folder / "summary.json", headline(metrics, METRICS[0]))
    curves = [row for variant, each in histories.items() for row in mean_curves(variant, each)]
    write_rows(folder / "curves.csv", tuple(curves[0]), curves)
    write_rows(folder / "series.csv", ("variant", "seed", "series", "at", "value"), [])
    for name in ("samples", "confusion", "outcomes", "trivial"):
        write_json(folder / f"{name}.json", {})
    from pipeline.records import write_items

    write_items(folder / "items.npz", [])


def report() -> None:
    """Judge, and write the page."""
    from pipeline.records import read_json
    from pipeline.stages import judge
    from pipeline.stages.report import report

    found = read_json(paths.plan(TOPIC))
    topic = Topic(title="Many runs", question="What do very many cost?", claims=(CLAIM,))
    records, others = runs(found)
    states = [TopicState(topic=topic, plan=found, records=records, others=others, scores="current")]
    report(states, judge.judge(states))
    print(f"bytes {sum((paths.REPORT / name).stat().st_size for name in ('index.html',))}")


def publish() -> None:
    """Bring it all to MLflow, and say how much was new."""
    from pipeline.mlflow_sync.publish import publish

    print(publish())


STEPS: dict[str, Callable[..., None]] = {"make": make, "publish": publish, "report": report}


def inside(place: Path, step: str, seeds: int) -> None:
    """One step in this process; its processor seconds are printed last."""
    move(place)
    STEPS[step](*([seeds] if step == "make" else []))
    print(f"measured {core_seconds()}")


def measure(place: Path, step: str, seeds: int) -> tuple[float, str]:
    """Processor seconds of a step in a process of its own, imports included, and what it says."""
    command = [
        sys.executable,
        ROOT / "benchmarks" / Path(__file__).name,
        "--step",
        step,
        "--place",
        str(place),
        "--seeds",
        str(seeds),
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr[-3000:]
    print(f"{step}: {told.stdout.splitlines()[-2] if step != 'make' else ''}", flush=True)
    return float(told.stdout.rsplit("measured ", 1)[1]), told.stdout


def lines(place: Path, seeds: int) -> Iterator[Line]:
    """Each step's figures."""
    every = seeds * VARIANTS
    measure(place, "make", seeds)
    seconds, told = measure(place, "report", seeds)
    yield Line(f"report of {every} runs", seconds, " s")
    yield Line("its page", float(told.split("bytes ")[1].split()[0]) / 1e6, " MB", most=1)
    yield Line(f"publishing {every} new runs", measure(place, "publish", seeds)[0], " s")
    yield Line("publishing the same again", measure(place, "publish", seeds)[0], " s", most=5)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=10_000 // VARIANTS, help=f"of each of {VARIANTS} variants")
    options.add_argument("--place", type=Path, help="keep the files there (default: a temporary folder)")
    options.add_argument("--step", choices=STEPS, help="one step alone, in this process")
    given = options.parse_args()
    if given.step:
        inside(given.place, given.step, given.seeds)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        found = [*lines(given.place or Path(folder), given.seeds)]
    table("ten_thousand.py: processor seconds of each step in a process of its own", found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
