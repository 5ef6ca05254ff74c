"""Split one data set, scale it by its training part, and change nothing but that part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import paths, plugins
from pipeline.errors import InputError
from pipeline.records import Examples, digest, write_examples, write_sealed
from pipeline.settings.plan import prepared_key
from pipeline.settings.raw_files import raw_digests

if TYPE_CHECKING:
    from pipeline.contracts import DataCard, Kind, Source
    from pipeline.settings.params import DataSettings, LongTail, Split

PARTS = ("train", "validation", "test")
SCALES = ("none", "standard")

Parts = dict[str, Examples]  # by the names in PARTS
Rows = dict[str, np.ndarray]  # likewise: row numbers of the examples in a part


def prepare(settings: DataSettings) -> None:
    """Write data/prepared/<data>/{fit/<view>.npz, validation.npz, card.json} and data/test/<data>.npz.

    Order: load, split (stratified, by split.seed), thin the training part, fit the scaler on the training part, apply
    it to all three, then the views on the training part alone. Same settings and raw files, same bytes. InputError:
    whatever a user can have set wrong.
    """
    source: Source = plugins.load("sources", settings.source)
    parts, scaling = _scale(settings, _load_parts(settings, source), source.KIND)
    views, notes = {}, {}
    for view, steps in settings.views.items():
        views[view], notes[view] = _apply_view(settings, view, steps, parts["train"], source.KIND)
    _write(settings.name, parts, views, _card(settings, source, parts, views, notes, scaling))


# Load and check


def _load_parts(settings: DataSettings, source: Source) -> Parts:
    """The source's own parts if it has them, else all its examples, split."""
    key = settings.key("load")
    try:
        loaded = source.load(paths.RAW, settings.seed, **settings.load)
    except InputError as error:
        raise InputError(f"{key}: {error}") from error
    if isinstance(loaded, dict) != (source.SPLIT == "given"):
        raise TypeError(f"{settings.source}: its SPLIT is {source.SPLIT!r}, but load gives a {type(loaded).__name__}")
    if isinstance(loaded, dict):
        train = _validated(loaded["train"], key)
        held_out = {part: _validated(loaded[part], key, np.unique(train.y)) for part in PARTS[1:]}
        return {"train": train} | held_out
    examples = _validated(loaded, key)
    rows = split_rows(settings.split, examples.y, settings.key("split"))
    return {part: examples.take(rows[part]) for part in PARTS}


def is_classes(labels: np.ndarray) -> bool:
    """Whether labels are one class per example: whole numbers, of shape (examples,)."""
    return labels.ndim == 1 and np.issubdtype(labels.dtype, np.integer)


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


# Split


def split_rows(split: Split, labels: np.ndarray, key: str) -> Rows:
    """Row numbers (int64) of training, validation and test part, no row in two of them; `key` starts error messages.

    Labels of shape (examples,) that are classes are stratified, others are not. The same split.seed and labels give
    the same rows. InputError: sizes out of reach, or a class too small for three parts.
    """
    return _stratified_rows(split, labels, key) if is_classes(labels) else _random_rows(split, len(labels), key)


def _random_rows(split: Split, examples: int, key: str) -> Rows:
    """Parts drawn at random, for labels that are no classes: test first, then validation, then training."""
    rows, parts = np.random.default_rng(split.seed).permutation(examples), {}
    for part, setting in (("test", split.test), ("validation", split.validation), ("train", split.train)):
        size = len(rows) if setting is None else _size(setting, examples)
        if not isinstance(size, int) or not 1 <= size <= len(rows):
            raise InputError(f"{key}.{part}: given {size}, allowed 1 to the {len(rows)} examples that are left")
        parts[part], rows = rows[:size], rows[size:]
    return parts


