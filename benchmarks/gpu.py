"""One GPU three ways: a run at a time, runs that share it, and a loop that one would write by hand for XLA.

On a machine with an NVIDIA driver, git, make and Python 3.11 to 3.13, in a clone of this project, one command sets up
the environment with TensorFlow's CUDA libraries (once; some 9 GB of disk, network) and measures, 8 minutes at most:

    make GPU=1 bench-gpu

It prints a table and writes gpu.json (--out FILE), anew after each measurement: device, versions, and for every way
seconds, steps a second and memory. Of several GPUs it takes the first. Without one, `make bench-gpu WORDS="--device cpu
--tiny"` tries all of it in a minute.
"""

import argparse
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipeline import numerics

numerics.settle("native")  # as fast as this machine can: what is compared stands on one and the same

import numpy as np  # noqa: E402

from pipeline.devices.carry_out import Sharing, carry_out  # noqa: E402
from pipeline.records import Examples, write_json  # noqa: E402
from pipeline.training import memory, runtime  # noqa: E402

LIMIT_S = 480
NVIDIA = ("nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader")


@dataclass(frozen=True)
class Case:
    """What is trained: `runs` seeds of one model on made-up data."""

    model: str
    build: tuple[tuple[str, Any], ...]
    shape: tuple[int, ...]
    examples: int
    batch_size: int
    epochs: int
    runs: int

    @property
    def steps(self) -> int:
        """Steps of one run; whole batches alone."""
        return self.examples // self.batch_size * self.epochs


CNN = (("channels", 32), ("kernels", (5, 3, 3)), ("padding", "same"), ("pooling", "max"))
MLP = (("width", 128), ("depth", 2))
FULL = {
    "CNN, 28x28": Case("convnet", CNN, (28, 28, 1), 12800, 64, 6, 8),
    "MLP, 40": Case("mlp", MLP, (40,), 12800, 64, 10, 8),
}
TINY = {"MLP, 40": Case("mlp", (("width", 8), ("depth", 1)), (40,), 256, 64, 2, 3)}


@dataclass(frozen=True)
class Job:
    """One run of a case."""

    case: Case
    seed: int


