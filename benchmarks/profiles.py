"""Start every variant of a profile with its first steps, and work out from their time what the whole would take."""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

from house import change, python, whole

from pipeline.training.run import RunSpec, run

EPOCHS, STEPS = 3, 20  # of each run; the first epoch pays for tracing and is not looked at
LAPS = "laps"  # folder that the runs write their times to
STAND_IN = '''"""Noise in the shape of Fashion-MNIST: what a step costs does not depend on what is in the picture."""

from pathlib import Path

import numpy as np

from pipeline.records import Examples

KIND = "image"
LABELS = "class"


def load(raw: Path, seed: int) -> Examples:
    """70,000 pictures (28, 28, 1), ten classes."""
    random = np.random.default_rng(seed)
    return Examples(random.random((70000, 28, 28, 1), np.float32), np.arange(70000) % 10)
'''
ASK = """
import json
from pipeline import paths
from pipeline.records import read_json
from pipeline.settings.params import read
from pipeline.training import optimizers

found = {}
settings = read(paths.PARAMS)
for topic in settings.topics.values():
    found[topic.name] = {"seeds": topic.seeds, "variants": {}}
    for name, variant in topic.variants.items():
        fit = variant.settings()["fit"]
        card = read_json(paths.card(variant.data, settings.data[variant.data].draw(settings.first_seed)))
        examples = sum(card["views"][variant.view]["counts"])
        steps = optimizers.steps(examples, fit["batch_size"], fit["epoch_steps"], fit["xla"])
        found[topic.name]["variants"][name] = {"epochs": fit["epochs"], "steps": steps}
print(json.dumps(found))
"""


def timed(spec: RunSpec) -> dict[str, Any]:
    """The run, which also writes when each epoch began, when its steps were done, and when it was measured."""
    from pipeline.training import fit

    laps: list[list[float]] = []
    measured = fit.Epochs.on_epoch_end

    def begin(_self: Any, _epoch: int, _logs: Any = None) -> None:
        laps.append([time.perf_counter()])

    def end(self: Any, epoch: int, logs: Any = None) -> None:
        laps[-1].append(time.perf_counter())
        measured(self, epoch, logs)

    with patch.multiple(fit.Epochs, on_epoch_begin=begin, on_epoch_end=end):
        record = run(spec)
    told = {"duration_s": record["duration_s"], "laps": laps}
    (Path(LAPS) / f"{spec.topic}.{spec.variant}.json").write_text(json.dumps(told))
    return record


def inside(topic: str) -> int:
    """`python -m pipeline train`, with every run timed."""
    from pipeline import __main__ as line
    from pipeline.stages import train

    train.run = timed
    return line.main(["train", topic])


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("profile", choices=("smoke", "laptop", "full", "gpu"))
    profile = given.parse_args().profile
    with whole() as place:
        (place / "pipeline" / "sources" / "fashion_mnist.py").write_text(STAND_IN)
        (place / LAPS).mkdir()
        change(place, lambda tree: tree.update(profile=profile))
        python(place, "-m", "pipeline", "prepare")
        told = python(place, "-c", ASK).splitlines()  # TensorFlow may have said something as well
        asked = json.loads(next(line for line in told if line.startswith("{")))
        for file in ("params.yaml", *(f"profiles/{name}.yaml" for name in ("smoke", "full", "gpu"))):
            change(place, _cut, file)
        python(place, "-m", "pipeline", "plan")
        for topic in asked:
            python(place, "benchmarks/profiles.py", "inside", topic)
        taken = {file.stem: json.loads(file.read_text()) for file in (place / LAPS).glob("*.json")}
    print(f"profile {profile}: {len(taken)} variants started, none failed\n")  # else `train` would have said so
    _tell(asked, taken)
    return 0


def _cut(tree: Any) -> None:
    """One seed and short fits in a settings file, wherever it spells them."""
    blocks = [*tree["topics"].values(), tree.get("every_topic", {})]
    for block in blocks:
        block["seeds"] = 1
        for fit in _fits(block):
            fit.update(epochs=EPOCHS, epoch_steps=STEPS)


def _fits(block: Any) -> Iterator[Any]:
    yield block.setdefault("fit", {})
    for part in ("groups", "variants", "new_variants"):
        for inner in filter(None, block.get(part, {}).values()):  # null: a variant that the profile leaves out
            yield inner.setdefault("fit", {})


def _tell(asked: Mapping[str, Any], taken: Mapping[str, Mapping[str, Any]]) -> None:
    """Core-hours of each topic: start-up once a run, measuring once an epoch, and the steps."""
    total = 0.0
    for topic, told in asked.items():
        places = {f"{topic}.{name}": wanted for name, wanted in told["variants"].items()}
        hours = sum(_seconds(wanted, taken[place]) for place, wanted in places.items() if place in taken)
        hours *= told["seeds"] / 3600  # a variant that is not there is the same run as another: trained once
        total += hours
        print(f"  {topic:<16} {len(told['variants']):3} variants x {told['seeds']:2} seeds {hours:9.2f} core-hours")
    print(f"  {'all':<38} {total:9.2f} core-hours, one thread a run")


def _seconds(wanted: Mapping[str, int], told: Mapping[str, Any]) -> float:
    """A run's seconds; one that stops in its first epochs takes what it took."""
    laps, whole = told["laps"], told["duration_s"]
    if len(laps) < EPOCHS:
        return whole
    step = min(done - begun for begun, done in laps[1:]) / min(STEPS, wanted["steps"])
    between = min(after[0] - before[1] for before, after in pairwise(laps))
    start = max(0.0, whole - EPOCHS * (between + step * min(STEPS, wanted["steps"])))
    return start + wanted["epochs"] * (between + step * wanted["steps"])


if __name__ == "__main__":
    sys.exit(inside(sys.argv[2]) if sys.argv[1:2] == ["inside"] else main())
