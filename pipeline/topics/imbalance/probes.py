"""What the imbalance topic measures beyond the plain scores: moved thresholds, and distances from what is possible."""

import numpy as np

from pipeline.contracts import RunUnderProbe

APPLIES_TO = {
    "moved_balanced_accuracy": ("classify",),
    "posterior_error": ("two_gaussians",),
    "brier_lost": ("two_gaussians",),
    "ranking_lost": ("two_gaussians",),
    "recall_error": ("two_gaussians",),
}
DISTANCE = 3.0  # of the two means in sources/two_gaussians.py
PARTS = 50  # into which held-out examples are shared out, as if each were all there is


def moved_balanced_accuracy(run: RunUnderProbe) -> float:
    """Mean recall over the classes once each probability is divided by its class's share in what was trained on.

    Thresholds moved without retraining (Buda, Maki and Mazurowski, 2018): nothing moves where a view has made the
    classes equal, and a loss that is weighted or adjusted already is corrected a second time.
    """
    answers = _moved(run.predicted, _shares(run.training.y, run.predicted.shape[1])).argmax(axis=1)
    classes = np.unique(run.test.y)
    return float(np.mean([np.mean(answers[run.test.y == label] == label) for label in classes]))


def posterior_error(run: RunUnderProbe) -> float:
    """Mean distance of the predicted probability of the rare class from the true one, which the Gaussians give."""
    return float(np.mean(np.abs(run.predicted[:, 1] - _posterior(run))))


def brier_lost(run: RunUnderProbe) -> float:
    """Brier score (0 to 2) less that of the true probabilities on the same test examples: 0 is as good as can be."""
    rare = run.test.y
    scores = [np.mean(2 * (chances - rare) ** 2) for chances in (run.predicted[:, 1], _posterior(run))]
    return float(scores[0] - scores[1])


def ranking_lost(run: RunUnderProbe) -> float:
    """Average precision of the true probabilities less that of the predicted ones: 0 is as good as can be."""
    from sklearn.metrics import average_precision_score

    best, own = (average_precision_score(run.test.y, chances) for chances in (_posterior(run), run.predicted[:, 1]))
    return float(best - own)


def recall_error(run: RunUnderProbe) -> float:
    """By how much one part's recall of the rare class is off, mean of the 50 parts of the held-out rare examples.

    Off: from the recall on all of them. Had the test part a fiftieth of its rare examples, this is how well it would
    tell what the network finds. NaN with fewer than 50 of them.
    """
    hits = run.predicted[run.test.y == 1].argmax(axis=1) == 1
    size = len(hits) // PARTS
    if not size:
        return float("nan")
    recalls = hits[: PARTS * size].reshape(PARTS, size).mean(axis=1)
    return float(np.mean(np.abs(recalls - hits.mean())))


def _posterior(run: RunUnderProbe) -> np.ndarray:
    """True probability (n,) of the rare class at each test example, at its share in training before any view."""
    inputs = run.test.x.astype(float)
    rare = run.card["counts"]["train"][1] / sum(run.card["counts"]["train"])
    ratio = DISTANCE * inputs.sum(axis=1) / np.sqrt(inputs.shape[1]) - DISTANCE**2 / 2
    chances: np.ndarray = 1 / (1 + np.exp(-ratio) * (1 - rare) / rare)
    return chances


def _shares(labels: np.ndarray, classes: int) -> np.ndarray:
    """Share of each class (classes,)."""
    return np.bincount(labels, minlength=classes) / len(labels)


def _moved(probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Probabilities (n, classes) divided by `weights` (classes,), all above 0, and made to sum to 1 again."""
    divided = probabilities / weights
    moved: np.ndarray = divided / divided.sum(axis=1, keepdims=True)
    return moved
