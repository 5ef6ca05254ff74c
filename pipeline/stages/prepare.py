"""Split one data set, scale it by its training part, and change nothing but that part."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import paths, plugins
from pipeline.errors import InputError
from pipeline.preparation import raw_parts
from pipeline.preparation.card import describe
from pipeline.preparation.identity import ids
from pipeline.preparation.split import PARTS, is_classes, split_rows
from pipeline.raw_data import Feature, RawData
from pipeline.records import Examples, digest, digest_of, read_examples, read_sealed, write_examples, write_sealed
from pipeline.settings.plan import prepared_key
from pipeline.settings.raw_files import raw_digests

if TYPE_CHECKING:
    from pipeline.contracts import DataCard, Kind, Source
    from pipeline.settings.params import DataSettings

SCALES = ("none", "standard")
COLLECTED = ("image", "table", "text")  # kinds of data that someone gathered, with copies; others are made at will

Parts = dict[str, Examples]  # by the names in PARTS


def prepare(settings: DataSettings, draws: Sequence[int]) -> None:
    """Write data/prepared/<data>/<draw>/{fit/<view>.npz, validation.npz, card.json} and data/test/<data>/<draw>.npz.

    A draw has examples, split and views of its own wherever these are drawn. Those that are there already, and whole,
    stay; others than `draws` go. What smells about the data is told, a line each. InputError: whatever a user can have
    set wrong.
    """
    _forget_others(settings.name, draws)
    for draw in draws:
        if not _is_there(settings, draw):
            _prepare(settings, draw)
    for finding in read_sealed(paths.card(settings.name, draws[0])).get("findings", ()) if draws else ():
        print(f"{settings.name}: {finding}", flush=True)


def _prepare(settings: DataSettings, draw: int) -> None:
    """Order: load, split (stratified), thin the training part, fit encoder and scaler on it, scale all three, then the
    views.

    Views change the training part alone. Same settings, raw files and draw, same bytes.
    """
    source: Source = plugins.load("sources", settings.source)
    found = _prepared_parts(settings, source, draw)
    views, notes = {}, {}
    for view, steps in settings.views.items():
        views[view], notes[view] = _apply_view(settings, draw, view, steps, found, settings.kind)
    origin: Any = {"key": prepared_key(settings, draw), "raw": raw_digests(settings)}
    card = describe(settings, draw, source, found.parts, views, notes, found.scaling, **origin)
    _write(settings.name, draw, found.parts, views, card | found.facts)  # type: ignore[arg-type]


def _prepared_parts(settings: DataSettings, source: Source, draw: int) -> raw_parts.Prepared:
    """The parts, scaled, of what the source gives: examples, or raw data that are encoded first."""
    loaded = _load(settings, source, draw)
    if settings.scale not in SCALES:
        told = f"given {settings.scale!r}, allowed {', '.join(SCALES)}: name one of these"
        raise InputError(f"{settings.key('scale')}: {told}")
    if isinstance(loaded, RawData):
        return raw_parts.prepare(settings, loaded, settings.kind, draw)
    parts, scaling = _scale(settings, _parts(settings, source, loaded, draw), settings.kind)
    return raw_parts.Prepared(parts, scaling, (), {})


def _forget_others(data: str, draws: Sequence[int]) -> None:
    """Remove what was prepared of other draws, or before there were draws."""
    kept = {str(draw) for draw in draws}
    for place in paths.draws(data):
        if place.stem not in kept:
            shutil.rmtree(place) if place.is_dir() else place.unlink()


def _is_there(settings: DataSettings, draw: int) -> bool:
    """Whether all files of a draw are there as its card tells, and the card is what would be written now."""
    try:
        card = read_sealed(paths.card(settings.name, draw))
        if card["key"] != prepared_key(settings, draw):
            return False
        views = {view: read_examples(paths.fit_split(settings.name, view, draw)) for view in settings.views}
        validation = read_examples(paths.validation_split(settings.name, draw))
        test = read_examples(paths.test_split(settings.name, draw))
        found = {"validation": digest_of(validation), "test": digest_of(test)}
        is_whole = all(digest_of(examples) == card["views"][view]["digest"] for view, examples in views.items())
        return is_whole and all(card["digests"][part] == told for part, told in found.items())
    except (FileNotFoundError, NotADirectoryError, InputError, KeyError, TypeError):
        return False


# Load and check


def _load(settings: DataSettings, source: Source, draw: int) -> Examples | RawData | dict[str, Examples]:
    """What the source gives for a draw."""
    try:
        loaded = source.load(paths.RAW, settings.seed + draw, **settings.load)
    except InputError as error:
        raise InputError(f"{settings.key('load')}: {error}") from error
    if isinstance(loaded, dict) != (source.SPLIT == "given"):
        raise TypeError(f"{settings.source}: its SPLIT is {source.SPLIT!r}, but load gives a {type(loaded).__name__}")
    return loaded


def _parts(settings: DataSettings, source: Source, loaded: Examples | dict[str, Examples], draw: int) -> Parts:
    """The source's own parts if it has them, else all its examples, split."""
    key = settings.key("load")
    if isinstance(loaded, dict):
        train = _validated(loaded["train"], key)
        held_out = {part: _validated(loaded[part], key, np.unique(train.y)) for part in PARTS[1:]}
        return {part: _named(examples) for part, examples in ({"train": train} | held_out).items()}
    examples = _named(_validated(loaded, key))
    split = replace(settings.split, seed=settings.split.seed + draw)
    rows = split_rows(split, examples.y, settings.key("split"), examples.ids if settings.kind in COLLECTED else None)
    return {part: examples.take(rows[part]) for part in PARTS}


