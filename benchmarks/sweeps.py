"""Measure sweeps: against the cores, against `dvc exp` and cold Optuna, and whether trials stay the same through all.

    python benchmarks/sweeps.py time      # 24 trials x 3 seeds: wall clock against training seconds / cores
    python benchmarks/sweeps.py dvc       # as many settings by `dvc exp run --queue`
    python benchmarks/sweeps.py cold      # by Optuna's optimize, a cold process a trial
    python benchmarks/sweeps.py ray-tune --python PATH      # in turn with Ray Tune, two trials at a time
    python benchmarks/sweeps.py keras-tuner --python PATH   # in turn with KerasTuner, in one process as it is
    python benchmarks/sweeps.py same      # byte-identity: 1, 2, 4 workers; ten SIGKILLs; without the study
    python benchmarks/sweeps.py bad       # 60 trials of which half diverge, hang or need too much memory

Each works in a copy of the project in a temporary folder, on a quiet machine, or its times say nothing. `--trials` and
`--seeds` make it smaller, `--topic` and `--variant` another one's. `--python` names an interpreter that has the tuner
beside what Aula has; `--rounds` says how often each of both searches, one after the other.
"""

import argparse
import csv
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tests"))

from folders import ELSEWHERE  # noqa: E402

COPIED = (
    "params.yaml",
    "profiles",
    "requirements.lock",
    "pipeline",
    "data/raw",
    "dvc.yaml",
    "sweeps",
    ".dvc",
    ".dvcignore",
    ".gitignore",
)
SWEEP = """
sweeps:
  measured:
    topic: {topic}
    variant: {variant}
    try:
      fit.learning_rate: 0.0003 .. 0.03 log
    best: val_cross_entropy lowest
    search: {search}
    trials: {trials}
    seeds: {seeds}
    at_once: {at_once}
    finalists: {{keep: 1, seeds: 2}}
"""
TRAP = '''"""A network for the benchmark of bad trials: by its width it diverges, hangs, or needs too much memory."""

import time

import keras
import numpy as np

from pipeline.number_types import Count


def build(shape: tuple[int, ...], outputs: int, *, width: Count = 8) -> keras.Model:
    """(batch, *shape) -> logits (batch, outputs); every second width is bad, in one of three ways."""
    if width % 6 == 0:
        time.sleep(3600)
    if width % 6 == 2:
        held = [np.ones(2**26) for _ in range(256)]
        assert held
    inputs = keras.Input(shape)
    hidden = keras.layers.Dense(width, activation="relu")(keras.layers.Flatten()(inputs))
    if width % 6 == 4:
        hidden = keras.layers.Rescaling(1e30)(keras.layers.Rescaling(1e30)(hidden))
    return keras.Model(inputs, keras.layers.Dense(outputs)(hidden))
'''


def copy(folder: Path, args: argparse.Namespace, **more: Any) -> Path:
    """The project in `folder`, with one sweep and nothing trained."""
    place = folder / "aula"
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            left_out = shutil.ignore_patterns("__pycache__", "tmp", "cache")
            shutil.copytree(source, place / name, ignore=left_out)
        else:
            place.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, place / name)
    text = (place / "params.yaml").read_text("utf-8")
    at = text.find("\nsweeps:")
    facts = {"topic": args.topic, "variant": args.variant, "trials": args.trials, "seeds": args.seeds}
    block = SWEEP.format(**{**facts, "search": "random", "at_once": 8, **more})
    (place / "params.yaml").write_text(text[: at if at >= 0 else None] + block, "utf-8")
    return place


def run(place: Path, *words: str, python: str = sys.executable, **variables: str) -> float:
    """Seconds of a command in the copy; what it says goes to a file there."""
    started = time.monotonic()
    with (place / "said.txt").open("a") as said:
        command = [python, *words]
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # stages call `python`
        own = {name: value for name, value in os.environ.items() if name not in ELSEWHERE} | {"PATH": path, **variables}
        subprocess.run(command, cwd=place, env=own, stdout=said, stderr=said, check=True)
    return time.monotonic() - started


def workers(place: Path, count: int) -> None:
    """Set the number of workers in the copy's params.yaml."""
    file = place / "params.yaml"
    file.write_text(file.read_text("utf-8").replace("workers: auto", f"workers: {count}", 1), "utf-8")


def history(place: Path) -> bytes:
    """What has to be the same however it was come by."""
    folder = place / "data" / "sweeps" / "measured"
    return (folder / "trials.jsonl").read_bytes() + (folder / "trials.csv").read_bytes()


