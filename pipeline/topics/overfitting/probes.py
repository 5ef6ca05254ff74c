"""What the overfitting topic measures beyond the plain scores: when it sets in, its size, what learning by heart takes."""

import numpy as np

from pipeline.contracts import RunUnderProbe
from pipeline.scoring.finished_run import steps_until

APPLIES_TO = {"onset": ("classify",), "accuracy_gap": ("classify",), "steps_to_fit": ("classify",)}
RISE = 1.01  # what a cross-entropy above its lowest by more than 1 % is measured against
BY_HEART = 0.99  # accuracy on training examples


def onset(run: RunUnderProbe) -> float:
    """First epoch from which the validation split's cross-entropy stays more than 1 % above its lowest.

    A run that is within 1 % in its last epoch counts as one epoch more than it had.
    """
    values = np.array([row["val_cross_entropy"] for row in run.history])
    near = np.flatnonzero(values <= RISE * values.min())
    return float(near[-1] + 2)


def accuracy_gap(run: RunUnderProbe) -> float:
    """Accuracy on training examples in the last epoch less that on the test examples."""
    return float(run.history[-1]["accuracy"] - np.mean(run.predicted.argmax(1) == run.test.y))


def steps_to_fit(run: RunUnderProbe) -> float:
    """Optimizer steps after which 99 % of the training examples are right, looked at after every epoch.

    A run that never gets there counts as one epoch more than it had.
    """
    return steps_until(run, lambda row: row["accuracy"] >= BY_HEART)
