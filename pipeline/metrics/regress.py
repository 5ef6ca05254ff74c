"""Scores of predicted numbers on held-out examples."""

import numpy as np

# Every metric takes labels (n,), predictions (n,), and priors that it does not use; and gives one number.


def squared_error(labels: np.ndarray, predicted: np.ndarray, priors: np.ndarray | None) -> float:
    """Mean squared error, in squared units of the labels."""
    return float(np.mean((predicted - labels) ** 2))


def absolute_error(labels: np.ndarray, predicted: np.ndarray, priors: np.ndarray | None) -> float:
    """Mean absolute error, in the unit of the labels."""
    return float(np.mean(np.abs(predicted - labels)))


def r2(labels: np.ndarray, predicted: np.ndarray, priors: np.ndarray | None) -> float:
    """Share of the labels' variance that is explained: 1 at best, 0 for always answering their mean, else below 0.

    The coefficient of determination. NaN where all labels are the same.
    """
    variance = float(np.var(labels, dtype=np.float64))
    return 1 - squared_error(labels, predicted, priors) / variance if variance > 0 else float("nan")
