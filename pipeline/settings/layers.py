"""Lay the blocks of the files on one another: topic, group, variant, and over all of them the profile's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.settings.files import File
from pipeline.settings.validation import Given, leaves

TOPIC, GROUP, VARIANT = range(3)  # how widely a block holds


@dataclass(frozen=True)
class Layer:
    """A block of one file that says something about a topic, a group of variants, a variant or a data set."""

    scope: int
    place: str
    block: Any


@dataclass(frozen=True)
class Dropped:
    """A value of `build` that a variant does not take, as it names another model than the one this was written for."""

    value: Given
    model: Given


def merge(under: Any, over: Any) -> Any:
    """`over` laid on `under`, key by key; a value remembers those that it replaces."""
    if isinstance(under, dict) and isinstance(over, dict):
        return under | {key: merge(under[key], item) if key in under else item for key, item in over.items()}
    hidden = tuple(value for leaf in leaves(under) for value in (*leaf.replaces, leaf))
    if isinstance(over, Given):
        return replace(over, replaces=(*hidden, *over.replaces))
    first = next(iter(over), None)  # a block that replaces a value: its first key remembers
    return over if first is None else over | {first: merge(under, over[first])}


def merged(layers: Sequence[Layer], fields: Sequence[str]) -> dict[str, Any]:
    """The given fields of all layers, later ones on top."""
    tree: Any = {}
    for layer in layers:
        if isinstance(layer.block, dict):
            tree = merge(tree, {field: layer.block[field] for field in fields if field in layer.block})
    return dict(tree)


def data_layers(files: Sequence[File], name: str) -> list[Layer]:
    """What the files say about a data set."""
    paths = [(file, path) for file in files for path in (("every_data",), ("data", name))]
    return [Layer(TOPIC, file.place(*path), file.at(*path)) for file, path in paths]


def topic_layers(files: Sequence[File], topic: str) -> list[Layer]:
    """What the files say about a topic as a whole."""
    paths = [(file, path) for file in files for path in (("every_topic",), ("topics", topic))]
    return [Layer(TOPIC, file.place(*path), file.at(*path)) for file, path in paths]


def variant_layers(files: Sequence[File], topic: str, variant: str, group: str | None) -> list[Layer]:
    """What the files say about a variant, the widest first; a profile comes after all of params.yaml."""
    layers = []
    for file in files:
        layers += topic_layers([file], topic)
        narrow: list[tuple[int, tuple[str, ...]]] = [(VARIANT, ("topics", topic, "variants", variant))]
        if group:
            narrow.insert(0, (GROUP, ("topics", topic, "groups", group)))
        layers += [Layer(scope, file.place(*path), file.at(*path)) for scope, path in narrow]
    return layers


def for_its_model(layers: Sequence[Layer]) -> tuple[list[Layer], list[Dropped]]:
    """The layers without any `build` written for a wider block's model, and what was left out so."""
    naming = [layer for layer in layers if isinstance(layer.block, dict) and "model" in layer.block]
    if not naming:
        return list(layers), []
    narrowest = max(naming, key=lambda layer: layer.scope)
    kept, dropped = [], []
    for layer in layers:
        block = layer.block
        if layer.scope < narrowest.scope and isinstance(block, dict) and "build" in block:
            model: Mapping[str, Any] = narrowest.block
            if isinstance(model["model"], Given):
                dropped += [Dropped(leaf, model["model"]) for leaf in leaves(block["build"])]
            layer = replace(layer, block={name: item for name, item in block.items() if name != "build"})
        kept.append(layer)
    return kept, dropped
