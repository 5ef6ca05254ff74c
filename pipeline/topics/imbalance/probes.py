"""What the imbalance topic measures beyond the plain scores: thresholds moved after training."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pipeline.scoring.finished_run import FinishedRun

APPLIES_TO = {"moved_balanced_accuracy": ("classify",)}


def moved_balanced_accuracy(run: "FinishedRun") -> float:
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
    return divided / divided.sum(axis=1, keepdims=True)
