"""Resolve blocks under `data:`: source, split and views of one data set."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipeline import plugins
from pipeline.contracts import Kind, Labels
from pipeline.number_types import Count, Share, Whole
from pipeline.plugin_files import Setting
from pipeline.settings.profiles import Profile
from pipeline.settings.tree import Block, Given, Place, merge
from pipeline.settings.validation import Complaints, settle, show
from pipeline.settings.voids import Uses

Steps = Mapping[str, Mapping[str, Any]]  # of a view: keyword arguments of each step, in order


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
    """One block under `data:`; with `redraw` each seed of a run has its own draw of the examples and their split."""

    name: str
    source: str
    load: Mapping[str, Any]
    scale: str
    split: Split
    views: Mapping[str, Steps]
    seed: int
    redraw: bool = True
    like: str | None = field(default=None, compare=False)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)  # of the block that set each part last

    @property
    def kind(self) -> Kind:
        """Of its inputs: see contracts.Kind."""
        return plugins.kind(self.source, self.load)

    @property
    def labels(self) -> Labels:
        """What its labels are: see contracts.Labels."""
        return plugins.labels(self.source, self.load)

    def draw(self, seed: int) -> int:
        """The draw that runs of `seed` learn from."""
        return seed if self.redraw else 0

    def key(self, *names: str) -> str:
        """How messages name a part: "params.yaml: data.digits.split.test"."""
        place = self.places.get(names[0])
        return f"{place.file}: {place.at(*names).key}" if place else ".".join(("data", self.name, *names))


DATA = {
    "like": Setting(str | None, None),
    "source": Setting(str, required=True),
    "load": Setting(dict, {}),
    "scale": Setting(Literal["none", "standard"], "none"),
    "seed": Setting(Whole, 0),
    "redraw": Setting(bool, True),
    "split": Setting(dict, {}),
    "views": Setting(list[str] | dict, []),
}
SPLIT = {
    "validation": Setting(Count | Share, 0.2),
    "test": Setting(Count | Share, 0.2),
    "train": Setting(Count | dict | None, None),
    "seed": Setting(Whole, 0),
}
LONG_TAIL = {"head": Setting(Count, required=True), "tail": Setting(Count, required=True)}


def resolve_data(name: str, params: Block, profile: Profile, uses: Uses, complaints: Complaints) -> DataSettings | None:
    """The data set `name` of params.yaml under a profile; None if too little of it is sound."""
    written = params.block("data")[name]
    if isinstance(written, Given):
        settle(written, DATA, complaints)
        return None
    every, own = profile.data(name)
    for layer in (written, every, own):
        settle(layer, DATA, complaints, partial=True)
        settle(layer.block("split"), SPLIT, complaints, partial=True)
    like = _like(written, params.block("data"), complaints)
    if like is None and "like" in written:
        return None
    layers = _layers(name, like, params, profile, complaints)
    merged = merge(layers)
    for layer in (written, every, own):
        uses.note_block(layer, merged, consumer=name)
    settled = settle(merged, DATA, complaints)
    source = merged.find("source")
    if not isinstance(source, Given) or not is_plugin("sources", source, complaints):
        return None
    load = {}
    if not isinstance(merged.get("load"), Given):  # else the wrong type has been complained of
        load = settle(settled["load"], plugins.settings("sources", source.value), complaints)
    kind = plugins.kind(source.value, load)
    views = _views(settled["views"], merged, params.block("views"), kind, complaints)
    split = _split(settled["split"], complaints)
    if views is None:
        return None
    places = dict.fromkeys(DATA, written.place)
    places |= {part: layer.place for layer in layers for part in layer if part in DATA}
    return DataSettings(
        name, source.value, load, settled["scale"], split, views, settled["seed"], settled["redraw"], like, places
    )


def _layers(name: str, like: str | None, params: Block, profile: Profile, complaints: Complaints) -> list[Block]:
    """What is laid on one another for a data set: what params.yaml says, the profile of every one, then of this one.

    One that is `like` another begins as that one is under the profile; its own lines change it.
    """
    written = params.block("data", name)
    every, own = profile.data(name)
    for layer in (every, own):
        if "like" in layer:
            complaints.add(layer["like"].place, "a data set", "none: what a data set is like stands in params.yaml")
    if like is None:
        return [written, every, own]
    return [params.block("data", like), every, profile.tree.block("data", like), written, own]


def _like(written: Block, data: Block, complaints: Complaints) -> str | None:
    """The data set that this one is like; None: none, or one that it cannot be like."""
    item = written.get("like")
    if not isinstance(item, Given) or not isinstance(item.value, str):
        return None  # the wrong type has been complained of
    plain = [name for name, block in data.items() if block is not written and not _is_like(block)]
    if item.value not in plain:
        complaints.unknown(item.place, item.value, plain)
        return None
    return item.value


def _is_like(block: Block | Given) -> bool:
    """Whether a data set is like another, so that no third can be like it."""
    return isinstance(block, Block) and "like" in block


def is_plugin(kind: str, name: Given, complaints: Complaints) -> bool:
    """Whether there is such a source, view step, model or task, and it lacks nothing."""
    if not isinstance(name.value, str):
        return False  # the wrong type has been complained of
    if name.value not in plugins.names(kind):
        complaints.unknown(name.place, name.value, plugins.names(kind))
        return False
    return is_sound(kind, name.value, complaints)


def is_sound(kind: str, name: str, complaints: Complaints) -> bool:
    """Whether a plugin's file keeps its contract; complaints say in what it does not."""
    for fault in plugins.faults(kind, name):
        complaints.say(fault)
    return not plugins.faults(kind, name)


