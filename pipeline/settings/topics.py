"""Check and freeze the blocks under `topics:`, variant by variant."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipeline import paths, plugins
from pipeline.number_types import Count
from pipeline.plugins import Setting
from pipeline.settings.data_blocks import DataSettings
from pipeline.settings.layers import for_its_model, merge, merged, topic_layers, variant_layers
from pipeline.settings.reading import Reading, Use
from pipeline.settings.validation import Complaints, Given, join, place_of, settle, show


@dataclass(frozen=True)
class Variant:
    """One arm of a comparison, every setting resolved."""

    name: str
    task: str
    data: str
    view: str
    model: str
    precision: str
    build: Mapping[str, Any]
    augment: Mapping[str, Any]
    fit: Mapping[str, Any]

    def settings(self) -> dict[str, Any]:
        """What decides this variant's numbers, as plain values."""
        plain = {key: getattr(self, key) for key in ("task", "data", "view", "model", "precision")}
        return plain | {key: dict(getattr(self, key)) for key in ("build", "augment", "fit")}


@dataclass(frozen=True)
class TopicSettings:
    """One block under `topics:`."""

    name: str
    seeds: int
    metrics: tuple[str, ...]
    variants: Mapping[str, Variant]


ARM = {
    "data": Setting(str, required=True),
    "view": Setting(str, "plain"),
    "model": Setting(str, required=True),
    "task": Setting(str | None, None),
    "precision": Setting(Literal["float32", "mixed_float16", "mixed_bfloat16"], "float32"),
    "build": Setting(dict, {}),
    "augment": Setting(dict, {}),
    "fit": Setting(dict, {}),
}
OF_VARIANT = ARM | {"group": Setting(str | None, None)}
OF_TOPIC = {
    "seeds": Setting(Count, 6),
    "metrics": Setting(list[str], ["accuracy", "cross_entropy"]),
    "groups": Setting(dict, {}),
    "variants": Setting(dict, required=True),
}
TOPIC = ARM | OF_TOPIC
RULE = {name: setting for name, setting in TOPIC.items() if name not in ("groups", "variants")}  # of every_topic
Data = Mapping[str, DataSettings | None]


def topic_settings(name: str, data: Data, seeds: Any, reading: Reading) -> TopicSettings | None:
    """The block of one topic, with `seeds` (marked) unless it has its own; None if no such topic exists."""
    complaints, place = reading.complaints, reading.files[0].place("topics", name)
    if name not in plugins.names("topics"):
        complaints.unknown(place, name, plugins.names("topics"))
        return None
    layers = topic_layers(reading.files, name)
    for layer in layers:
        settle(
            layer.block, RULE if layer.place.endswith("every_topic") else TOPIC, layer.place, complaints, partial=True
        )
    tree = merge({"seeds": seeds} if seeds else {}, merged(layers, list(OF_TOPIC)))
    settled = settle(tree, TOPIC | {"data": ARM["view"], "model": ARM["view"]}, place, complaints)
    reading.uses.append(Use(f"topics.{name}", {key: tree[key] for key in ("seeds", "metrics") if key in tree}))
    variants = _variants(name, settled, data, reading)
    record = plugins.load("topics", name).TOPIC
    _check_metrics(settled["metrics"], record, place_of(tree, "metrics", place), complaints)
    _check_claims(record, variants, settled["metrics"], place, complaints)
    kept = {arm: variant for arm, variant in variants.items() if variant is not None}
    return TopicSettings(name, settled["seeds"], tuple(settled["metrics"]), kept)


def _variants(topic: str, settled: Mapping[str, Any], data: Data, reading: Reading) -> dict[str, Variant | None]:
    """All variants in the order of the files; one that a profile empties is left out."""
    place = reading.files[0].place("topics", topic)
    arms, groups = settled.get("variants") or {}, settled["groups"]
    for group, block in groups.items():
        settle(block, ARM, join(place, "groups", group), reading.complaints, partial=True)
    variants: dict[str, Variant | None] = {}
    for arm, changes in arms.items():
        unit = f"topics.{topic}.{arm}"
        if not isinstance(changes, Given):
            variants[arm] = _variant(unit, changes, data, list(groups), reading)
        elif changes.value is None and changes.replaces and changes.file != reading.files[0].name:
            reading.uses.append(Use(unit, {arm: changes}))
        else:
            allowed = "a mapping of the keys it changes; write {} for none"
            reading.complaints.add(changes.place, show(changes.value), allowed)
            variants[arm] = None
    if not variants:
        reading.complaints.add(join(place, "variants"), "none", "at least one variant")
    return variants


