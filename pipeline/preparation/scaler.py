"""Scale arrays by what their training part holds, the same for every example that ever comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def fit(part: np.ndarray, axes: tuple[int, ...] | None) -> dict[str, Any]:
    """Mean and deviation, lists of float64, over `axes` of the given part (None: over all); 1 where it is constant."""
    mean, sd = np.mean(part, axes, np.float64), np.std(part, axes, np.float64)
    sd = np.where(sd > 0, sd, 1.0)
    return {"mean": np.atleast_1d(mean).tolist(), "sd": np.atleast_1d(sd).tolist()}


def apply(x: np.ndarray, scaling: Mapping[str, Any], lengths: np.ndarray | None = None) -> np.ndarray:
    """Examples (examples, ...) scaled by what `fit` found, if anything; steps behind a sequence's end are 0."""
    if "mean" in scaling:
        x = (x - np.array(scaling["mean"], np.float64)) / np.array(scaling["sd"], np.float64)
    if lengths is None:
        return x
    inside = steps(x, lengths)
    return np.where(np.expand_dims(inside, tuple(range(2, x.ndim))), x, x.dtype.type(0))


def steps(x: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Which steps (examples, steps), bool, come before the end of their sequence."""
    inside: np.ndarray = np.arange(x.shape[1]) < lengths[:, None]
    return inside
