"""Split one data set, scale it by its training part, and change nothing but that part."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import paths, plugins
from pipeline.errors import InputError
from pipeline.records import Examples, digest, write_examples, write_json

if TYPE_CHECKING:
    from pipeline.settings.params import DataSettings

PARTS = ("train", "validation", "test")


def prepare(settings: DataSettings) -> None:
    """Write data/prepared/<data>/{fit/<view>.npz, validation.npz, card.json} and data/test/<data>.npz.

    Order: load, split (stratified, by split.seed), thin the training part, fit the scaler on the training part, apply
    it to all three, then the views on the training part alone. Same settings and raw files, same bytes. InputError:
    whatever a user can have set wrong.
    """
    source = plugins.load("sources", settings.source)
    parts, scaling = _scaled(settings, _parts(settings, source), source.KIND)
    views, notes = {}, {}
    for view, steps in settings.views.items():
        views[view], notes[view] = _view(settings, view, steps, parts["train"], source.KIND)
    card = _card(settings, source, parts, views) | {"scale": scaling, "raw": _raw(settings)}
    for view, steps_notes in notes.items():
        card["views"][view]["steps"] = steps_notes
    _write(settings.name, parts, views, card)


def _parts(settings: DataSettings, source: Any) -> dict[str, Examples]:
    """The source's own parts if it has them, else all its examples, split."""
    key = f"data.{settings.name}.load"
    try:
        loaded = source.load(paths.RAW, settings.seed, **settings.load)
    except InputError as error:
        raise InputError(f"{key}: {error}") from error
    if source.SPLIT == "given":
        train = _sound(loaded["train"], key)
        held_out = {part: _sound(loaded[part], key, np.unique(train.y)) for part in PARTS[1:]}
        return {"train": train} | held_out
    examples = _sound(loaded, key)
    return _split(settings, examples) if is_classes(examples.y) else _cut(settings, examples)


def is_classes(labels: np.ndarray) -> bool:
    """Whether labels are one class an example: whole numbers, one each."""
    return labels.ndim == 1 and np.issubdtype(labels.dtype, np.integer)


def _sound(examples: Examples, given: str, allowed: np.ndarray | None = None) -> Examples:
    """The examples as float32, with labels as int64, or float32 where they are numbers (InputError).

    Finite; of classes 0..C-1 with one example or more each, or of the classes `allowed`.
    """
    x, whole = np.ascontiguousarray(examples.x, np.float32), np.issubdtype(examples.y.dtype, np.integer)
    y = np.ascontiguousarray(examples.y, np.int64 if whole else np.float32)
    if not len(y) or not np.isfinite(x).all() or not np.isfinite(y).all():
        raise InputError(f"{given}: given no examples or numbers that are not finite, allowed finite numbers only")
    if is_classes(y):
        missing = np.flatnonzero(np.bincount(y) == 0) if allowed is None else np.setdiff1d(y, allowed)
        if len(missing):
            wanted = "one or more of each class" if allowed is None else "classes of the training part only"
            raise InputError(f"{given}: given class {missing[0]} without examples to learn from, allowed {wanted}")
    return Examples(x, y)


def _cut(settings: DataSettings, examples: Examples) -> dict[str, Examples]:
    """Parts drawn at random, for labels that are no classes: test first, then validation, then training."""
    split, key = settings.split, f"data.{settings.name}.split"
    rows, chosen = np.random.default_rng(split.seed).permutation(len(examples)), {}
    for part in ("test", "validation", "train"):
        given = getattr(split, part)
        size = round(given * len(examples)) if isinstance(given, float) else len(rows) if given is None else given
        if not isinstance(size, int) or not 1 <= size <= len(rows):
            raise InputError(f"{key}.{part}: given {size}, allowed 1 to the {len(rows)} examples that are left")
        chosen[part], rows = rows[:size], rows[size:]
    return {part: examples.take(chosen[part]) for part in PARTS}


def _split(settings: DataSettings, examples: Examples) -> dict[str, Examples]:
    """Test first, then validation, then what is left, thinned: a change of one leaves those before it as they were."""
    split, key = settings.split, f"data.{settings.name}.split"
    random = np.random.default_rng(split.seed)
    counts = np.bincount(examples.y)
    few = [f"{label} ({counts[label]})" for label in np.flatnonzero(counts < len(PARTS))]
    if few:
        raise InputError(
            f"{key}: given classes with fewer than 3 examples: {', '.join(few[:10])}{', ...' if few[10:] else ''};"
            " allowed at least one for each of training, validation and test"
        )
    rows = random.permutation(len(examples))
    chosen = {}
    for part, others in (("test", 2), ("validation", 1)):
        given = getattr(split, part)
        size = round(given * len(examples)) if isinstance(given, float) else given
        labels = examples.y[rows]
        wanted = _quota(np.bincount(labels), size, others, f"{key}.{part}")
        chosen[part], rows = _first(rows, labels, wanted)
    wanted = _training(split.train, np.bincount(examples.y[rows]), f"{key}.train")
    chosen["train"], _ = _first(rows, examples.y[rows], wanted)
    return {part: examples.take(chosen[part]) for part in PARTS}


def _quota(counts: np.ndarray, size: int, spare: int, key: str) -> np.ndarray:
    """`size` shared out over classes in proportion, at least 1 each, leaving `spare` of each (largest remainder)."""
    most = counts - spare
    if not len(counts) <= size <= most.sum():
        given = f"given {size} of {counts.sum()} examples in {len(counts)} classes"
        raise InputError(f"{key}: {given}, allowed {len(counts)} to {most.sum()}: every part needs every class")
    ideal = counts * size / counts.sum()
    quota = np.clip(np.floor(ideal).astype(int), 1, most)
    while quota.sum() < size:
        quota[np.argmax(np.where(quota < most, ideal - quota, -np.inf))] += 1
    while quota.sum() > size:
        quota[np.argmin(np.where(quota > 1, ideal - quota, np.inf))] -= 1
    return quota