def _variant(unit: str, changes: Mapping[str, Any], data: Data, groups: list[str], reading: Reading) -> Variant | None:
    """Layers merged, checked, frozen."""
    _, topic, name = unit.split(".")
    complaints, place = reading.complaints, reading.files[0].place("topics", topic, "variants", name)
    settle(changes, OF_VARIANT, place, complaints, partial=True)
    group = changes["group"].value if isinstance(changes.get("group"), Given) else None
    if group is not None and group not in groups:
        complaints.unknown(place_of(changes, "group", place), str(group), groups)
        group = None
    layers, dropped = for_its_model(variant_layers(reading.files, topic, name, group))
    tree = merged(layers, list(ARM))
    arm = settle(tree, ARM, place, complaints)
    kind = _kind(arm, tree, place, data, complaints)
    if arm.get("model") not in plugins.names("models"):
        if "model" in arm:
            complaints.unknown(place_of(tree, "model", place), str(arm["model"]), plugins.names("models"))
        return None
    if arm["augment"] and kind not in (None, "image"):
        complaints.add(_augment_place(tree, place), f"augmentation of data of kind {kind!r}", "image only")
    task = _task(arm, tree, place, data, complaints)
    blocks = _blocks(arm, task, place, complaints)
    reading.uses.append(Use(unit, merged(layers, list(OF_VARIANT)), dropped, blocks["fit"]))
    plain: dict[str, Any] = {key: arm.get(key, "") for key in ("data", "view", "model", "precision")}
    return Variant(name=name, task=task, **plain, build=blocks["build"], augment=blocks["augment"], fit=blocks["fit"])


def _blocks(arm: Mapping[str, Any], task: str, place: str, complaints: Complaints) -> dict[str, dict[str, Any]]:
    """`build`, `augment` and `fit`, checked against the functions that take them."""
    augmenting = plugins.signature(paths.PACKAGE / "training" / "augmentation.py", "augmentation")
    fields = {
        "build": plugins.settings("models", arm["model"]),
        "augment": augmenting if arm["augment"] else {},
        "fit": {
            **plugins.signature(paths.PACKAGE / "training" / "fit.py", "fit"),
            **plugins.settings("tasks", task),
        },
    }
    return {block: settle(arm[block], taken, join(place, block), complaints) for block, taken in fields.items()}


def _augment_place(tree: Mapping[str, Any], place: str) -> str:
    """Where `augment` was written first."""
    first = next(iter(tree["augment"].values()), None)
    return first.place.rpartition(".")[0] if isinstance(first, Given) else join(place, "augment")


def _task(arm: Mapping[str, Any], tree: Mapping[str, Any], place: str, data: Data, complaints: Complaints) -> str:
    """The task that is asked for, if the data's labels can be used for it, or the first that can use them."""
    block = data.get(str(arm.get("data")))
    labels = plugins.constant("sources", block.source, "LABELS", "class") if block else "class"
    fitting = [task for task in plugins.names("tasks") if labels in plugins.constant("tasks", task, "LABELS")]
    task = arm["task"] or fitting[0]
    if task not in fitting:
        complaints.add(place_of(tree, "task", place), repr(task), f"{', '.join(fitting)} (labels: {labels})")
        return fitting[0]
    return str(task)


def _kind(
    arm: Mapping[str, Any], tree: Mapping[str, Any], place: str, data: Data, complaints: Complaints
) -> str | None:
    """The kind of the variant's data, once data and view are known to exist."""
    name = arm.get("data")
    if not isinstance(name, str) or name not in data:
        if name is not None:
            complaints.unknown(place_of(tree, "data", place), str(name), sorted(data))
        return None
    block = data[name]
    if block is None:
        return None
    if arm["view"] not in block.views:
        complaints.unknown(place_of(tree, "view", place), str(arm["view"]), sorted(block.views))
    return str(plugins.constant("sources", block.source, "KIND"))


def _check_metrics(metrics: list[str], record: Any, place: str, complaints: Complaints) -> None:
    public = {name for file in paths.METRICS.glob("[!_]*.py") for name in plugins.functions(file)}
    known = sorted(public | set(record.probes))
    for metric in metrics:
        if metric not in known:
            complaints.unknown(place, metric, known)


def _check_claims(
    record: Any, variants: Mapping[str, Any], metrics: list[str], place: str, complaints: Complaints
) -> None:
    for claim in record.claims:
        for arm in (claim.better, claim.worse):
            if arm not in variants:
                complaints.add(f"{place}.variants.{arm}", "nothing", f"a variant: the claim {claim.name!r} compares it")
        if claim.metric not in metrics:
            complaints.add(f"{place}.metrics", f"no {claim.metric!r}", f"a list with it: claim {claim.name!r} needs it")
