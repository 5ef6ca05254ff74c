"""Train and score the same runs as this processor and as others that are pretended, and compare them to the bit.

Linux on x86-64 whose /proc/cpuinfo shows cpuid_fault (Intel), and a C compiler; elsewhere QEMU's user emulation takes
the place of both (`apt install qemu-user`, then --emulated; far slower, and with estimates of 1/sqrt that no maker
has; version 7.2 puts rows into a wrong order by AVX2, so that scores that sort differ there and nowhere else). Needs
`python -m pipeline prepare` and `plan`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pipeline import numerics  # noqa: E402
from pipeline.numerics import Mode  # noqa: E402

PROCESSORS = ("haswell", "skylake", "alderlake", "zen2", "zen3", "zen4")  # rows of PROCESSORS in processors.c
EMULATED = {"haswell": "Haswell", "zen2": "EPYC-Rome", "zen3": "EPYC-Milan"}  # what QEMU calls those it can be
RUNS = (  # one of each kind of model and of XLA's and TensorFlow's loops
    *("activations/relu_5", "exploding/unit", "exploding/order", "convolution/stride", "recurrent_forms/speakers_gru"),
    *("recurrent_forms/names_gru", "recurrent_forms/reversal_gru", "memory/lstm", "memory/copy_gru"),
    *("adversarial/sgd_minimax", "imbalance/untouched", "long_tail/untouched", "overfitting/n_100"),
)
PARTS = ("history", "weights", "scores")


def train(names: list[str]) -> None:
    """Print a line of JSON for each run, with the plan's first seed: digests of history, weights and scores."""
    from pipeline.training import runtime

    runtime.settle()
    import keras

    from pipeline import paths
    from pipeline.records import digest, read_json
    from pipeline.scoring.scored_runs import runs_to_score, score_run
    from pipeline.settings import params
    from pipeline.training.run import run, run_specs
    from pipeline.training.store import Store

    for name in names:
        topic, variant = name.split("/")
        plan = read_json(paths.plan(topic)) | {"numerics": os.environ[numerics.MODE]}
        place = variant, plan["seeds"][0]
        spec = next(spec for spec in run_specs(plan) if (spec.variant, spec.seed) == place)
        to_score = next(each for each in runs_to_score(params.read(), plan) if each.place == place)
        with tempfile.TemporaryDirectory() as scratch:
            paths.SCORES = Path(scratch, "scores")
            store = Store(Path(scratch, "runs"))
            record = run(spec, store, Path(scratch, "checkpoints"))
            if record["status"] == "failed":
                raise SystemExit(f"{name}: {record['reason']}")
            folder = store.folder(spec.run_key)
            weights = [value.numpy() for value in keras.models.load_model(folder / "model.keras").weights]
            scores = score_run(to_score, folder)
            items = {metric: values.tolist() for metric, values in scores.items.items()}
            told = {
                "run": name,
                "history": digest((folder / "history.csv").read_bytes()),
                "weights": digest(*weights),
                "scores": digest(repr(scores.rows), repr(scores.series), scores.samples, repr(items)),
            }
        print(json.dumps(told), flush=True)


def child(command: list[str], variables: dict[str, str], names: list[str]) -> dict[str, tuple[str, ...]]:
    """{run: digests of its history, weights and scores}, of a process that `command` begins."""
    done = subprocess.run(
        [*command, sys.executable, __file__, "--train", *names],
        env=os.environ | variables, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {row["run"]: tuple(row[part] for part in PARTS) for row in rows}


def pretended(processor: str, library: Path) -> dict[str, str]:
    """Variables that make a process take this one for another processor."""
    # The C library looks at the processor before the pretence begins, so it is told apart.
    hidden = "-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD"
    return {"PRETENDED": processor, "LD_PRELOAD": str(library), "GLIBC_TUNABLES": f"glibc.cpu.hwcaps={hidden}"}


def others(
    names: list[str], processors: list[str], mode: Mode, emulated: bool
) -> dict[str, dict[str, tuple[str, ...]]]:
    """{processor: what `child` gives there}."""
    if emulated:
        started = {name: ["qemu-x86_64", "-cpu", EMULATED[name]] for name in processors}
        return {name: child(command, {numerics.MODE: mode}, names) for name, command in started.items()}
    with tempfile.TemporaryDirectory() as scratch:
        library = Path(scratch, "processors.so")
        source = Path(__file__).with_suffix(".c")
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
        return {name: child([], {numerics.MODE: mode} | pretended(name, library), names) for name in processors}


def every() -> list[str]:
    """topic/variant of all plans."""
    plans = {file.stem: json.loads(file.read_text("utf-8")) for file in sorted((ROOT / "data" / "plan").glob("*.json"))}
    return [f"{topic}/{variant}" for topic, plan in plans.items() for variant in plan["variants"]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("runs", nargs="*", default=list(RUNS), help="topic/variant (default: one of each kind)")
    parser.add_argument("--processors", nargs="+", default=["haswell", "zen3", "alderlake"], choices=PROCESSORS)
    parser.add_argument("--every", action="store_true", help="all variants of all topics")
    parser.add_argument("--emulated", action="store_true", help=f"by QEMU; allowed: {', '.join(EMULATED)}")
    parser.add_argument("--mode", default="portable", choices=("portable", "native"))
    parser.add_argument("--train", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.runs = every() if options.every else options.runs
    if unknown := sorted(set(options.runs) - set(every())):
        parser.error(f"runs: given {', '.join(unknown)}, allowed {', '.join(every()) or 'none yet: make repro first'}")
    if options.train:
        train(options.runs)
        return 0
    here = child([], {numerics.MODE: options.mode}, options.runs)
    found = others(options.runs, options.processors, options.mode, options.emulated)
    differing = 0
    for run, told in here.items():
        apart = {name: [part for part, one, other in zip(PARTS, told, own[run], strict=True) if one != other]
                 for name, own in found.items()}  # fmt: skip
        words = [f"{' and '.join(parts)} on {name}" for name, parts in apart.items() if parts]
        differing += len(words)
        print(f"{run}: {'differs: ' + ', '.join(words) if words else 'the same bytes everywhere'}")
    print(f"{len(here)} runs on {numerics.vector_unit()} and {', '.join(found)}: {differing} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
