"""Scores of predicted numbers on held-out examples."""

import numpy as np

# Every metric takes labels (n,), predictions (n,), and priors that it does not use; and gives one number.


def squared_error(labels: np.ndarray, predicted: np.ndarray, priors: np.ndarray | None) -> float:
    """Mean squared error, in squared units of the labels."""
    return float(np.mean((predicted - labels) ** 2))