def _named(examples: Examples) -> Examples:
    """The examples with an id for each input, by what it holds: the same in every draw, and of equal inputs."""
    return replace(examples, ids=ids(examples.x))


def _validated(examples: Examples, key: str, known_classes: np.ndarray | None = None) -> Examples:
    """The examples as float32, with labels as int64, or float32 where they are numbers (InputError).

    Finite; with one example or more of each class 0..C-1, or of `known_classes` alone.
    """
    x, whole = np.ascontiguousarray(examples.x, np.float32), np.issubdtype(examples.y.dtype, np.integer)
    y = np.ascontiguousarray(examples.y, np.int64 if whole else np.float32)
    if not len(y) or not np.isfinite(x).all() or not np.isfinite(y).all():
        raise InputError(f"{key}: given no examples or numbers that are not finite, allowed finite numbers only")
    if is_classes(y):
        _require_learnable_classes(y, key, known_classes)
    return Examples(x, y)


def _require_learnable_classes(labels: np.ndarray, key: str, known: np.ndarray | None) -> None:
    missing = np.flatnonzero(np.bincount(labels) == 0) if known is None else np.setdiff1d(labels, known)
    if len(missing):
        allowed = "one or more of each class" if known is None else "classes of the training part only"
        raise InputError(f"{key}: given class {missing[0]} without examples to learn from, allowed {allowed}")


# Scale, and change the training part


def _scale(settings: DataSettings, parts: Parts, kind: Kind) -> tuple[Parts, dict[str, Any]]:
    """All parts scaled alike, and by what: mean and deviation of the training part, per column in tables."""
    scale = settings.scale
    if scale == "none":
        return parts, {"kind": scale}
    axis = 0 if kind == "table" else None
    x = parts["train"].x
    mean, sd = np.mean(x, axis, np.float64), np.std(x, axis, np.float64)
    sd = np.where(sd > 0, sd, 1.0)
    scaled = {name: replace(part, x=((part.x - mean) / sd).astype(np.float32)) for name, part in parts.items()}
    return scaled, {"kind": scale, "mean": np.atleast_1d(mean).tolist(), "sd": np.atleast_1d(sd).tolist()}


def _apply_view(
    settings: DataSettings,
    draw: int,
    view: str,
    steps: Mapping[str, Mapping[str, Any]],
    found: raw_parts.Prepared,
    kind: Kind,
) -> tuple[Examples, dict[str, Any]]:
    """The training part after each step in order, and the steps' notes.

    A step's seed follows from its settings and the draw: neither a view's name nor its place in the file changes a
    byte.
    """
    train = found.parts["train"]
    key, examples, notes = settings.key("views", view), replace(train, ids=None), {}
    for step, options in steps.items():
        plugin = plugins.load("views", step)
        if kind not in plugin.KINDS:
            raise InputError(f"{key}.{step}: given data of kind {kind}, allowed {', '.join(plugin.KINDS)}")
        seed = int(digest(settings.seed + draw, step, dict(options))[:8], 16)
        try:
            examples, notes[step] = _step(plugin, examples, seed, found.features, options)
        except InputError as error:
            raise InputError(f"{key}.{step}: {error}") from error
    examples = _validated(examples, key)
    _require_same_classes_and_shape(examples, train, key)
    return examples, notes


def _step(
    plugin: Any, examples: Examples, seed: int, features: Sequence[Feature], options: Mapping[str, Any]
) -> tuple[Examples, dict[str, Any]]:
    """What a step makes of the examples; told which features are categories if it asks for that."""
    changed: tuple[Examples, dict[str, Any]]
    if features and hasattr(plugin, "apply_to_features"):
        changed = plugin.apply_to_features(examples, seed, features, **options)
    else:
        changed = plugin.apply(examples, seed, **options)
    return changed


def _require_same_classes_and_shape(examples: Examples, train: Examples, key: str) -> None:
    if not is_classes(train.y):
        return
    given, allowed = ((len(np.unique(part.y)), *part.x.shape[1:]) for part in (examples, train))
    if given != allowed:
        raise InputError(f"{key}: given classes and shape {given}, allowed {allowed}, as before the view")


# Write


def _write(name: str, draw: int, parts: Parts, views: Mapping[str, Examples], card: DataCard) -> None:
    """All files of a draw, the card last: where it is, the rest is complete."""
    paths.card(name, draw).unlink(missing_ok=True)
    for file in paths.fit_split(name, "any", draw).parent.glob("*.npz"):
        if file.stem not in views:
            file.unlink()
    for view, examples in views.items():
        write_examples(paths.fit_split(name, view, draw), examples)
    write_examples(paths.validation_split(name, draw), replace(parts["validation"], ids=None))
    write_examples(paths.test_split(name, draw), parts["test"])
    write_sealed(paths.card(name, draw), card)