def _stratified_rows(split: Split, labels: np.ndarray, key: str) -> Rows:
    """Test first, then validation, then what is left, thinned: a change of one leaves those before it as they were."""
    _require_three_per_class(np.bincount(labels), key)
    rows, parts = np.random.default_rng(split.seed).permutation(len(labels)), {}
    for part, setting, parts_to_come in (("test", split.test, 2), ("validation", split.validation, 1)):
        size = _size(setting, len(labels))
        quota = _quota(np.bincount(labels[rows]), size, parts_to_come, f"{key}.{part}")
        parts[part], rows = _take_per_class(rows, labels[rows], quota)
    quota = _training_quota(split.train, np.bincount(labels[rows]), f"{key}.train")
    parts["train"], _ = _take_per_class(rows, labels[rows], quota)
    return parts


def _size(setting: Any, examples: int) -> Any:
    """A share of all examples as a number of them; anything else as it is."""
    return round(setting * examples) if isinstance(setting, float) else setting


def _require_three_per_class(counts: np.ndarray, key: str) -> None:
    few = [f"{label} ({counts[label]})" for label in np.flatnonzero(counts < len(PARTS))]
    if few:
        raise InputError(
            f"{key}: given classes with fewer than 3 examples: {', '.join(few[:10])}{', ...' if few[10:] else ''};"
            " allowed at least one for each of training, validation and test"
        )


def _quota(counts: np.ndarray, size: int, spare: int, key: str) -> np.ndarray:
    """`size` shared out over classes in proportion, at least 1 each, leaving `spare` of each (largest remainder)."""
    most = counts - spare
    if not len(counts) <= size <= most.sum():
        raise InputError(
            f"{key}: given {size} of {counts.sum()} examples in {len(counts)} classes,"
            f" allowed {len(counts)} to {most.sum()}: every part needs every class"
        )
    ideal = counts * size / counts.sum()
    quota: np.ndarray = np.clip(np.floor(ideal).astype(int), 1, most)
    while quota.sum() < size:
        quota[np.argmax(np.where(quota < most, ideal - quota, -np.inf))] += 1
    while quota.sum() > size:
        quota[np.argmin(np.where(quota > 1, ideal - quota, np.inf))] -= 1
    return quota


def _training_quota(train: int | LongTail | None, counts: np.ndarray, key: str) -> np.ndarray:
    """Training examples per class: all there are, `train` of them in proportion, or a long tail."""
    if train is None:
        return counts
    if isinstance(train, int):
        return _quota(counts, train, 0, key)
    quota = _long_tail(train, len(counts))
    short = np.flatnonzero(quota > counts)
    if len(short):
        label = short[0]
        raise InputError(
            f"{key}: given {quota[label]} examples of class {label},"
            f" allowed at most the {counts[label]} that validation and test leave"
        )
    return quota


def _long_tail(train: LongTail, classes: int) -> np.ndarray:
    """Examples per class (classes,), falling geometrically from train.head to train.tail."""
    place = np.arange(classes) / max(1, classes - 1)
    sizes: np.ndarray = np.maximum(1, np.round(train.head * (train.tail / train.head) ** place)).astype(int)
    return sizes


