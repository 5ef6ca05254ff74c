"""Scores of predicted tokens on held-out sequences; positions labelled -1 are not asked for and never count."""

import numpy as np

# Every metric takes labels (n, steps), integers, -1 where nothing is asked; probabilities (n, steps, tokens), rows
# summing to 1; and priors that it does not use; and gives one number.


def accuracy(labels: np.ndarray, probabilities: np.ndarray, priors: np.ndarray | None) -> float:
    """Share of the asked-for tokens whose likeliest token is the true one."""
    return float(np.mean((probabilities.argmax(2) == labels)[labels >= 0]))


def exact_match(labels: np.ndarray, probabilities: np.ndarray, priors: np.ndarray | None) -> float:
    """Share of the sequences in which every asked-for token is right."""
    return float(np.mean(((probabilities.argmax(2) == labels) | (labels < 0)).all(1)))


def cross_entropy(labels: np.ndarray, probabilities: np.ndarray, priors: np.ndarray | None) -> float:
    """Mean of -log p(true token) over the asked-for tokens, in nats."""
    chosen = np.take_along_axis(probabilities, np.maximum(labels, 0)[..., None], 2)[..., 0][labels >= 0]
    return float(-np.mean(np.log(np.maximum(chosen, np.finfo(np.float64).tiny))))
