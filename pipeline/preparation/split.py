"""Which rows of a data set become training, validation and test part, so that no part knows another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import InputError

if TYPE_CHECKING:
    from pipeline.settings.params import LongTail, Split

PARTS = ("train", "validation", "test")

Rows = dict[str, np.ndarray]  # by the names in PARTS: row numbers of the examples in a part


def is_classes(labels: np.ndarray) -> bool:
    """Whether labels are one class per example: whole numbers, of shape (examples,)."""
    return labels.ndim == 1 and np.issubdtype(labels.dtype, np.integer)


def split_rows(split: Split, labels: np.ndarray, key: str, ids: np.ndarray | None = None) -> Rows:
    """Row numbers (int64) of training, validation and test part, no row in two of them; `key` starts error messages.

    Labels of shape (examples,) that are classes are stratified, others are not. With `ids` the copies of an input
    (equal ids) go where its first row goes, and sizes count inputs without their copies: a network is not asked what it
    has seen. The same split.seed, labels and ids give the same rows. InputError: sizes out of reach, or a class too
    small for three parts.
    """
    if ids is None:
        return _rows(split, labels, key)
    first, of_row = _inputs(ids)
    parts = _rows(split, labels[first], key)
    return {part: _with_copies(inputs, of_row) for part, inputs in parts.items()}


def _rows(split: Split, labels: np.ndarray, key: str) -> Rows:
    return _stratified_rows(split, labels, key) if is_classes(labels) else _random_rows(split, len(labels), key)


def _inputs(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first row of each different input, in the order of rows, and of each row which of those inputs it is."""
    _, first, inverse = np.unique(ids, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(first), int)
    rank[order] = np.arange(len(first))
    return first[order], rank[inverse]


def _with_copies(inputs: np.ndarray, of_row: np.ndarray) -> np.ndarray:
    """All rows of the given inputs, in their order."""
    rows = np.argsort(of_row, kind="stable")
    ends = np.cumsum(np.bincount(of_row))
    return np.concatenate([rows[ends[each - 1] if each else 0 : ends[each]] for each in inputs])


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
