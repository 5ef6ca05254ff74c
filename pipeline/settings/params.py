"""Turn params.yaml into frozen, typed, strict settings, every profile checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from pipeline import paths, plugins
from pipeline.number_types import Count, Positive, Share, Whole
from pipeline.plugins import Setting
from pipeline.settings.validation import Complaints, Given, ParamsError, join, mark, merge, parse, settle, show

PROFILES = ("smoke", "laptop", "full", "gpu")
Block = TypeVar("Block")


@dataclass(frozen=True)
class LongTail:
    """Training examples a class, falling geometrically from `head` (class 0) to `tail` (the last)."""

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


@dataclass(frozen=True)
class Settings:
    """All of params.yaml, resolved for one profile."""

    profile: str
    workers: int | str
    runs_per_gpu: int
    run_minutes: float
    data: Mapping[str, DataSettings]
    topics: Mapping[str, TopicSettings]


TOP = {
    "profile": Setting(Literal[PROFILES], "laptop"),
    "seeds": Setting(Count, 6),
    "workers": Setting(Literal["auto"] | Count, "auto"),
    "runs_per_gpu": Setting(Count, 1),
    "run_minutes": Setting(Positive, 60.0),
    "data": Setting(dict, required=True),
    "topics": Setting(dict, required=True),
}
DATA = {
    "source": Setting(str, required=True),
    "load": Setting(dict, {}),
    "scale": Setting(Literal["none", "standard"], "none"),
    "seed": Setting(Whole, 0),
    "split": Setting(dict, {}),
    "views": Setting(dict, {"plain": {}}),
    "profiles": Setting(dict, {}),
}
SPLIT = {
    "validation": Setting(Count | Share, 0.2),
    "test": Setting(Count | Share, 0.2),
    "train": Setting(Count | dict | None, None),
    "seed": Setting(Whole, 0),
}
LONG_TAIL = {"head": Setting(Count, required=True), "tail": Setting(Count, required=True)}
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
TOPIC = ARM | {
    "seeds": Setting(Count, 6),
    "metrics": Setting(list[str], ["accuracy", "cross_entropy"]),
    "variants": Setting(dict, required=True),
    "profiles": Setting(dict, {}),
}


def read(file: Path | None = None, profile: str | None = None) -> Settings:
    """Settings of the profile that params.yaml (or `profile`) names; every profile is checked (ParamsError)."""
    file = file or paths.PARAMS
    complaints = Complaints(file.name)
    tree = mark(parse(file), "", complaints)
    every = {name: _settings(tree, name, complaints) for name in PROFILES}
    if complaints.lines:
        raise ParamsError(complaints.lines)
    return every[profile or settle(tree, TOP, "", complaints)["profile"]]


def _settings(tree: Any, profile: str, complaints: Complaints) -> Settings:
    top = settle(tree, TOP, "", complaints)
    data = {name: _data(name, block, profile, complaints) for name, block in (top.get("data") or {}).items()}
    topics = {
        name: _topic(name, block, profile, top["seeds"], data, complaints)
        for name, block in (top.get("topics") or {}).items()
    }
    return Settings(profile, top["workers"], top["runs_per_gpu"], top["run_minutes"], _sound(data), _sound(topics))


def _sound(blocks: Mapping[str, Block | None]) -> dict[str, Block]:
    """The blocks that could be read; the others have been complained of."""
    return {name: block for name, block in blocks.items() if block is not None}


def _for_profile(
    block: Any, key: str, profile: str, fields: Mapping[str, Setting], complaints: Complaints
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A block without its profiles, and what it says for `profile`; every profile's name is checked."""
    if isinstance(block, Given):
        complaints.add(block.key, show(block.value), f"a mapping with {', '.join(fields)}")
        return {}, {}
    overrides = block.get("profiles", {})
    if isinstance(overrides, Given):
        complaints.add(overrides.key, show(overrides.value), f"a mapping with {', '.join(PROFILES)}")
        overrides = {}
    for name in overrides.keys() - set(PROFILES):
        complaints.unknown(join(key, "profiles", name), name, list(PROFILES))
    rest = {name: item for name, item in block.items() if name != "profiles"}
    chosen = overrides.get(profile, {})
    if isinstance(chosen, Given):
        complaints.add(chosen.key, show(chosen.value), f"a mapping with {', '.join(fields)}")
        chosen = {}
    return rest, chosen


