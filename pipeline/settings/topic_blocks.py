"""Resolve blocks under `topics:`: each variant from its topic, its group, itself and the profile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pipeline import paths, plugin_files, plugins
from pipeline.number_types import Count
from pipeline.plugin_files import Setting
from pipeline.settings import claims, costs, foreign_settings
from pipeline.settings.data_blocks import DataSettings, is_plugin, is_sound
from pipeline.settings.foreign_settings import Layer
from pipeline.settings.profiles import Profile, is_left_out
from pipeline.settings.tree import Block, Given, merge
from pipeline.settings.validation import Complaints, settle, show
from pipeline.settings.voids import Uses
from pipeline.verdicts.topic import COST, Claim, Topic


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
    gpus_per_run: int = 1

    def settings(self) -> dict[str, Any]:
        """What decides this variant's numbers, as plain values; one GPU (or none) is not told, as it is in no key."""
        plain = {key: getattr(self, key) for key in ("task", "data", "view", "model", "precision")}
        several = {"gpus_per_run": self.gpus_per_run} if self.gpus_per_run > 1 else {}
        return plain | {key: dict(getattr(self, key)) for key in ("build", "augment", "fit")} | several


@dataclass(frozen=True)
class TopicSettings:
    """One block under `topics:`; `left_out` are the claims that compare variants which it has not, and those.

    `topic` is what it asks: by its module, if it has one, and by params.yaml.
    """

    name: str
    seeds: int
    looks: int
    metrics: tuple[str, ...]
    variants: Mapping[str, Variant]
    topic: Topic
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """All that it claims, what is left out included."""
        return self.topic.claims

    def note(self) -> str:
        """A line on the claims that are left out; empty where none is."""
        absent = dict.fromkeys(variant for variants in self.left_out.values() for variant in variants)
        claims = f"{len(self.left_out)} claim{'s are' if len(self.left_out) > 1 else ' is'} left out"
        names = [
            *list(absent)[:MOST_NAMED],
            *([f"{len(absent) - MOST_NAMED} more"] if len(absent) > MOST_NAMED else []),
        ]
        return f"topics.{self.name}: {claims}, as there is no variant {' or '.join(names)}" if absent else ""


TASK_OF = {"class": "classify", "number": "regress", "tokens": "tag"}  # by labels, where params.yaml names none
TAKES = {  # kinds of data, by model: of those that do not take every kind. settings/shapes.py has the shapes
    "convnet": ("image", "signal", "sequence"),
    "encoder_decoder": ("text",),
    "glyphnet": ("image",),
    "local": ("image", "signal", "sequence"),
    "recurrent": ("signal", "sequence"),
    "tagger": ("text",),
}
AT_ONCE = ("boosted_trees", "prior")  # models that are fitted to all training examples at once, and tasks that do
FITS_AT_ONCE = ("classify_at_once", "regress_at_once")
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
OWN = "or any name with claims: below it ([] for none)"
MOST_NAMED = 3  # variants in a line
VARIANT = ARM | {"group": Setting(str | None, None)}
OF_ALL = {
    "seeds": Setting(Count, 6),
    "looks": Setting(Literal[1, 2, 3], 3),
    "metrics": Setting(list[str], ["accuracy", "cross_entropy"]),
}
PARTS = {"groups": Setting(dict, {}), "variants": Setting(dict, {})}
TOPIC = ARM | OF_ALL | PARTS | claims.WORDS | costs.WORDS
PROFILE_TOPIC = ARM | OF_ALL | PARTS | {"new_variants": Setting(dict, {})}


@dataclass(frozen=True)
class TopicLayers:
    """All that is written on one topic: in params.yaml, and in the profile for every topic and for this one."""

    name: str
    written: Block
    every: Block
    own: Block

    def variants(self) -> list[str]:
        """Names in order: those of params.yaml, then those that the profile adds."""
        new = self.own.block("new_variants")
        return [*self.written.block("variants"), *(name for name in new if not is_left_out(new[name]))]

    def of_variant(self, name: str) -> list[Block | Given]:
        """What is said of a variant under its own name, in order."""
        places = ((self.written, "variants"), (self.own, "new_variants"), (self.own, "variants"))
        return [item for block, part in places if (item := block.block(part).get(name)) is not None]

    def of(self, name: str, group: str | None) -> list[Layer]:
        """Lowest first: topic < group < variant, and all of params.yaml < all of the profile."""
        layers = []
        for tops, block in (([self.written], self.written), ([self.every, self.own], self.own)):
            layers += [Layer(0, top) for top in tops]
            layers += [Layer(1, block.block("groups", group))] if group else []
            layers += [Layer(2, block.block(part, name)) for part in ("new_variants", "variants")]
        return [Layer(layer.level, layer.block.only(ARM)) for layer in layers]


