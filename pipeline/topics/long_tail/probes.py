"""What the long-tail topic measures beyond the plain scores: by training images of a class, and a base line."""

import numpy as np

from pipeline.contracts import RunUnderProbe

APPLIES_TO = {
    "top_5": ("image",),
    "singleton_recall": ("image",),
    "repeated_recall": ("image",),
    "neighbour_accuracy": ("image",),
}
SERIES = {
    "recall_by_images": {"applies_to": ("image",), "x": "training images of the class", "y": "recall", "log": False},
}
BEST = 5
ROWS = 500  # test images whose distances are held at a time


def top_5(run: RunUnderProbe) -> float:
    """Share of test images whose true class is among the five likeliest, all of them in a case of fewer classes."""
    predicted = run.predicted
    likeliest = np.argpartition(-predicted, min(BEST, predicted.shape[1]) - 1, axis=1)[:, :BEST]
    return float(np.mean((likeliest == run.test.y[:, None]).any(axis=1)))


def singleton_recall(run: RunUnderProbe) -> float:
    """Share of hits on the test images of classes with one training image before any view; NaN without such."""
    return _mean(_hits(run)[_images(run) == 1])


def repeated_recall(run: RunUnderProbe) -> float:
    """Share of hits on the test images of classes with two training images or more; NaN without such."""
    return _mean(_hits(run)[_images(run) > 1])


def recall_by_images(run: RunUnderProbe) -> dict[float, float]:
    """Training images of a class before any view -> share of hits on the test images of all such classes."""
    images, hits = _images(run), _hits(run)
    return {float(count): float(hits[images == count].mean()) for count in np.unique(images)}


def neighbour_accuracy(run: RunUnderProbe) -> float:
    """Accuracy of the class of the nearest training image, by squared distance of pixels: no network at all."""
    known, asked = (part.x.reshape(len(part), -1).astype(float) for part in (run.training, run.test))
    lengths = np.sum(known**2, axis=1)
    nearest = [np.argmin(lengths - 2 * asked[at : at + ROWS] @ known.T, axis=1) for at in range(0, len(asked), ROWS)]
    return float(np.mean(run.training.y[np.concatenate(nearest)] == run.test.y))


def _images(run: RunUnderProbe) -> np.ndarray:
    """Training images (n,) of each test image's class, before any view."""
    images: np.ndarray = np.array(run.card["counts"]["train"])[run.test.y]
    return images


def _hits(run: RunUnderProbe) -> np.ndarray:
    """Whether each test image (n,) is recognised."""
    hits: np.ndarray = run.predicted.argmax(axis=1) == run.test.y
    return hits


def _mean(hits: np.ndarray) -> float:
    return float(hits.mean()) if hits.size else float("nan")
