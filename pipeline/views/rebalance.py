"""Change how many training examples each class has: fewer, copied, or interpolated (SMOTE)."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np

from pipeline.errors import InputError
from pipeline.number_types import Count, Positive
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
    return _joined([resampled, *_interpolated(examples, neighbours_of, target, seed)]), notes


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


def _interpolated(examples: Examples, neighbours_of: dict[int, int], target: int, seed: int) -> list[Examples]:
    """New examples of the classes in `neighbours_of` (class: neighbours), one part for each number of neighbours."""
    from imblearn.over_sampling import SMOTE

    flat, parts = examples.x.reshape(len(examples), -1), []
    for neighbours in sorted(set(neighbours_of.values())):
        targets = {label: target for label in sorted(neighbours_of) if neighbours_of[label] == neighbours}
        sampler = SMOTE(sampling_strategy=targets, k_neighbors=neighbours, random_state=seed)
        with _quiet():
            x, y = sampler.fit_resample(flat, examples.y)
        x, y = x[len(examples) :], y[len(examples) :]
        parts.append(Examples(x.reshape(-1, *examples.x.shape[1:]).astype(np.float32), y.astype(np.int64)))
    return parts


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the guess that labels are numbers to regress on, made where most classes have one example."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%", UserWarning)
        yield


def _joined(parts: list[Examples]) -> Examples:
    return Examples(np.concatenate([part.x for part in parts]), np.concatenate([part.y for part in parts]))