def _take_per_class(rows: np.ndarray, labels: np.ndarray, quota: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first `quota[class]` rows of each class, and the other rows, both in the order of `rows`."""
    order = np.argsort(labels, kind="stable")
    counts = np.bincount(labels)
    rank = np.empty(len(rows), int)  # of each row among those of its class
    rank[order] = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    taken = rank < quota[labels]
    return rows[taken], rows[~taken]


# Scale, and change the training part


def _scale(settings: DataSettings, parts: Parts, kind: Kind) -> tuple[Parts, dict[str, Any]]:
    """All parts scaled alike, and by what: mean and deviation of the training part, per column in tables."""
    scale = settings.scale
    if scale not in SCALES:
        raise InputError(f"{settings.key('scale')}: given {scale!r}, allowed {', '.join(SCALES)}: name one of these")
    if scale == "none":
        return parts, {"kind": scale}
    axis = 0 if kind == "table" else None
    x = parts["train"].x
    mean, sd = np.mean(x, axis, np.float64), np.std(x, axis, np.float64)
    sd = np.where(sd > 0, sd, 1.0)
    scaled = {name: Examples(((part.x - mean) / sd).astype(np.float32), part.y) for name, part in parts.items()}
    return scaled, {"kind": scale, "mean": np.atleast_1d(mean).tolist(), "sd": np.atleast_1d(sd).tolist()}


def _apply_view(
    settings: DataSettings, view: str, steps: Mapping[str, Mapping[str, Any]], train: Examples, kind: Kind
) -> tuple[Examples, dict[str, Any]]:
    """The training part after each step in order, and the steps' notes.

    A step's seed follows from its settings alone: neither a view's name nor its place in the file changes a byte.
    """
    key, examples, notes = settings.key("views", view), train, {}
    for step, options in steps.items():
        plugin = plugins.load("views", step)
        if kind not in plugin.KINDS:
            raise InputError(f"{key}.{step}: given data of kind {kind}, allowed {', '.join(plugin.KINDS)}")
        seed = int(digest(settings.seed, step, dict(options))[:8], 16)
        try:
            examples, notes[step] = plugin.apply(examples, seed, **options)
        except InputError as error:
            raise InputError(f"{key}.{step}: {error}") from error
    examples = _validated(examples, key)
    _require_same_classes_and_shape(examples, train, key)
    return examples, notes


def _require_same_classes_and_shape(examples: Examples, train: Examples, key: str) -> None:
    if not is_classes(train.y):
        return
    given, allowed = ((len(np.unique(part.y)), *part.x.shape[1:]) for part in (examples, train))
    if given != allowed:
        raise InputError(f"{key}: given classes and shape {given}, allowed {allowed}, as before the view")


# Describe and write


def _card(
    settings: DataSettings,
    source: Source,
    parts: Parts,
    views: Mapping[str, Examples],
    notes: Mapping[str, dict[str, Any]],
    scaling: dict[str, Any],
) -> DataCard:
    labels = parts["train"].y
    classes = len(np.unique(labels)) if is_classes(labels) else 0
    return {
        "key": prepared_key(settings),
        "data": settings.name,
        "source": settings.source,
        "kind": source.KIND,
        "labels": source.LABELS,
        "shape": list(parts["train"].x.shape[1:]),
        "classes": classes,
        "split": {part: len(parts[part]) for part in PARTS} | {"seed": settings.split.seed},
        "counts": {part: _counts(parts[part].y, classes) for part in PARTS},
        "duplicates_across_splits": _duplicates(parts),
        "views": {
            view: {
                "counts": _counts(examples.y, classes),
                "examples": len(examples),
                "digest": digest(examples.x, examples.y),
                "steps": notes[view],
            }
            for view, examples in views.items()
        },
        "digests": {part: digest(parts[part].x, parts[part].y) for part in PARTS},
        "scale": scaling,
        "raw": raw_digests(settings),
    }


def _counts(labels: np.ndarray, classes: int) -> list[int]:
    """Examples of each class; where there are no classes, one number: of all."""
    return np.bincount(labels, minlength=classes).tolist() if classes else [len(labels)]


def _duplicates(parts: Parts) -> int:
    """Different inputs that occur in more than one part: real tables hold repeated rows."""
    train, validation, test = ({row.tobytes() for row in parts[part].x} for part in PARTS)
    return len((train & validation) | (train & test) | (validation & test))


def _write(name: str, parts: Parts, views: Mapping[str, Examples], card: DataCard) -> None:
    """All files of the data set, the card last: where it is, the rest is complete."""
    paths.card(name).unlink(missing_ok=True)
    for file in paths.fit_split(name, "any").parent.glob("*.npz"):
        if file.stem not in views:
            file.unlink()
    for view, examples in views.items():
        write_examples(paths.fit_split(name, view), examples)
    write_examples(paths.validation_split(name), parts["validation"])
    write_examples(paths.test_split(name), parts["test"])
    write_sealed(paths.card(name), card)
