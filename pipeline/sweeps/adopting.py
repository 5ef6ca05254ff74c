"""Write what a sweep has found into params.yaml, as one more variant of its topic, and its view if that is new."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Any

from pipeline import paths
from pipeline.errors import InputError
from pipeline.records import write_bytes
from pipeline.settings import files, params, rewriting
from pipeline.settings.params import Settings, Variant
from pipeline.settings.sweep_blocks import SweepSettings
from pipeline.settings.sweep_space import Values, spelled
from pipeline.settings.tree import Block, Given, merge
from pipeline.sweeps import standing
from pipeline.sweeps.runs import identity_of


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What params.yaml needs for the settings of a trial: a variant and, unless `steps` is None, a view of these steps.

    `views` is where the data set names its views: in a list, to which that of the view is added, or with their steps.
    """

    topic: str
    name: str
    block: Mapping[str, Any]
    view: str = ""
    steps: Mapping[str, Any] | None = None
    views: tuple[str, ...] = ()
    is_listed: bool = False

    def parts(self) -> list[tuple[tuple[str, ...], str, Mapping[str, Any]]]:
        """(where, name, block) of all that is new in params.yaml."""
        home = ("views",) if self.is_listed else self.views
        view = [] if self.steps is None else [(home, self.view, self.steps)]
        return [*view, (("topics", self.topic, "variants"), self.name, self.block)]


def adopt(settings: Settings, sweep: SweepSettings) -> list[str]:
    """Add the chosen settings as a variant, and say so.

    InputError: there are none, they are of other settings, or params.yaml would not come to them.
    """
    summary = standing.of_now(settings, sweep)
    if not summary["finals"]:
        raise standing.not_over(sweep.name)
    values = standing.chosen_values(summary)
    if values is None:
        raise InputError(
            f"sweep {sweep.name}: given no settings that are good with every seed, allowed one that has found some:"
            " try more, or other settings"
        )
    text = paths.PARAMS.read_bytes().decode("utf-8")
    found = propose(sweep, values, text)
    comment = f"trial {summary['finals']['chosen']} of the sweep {sweep.name}"
    after = written(settings, sweep, values, found, text, comment)
    place = f"params.yaml: topics.{sweep.topic}.variants.{found.name}"
    if after == text:
        return [f"{place} is there already"]
    write_bytes(paths.PARAMS, after.encode())
    return [
        f"{place} is written: {summary['finals']['conclusion']}",
        f"`python -m pipeline train {sweep.topic}` takes what the sweep has trained with its seeds",
    ]


def told(settings: Settings, sweep: SweepSettings, values: Values) -> dict[str, Any]:
    """The same for the page: the lines to paste, where a view is to be listed, and why `adopt` refuses (empty: not)."""
    shown: dict[str, Any] = {"block": {}, "view": "", "listed": "", "refusal": ""}
    try:
        text = paths.PARAMS.read_bytes().decode("utf-8")
        found = propose(sweep, values, text)
        for place, name, part in found.parts():
            nested({".".join((*place, name)): part}, shown["block"])
        shown["view"] = found.view
        shown["listed"] = ".".join(found.views) if found.steps is not None and found.is_listed else ""
        written(settings, sweep, values, found, text)
    except InputError as error:  # params.yaml may have been changed since the sweep began
        shown["refusal"] = str(error)
    return shown


def propose(sweep: SweepSettings, values: Values, text: str) -> Proposal:
    """What a params.yaml needs for these settings, in whose text the variant that they are laid on may stand."""
    tree = files.parse_text(text, "params.yaml")
    variants = _at(tree, ("topics", sweep.topic, "variants")) or {}
    variant, data = sweep.tried(values)
    steps = {step: dict(options) for step, options in data.views[variant.view].items()}
    view = _named(sweep, variant, steps)
    new = view or _new(f"{sweep.name}_found", {**(tree.get("views") or {}), **data.views})
    own = variants.get(sweep.variant)
    block = variant_block(sweep, _of_profile(sweep) if own is None else own, values, new)
    name = f"{sweep.name}_found"
    while name in variants and variants[name] != block:
        name = f"{name}_too"
    views = _views_of(tree, data.name)
    is_listed = isinstance(_at(tree, views), list)
    return Proposal(
        topic=sweep.topic,
        name=name,
        block=block,
        view=new,
        steps=None if view else steps,
        views=views,
        is_listed=is_listed,
    )


def _named(sweep: SweepSettings, variant: Variant, steps: Mapping[str, Any]) -> str | None:
    """The name that a view of these steps has among those of the data set, the trial's own first; None: it has none."""
    known = sweep.arm.data[variant.data]
    views = known.views if known else {}
    plain = {name: {step: dict(options) for step, options in view.items()} for name, view in views.items()}
    names = [name for name in (variant.view, *plain) if plain.get(name) == steps]
    return next(iter(names), None)


def _new(name: str, known: Mapping[str, Any]) -> str:
    return _new(f"{name}_too", known) if name in known else name


def _views_of(tree: Mapping[str, Any], data: str) -> tuple[str, ...]:
    """Where a data set names its views: in its own block, or in that of the one that it is like."""
    block = _at(tree, ("data", data)) or {}
    owner = data if "views" in block or "like" not in block else block["like"]
    return ("data", owner, "views")