@dataclass(frozen=True)
class Context:
    """What resolving a topic needs beside its own blocks: data sets by name (None: unsound), and where to report.

    `new` has the variants that profiles add to each topic, any profile; `gpus_per_run` are those of a run.
    """

    data: Mapping[str, DataSettings | None]
    uses: Uses
    complaints: Complaints
    new: Mapping[str, Sequence[str]] = field(default_factory=dict)
    gpus_per_run: int = 1


def resolve_topic(
    name: str, written: Block | Given, profile: Profile, defaults: Mapping[str, int], context: Context
) -> TopicSettings | None:
    """The topic `name` under a profile; None if too little of it is sound. `defaults` are of seeds and looks."""
    complaints = context.complaints
    if isinstance(written, Given):
        settle(written, TOPIC, complaints)
        return None
    is_module = name in plugins.names("topics")
    if not is_module and "claims" not in written:
        complaints.unknown(written.place, name, [*plugins.names("topics"), OWN])
        return None
    layers = TopicLayers(name, written, *profile.topic(name))
    _check_layers(layers, complaints)
    shared = merge([written, layers.every, layers.own])
    for block in (written, layers.every, layers.own):
        context.uses.note_block(block.only(OF_ALL), shared, consumer=name)
    own = {key: Setting(OF_ALL[key].annotation, default) for key, default in defaults.items()}
    settled = settle(shared.only(OF_ALL), OF_ALL | own, complaints)
    variants = {variant: _variant(variant, layers, context) for variant in layers.variants()}
    _check_unused_groups(layers, context)
    python: Topic | None = plugins.load("topics", name).TOPIC if is_module else None
    probes = python.probes if python else ()
    costed = costs.resolve(written, variants, complaints)
    metrics = _check_metrics(settled["metrics"], probes, shared, complaints, costed=COST in written)
    if not variants and not isinstance(written.get("variants"), Given):  # else the wrong type has been complained of
        complaints.add(written.place.at("variants"), "none", "at least one variant")
    extra = [COST] if COST in written else []
    known = claims.Known(variants=variants, elsewhere=context.new.get(name, ()), probes=probes, costed=extra)
    topic = replace(claims.resolve(name, written, python, known, complaints), costs=costed)
    left_out = _left_out(topic, variants)
    _check_measured(topic, left_out, metrics, shared, complaints)
    sound = {variant: resolved for variant, resolved in variants.items() if resolved}
    return TopicSettings(name, settled["seeds"], settled["looks"], tuple(metrics), sound, topic, left_out)


def _check_layers(layers: TopicLayers, complaints: Complaints) -> None:
    """Complain of unknown keys and wrong types, wherever they are written."""
    settle(layers.written, TOPIC, complaints, partial=True)
    settle(layers.every, ARM | OF_ALL, complaints, partial=True)
    settle(layers.own, PROFILE_TOPIC, complaints, partial=True)
    for block in (layers.written, layers.own):
        for group in block.block("groups").values():
            settle(group, ARM, complaints, partial=True)
        for part in ("variants", "new_variants"):
            for name, variant in block.block(part).items():
                _check_variant(name, variant, part, complaints)


def _check_variant(name: str, variant: Block | Given, part: str, complaints: Complaints) -> None:
    if isinstance(variant, Block):
        settle(variant, VARIANT, complaints, partial=True)
    elif not (part == "new_variants" and is_left_out(variant)):
        complaints.add(variant.place, show(variant.value), "a mapping of the keys it changes; write {} for none")


