"""Start every variant of a profile with its first steps, and work out from their time what the whole would take."""

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from house import change, python, whole

SHORT, LONG = 10, 40  # optimizer steps of an epoch
SHAPES = {"short": (1, SHORT), "epochs": (2, SHORT), "steps": (1, LONG)}  # epochs, steps an epoch
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
from pipeline import optimizers, paths
from pipeline.params import read
from pipeline.records import read_json

found = {}
for topic in read(paths.PARAMS).topics.values():
    found[topic.name] = {"seeds": topic.seeds, "variants": {}}
    for name, variant in topic.variants.items():
        fit = variant.settings()["fit"]
        examples = sum(read_json(paths.card(variant.data))["views"][variant.view]["counts"])
        steps = optimizers.steps(examples, fit["batch_size"], fit["epoch_steps"], fit["xla"])
        found[topic.name]["variants"][name] = {"epochs": fit["epochs"], "steps": steps}
print(json.dumps(found))
"""


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("profile", choices=("smoke", "laptop", "full", "gpu"))
    profile = given.parse_args().profile
    with whole() as place:
        (place / "pipeline" / "sources" / "fashion_mnist.py").write_text(STAND_IN)
        change(place, lambda tree: tree.update(profile=profile))
        python(place, "-m", "pipeline", "prepare")
        told = python(place, "-c", ASK).splitlines()  # TensorFlow may have said something as well
        asked = json.loads(next(line for line in told if line.startswith("{")))
        taken = {shape: _durations(place, profile, *sizes) for shape, sizes in SHAPES.items()}
    print(
        f"profile {profile}: {sum(len(topic['variants']) for topic in asked.values())} variants started, none failed\n"
    )
    _tell(asked, taken)
    return 0


def _blocks(place: Path) -> dict[str, Any]:
    from ruamel.yaml import YAML

    found: dict[str, Any] = YAML(typ="safe").load((place / "params.yaml").read_text())
    return found


def _durations(place: Path, profile: str, epochs: int, steps: int) -> dict[tuple[str, str], float]:
    """Seconds of one run of each variant, cut to `epochs` of at most `steps` steps."""
    change(place, lambda tree: _cut(tree, profile, epochs, steps))
    python(place, "-m", "pipeline", "plan")
    found = {}
    for topic in _blocks(place)["topics"]:
        python(place, "-m", "pipeline", "train", topic)
        for file in (place / "data" / "runs" / topic).glob("*/0/run.json"):
            run = json.loads(file.read_text())
            if run["status"] == "failed":
                raise SystemExit(f"{topic}: {run['variant']} failed: {run['reason']}")
            found[topic, run["variant"]] = run["duration_s"]
    return found


def _cut(tree: Any, profile: str, epochs: int, steps: int) -> None:
    """Shorten every fit of the profile, wherever it is spelt."""
    for topic in tree["topics"].values():
        over = topic.setdefault("profiles", {}).setdefault(profile, {})
        over["seeds"] = 1
        for fit in _fits(over):
            fit.update(epochs=epochs, epoch_steps=steps)


def _fits(over: Any) -> Iterator[Any]:
    yield over.setdefault("fit", {})
    for variant in over.get("variants", {}).values():
        yield variant.setdefault("fit", {})


def _tell(asked: Mapping[str, Any], taken: Mapping[str, Mapping[tuple[str, str], float]]) -> None:
    """Core-hours of each topic: start-up once a run, measuring once an epoch, and the steps."""
    total = 0.0
    for topic, told in asked.items():
        hours = sum(_seconds(wanted, topic, name, taken) for name, wanted in told["variants"].items())
        hours *= told["seeds"] / 3600
        total += hours
        print(f"  {topic:<16} {len(told['variants']):3} variants x {told['seeds']:2} seeds {hours:9.2f} core-hours")
    print(f"  {'all':<38} {total:9.2f} core-hours, one thread a run")


def _seconds(
    wanted: Mapping[str, int], topic: str, name: str, taken: Mapping[str, Mapping[tuple[str, str], float]]
) -> float:
    short, epochs, steps = (taken[shape][topic, name] for shape in SHAPES)
    few, many = min(SHORT, wanted["steps"]), min(LONG, wanted["steps"])
    step = max(0.0, (steps - short) / (many - few)) if many > few else 0.0
    epoch = max(0.0, epochs - short)  # with `few` steps in it
    start = max(0.0, short - epoch)
    return start + wanted["epochs"] * (epoch + step * (wanted["steps"] - few))


if __name__ == "__main__":
    raise SystemExit(main())
