"""Which rows of a data set become training, validation and test part, so that no part knows another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import InputError

if TYPE_CHECKING:
    from pipeline.settings.params import LongTail, Split

PARTS = ("train", "validation", "test")
MOST_JOINED = 0.1  # of all rows: groups that rows in common would join beyond that stay apart

Rows = dict[str, np.ndarray]  # by the names in PARTS: row numbers of the examples in a part


def is_classes(labels: np.ndarray) -> bool:
    """Whether labels are one class per example: whole numbers, of shape (examples,)."""
    return labels.ndim == 1 and np.issubdtype(labels.dtype, np.integer)


def split_rows(
    split: Split,
    labels: np.ndarray,
    key: str,
    ids: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    names: Sequence[str] = (),
) -> Rows:
    """Row numbers (int64) of training, validation and test part, no row in two of them; `key` starts error messages.

    Labels of shape (examples,) that are classes are stratified, others are not. With `ids` the copies of an input
    (equal ids) go where its first row goes, and sizes count inputs without their copies: a network is not asked what it
    has seen. With `groups` (a number for each row) all rows of a group go into one part, and sizes count rows, as near
    to those asked for as groups allow. The same split.seed, labels, ids and groups give the same rows. Messages call
    classes by their `names`. InputError: sizes out of reach, or a class too small for three parts.
    """
    if groups is not None:
        return _rows_of_groups(split, labels, key, _joined(groups, ids), names)
    if ids is None:
        return _rows(split, labels, key, names)
    first, of_row = _inputs(ids)
    parts = _rows(split, labels[first], key, names, "examples" if len(first) == len(ids) else "different examples")
    return {part: _with_copies(inputs, of_row) for part, inputs in parts.items()}


def _rows(split: Split, labels: np.ndarray, key: str, names: Sequence[str], what: str = "examples") -> Rows:
    if is_classes(labels):
        return _stratified_rows(split, labels, key, names, what)
    return _random_rows(split, len(labels), key)


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


def _stratified_rows(split: Split, labels: np.ndarray, key: str, names: Sequence[str], what: str) -> Rows:
    """Test first, then validation, then what is left, thinned: a change of one leaves those before it as they were."""
    _require_three_per_class(np.bincount(labels), key, names, what)
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


def _require_three_per_class(counts: np.ndarray, key: str, names: Sequence[str], what: str = "examples") -> None:
    few = [f"{_name(names, label)} ({counts[label]})" for label in np.flatnonzero(counts < len(PARTS)).tolist()]
    if few:
        raise InputError(
            f"{key}: given classes with fewer than 3 {what}: {', '.join(few[:10])}{', ...' if few[10:] else ''};"
            " allowed at least one for each of training, validation and test: gather more, put classes together under"
            " one name, or take their rows out"
        )


def _name(names: Sequence[str], label: int) -> str:
    """A class as messages call it."""
    return repr(names[label]) if names else str(label)


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


# Groups, which stay together


def _joined(groups: np.ndarray, ids: np.ndarray | None) -> np.ndarray:
    """Groups (rows,) as 0, 1, ..., those one that hold rows with equal ids, unless that makes one of nearly all.

    Copies of a row have its group; where groups have rows in common by nature (the first step of all recordings, say),
    groups alone count.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    groups = np.unique(groups, return_inverse=True)[1]
    if ids is None:
        return groups
    inputs, size = np.unique(ids, return_inverse=True)[1] + groups.max() + 1, len(groups)
    count = int(inputs.max()) + 1
    links = coo_array((np.ones(size, bool), (groups, inputs)), shape=(count, count))
    found = connected_components(links, directed=False)[1][groups]
    largest, joined_largest = (int(np.bincount(each).max()) for each in (groups, found))
    is_of_few = joined_largest <= max(largest, MOST_JOINED * size)
    joined: np.ndarray = np.unique(found, return_inverse=True)[1] if is_of_few else groups
    return joined


def _rows_of_groups(split: Split, labels: np.ndarray, key: str, groups: np.ndarray, names: Sequence[str]) -> Rows:
    """Whole groups drawn into parts, each class in its share as near as groups allow; then the training part thinned.

    First every part is given a group of each class, those of the fewest groups first; then the largest groups that are
    left go where they bring all shares nearest to what was asked for.
    """
    codes = labels if is_classes(labels) else np.zeros(len(labels), np.int64)
    counts = np.zeros((int(groups.max()) + 1, int(codes.max()) + 1), np.int64)
    np.add.at(counts, (groups, codes), 1)
    _require_three_per_class((counts > 0).sum(0), key, names if is_classes(labels) else (), "groups")
    part_of = _parts_of_groups(counts, _shares(split, len(labels), key), np.random.default_rng(split.seed))
    rows = np.random.default_rng(split.seed).permutation(len(labels))
    parts = {part: rows[part_of[groups[rows]] == place] for place, part in enumerate(PARTS)}
    for part, found in parts.items():
        lacking = np.setdiff1d(codes, codes[found])
        if len(lacking):
            told = ", ".join(_name(names, label) for label in lacking[:10].tolist())
            raise InputError(
                f"{key}.{part}: given groups that leave no example of {told} for it, allowed one or more of each class:"
                " make the part larger, or take other groups"
            )
    return parts | {"train": _thinned(split, labels, codes, parts["train"], key)}


def _shares(split: Split, examples: int, key: str) -> np.ndarray:
    """Shares of all rows that are asked for, in the order of PARTS."""
    test, validation = (_size(setting, examples) / examples for setting in (split.test, split.validation))
    if not (test > 0 and validation > 0 and test + validation < 1):
        given = f"{round(test * examples)} and {round(validation * examples)} of {examples} examples"
        raise InputError(f"{key}: given {given} for test and validation, allowed less than all, and more than none")
    return np.array([1 - test - validation, validation, test])


def _parts_of_groups(counts: np.ndarray, shares: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Of each group (groups,) its place in PARTS; `counts` (groups, classes) are its examples of each class."""
    order = random.permutation(len(counts))
    part_of, have = np.full(len(counts), -1), np.zeros((len(PARTS), counts.shape[1]))
    for label in np.argsort((counts > 0).sum(0), kind="stable"):
        for part in np.argsort(shares, kind="stable"):
            free = order[(part_of[order] < 0) & (counts[order, label] > 0)]
            if not have[part, label] and len(free):
                chosen = free[np.argmin(counts[free].sum(1))]
                part_of[chosen], have[part] = part, have[part] + counts[chosen]
    total = counts.sum(0)
    over, left = have - shares[:, None] * total, order[part_of[order] < 0]
    for group in left[np.argsort(-counts[left].sum(1), kind="stable")]:
        added = counts[group]
        gain = ((2 * over + added) * (added / total)).sum(1)  # of the squares of what parts have too much
        chosen = int((gain / shares).argmin())
        part_of[group], over[chosen] = chosen, over[chosen] + added
    return part_of


def _thinned(split: Split, labels: np.ndarray, codes: np.ndarray, rows: np.ndarray, key: str) -> np.ndarray:
    """The training part cut to what is asked for."""
    if split.train is None:
        return rows
    if not is_classes(labels):
        size = split.train
        if not isinstance(size, int) or not 1 <= size <= len(rows):
            raise InputError(f"{key}.train: given {size}, allowed 1 to the {len(rows)} rows of groups that are left")
        return rows[:size]
    quota = _training_quota(split.train, np.bincount(codes[rows]), f"{key}.train")
    return _take_per_class(rows, codes[rows], quota)[0]