def trained(place: Path) -> list[dict[str, str]]:
    """Rows of the sweep's runs."""
    with (place / "data" / "sweeps" / "measured" / "runs.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def measure_time(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Wall clock of a whole sweep, finals and all, against its training seconds shared out over the cores."""
    place = copy(folder, args)
    wall = run(place, "-m", "pipeline", "sweep", "measured")
    rows, cores = trained(place), len(os.sched_getaffinity(0))
    seconds = sum(float(row["seconds"]) for row in rows)
    ideal = seconds / cores
    return {"wall_s": wall, "runs": len(rows), "training_s": seconds, "cores": cores, "ratio": wall / ideal}


def measure_dvc(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """The same number of settings by `dvc exp run --queue`, as many seeds each, one job after the other."""
    place = copy(folder, args)
    text = (place / "params.yaml").read_text("utf-8")
    text = text.replace("seeds: 6", f"seeds: {args.seeds}", 1).replace("looks: 3", "looks: 1", 1)
    (place / "params.yaml").write_text(f"only: [{args.topic}]\n{text}", "utf-8")
    for words in (
        ["init", "-q", "."],
        ["add", "-A"],
        ["-c", "user.name=b", "-c", "user.email=b@b", "commit", "-qm", "b"],
    ):
        subprocess.run(["git", *words], cwd=place, check=True)
    run(place, "-m", "dvc", "repro", f"train@{args.topic}")
    key = f"topics.{args.topic}.variants.{args.variant}.fit.learning_rate"
    for trial in range(args.trials):
        rate = 0.0003 * 100 ** (trial / max(1, args.trials - 1))
        target = f"evaluate@{args.topic}"
        run(place, "-m", "dvc", "exp", "run", "--queue", "-S", f"+{key}={rate:.4g}", target)
    return {"wall_s": run(place, "-m", "dvc", "exp", "run", "--run-all"), "settings": args.trials}


def measure_cold(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Optuna's optimize, two jobs, a process of its own for each trial, which trains its seeds one by one."""
    place = copy(folder, args)
    run(place, "-m", "pipeline", "prepare")
    run(place, "-m", "pipeline", "plan")
    return {"wall_s": run(place, "-c", COLD.format(trials=args.trials, seeds=args.seeds, **vars_of(args)))}


def vars_of(args: argparse.Namespace) -> dict[str, str]:
    """Topic and variant of the arguments."""
    return {"topic": args.topic, "variant": args.variant}


COLD = """
import json, optuna, subprocess, sys
TRIAL = '''
import json, sys
from dataclasses import replace
from pipeline import numerics
numerics.settle("portable")
from pipeline.records import digest, read_history, read_json
from pipeline import paths
from pipeline.training.run import run, run_specs
from pipeline.training.store import project_store
rate, plan = float(sys.argv[1]), read_json(paths.plan("{topic}"))
specs = [spec for spec in run_specs(plan) if spec.variant == "{variant}"][:{seeds}]
values = []
for spec in specs:
    fit = {{**spec.settings["fit"], "learning_rate": rate}}
    own = replace(spec, settings={{**spec.settings, "fit": fit}}, run_key=digest([spec.run_key, rate])[:32])
    run(own)
    rows = read_history(project_store().folder(own.run_key) / "history.csv")
    values.append(rows[-1]["val_cross_entropy"])
print(sum(values) / len(values))
'''
def objective(trial):
    rate = trial.suggest_float("rate", 0.0003, 0.03, log=True)
    told = subprocess.run([sys.executable, "-c", TRIAL, str(rate)], capture_output=True, text=True, check=True)
    return float(told.stdout.split()[-1])
optuna.create_study().optimize(objective, n_trials={trials}, n_jobs=2)
"""


MODULES = {  # what is imported, and what brings it without another TensorFlow or NumPy
    "ray-tune": ("ray.tune", "--no-deps ray tensorboardX msgpack"),
    "keras-tuner": ("keras_tuner", "--no-deps keras-tuner kt-legacy tensorboard"),
}


def measure_tuner(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """A whole sweep of ours and a search by the tuner, in turn: seconds of each, and how much longer the tuner takes.

    Ours prepares its data, stops trials that fall behind, and has finals, a comparison, a page and MLflow in it; the
    tuner finds data prepared, and trains every seed of every trial.
    """
    require_module(args)
    ours, theirs, rows = [], [], []
    for number in range(args.rounds):
        place = copy(folder / f"ours{number}", args)
        ours.append(run(place, "-m", "pipeline", "sweep", "measured"))
        rows = trained(place)
        theirs.append(search_by_tuner(folder / f"theirs{number}", args))
    fresh = sum(row["phase"] == "fresh" for row in rows)
    ratio = statistics.median(slow / fast for slow, fast in zip(theirs, ours, strict=True))
    runs = {"ours_search": len(rows) - fresh, "ours_fresh": fresh, "theirs": args.trials * args.seeds}
    return {"ours_s": ours, "theirs_s": theirs, "theirs_over_ours": ratio, "runs": runs}


def require_module(args: argparse.Namespace) -> None:
    """Say in one line what to install where the interpreter lacks the tuner."""
    module, packages = MODULES[args.what]
    found = subprocess.run([args.python, "-c", f"import {module}, tensorflow"], capture_output=True, check=False)
    if found.returncode:
        raise SystemExit(
            f"--python: given {args.python}, which does not import {module} and tensorflow, allowed an interpreter with"
            f" both: in an environment of its own that sees Aula's packages, `pip install {packages}`"
        )


def search_by_tuner(folder: Path, args: argparse.Namespace) -> float:
    """Seconds of the tuner's search alone."""
    place = copy(folder, args)
    text = (place / "params.yaml").read_text("utf-8")
    (place / "params.yaml").write_text(f"only: [{args.topic}]\n{text}", "utf-8")
    run(place, "-m", "pipeline", "prepare")
    run(place, "-m", "pipeline", "plan")
    words = [args.what, args.topic, args.variant, str(args.trials), str(args.seeds)]
    script = str(ROOT / "benchmarks" / "tuners.py")
    return run(place, script, *words, python=args.python, PYTHONPATH=str(place))


def measure_same(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Whether trials are the same to the byte for 1, 2 and 4 workers, through ten SIGKILLs, and without the study."""
    found, first = {}, b""
    for count in (1, 2, 4):
        place = copy(folder / str(count), args, search="tpe")
        workers(place, count)
        run(place, "-m", "pipeline", "sweep", "measured")
        first = first or history(place)
        found[f"{count} workers"] = history(place) == first
    shutil.rmtree(place / ".aula" / "studies")
    before = len(list((place / ".aula" / "runs").glob("??/*")))
    run(place, "-m", "pipeline", "sweep", "measured")
    found["without the study"] = history(place) == first
    found["trained again"] = len(list((place / ".aula" / "runs").glob("??/*"))) - before
    place = copy(folder / "killed", args, search="tpe")
    found["kills"] = kill_often(place, 10)
    run(place, "-m", "pipeline", "sweep", "measured")
    found["after kills"] = history(place) == first
    return found


def kill_often(place: Path, kills: int) -> int:
    """Start the sweep and send it SIGKILL at a random moment, so many times; how often it was not over by then."""
    draws, hit = random.Random(0), 0
    for _ in range(kills):
        with (place / "said.txt").open("a") as said:
            command = [sys.executable, "-m", "pipeline", "sweep", "measured"]
            sweep = subprocess.Popen(command, cwd=place, stdout=said, stderr=said)
        time.sleep(draws.uniform(2, 20))
        hit += sweep.poll() is None
        sweep.send_signal(signal.SIGKILL)
        sweep.wait()
    return hit


def measure_bad(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Half of the space diverges, hangs or needs too much memory: it ends by itself, and names every failure."""
    place = copy(folder, args)
    (place / "pipeline" / "models" / "trap.py").write_text(TRAP, "utf-8")
    text = (place / "params.yaml").read_text("utf-8")
    text = text.replace("      fit.learning_rate: 0.0003 .. 0.03 log\n", "      build.width: 1 .. 64\n")
    text = text.replace(f"    variant: {args.variant}\n", "    variant: trap\n", 1)
    text = text.replace("    at_once: 8\n", f"    at_once: 8\n    run_minutes: {args.run_minutes}\n")
    where = text.index("    variants:\n", text.index(f"\n  {args.topic}:")) + len("    variants:\n")
    text = f"{text[:where]}      trap: {{model: trap, build: {{width: 7}}}}\n{text[where:]}"
    (place / "params.yaml").write_text(text, "utf-8")
    wall = run(place, "-m", "pipeline", "sweep", "measured")
    lines = (place / "data" / "sweeps" / "measured" / "trials.jsonl").read_text("utf-8").splitlines()
    told = [json.loads(line) for line in lines]
    bad = [trial for trial in told if trial["end"] in ("failed", "diverged", "refused")]
    best = min((trial["score"] for trial in told if trial["end"] == "complete"), default=None)
    reasons = sorted({trial["reason"].partition(": ")[2] for trial in bad})
    return {"wall_s": wall, "trials": len(told), "bad": len(bad), "best": best, "reasons": reasons}


MEASURES = {
    "time": measure_time,
    "dvc": measure_dvc,
    "cold": measure_cold,
    "ray-tune": measure_tuner,
    "keras-tuner": measure_tuner,
    "same": measure_same,
    "bad": measure_bad,
}


def main() -> None:
    """Carry out one measurement and print what it found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=MEASURES)
    parser.add_argument("--trials", type=int, default=None, help="default: 24, or 60 of bad ones")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--topic", default="convolution")
    parser.add_argument("--variant", default="stride")
    parser.add_argument("--python", default=sys.executable, help="of ray-tune and keras-tuner: an interpreter with it")
    parser.add_argument("--run-minutes", type=float, default=0.5, help="of bad: more where others use the machine")
    parser.add_argument("--rounds", type=int, default=2, help="of ray-tune and keras-tuner")
    args = parser.parse_args()
    args.trials = args.trials or (60 if args.what == "bad" else 24)
    with tempfile.TemporaryDirectory(prefix="aula-sweeps-") as folder:
        try:
            print(json.dumps(MEASURES[args.what](Path(folder), args), indent=1))
        except subprocess.CalledProcessError as error:
            said = sorted(Path(folder).rglob("said.txt"), key=lambda file: file.stat().st_mtime)
            print(said[-1].read_text("utf-8")[-3000:] if said else "", file=sys.stderr)
            raise SystemExit(f"{error.cmd} ended with {error.returncode}") from None


if __name__ == "__main__":
    main()