def _data(name: str, block: Any, profile: str, complaints: Complaints) -> DataSettings | None:
    key = join("data", name)
    fields = {field: setting for field, setting in DATA.items() if field != "profiles"}
    settled = settle(merge(*_for_profile(block, key, profile, DATA, complaints)), fields, key, complaints)
    source = settled.get("source")
    if source not in plugins.names("sources"):
        if source is not None:
            complaints.unknown(join(key, "source"), str(source), plugins.names("sources"))
        return None
    load = settle(settled["load"], plugins.settings("sources", source), join(key, "load"), complaints)
    kind = plugins.constant("sources", source, "KIND")
    views = {view: _view(steps, kind, join(key, "views", view), complaints) for view, steps in settled["views"].items()}
    split = _split(settled["split"], join(key, "split"), complaints)
    return DataSettings(name, source, load, settled["scale"], split, views, settled["seed"])


def _split(block: Any, key: str, complaints: Complaints) -> Split:
    settled = settle(block, SPLIT, key, complaints)
    if isinstance(settled["train"], dict):
        tail = settle(settled["train"], LONG_TAIL, join(key, "train"), complaints)
        settled["train"] = LongTail(tail.get("head", 1), tail.get("tail", 1))
    shares = [part for part in (settled["validation"], settled["test"]) if isinstance(part, float)]
    if sum(shares) >= 1:
        complaints.add(key, f"validation and test shares that add up to {sum(shares):g}", "less than 1 together")
    if 0 in (settled["validation"], settled["test"]):
        complaints.add(key, "an empty validation or test part", "a count >= 1 or a share above 0 for both")
    return Split(**settled)


def _view(steps: Any, kind: str, key: str, complaints: Complaints) -> dict[str, dict[str, Any]]:
    if isinstance(steps, Given):
        complaints.add(steps.key, show(steps.value), "a mapping of steps; write {} for none")
        return {}
    settled = {}
    for step, block in steps.items():
        if step not in plugins.names("views"):
            complaints.unknown(join(key, step), step, plugins.names("views"))
        elif kind not in plugins.constant("views", step, "KINDS"):
            kinds = ", ".join(plugins.constant("views", step, "KINDS"))
            complaints.add(join(key, step), f"a step on data of kind {kind!r}", f"{kinds} only")
        else:
            settled[step] = settle(block, plugins.settings("views", step), join(key, step), complaints)
    return settled


def _topic(
    name: str, block: Any, profile: str, seeds: int, data: Mapping[str, Any], complaints: Complaints
) -> TopicSettings | None:
    key = join("topics", name)
    if name not in plugins.names("topics"):
        complaints.unknown(key, name, plugins.names("topics"))
        return None
    fields = {field: setting for field, setting in TOPIC.items() if field != "profiles"}
    fields["seeds"] = Setting(Count, seeds)
    base, over = _for_profile(block, key, profile, TOPIC, complaints)
    settled = settle(merge(base, over), fields, key, complaints)
    arms = settled.get("variants") or {}
    if not arms:
        complaints.add(join(key, "variants"), "none", "at least one variant")
    variants = {
        arm: _variant(arm, changes, base, over, join(key, "variants", arm), data, complaints)
        for arm, changes in arms.items()
    }
    record = plugins.load("topics", name).TOPIC
    _check_metrics(settled["metrics"], record, join(key, "metrics"), complaints)
    _check_claims(record, variants, settled["metrics"], key, complaints)
    return TopicSettings(name, settled["seeds"], tuple(settled["metrics"]), _sound(variants))


