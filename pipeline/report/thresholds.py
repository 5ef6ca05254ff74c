"""What every threshold on a class's probability would find, at what price, and whether what is said comes true."""

from collections.abc import Mapping
from typing import Any

import numpy as np

THRESHOLDS = [round(float(at), 3) for at in (*np.arange(0.005, 0.1, 0.005), *np.arange(0.1, 1.0, 0.01))]
TENTHS = [round(0.05 + 0.1 * at, 2) for at in range(10)]  # the middles of ten equal bins
FEWEST = 10  # examples that a share is told of


def recall_and_precision(binned: Mapping[str, Any]) -> tuple[list[float | None], list[float | None]]:
    """At each of THRESHOLDS: the share of the class that is found, and the share of alarms that are right.

    None where there is no alarm.
    """
    said, examples, true = _arrays(binned)
    taken = np.array([examples[said >= threshold].sum() for threshold in THRESHOLDS])
    hits = np.array([true[said >= threshold].sum() for threshold in THRESHOLDS])
    recall: list[float | None] = [float(hit / max(1.0, true.sum())) for hit in hits]
    return recall, [float(hit / many) if many else None for hit, many in zip(hits, taken, strict=True)]


def seen(binned: Mapping[str, Any]) -> list[float | None]:
    """Of the examples around each of TENTHS the share that came true; None where there are very few."""
    said, examples, true = _arrays(binned)
    at = np.minimum((said * len(TENTHS)).astype(int), len(TENTHS) - 1)
    counts, hits = (np.bincount(at, weights=part, minlength=len(TENTHS)) for part in (examples, true))
    return [float(hit / many) if many >= FEWEST else None for hit, many in zip(hits, counts, strict=True)]


def _arrays(binned: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What each bin says on average, its examples, and those that came true."""
    examples, summed, true = (np.asarray(binned[name], float) for name in ("examples", "summed", "true"))
    return summed / examples, examples, true
