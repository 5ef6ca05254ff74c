"""What the imbalance topic measures beyond the plain scores: thresholds moved after training."""

import numpy as np

from pipeline.contracts import RunUnderProbe

APPLIES_TO = {"moved_balanced_accuracy": ("classify",)}


def moved_balanced_accuracy(run: RunUnderProbe) -> float:
    """Mean recall over the classes once each probability is divided by its class's share in what was trained on.

    Thresholds moved without retraining (Buda, Maki and Mazurowski, 2018): nothing moves where a view has made the
    classes equal, and a loss that is weighted or adjusted already is corrected a second time.
    """
    answers = _moved(run.predicted, _shares(run.training.y, run.predicted.shape[1])).argmax(axis=1)
    classes = np.unique(run.test.y)
    return float(np.mean([np.mean(answers[run.test.y == label] == label) for label in classes]))


def _shares(labels: np.ndarray, classes: int) -> np.ndarray:
    """Share of each class (classes,)."""
    return np.bincount(labels, minlength=classes) / len(labels)


def _moved(probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Probabilities (n, classes) divided by `weights` (classes,), all above 0, and made to sum to 1 again."""
    divided = probabilities / weights
    moved: np.ndarray = divided / divided.sum(axis=1, keepdims=True)
    return moved
