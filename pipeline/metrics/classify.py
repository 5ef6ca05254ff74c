"""Scores of a classifier on held-out examples."""

import numpy as np

BINS = 15  # of the calibration error
PRECISION = 0.5  # at which recall is read: as many false alarms as finds

# Every metric takes labels (n,), integers; probabilities (n, classes), rows summing to 1; priors (classes,), the
# shares of the classes in the training part before any view; and gives one number.


def accuracy(labels: np.ndarray, probabilities: np.ndarray, priors: np.ndarray) -> float:
    """Share of examples whose likeliest class is the true one."""
    return float(np.mean(probabilities.argmax(1) == labels))


def cross_entropy(labels: np.ndarray, probabilities: np.ndarray, priors: np.ndarray) -> float:
    """Mean of -log p(true class), in nats."""
    chosen = probabilities[np.arange(len(labels)), labels]
    return float(-np.mean(np.log(np.maximum(chosen, np.finfo(np.float64).tiny))))


def balanced_accuracy(labels: np.ndarray, probabilities: np.ndarray, priors: np.ndarray) -> float:
    """Mean recall over the classes: accuracy if all classes were equally frequent."""
    return float(np.nanmean(_recalls(labels, probabilities)))


def accuracy_at_training_priors(labels: np.ndarray, probabilities: np.ndarray, priors: np.ndarray) -> float:
    """Recall of each class weighted by its share in training: what plain accuracy would say on data as skewed."""
    recalls = _recalls(labels, probabilities)
    present = ~np.isnan(recalls)
    return float(np.average(recalls[present], weights=priors[present]))


def rare_recall(labels: np.ndarray, probabilities: np.ndarray, priors: np.ndarray) -> float:
    """Mean recall of the rarest third of the classes in training (of two classes: the rarer one)."""
    rarest = np.argsort(priors, kind="stable")[: max(1, len(priors) // 3)]
    return float(np.nanmean(_recalls(labels, probabilities)[rarest]))


def recall_gap(labels: np.ndarray, probabilities: np.ndarray, priors: np.ndarray) -> float:
    """Mean recall of the most frequent third of the classes in training less that of the rarest third."""
    recalls, order = _recalls(labels, probabilities), np.argsort(priors, kind="stable")
    third = max(1, len(priors) // 3)
    return float(np.nanmean(recalls[order[-third:]]) - np.nanmean(recalls[order[:third]]))


def recall_at_precision(labels: np.ndarray, probabilities: np.ndarray, priors: np.ndarray) -> float:
    """Highest recall at a threshold above which at least half are right, mean of the rarest third of the classes.

    Each class against all others (of two classes: the rarer one), by its probability: always saying "rare" has 0,
    unless half of the examples are. NaN for classes without examples only.
    """
    from sklearn.metrics import precision_recall_curve

    found = []
    for label in np.argsort(priors, kind="stable")[: max(1, len(priors) // 3)]:
        if (labels == label).any():
            precision, recall, _ = precision_recall_curve(labels == label, probabilities[:, label])
            found.append(recall[precision >= PRECISION].max())
    return float(np.mean(found)) if found else float("nan")


def macro_f1(labels: np.ndarray, probabilities: np.ndarray, priors: np.ndarray) -> float:
    """Mean over the classes of the harmonic mean of precision and recall."""
    from sklearn.metrics import f1_score

    return float(f1_score(labels, probabilities.argmax(1), average="macro", zero_division=0))


def pr_auc(labels: np.ndarray, probabilities: np.ndarray, priors: np.ndarray) -> float:
    """Average precision of the rarest class in training against all others (Davis and Goadrich, 2006)."""
    from sklearn.metrics import average_precision_score

    rare = int(np.argmin(priors))
    return float(average_precision_score(labels == rare, probabilities[:, rare]))


def roc_auc(labels: np.ndarray, probabilities: np.ndarray, priors: np.ndarray) -> float:
    """Area under the ROC curve of the rarest class in training against all others."""
    from sklearn.metrics import roc_auc_score

    rare = int(np.argmin(priors))
    return float(roc_auc_score(labels == rare, probabilities[:, rare]))


def brier(labels: np.ndarray, probabilities: np.ndarray, priors: np.ndarray) -> float:
    """Mean squared distance between the predicted probabilities and the truth, 0 to 2 (Brier, 1950)."""
    truth = np.zeros_like(probabilities)
    truth[np.arange(len(labels)), labels] = 1
    return float(np.mean(np.sum((probabilities - truth) ** 2, axis=1)))


def brier_skill(labels: np.ndarray, probabilities: np.ndarray, priors: np.ndarray) -> float:
    """Share of the base rate's Brier score that is saved: 1 at best, 0 for always answering `priors`, below 0 worse."""
    base = np.tile(priors, (len(labels), 1))
    return 1 - brier(labels, probabilities, priors) / brier(labels, base, priors)


def calibration_error(labels: np.ndarray, probabilities: np.ndarray, priors: np.ndarray) -> float:
    """Distance of confidence from accuracy over 15 equal bins of confidence, weighted by examples (Guo et al., 2017).

    Confidence is the likeliest class's probability: 0 where, of the examples given 80 %, 80 % are right.
    """
    confidence = probabilities.max(axis=1)
    gaps = confidence - (probabilities.argmax(axis=1) == labels)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return float(np.abs(np.bincount(bins, weights=gaps, minlength=BINS)).sum() / len(labels))


def _recalls(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Recall of each class (classes,); NaN for a class without examples."""
    predicted = probabilities.argmax(1)
    classes = range(probabilities.shape[1])
    hits = [np.mean(predicted[labels == label] == label) if (labels == label).any() else np.nan for label in classes]
    return np.array(hits, dtype=float)
