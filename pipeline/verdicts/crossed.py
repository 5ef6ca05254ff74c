"""What test examples that seeds share add to the error of a mean difference: a seed is new, the examples are not."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.verdicts.intervals import Numbers

PerItem = tuple[NDArray[np.uint64], Numbers]  # ids (items,), and values (items,) whose mean is a run's score
Items = Mapping[tuple[str, int, str], PerItem]  # {(variant, seed, metric): per item}


class Shared(NamedTuple):
    """What shared test examples add to the squared error of a mean difference, and how many there are."""

    part: float
    items: int


class Deviations(NamedTuple):
    """Of each seed's pair: each item's share in the difference, less the mean, over all items (seeds, items), dense.

    `present` tells which items the seed's test parts have, `sizes` (seeds,) how many of them.
    """

    values: Numbers
    present: NDArray[np.float32]
    sizes: Numbers


def deviations(ahead: Sequence[PerItem], behind: Sequence[PerItem]) -> Deviations | None:
    """Of pairs of runs, seed by seed; None where no item is asked of two seeds, so that seeds share nothing.

    The arms of a pair may be asked other items: each arm's share is its value less its mean, over its number of items.
    """
    ids, places = np.unique(np.concatenate([part[0] for part in (*ahead, *behind)]), return_inverse=True)
    at = np.split(places, np.cumsum([len(part[0]) for part in (*ahead, *behind)])[:-1])
    values, present = np.zeros((len(ahead), len(ids))), np.zeros((len(ahead), len(ids)), np.float32)
    for number, (_, of_items) in enumerate((*ahead, *behind)):
        seed, sign = number % len(ahead), 1 if number < len(ahead) else -1
        shares = sign * (of_items - of_items.sum() / max(1, len(of_items))) / max(1, len(of_items))
        np.add.at(values[seed], at[number], shares)  # an input that a test part holds more than once counts as often
        present[seed, at[number]] = 1
    if (present.sum(0) < 2).all():
        return None
    return Deviations(values, present, present.sum(1).astype(float))


def shared_part(of_seeds: Deviations, rows: Sequence[int]) -> Shared:
    """Mean covariance of two seeds' differences through the items that both are asked, at least 0, over the `rows`.

    The squared error of a mean over S seeds is s^2 / S plus this part: with one fixed test part of I items it is the
    crossed error s_seed^2 / S + s_item^2 / I - s_inter^2 / (S I) (Clark, 1973); with test parts that share nothing it
    is 0, as items are then part of s. Each pair of seeds is corrected for the means that were taken off.
    """
    values, present, sizes = (part[list(rows)] for part in of_seeds)
    pairs = np.triu_indices(len(values), 1)
    products, shared = (values @ values.T)[pairs], (present @ present.T).astype(float)[pairs]
    one, other = sizes[pairs[0]], sizes[pairs[1]]
    left = 1 - 1 / one - 1 / other + shared / (one * other)
    corrected = products / np.where(left > 0, left, np.inf)
    return Shared(max(0.0, float(corrected.mean())) if len(corrected) else 0.0, int((present.sum(0) > 0).sum()))