def examples(case: Case, count: int, seed: int) -> Examples:
    """Made-up inputs whose class can be learnt."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(count, *case.shape)).astype("float32")
    return Examples(x, (x.reshape(count, -1)[:, :40].sum(1) > 0).astype("int64"))


def settings(case: Case) -> Any:
    """As a variant has them."""
    build = {name: list(value) if isinstance(value, tuple) else value for name, value in case.build}
    return {"model": case.model, "precision": "float32", "build": build, "augment": {}}


def kind(job: Job) -> str:
    """Runs of one case take the same memory."""
    return repr(job.case)


def ours(job: Job, xla: bool) -> dict[str, Any]:
    """A run as the pipeline trains it, seeds of one case traced once in a process."""
    from pipeline.training import run

    case = job.case
    training, validation = examples(case, case.examples, 0), examples(case, 200, 1)
    fit = {"epochs": case.epochs, "batch_size": case.batch_size, "xla": xla}
    memory.forget_peak()
    started = time.perf_counter()
    model = run.build(settings(case), case.shape, 2, job.seed)
    task = run.load_task({"task": "classify"})  # type: ignore[typeddict-item]
    history = run.compile_and_fit(task, model, training, validation, fit, seed=job.seed, cache_key=f"{case} {xla}")
    return measured(time.perf_counter() - started, history[-1]["loss"])


def measured(seconds: float, loss: float) -> dict[str, Any]:
    """What a run tells: GPU memory is TensorFlow's own peak, that of the machine the process's."""
    import tensorflow as tf

    cards = [card.name.removeprefix("/device:") for card in tf.config.list_logical_devices("GPU")]
    on_gpu = [tf.config.experimental.get_memory_info(card)["peak"] / 2**20 for card in cards]
    return {"seconds": seconds, "loss": loss, "gpu_mb": max(on_gpu, default=None), "process_mb": memory.peak_mb()}


_loops: dict[Case, Any] = {}  # of this process: compiled once for all seeds, as ours are


def by_hand(job: Job) -> dict[str, Any]:
    """The same model, data and number of steps: each epoch one function that XLA compiles whole, data on the device."""
    import tensorflow as tf

    from pipeline.training import run

    case = job.case
    memory.forget_peak()
    started = time.perf_counter()
    fresh = run.build(settings(case), case.shape, 2, job.seed).get_weights()
    if case not in _loops:
        _loops[case] = _loop(case)
    model, optimizer, epoch = _loops[case]
    model.set_weights(fresh)
    for variable in optimizer.variables:
        if "learning_rate" not in variable.path:
            variable.assign(tf.zeros_like(variable.value))
    random = np.random.default_rng(job.seed)
    losses = [epoch(tf.constant(random.permutation(case.examples).astype("int32"))) for _ in range(case.epochs)]
    return measured(time.perf_counter() - started, float(losses[-1]))


def _loop(case: Case) -> tuple[Any, Any, Callable[[Any], Any]]:
    import keras
    import tensorflow as tf

    from pipeline.training import run

    data = examples(case, case.examples, 0)
    x, y = tf.constant(data.x), tf.constant(data.y)
    model = run.build(settings(case), case.shape, 2, 0)
    optimizer = keras.optimizers.Adam(0.001)
    optimizer.build(model.trainable_variables)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    size, steps = case.batch_size, case.examples // case.batch_size

    @tf.function(jit_compile=True, autograph=False)
    def epoch(order: Any) -> Any:
        def step(number: Any, total: Any) -> Any:
            rows = tf.slice(order, [number * size], [size])
            with tf.GradientTape() as tape:
                loss = loss_of(tf.gather(y, rows), model(tf.gather(x, rows), training=True))
            weights = model.trainable_variables
            optimizer.apply(tape.gradient(loss, weights), weights)
            return number + 1, total + loss

        return tf.while_loop(lambda number, _: number < steps, step, [tf.constant(0), tf.constant(0.0)])[1] / steps

    return model, optimizer, epoch


class Enough(BaseException):
    """The time is over: no error of a run, nor of a file, and nobody on the way may take it for one."""


def way(function: Callable[[Job], dict[str, Any]], case: Case, sharing: Sharing) -> dict[str, Any]:
    """As `timed`; of a way that does not work here, why: the others are measured all the same."""
    try:
        return timed(function, case, sharing)
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"}


def timed(function: Callable[[Job], dict[str, Any]], case: Case, sharing: Sharing) -> dict[str, Any]:
    """Seconds of all runs together and of each, steps a second and memory."""
    started, found = time.perf_counter(), []
    first = 0.0
    for _, record, ending in carry_out(
        function, [Job(case, seed) for seed in range(case.runs)], sharing=sharing, kind=kind
    ):
        first = first or time.perf_counter()
        if record is None:
            return {"failed": str(ending)}
        found.append(record)
    wall = time.perf_counter() - started
    seconds = [record["seconds"] for record in found]
    after = time.perf_counter() - first  # without the start of the workers and the first run, which is traced
    return {
        "runs": len(found),
        "workers": sharing.count(case.runs),
        "wall_s": round(wall, 3),
        "after_first_run_s": round(after, 3),
        "run_s": [round(each, 3) for each in seconds],
        "run_median_s": round(statistics.median(seconds), 3),
        "steps_per_second_of_a_run": round(case.steps / statistics.median(seconds), 1),
        "steps_per_second_of_all": round(case.steps * len(found) / wall, 1),
        "gpu_mb_of_a_run": max((record["gpu_mb"] for record in found if record["gpu_mb"]), default=None),
        "process_mb": max(record["process_mb"] for record in found),
        "loss": round(statistics.fmean(record["loss"] for record in found), 4),
    }


def ways(on_gpu: bool, packed: list[int]) -> dict[str, tuple[Callable[[Job], dict[str, Any]], Sharing]]:
    """By name; without a GPU, as many workers as would share it."""
    one = Sharing("auto" if on_gpu else 1)
    found: dict[str, tuple[Callable[[Job], dict[str, Any]], Sharing]] = {
        "one at a time": (partial(ours, xla=False), one),
        "one at a time, xla": (partial(ours, xla=True), one),
        "by hand, xla": (by_hand, one),
    }
    for runs in packed:
        sharing = Sharing("auto", runs_per_gpu=runs) if on_gpu else Sharing(runs)
        found[f"{runs} at a time"] = (partial(ours, xla=False), sharing)
    return found


def machine() -> dict[str, Any]:
    """Device, driver and versions."""
    try:
        told = subprocess.run(NVIDIA, capture_output=True, text=True, check=True).stdout.strip().splitlines()
    except (OSError, subprocess.SubprocessError):
        told = []
    return {
        "device": runtime.devices(),
        "gpus": runtime.gpus(),
        "nvidia_smi": told,
        "processor": runtime.processor(),
        "cores": os.cpu_count(),
        "versions": runtime.versions(),
        "system": platform.platform(),
        "commit": runtime.commit(),
    }


def show(report: dict[str, Any]) -> None:
    """A line for each way; the ratio is of steps a second, all runs together, to one run at a time."""
    for name, case in report["cases"].items():
        base = case["ways"].get("one at a time", {}).get("steps_per_second_of_all")
        print(f"\n{name}: {case['runs']} runs of {case['steps']} steps, {report['machine']['device']}")
        for label, each in case["ways"].items():
            if "failed" in each:
                print(f"  {label:<20} failed: {each['failed']}")
                continue
            ratio = f"{each['steps_per_second_of_all'] / base:6.2f}x" if base else ""
            print(f"  {label:<20} {each['wall_s']:8.1f} s {each['steps_per_second_of_all']:9.1f} steps/s {ratio}")


def measure(report: dict[str, Any], cases: dict[str, Case], packed: list[int], out: Path) -> None:
    """All ways of all cases, the file written after each."""
    for name, case in cases.items():
        here = report["cases"].setdefault(name, {"runs": case.runs, "steps": case.steps, "ways": {}})
        for label, (function, sharing) in ways(bool(report["machine"]["gpus"]), packed).items():
            print(f"{name}: {label}", flush=True)
            here["ways"][label] = way(function, case, sharing)
            write_json(out, report)


def main() -> int:
    given = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    given.add_argument("--device", choices=("gpu", "cpu"), default="gpu")
    given.add_argument("--tiny", action="store_true", help="a minute, to see that all of it works")
    given.add_argument("--packed", type=int, nargs="*", default=None, help="runs that share a GPU (2 4 8)")
    given.add_argument("--out", type=Path, default=Path("gpu.json"))
    asked = given.parse_args()
    if asked.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    elif not runtime.gpus():
        print(f"--device: given gpu where TensorFlow finds none, allowed cpu. {runtime.remedy()}", file=sys.stderr)
        return 2
    else:
        os.environ["CUDA_VISIBLE_DEVICES"] = runtime.gpus()[0]
    signal.signal(signal.SIGALRM, _enough)
    signal.alarm(LIMIT_S)
    report: dict[str, Any] = {"machine": machine(), "tiny": asked.tiny, "cut_short": False, "cases": {}}
    packed = asked.packed if asked.packed is not None else ([2] if asked.tiny else [2, 4, 8])
    started = time.perf_counter()
    try:
        measure(report, TINY if asked.tiny else FULL, packed, asked.out)
    except Enough:
        report["cut_short"] = True
    report["seconds"] = round(time.perf_counter() - started, 1)
    write_json(asked.out, report)
    show(report)
    print(f"\n{asked.out}: {len(json.dumps(report))} bytes{', cut short' if report['cut_short'] else ''}")
    return 0


def _enough(*_: Any) -> None:
    raise Enough


if __name__ == "__main__":
    sys.exit(main())
