"""Change how many training examples each class has: fewer, copied, or interpolated (SMOTE)."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np

from pipeline.errors import InputError
from pipeline.number_types import Count, Positive
from pipeline.raw_data import Feature
from pipeline.records import Examples

KINDS = ("signal", "image", "table")


def apply(
    examples: Examples,
    seed: int,
    *,
    sampler: Literal["under", "over", "smote"],
    ratio: Positive = 1.0,
    count: Count | None = None,
    neighbours: Count = 5,
) -> tuple[Examples, dict[str, Any]]:
    """Bring the classes closer together in size; float32 inputs keep their shape, originals come first.

    `under` cuts every class to at most (smallest class / ratio) examples, drawn without replacement. `over` (copies)
    and `smote` (Chawla et al., 2002: points between an example and one of its nearest neighbours of the same class)
    bring every class to at least (ratio x largest class). `count` sets that size itself, the same for every class.
    SMOTE uses min(neighbours, n - 1) neighbours in a class of n examples, and copies where n is 1: there is nothing to
    combine a single example with. Notes: the target, and how many classes were changed in which way. InputError: a
    target out of reach.
    """
    return apply_to_features(examples, seed, (), sampler=sampler, ratio=ratio, count=count, neighbours=neighbours)


def apply_to_features(
    examples: Examples,
    seed: int,
    features: Sequence[Feature],
    *,
    sampler: str,
    ratio: float = 1.0,
    count: int | None = None,
    neighbours: int = 5,
) -> tuple[Examples, dict[str, Any]]:
    """As `apply`, of a table whose columns are `features`: where some are categories, SMOTE is SMOTENC.

    A new row has of each category what most of the neighbours have (Chawla et al., 2002, section 6.1): one word of a
    column at most, and indicators of 0 or 1. Columns of the table that are 0 but for one of them in every row are taken
    for the words of one category, too.
    """
    if examples.y.dtype.kind != "i":
        raise InputError("rebalance: given numbers to predict, allowed classes: leave this view out")
    sizes = np.bincount(examples.y)
    target = _target(sizes, sampler, ratio, count)
    small = {int(label): target for label in np.flatnonzero(sizes < target)} if sampler != "under" else {}
    large = {int(label): target for label in np.flatnonzero(sizes > target)} if sampler == "under" else {}
    copied = {label: target for label in small if sampler == "over" or sizes[label] == 1}
    neighbours_of = {label: min(neighbours, int(sizes[label]) - 1) for label in small.keys() - copied.keys()}
    notes = {
        "target": target,
        "under": len(large),
        "over": len(copied),
        "smote": len(neighbours_of),
        "smote_k_reduced": sum(k < neighbours for k in neighbours_of.values()),
        "untouched": len(sizes) - len(large) - len(small),
    }
    resampled = examples.take(_resampled_rows(examples.y, large, copied, seed))
    groups = _categories(examples.x, features) if neighbours_of and features else []
    notes |= {"categories": len(groups)} if groups else {}
    return _joined([resampled, *_interpolated(examples, neighbours_of, target, seed, groups)]), notes


def _target(sizes: np.ndarray, sampler: str, ratio: float, count: int | None) -> int:
    """Examples that each class is brought to."""
    smallest, largest = int(sizes.min()), int(sizes.max())
    if not smallest:
        raise InputError(f"rebalance: given no example of class {int(np.argmin(sizes))}, allowed one or more of each")
    if count is None:
        if ratio > 1:
            raise InputError(f"ratio: given {ratio:g}, allowed above 0 and at most 1 (1: all classes of one size)")
        return min(largest, int(smallest / ratio + 1e-9)) if sampler == "under" else max(1, round(ratio * largest))
    if ratio != 1:
        raise InputError(f"count, ratio: given both ({count} and {ratio:g}), allowed one of them")
    if sampler == "under" and count > smallest:
        raise InputError(f"count: given {count}, allowed 1 to {smallest}: under-sampling adds nothing to a class")
    if sampler != "under" and count < largest:
        raise InputError(f"count: given {count}, allowed {largest} or more: {sampler} takes nothing from a class")
    return count


def _resampled_rows(labels: np.ndarray, large: dict[int, int], copied: dict[int, int], seed: int) -> np.ndarray:
    """Rows to keep, in their order, then rows to copy."""
    from imblearn.over_sampling import RandomOverSampler
    from imblearn.under_sampling import RandomUnderSampler

    rows = np.arange(len(labels))
    with _quiet():
        if large:
            under = RandomUnderSampler(sampling_strategy=large, random_state=seed)
            return np.sort(under.fit_resample(rows[:, None], labels)[0][:, 0])
        if copied:
            over = RandomOverSampler(sampling_strategy=copied, random_state=seed)
            rows = over.fit_resample(rows[:, None], labels)[0][:, 0]
    return rows


def _interpolated(
    examples: Examples, neighbours_of: dict[int, int], target: int, seed: int, groups: list[list[int]]
) -> list[Examples]:
    """New examples of the classes in `neighbours_of` (class: neighbours), one part for each number of neighbours."""
    flat, parts = examples.x.reshape(len(examples), -1), []
    table = _Table(flat, groups) if groups else None
    for neighbours in sorted(set(neighbours_of.values())):
        targets = {label: target for label in sorted(neighbours_of) if neighbours_of[label] == neighbours}
        sampler = _smote(table, sampling_strategy=targets, k_neighbors=neighbours, random_state=seed)
        with _quiet():
            x, y = sampler.fit_resample(table.coded if table else flat, examples.y)
        x, y = x[len(examples) :], y[len(examples) :]
        x = table.decoded(x) if table else x
        parts.append(Examples(x.reshape(-1, *examples.x.shape[1:]).astype(np.float32), y.astype(np.int64)))
    return parts


def _smote(table: "_Table | None", **settings: Any) -> Any:
    """The sampler for what the table holds: numbers, categories, or both."""
    from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC

    if table is None:
        return SMOTE(**settings)
    if not len(table.measured):
        return SMOTEN(**settings)
    return SMOTENC(categorical_features=list(range(len(table.measured), table.coded.shape[1])), **settings)


class _Table:
    """Rows with one code in place of each group of columns that say one category, and back."""

    def __init__(self, x: np.ndarray, groups: list[list[int]]) -> None:
        self.groups, self.width = groups, x.shape[1]
        self.measured = np.setdiff1d(np.arange(self.width), np.concatenate(groups))
        self.low, self.high = x.min(0), x.max(0)
        codes = [self._codes(x[:, group], self.high[group], self.low[group]) for group in groups]
        self.coded = np.column_stack([x[:, self.measured].astype(np.float64), *codes])

    @staticmethod
    def _codes(x: np.ndarray, high: np.ndarray, low: np.ndarray) -> np.ndarray:
        """Which column of a group is high in each row; as many as it has where none is."""
        is_high = (x == high) & (high > low)
        codes: np.ndarray = np.where(is_high.any(1), is_high.argmax(1), x.shape[1])
        return codes

    def decoded(self, coded: np.ndarray) -> np.ndarray:
        """Rows (n, width) of what `coded` has in their place, float64."""
        x = np.empty((len(coded), self.width))
        x[:, self.measured] = coded[:, : len(self.measured)]
        for place, group in enumerate(self.groups, len(self.measured)):
            chosen = coded[:, place].astype(np.int64)[:, None] == np.arange(len(group))
            x[:, group] = np.where(chosen, self.high[group], self.low[group])
        return x


def _categories(x: np.ndarray, features: Sequence[Feature]) -> list[list[int]]:
    """Columns that say one category together: words of a column, an indicator, or one-hot columns of the user's."""
    groups: dict[tuple[str, str], list[int]] = {}
    for place, feature in enumerate(features):
        if feature.kind != "number":
            groups.setdefault((feature.column, feature.kind), []).append(place)
    return [
        *groups.values(),
        *_one_hot(x, [place for place, feature in enumerate(features) if feature.kind == "number"]),
    ]


def _one_hot(x: np.ndarray, numbers: list[int]) -> list[list[int]]:
    """Runs of neighbouring columns with two values each of which exactly one is high in every row."""
    two = {place for place in numbers if len(np.unique(x[:, place])) == 2}
    found, start = [], 0
    while start < x.shape[1]:
        high, end = np.zeros(len(x), int), start
        while end in two and high.max() <= 1 and (high != 1).any():
            high += x[:, end] == x[:, end].max()
            end += 1
        if end - start > 1 and (high == 1).all():
            found.append(list(range(start, end)))
            start = end
        else:
            start += 1
    return found


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the guess that labels are numbers to regress on, made where most classes have one example."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%", UserWarning)
        yield


def _joined(parts: list[Examples]) -> Examples:
    return Examples(np.concatenate([part.x for part in parts]), np.concatenate([part.y for part in parts]))