def _at(tree: Any, place: tuple[str, ...]) -> Any:
    for name in place:
        tree = tree.get(name) if isinstance(tree, Mapping) else None
    return tree


def _of_profile(sweep: SweepSettings) -> dict[str, Any]:
    """A variant that a profile adds, as it stands there."""
    blocks = [item for item in sweep.arm.layers.of_variant(sweep.variant) if isinstance(item, Block)]
    return nested({".".join(names): item.value for names, item in merge(blocks).leaves()})


def variant_block(sweep: SweepSettings, own: Mapping[str, Any], values: Values, view: str) -> dict[str, Any]:
    """The variant that a sweep starts from, as params.yaml has it, with what was found laid on it.

    Its own model is not named again: a variant that names one builds it from nothing.
    """
    arm = sweep.arm.variant
    changed = values.get("model", arm.model) != arm.model
    found = nested({path: value for path, value in values.items() if path.partition(".")[0] not in ("model", "view")})
    found |= {"model": values["model"]} if changed else {}
    found |= {"view": view} if view != arm.view else {}
    kept = {key: item for key, item in own.items() if not (key == "build" and changed)}
    both = {
        key: {**kept[key], **found[key]}
        for key in kept.keys() & found.keys()
        if isinstance(kept[key], dict) and isinstance(found[key], dict)
    }
    return {**kept, **found, **both}


def nested(values: Values, block: dict[str, Any] | None = None) -> dict[str, Any]:
    """Settings by their paths as a file has them, put into `block`: {"fit.patience": 1} is {"fit": {"patience": 1}}."""
    block = {} if block is None else block
    for path, value in values.items():
        *parents, last = path.split(".")
        place = block
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return block


def written(
    settings: Settings, sweep: SweepSettings, values: Values, found: Proposal, text: str, comment: str = ""
) -> str:
    """The text of params.yaml with the proposal; as it is where all of it is there.

    InputError: it has no place for it, or would come to other settings than those that were tried.
    """
    tree = files.parse_text(text, "params.yaml")
    if _at(tree, ("topics", sweep.topic, "variants", sweep.variant)) is None:
        told = "given a variant of a profile, allowed one of params.yaml"
        raise InputError(f"sweep {sweep.name}: {told}: {rewriting.BY_HAND_TOO}")
    for place, name, block in found.parts():
        if _at(tree, (*place, name)) != block:
            text = rewriting.with_nested(text, place, name, block, comment)
    if found.steps is not None and found.is_listed:
        text = rewriting.with_listed(text, found.views, found.view)
    _require_the_same(settings, sweep, values, found.name, text)
    return text


def _require_the_same(settings: Settings, sweep: SweepSettings, values: Values, name: str, text: str) -> None:
    """Read the text as params.yaml, and compare the variant with the trial. InputError: it differs, or is not sound."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / paths.PARAMS.name
        file.write_bytes(text.encode())
        profiles = paths.profile(paths.PARAMS, settings.profile).parent
        if profiles.is_dir():
            copytree(profiles, Path(folder) / profiles.name)
        read = params.read(file, settings.profile, every_topic=True)
    variant = read.topics[sweep.topic].variants[name]
    tried = sweep.tried(values)
    if identity_of(variant, read.data[variant.data]) != identity_of(*tried):
        raise InputError(f"sweep {sweep.name}: {_difference(sweep, tried[0], variant)}")


def _difference(sweep: SweepSettings, tried: Variant, variant: Variant) -> str:
    """Which setting would be another one, and which line of a profile lies above params.yaml there."""
    ours, theirs = _flat(tried.settings()), _flat(variant.settings())
    apart = [path for path in {**ours, **theirs} if ours.get(path) != theirs.get(path) and path not in ("data", "view")]
    path = next(iter(apart), "view")
    line = _line_above(sweep, path.split("."))
    would = f"in params.yaml it would be {spelled(theirs.get(path))}" + (f" by {line}" if line else "")
    allowed = "allowed what nothing lies above: change it there, or sweep under another profile"
    return f"given {path} {spelled(ours.get(path))}, but {would}, {allowed}"


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by their paths."""
    parts = {name: item if isinstance(item, Mapping) else {"": item} for name, item in settings.items()}
    return {f"{name}.{key}".rstrip("."): item for name, part in parts.items() for key, item in part.items()}


def _line_above(sweep: SweepSettings, names: list[str]) -> str:
    """The line of a profile that sets it for the variant, its group, the topic or all topics; empty without."""
    layers = sweep.arm.layers
    groups = [item.value for item in (_group(block) for block in layers.of_variant(sweep.variant)) if item]
    places: list[tuple[str, ...]] = [("variants", sweep.variant), *(("groups", group) for group in groups), ()]
    blocks = [*(layers.own.block(*place) for place in places), layers.every]
    lines = [item.place for block in blocks if isinstance(item := block.find(*names), Given)]
    return f"{lines[0].file}: {lines[0].key}" if lines else ""


def _group(block: Block | Given) -> Given | None:
    group = block.get("group") if isinstance(block, Block) else None
    return group if isinstance(group, Given) else None
