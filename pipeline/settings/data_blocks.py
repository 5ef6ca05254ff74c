"""Check and freeze the blocks under `data:`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipeline import plugins
from pipeline.number_types import Count, Share, Whole
from pipeline.plugins import Setting
from pipeline.settings.layers import data_layers, merged
from pipeline.settings.reading import Reading, Use
from pipeline.settings.validation import Complaints, Given, join, place_of, settle, show


@dataclass(frozen=True)
class LongTail:
    """Training examples per class, falling geometrically from `head` (class 0) to `tail` (the last)."""

    head: int
    tail: int


@dataclass(frozen=True)
class Split:
    """Sizes of the held-out parts (a count, or a share of all examples), and of the training part if it is cut."""

    validation: int | float
    test: int | float
    train: int | LongTail | None
    seed: int


@dataclass(frozen=True)
class DataSettings:
    """One block under `data:`."""

    name: str
    source: str
    load: Mapping[str, Any]
    scale: str
    split: Split
    views: Mapping[str, Mapping[str, Mapping[str, Any]]]
    seed: int


DATA = {
    "source": Setting(str, required=True),
    "load": Setting(dict, {}),
    "scale": Setting(Literal["none", "standard"], "none"),
    "seed": Setting(Whole, 0),
    "split": Setting(dict, {}),
    "views": Setting(dict | list[str], {"plain": {}}),
}
SPLIT = {
    "validation": Setting(Count | Share, 0.2),
    "test": Setting(Count | Share, 0.2),
    "train": Setting(Count | dict | None, None),
    "seed": Setting(Whole, 0),
}
LONG_TAIL = {"head": Setting(Count, required=True), "tail": Setting(Count, required=True)}


def data_settings(name: str, reading: Reading) -> DataSettings | None:
    """The block of one data set; None if its source does not exist."""
    complaints, layers = reading.complaints, data_layers(reading.files, name)
    for layer in layers:
        settle(layer.block, DATA, layer.place, complaints, partial=True)
    tree = merged(layers, list(DATA))
    place = reading.files[0].place("data", name)
    settled = settle(tree, DATA, place, complaints)
    source = settled.get("source")
    if source not in plugins.names("sources"):
        if source is not None:
            complaints.unknown(place_of(tree, "source", place), str(source), plugins.names("sources"))
        return None
    load = settle(settled["load"], plugins.settings("sources", source), join(place, "load"), complaints)
    views = _views(settled["views"], tree, source, place, reading)
    split = _split(settled["split"], join(place, "split"), complaints)
    reading.uses.append(Use(f"data.{name}", tree))
    return DataSettings(name, source, load, settled["scale"], split, views, settled["seed"])


def _split(block: Any, place: str, complaints: Complaints) -> Split:
    settled = settle(block, SPLIT, place, complaints)
    if isinstance(settled["train"], dict):
        tail = settle(settled["train"], LONG_TAIL, join(place, "train"), complaints)
        settled["train"] = LongTail(tail.get("head", 1), tail.get("tail", 1))
    shares = [part for part in (settled["validation"], settled["test"]) if isinstance(part, float)]
    if sum(shares) >= 1:
        complaints.add(place, f"validation and test shares that add up to {sum(shares):g}", "less than 1 together")
    if 0 in (settled["validation"], settled["test"]):
        complaints.add(place, "an empty validation or test part", "a count >= 1 or a share above 0 for both")
    return Split(**settled)


def _views(
    block: Any, tree: Mapping[str, Any], source: str, place: str, reading: Reading
) -> dict[str, dict[str, dict[str, Any]]]:
    """Views by name: defined in the block, or listed there and defined under the top-level `views:`."""
    kind = plugins.constant("sources", source, "KIND")
    if isinstance(block, dict):
        return {name: _view(steps, kind, join(place, "views", name), reading) for name, steps in block.items()}
    shared = reading.files[0].at("views")
    for name in block:
        if name not in shared:
            reading.complaints.unknown(place_of(tree, "views", place), name, sorted(shared))
    chosen = [name for name in block if name in shared]
    reading.uses.append(Use(place, {name: shared[name] for name in chosen}))
    return {name: _view(shared[name], kind, reading.files[0].place("views", name), reading) for name in chosen}


def _view(steps: Any, kind: str, place: str, reading: Reading) -> dict[str, dict[str, Any]]:
    complaints = reading.complaints
    if isinstance(steps, Given):
        complaints.add(steps.place, show(steps.value), "a mapping of steps; write {} for none")
        return {}
    settled = {}
    for step, block in steps.items():
        if step not in plugins.names("views"):
            complaints.unknown(place_of(steps, step, place), step, plugins.names("views"))
        elif kind not in plugins.constant("views", step, "KINDS"):
            kinds = ", ".join(plugins.constant("views", step, "KINDS"))
            complaints.add(place_of(steps, step, place), f"a step on data of kind {kind!r}", f"{kinds} only")
        else:
            settled[step] = settle(block, plugins.settings("views", step), join(place, step), complaints)
    return settled