def _variant(name: str, layers: TopicLayers, context: Context) -> Variant | None:
    own = [item for item in layers.of_variant(name) if isinstance(item, Block)]
    if not own:
        return None
    group = _group(merge(own), layers, context.complaints)
    _note_groups(own, consumer=f"{layers.name}.{name}", uses=context.uses)
    stack = foreign_settings.left_out(layers.of(name, group))
    merged = merge([Block({}, own[0].place), *stack])
    for layer in layers.of(name, group):
        context.uses.note_block(layer.block, merged, consumer=f"{layers.name}.{name}")
    variant = _checked_variant(name, stack, merged, context)
    if variant:
        optimizer = variant.fit.get("optimizer", "sgd")
        context.uses.note_optimizer(optimizer, merged.block("fit"), consumer=f"{layers.name}.{name}")
    return variant


def changed(layers: TopicLayers, name: str, changes: Block, context: Context) -> Variant | None:
    """The variant `name` with `changes` laid on all that is said of it; None if it is not sound then."""
    own = [item for item in layers.of_variant(name) if isinstance(item, Block)]
    if not own:
        return None
    group = _group(merge(own), layers, Complaints())
    stack = foreign_settings.left_out([*layers.of(name, group), Layer(3, changes)])
    return _checked_variant(name, stack, merge([Block({}, own[0].place), *stack]), context)


def _note_groups(own: list[Block], consumer: str, uses: Uses) -> None:
    """Whether a profile replaces the group that params.yaml names."""
    for block in own:
        uses.note_block(block.only({"group": None}), merge(own), consumer=consumer)


def _group(variant: Block, layers: TopicLayers, complaints: Complaints) -> str | None:
    """The variant's group, if it names one that exists."""
    group, known = variant.get("group"), layers.written.block("groups")
    if not isinstance(group, Given) or not isinstance(group.value, str):
        return None
    if group.value not in known:
        complaints.unknown(group.place, group.value, sorted(known))
        return None
    return group.value


def _checked_variant(name: str, stack: list[Block], merged: Block, context: Context) -> Variant | None:
    """The merged settings, checked against what the data, the model and the task take, and frozen."""
    complaints = context.complaints
    arm = settle(merged, ARM, complaints)
    kind = _check_data(arm, merged, context)
    model = merged.find("model")
    if not isinstance(model, Given) or not is_plugin("models", model, complaints):
        return None
    task = _task(arm, merged, context)
    if task is None:
        return None
    if kind not in (None, *TAKES.get(model.value, (kind,))):
        complaints.add(model.place, f"{model.value} on data of kind {kind!r}", f"it on {', '.join(TAKES[model.value])}")
    if (model.value in AT_ONCE) != (task in FITS_AT_ONCE):
        fitting = f"it with {' or '.join(FITS_AT_ONCE)}" if model.value in AT_ONCE else " or ".join(AT_ONCE)
        complaints.add(model.place, f"{model.value} with the task {task}", fitting)
    if arm["augment"] and kind not in (None, "image"):
        complaints.add(arm["augment"].place, f"augmentation of data of kind {kind!r}", "image only")
    fields = _options(model.value, task)
    for block in stack:
        for part, options in fields.items():
            settle(block.block(part), options, complaints, partial=True)
    return Variant(
        name=name,
        task=task,
        data=arm.get("data", ""),
        view=arm["view"],
        model=model.value,
        precision=arm["precision"],
        build=settle(arm["build"], fields["build"], complaints),
        augment=settle(arm["augment"], fields["augment"], complaints) if arm["augment"] else {},
        fit=_effective(settle(arm["fit"], fields["fit"], complaints), fields["fit"]),
        gpus_per_run=1 if task in FITS_AT_ONCE else context.gpus_per_run,
    )


def _effective(fit: dict[str, Any], options: Mapping[str, Setting]) -> dict[str, Any]:
    """With the default for what has no effect, so that it changes no run's key: momentum is sgd's alone."""
    if fit.get("optimizer", "sgd") == "sgd" or "momentum" not in options:
        return fit
    return fit | {"momentum": options["momentum"].default}


def _options(model: str, task: str) -> dict[str, Mapping[str, Setting]]:
    """What `build`, `augment` and `fit` may set."""
    training = paths.PACKAGE / "training"
    return {
        "build": plugins.settings("models", model),
        "augment": plugin_files.signature(training / "augmentation.py", "augmentation"),
        "fit": {**plugin_files.signature(training / "fit.py", "fit"), **plugins.settings("tasks", task)},
    }