def _variant(
    name: str,
    changes: Any,
    base: Mapping[str, Any],
    over: Mapping[str, Any],
    key: str,
    data: Mapping[str, Any],
    complaints: Complaints,
) -> Variant | None:
    """The topic's defaults, then the variant's changes, then the profile's; another model starts with its own build."""
    if isinstance(changes, Given):
        complaints.add(changes.key, show(changes.value), "a mapping of the keys it changes; write {} for none")
        return None
    settle(changes, ARM, key, complaints, partial=True)
    shared = [field for field in ARM if not (field == "build" and "model" in changes)]
    merged: Any = {}
    for layer, fields in ((base, shared), (changes, ARM), (over, shared)):
        merged = merge(merged, {field: layer[field] for field in fields if field in layer})
    arm = settle(merged, ARM, key, complaints)
    kind = _check_data(arm, merged, key, data, complaints)
    if arm.get("model") not in plugins.names("models"):
        if "model" in arm:
            complaints.unknown(_origin(merged, "model", key), str(arm["model"]), plugins.names("models"))
        return None
    if arm["augment"] and kind not in (None, "image"):
        complaints.add(join(key, "augment"), f"augmentation of data of kind {kind!r}", "image only")
    task = _task(arm, merged, key, data, complaints)
    layers = plugins.signature(paths.PACKAGE / "training" / "augmentation.py", "augmentation")
    fitting = {**plugins.signature(paths.PACKAGE / "training" / "fit.py", "fit"), **plugins.settings("tasks", task)}
    build = settle(arm["build"], plugins.settings("models", arm["model"]), join(key, "build"), complaints)
    augment = settle(arm["augment"], layers, join(key, "augment"), complaints) if arm["augment"] else {}
    fit = settle(arm["fit"], fitting, join(key, "fit"), complaints)
    names = (arm.get("data", ""), arm["view"], arm["model"], arm["precision"])
    return Variant(name, task, *names, build, augment, fit)


def _task(
    arm: Mapping[str, Any], merged: Mapping[str, Any], key: str, data: Mapping[str, Any], complaints: Complaints
) -> str:
    """The task that is asked for, if the data's labels can be used for it, or the first that can use them."""
    block = data.get(str(arm.get("data")))
    labels = plugins.constant("sources", block.source, "LABELS", "class") if block else "class"
    fitting = [task for task in plugins.names("tasks") if labels in plugins.constant("tasks", task, "LABELS")]
    wanted = arm["task"] or fitting[0]
    if wanted not in fitting:
        complaints.add(_origin(merged, "task", key), repr(wanted), f"{', '.join(fitting)} (labels: {labels})")
        return fitting[0]
    return str(wanted)


def _origin(merged: Mapping[str, Any], name: str, key: str) -> str:
    item = merged.get(name)
    return item.key if isinstance(item, Given) else join(key, name)


def _check_data(
    arm: Mapping[str, Any], merged: Mapping[str, Any], key: str, data: Mapping[str, Any], complaints: Complaints
) -> str | None:
    """The kind of the variant's data, once data and view are known to exist."""
    name = arm.get("data")
    if not isinstance(name, str) or name not in data:
        if name is not None:
            complaints.unknown(_origin(merged, "data", key), str(name), sorted(data))
        return None
    if data[name] is None:
        return None
    if arm["view"] not in data[name].views:
        complaints.unknown(_origin(merged, "view", key), str(arm["view"]), sorted(data[name].views))
    return str(plugins.constant("sources", data[name].source, "KIND"))


def _check_metrics(metrics: list[str], record: Any, key: str, complaints: Complaints) -> None:
    public = {name for file in paths.METRICS.glob("[!_]*.py") for name in plugins.functions(file)}
    known = sorted(public | set(record.probes))
    for metric in metrics:
        if metric not in known:
            complaints.unknown(key, metric, known)


def _check_claims(
    record: Any, variants: Mapping[str, Any], metrics: list[str], key: str, complaints: Complaints
) -> None:
    for claim in record.claims:
        for arm in (claim.better, claim.worse):
            if arm not in variants:
                complaints.add(f"{key}.variants.{arm}", "nothing", f"a variant: the claim {claim.name!r} compares it")
        if claim.metric not in metrics:
            complaints.add(f"{key}.metrics", f"no {claim.metric!r}", f"a list with it: claim {claim.name!r} needs it")
