"""What each held-out example contributes to a score, so that an interval knows how far other examples would move it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pipeline import plugins
from pipeline.contracts import RunUnderProbe

Contribution = Callable[[np.ndarray, np.ndarray, Any], np.ndarray]  # labels, predicted, priors -> (n,)


def items(metric: str, run: RunUnderProbe) -> np.ndarray | None:
    """Contributions (n,), float64, of the test examples in their order: their mean is the metric's value.

    None where a metric is no mean over examples.
    """
    contribution = ITEMS.get(plugins.scored_as(run.settings["task"]), {}).get(metric)
    if contribution is None:
        return None
    return np.asarray(contribution(run.test.y, run.predicted, run.priors), np.float64)


def _hits(labels: np.ndarray, probabilities: np.ndarray, priors: Any) -> np.ndarray:
    hits: np.ndarray = probabilities.argmax(1) == labels
    return hits


def _surprise(labels: np.ndarray, probabilities: np.ndarray, priors: Any) -> np.ndarray:
    chosen = probabilities[np.arange(len(labels)), labels]
    surprise: np.ndarray = -np.log(np.maximum(chosen, np.finfo(np.float64).tiny))
    return surprise


def _squared_distance(labels: np.ndarray, probabilities: np.ndarray, priors: Any) -> np.ndarray:
    distance: np.ndarray = ((probabilities - np.eye(probabilities.shape[1])[labels]) ** 2).sum(1)
    return distance


def _weighted_hits(labels: np.ndarray, probabilities: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Hits, weighted so that each of `classes` that is there counts alike and others not at all."""
    counts = np.bincount(labels, minlength=probabilities.shape[1])
    present = classes[counts[classes] > 0]
    weights = np.zeros(len(counts))
    weights[present] = len(labels) / (len(present) * counts[present])
    weighted: np.ndarray = _hits(labels, probabilities, None) * weights[labels]
    return weighted


def _balanced(labels: np.ndarray, probabilities: np.ndarray, priors: Any) -> np.ndarray:
    return _weighted_hits(labels, probabilities, np.arange(probabilities.shape[1]))


def _rare(labels: np.ndarray, probabilities: np.ndarray, priors: Any) -> np.ndarray:
    rarest = np.argsort(priors, kind="stable")[: max(1, len(priors) // 3)]
    return _weighted_hits(labels, probabilities, rarest)


def _asked(values: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The values (n, steps) of the steps that are asked for, as contributions (n,) to their mean over all of them."""
    asked = labels >= 0
    contributions: np.ndarray = np.where(asked, values, 0).sum(1) * len(labels) / asked.sum()
    return contributions


def _token_hits(labels: np.ndarray, probabilities: np.ndarray, priors: Any) -> np.ndarray:
    return _asked(probabilities.argmax(2) == labels, labels)


def _token_surprise(labels: np.ndarray, probabilities: np.ndarray, priors: Any) -> np.ndarray:
    chosen = np.take_along_axis(probabilities, np.maximum(labels, 0)[..., None], 2)[..., 0]
    return _asked(-np.log(np.maximum(chosen, np.finfo(np.float64).tiny)), labels)


def _exact(labels: np.ndarray, probabilities: np.ndarray, priors: Any) -> np.ndarray:
    exact: np.ndarray = ((probabilities.argmax(2) == labels) | (labels < 0)).all(1)
    return exact


def _explained(labels: np.ndarray, predicted: np.ndarray, priors: Any) -> np.ndarray:
    shares: np.ndarray = 1 - (predicted - labels) ** 2 / np.var(labels, dtype=np.float64)
    return shares


def _absolute_error(labels: np.ndarray, predicted: np.ndarray, priors: Any) -> np.ndarray:
    error: np.ndarray = np.abs(predicted - labels)
    return error


def _squared_error(labels: np.ndarray, predicted: np.ndarray, priors: Any) -> np.ndarray:
    error: np.ndarray = (predicted - labels) ** 2
    return error


ITEMS: Mapping[str, Mapping[str, Contribution]] = {
    "classify": {
        "accuracy": _hits,
        "cross_entropy": _surprise,
        "brier": _squared_distance,
        "balanced_accuracy": _balanced,
        "rare_recall": _rare,
    },
    "tag": {"accuracy": _token_hits, "cross_entropy": _token_surprise, "exact_match": _exact},
    "regress": {"squared_error": _squared_error, "absolute_error": _absolute_error, "r2": _explained},
}