def _training(train: Any, counts: np.ndarray, key: str) -> np.ndarray:
    """Training examples a class: all there are, `train` of them, or a long tail."""
    if train is None:
        return counts
    if not hasattr(train, "head"):
        return _quota(counts, train, 0, key)
    place = np.arange(len(counts)) / max(1, len(counts) - 1)
    wanted = np.maximum(1, np.round(train.head * (train.tail / train.head) ** place)).astype(int)
    lacking = np.flatnonzero(wanted > counts)
    if len(lacking):
        label = lacking[0]
        given = f"given {wanted[label]} examples of class {label}"
        raise InputError(f"{key}: {given}, allowed at most the {counts[label]} that validation and test leave")
    return wanted


def _first(rows: np.ndarray, labels: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first `wanted` rows of each class, and the other rows, both in the order given."""
    order = np.argsort(labels, kind="stable")
    counts = np.bincount(labels)
    rank = np.empty(len(rows), int)
    rank[order] = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    taken = rank < wanted[labels]
    return rows[taken], rows[~taken]


def _scaled(
    settings: DataSettings, parts: dict[str, Examples], kind: str
) -> tuple[dict[str, Examples], dict[str, Any]]:
    """All parts scaled alike, and by what: mean and deviation of the training part, a column each in tables."""
    scale = settings.scale
    if scale not in ("none", "unit", "standard"):  # unit: sources of images give 0..1 already
        raise InputError(f"data.{settings.name}.scale: given {scale!r}, allowed none, unit, standard")
    if scale != "standard":
        return parts, {"kind": scale}
    axis = 0 if kind == "table" else None
    x = parts["train"].x
    mean, sd = np.mean(x, axis, np.float64), np.std(x, axis, np.float64)
    sd = np.where(sd > 0, sd, 1.0)
    done = {name: Examples(((part.x - mean) / sd).astype(np.float32), part.y) for name, part in parts.items()}
    return done, {"kind": scale, "mean": np.atleast_1d(mean).tolist(), "sd": np.atleast_1d(sd).tolist()}


def _view(
    settings: DataSettings, view: str, steps: Mapping[str, Mapping[str, Any]], train: Examples, kind: str
) -> tuple[Examples, dict[str, Any]]:
    """The training part after each step in order, and the steps' notes.

    A step's seed follows from its settings alone: neither a view's name nor its place in the file changes a byte.
    """
    key, examples, notes = f"data.{settings.name}.views.{view}", train, {}
    for step, options in steps.items():
        plugin = plugins.load("views", step)
        if kind not in plugin.KINDS:
            raise InputError(f"{key}.{step}: given data of kind {kind}, allowed {', '.join(plugin.KINDS)}")
        seed = int(digest(settings.seed, step, dict(options))[:8], 16)
        try:
            examples, notes[step] = plugin.apply(examples, seed, **options)
        except InputError as error:
            raise InputError(f"{key}.{step}: {error}") from error
    return _kept(_sound(examples, key), train, key), notes


def _kept(examples: Examples, train: Examples, key: str) -> Examples:
    """The view's examples, if they have the classes and the shape of the training part (InputError)."""
    if not is_classes(train.y):
        return examples
    given, allowed = ((len(np.unique(part.y)), *part.x.shape[1:]) for part in (examples, train))
    if given != allowed:
        raise InputError(f"{key}: given classes and shape {given}, allowed {allowed}, as before the view")
    return examples


def _card(
    settings: DataSettings, source: Any, parts: dict[str, Examples], views: dict[str, Examples]
) -> dict[str, Any]:
    labels = parts["train"].y
    classes = len(np.unique(labels)) if is_classes(labels) else 0
    return {
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
            }
            for view, examples in views.items()
        },
        "digests": {part: digest(parts[part].x, parts[part].y) for part in PARTS},
    }


def _counts(labels: np.ndarray, classes: int) -> list[int]:
    """Examples of each class; where there are no classes, one number: of all."""
    return np.bincount(labels, minlength=classes).tolist() if classes else [len(labels)]


def _duplicates(parts: dict[str, Examples]) -> int:
    """Different inputs that occur in more than one part: real tables hold repeated rows."""
    train, validation, test = ({row.tobytes() for row in parts[part].x} for part in PARTS)
    return len((train & validation) | (train & test) | (validation & test))


def _raw(settings: DataSettings) -> dict[str, str]:
    """SHA-256 of the raw files named after the source or one of its settings."""
    stems = {settings.source, *(value for value in settings.load.values() if isinstance(value, str))}
    files = sorted(file for file in paths.RAW.glob("*.*") if file.stem in stems and file.suffix != ".md")
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def _write(name: str, parts: dict[str, Examples], views: dict[str, Examples], card: dict[str, Any]) -> None:
    """All files of the data set, the card last: where it is, the rest is complete."""
    paths.card(name).unlink(missing_ok=True)
    for file in paths.fit_split(name, "any").parent.glob("*.npz"):
        if file.stem not in views:
            file.unlink()
    for view, examples in views.items():
        write_examples(paths.fit_split(name, view), examples)
    write_examples(paths.validation_split(name), parts["validation"])
    write_examples(paths.test_split(name), parts["test"])
    write_json(paths.card(name), card)