def _check_data(arm: Mapping[str, Any], merged: Block, context: Context) -> str | None:
    """The kind of the variant's data, once data and view are known to exist."""
    name, data = merged.find("data"), context.data
    if not isinstance(name, Given) or not isinstance(name.value, str):
        return None
    if name.value not in data:
        context.complaints.unknown(name.place, name.value, sorted(data))
        return None
    block = data[name.value]
    if block is None:
        return None
    view = merged.find("view")
    if view is not None and arm["view"] not in block.views:
        context.complaints.unknown(view.place, str(arm["view"]), sorted(block.views))
    return block.kind


def _task(arm: Mapping[str, Any], merged: Block, context: Context) -> str | None:
    """The task that is asked for, if the data's labels can be used for it, or the one that follows from the labels."""
    block = context.data.get(str(arm.get("data")))
    labels = block.labels if block else "class"
    tasks = [name for name in plugins.names("tasks") if is_sound("tasks", name, context.complaints)]
    fitting = [name for name in tasks if labels in plugins.constant("tasks", name, "LABELS")]
    asked = merged.find("task")
    if arm["task"] and arm["task"] not in fitting and asked:
        context.complaints.add(asked.place, show(arm["task"]), f"{', '.join(fitting)} (labels: {labels})")
        return None
    default = TASK_OF[labels]
    return arm["task"] or (default if default in fitting else None)


def _check_unused_groups(layers: TopicLayers, context: Context) -> None:
    """Say that no variant names a group, and check it as if one did."""
    own = [item for name in layers.variants() for item in layers.of_variant(name)]
    members = [item.get("group") for item in own if isinstance(item, Block)]
    named = {member.value for member in members if isinstance(member, Given) and isinstance(member.value, str)}
    for block in (layers.written, layers.own):
        for name, group in block.block("groups").items():
            if name not in named and isinstance(group, Block):
                context.uses.note_unused(group, f"no variant names group {name}")
                _check_unused_group(group, [layers.written, layers.written.block("groups", name), group], context)


def _check_unused_group(group: Block, stack: list[Block], context: Context) -> None:
    merged = merge(stack).only(ARM)
    arm = settle(merged, ARM, Complaints(), partial=True)
    _check_data({"view": "plain"} | arm, merged, context)
    model = merged.find("model")
    if not isinstance(model, Given) or not is_plugin("models", model, context.complaints):
        return
    task = _task({"task": None} | arm, merged, context)
    for part, options in _options(model.value, task).items() if task else ():
        settle(group.block(part), options, context.complaints, partial=True)


def _check_metrics(
    metrics: list[str], probes: Sequence[str], shared: Block, complaints: Complaints, *, costed: bool
) -> list[str]:
    """The metrics; that of costs is one of a topic that says what errors cost, listed or not."""
    known = claims.metrics_of("*", probes)
    item = shared.get("metrics")
    if not costed:
        costs.complain_of_none(item, metrics, complaints)
    for metric in metrics if item else []:
        if item and metric not in (*known, COST):
            complaints.unknown(item.place, metric, known)
        if item and metrics.count(metric) > 1:
            complaints.add(item.place, f"{show(metric)} {metrics.count(metric)} times", "once")
    return [*metrics, COST] if costed and COST not in metrics else metrics


def _left_out(topic: Topic, variants: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """{claim: variants that it compares and that are not there}, of those claims that lack any."""
    absent = {
        claim.name: tuple(arm for arm in (claim.better, claim.worse) if arm not in variants) for claim in topic.claims
    }
    return {name: arms for name, arms in absent.items() if arms}


def _check_measured(
    topic: Topic, left_out: Mapping[str, Any], metrics: list[str], shared: Block, complaints: Complaints
) -> None:
    """Complain of each metric that is not listed and that claims are about."""
    needed = [claim for claim in topic.claims if claim.name not in left_out]
    item = shared.get("metrics")
    if item and not (
        isinstance(item, Given) and isinstance(item.value, list) and all(map(metrics.__contains__, item.value))
    ):
        return  # the wrong type has been complained of
    place = item.place if item else shared.place.at("metrics")
    for metric in dict.fromkeys(claim.metric for claim in needed):
        if metric not in metrics:
            names = ", ".join(claim.name for claim in needed if claim.metric == metric)
            complaints.add(place, f"no {show(metric)}", f"a list with it: needed by the claims {names}")