def _split(block: Block, complaints: Complaints) -> Split:
    settled = settle(block, SPLIT, complaints)
    if isinstance(settled["train"], Block):
        sizes, place = settle(settled["train"], LONG_TAIL, complaints), settled["train"].place
        head, tail = sizes.get("head"), sizes.get("tail")
        if head and tail and tail > head:
            complaints.add(place, f"a tail of {tail} after a head of {head}", "a tail that is no larger")
        settled["train"] = LongTail(head or 1, tail or 1)  # what was wrong has been complained of
    shares = [part for part in (settled["validation"], settled["test"]) if isinstance(part, float)]
    if sum(shares) >= 1:
        complaints.add(
            block.place, f"validation and test shares that add up to {sum(shares):g}", "less than 1 together"
        )
    if 0 in (settled["validation"], settled["test"]):
        complaints.add(block.place, "an empty validation or test part", "a count >= 1 or a share above 0 for both")
    return Split(**settled)


def _views(
    listed: list[str] | Block, merged: Block, named: Block, kind: str, complaints: Complaints
) -> dict[str, Steps] | None:
    """The data's views: those of its list, by name, or those that it defines itself; `plain` is always one.

    None: it lists what there is not.
    """
    plain = Block({}, merged.place.at("views", "plain"))
    if isinstance(listed, Block):
        _check_plain(listed, complaints)
        definitions = dict(listed)
    else:
        known, item = named | {"plain": plain}, merged.get("views")
        unknown = [name for name in listed if name not in known]
        if isinstance(item, Given):
            for name in unknown:
                complaints.unknown(item.place, name, sorted(known))
            if unknown or item.value != listed:  # the wrong type has been complained of
                return None
        definitions = {name: known[name] for name in listed}
    return {name: view_steps(steps, kind, complaints) for name, steps in ({"plain": plain} | definitions).items()}


def check_views(named: Block, complaints: Complaints) -> None:
    """Complain of what is wrong with views that no data set may list yet."""
    _check_plain(named, complaints)
    for steps in named.values():
        view_steps(steps, None, complaints)


def _check_plain(views: Block, complaints: Complaints) -> None:
    plain = views.block("plain")
    if plain:
        complaints.add(plain.place, f"the steps {', '.join(plain)}", "none: plain is the training split as it is")


def view_steps(steps: Block | Given, kind: str | None, complaints: Complaints) -> Steps:
    """The steps of a view with all their settings, for data of that kind; of any kind where it is None."""
    if isinstance(steps, Given):
        complaints.add(steps.place, show(steps.value), "a mapping of steps; write {} for none")
        return {}
    settled = {}
    for step, block in steps.items():
        if not is_plugin("views", Given(step, block.place), complaints):
            continue
        kinds = plugins.constant("views", step, "KINDS")
        if kind is None or kind in kinds:
            settled[step] = settle(block, plugins.settings("views", step), complaints)
        else:
            complaints.add(block.place, f"a step on data of kind {kind!r}", f"{', '.join(kinds)} only")
    return settled
