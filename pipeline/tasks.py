"""How a classifier is compiled and how its predictions are scored."""

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.records import Examples

if TYPE_CHECKING:
    import keras


def loss(adjustment: float, priors: np.ndarray) -> "keras.Loss":
    """Cross-entropy of logits; `adjustment` times log priors is added to them first (Menon, 2021, tau)."""
    import keras

    plain = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if not adjustment:
        return plain
    offset = (adjustment * np.log(np.maximum(priors, 1e-12))).astype("float32")

    class Adjusted(keras.losses.Loss):
        """Cross-entropy of logits shifted by the log frequency of their class."""

        def call(self, y_true: Any, y_pred: Any) -> Any:
            return keras.losses.sparse_categorical_crossentropy(y_true, y_pred + offset, from_logits=True)

    return Adjusted(name="logit_adjusted_cross_entropy")


def priors(labels: np.ndarray, classes: int) -> np.ndarray:
    """Share of each class (classes,)."""
    counts = np.bincount(labels, minlength=classes)
    return counts / counts.sum()


def class_weights(labels: np.ndarray, classes: int) -> dict[int, float]:
    """Weight of each class, inverse to its frequency, 1 on average over the examples."""
    counts = np.maximum(np.bincount(labels, minlength=classes), 1)
    return dict(enumerate((counts.sum() / (classes * counts)).tolist()))


def probabilities(model: "keras.Model", x: np.ndarray, rows: int = 2048) -> np.ndarray:
    """Softmax of the model's logits in evaluation mode, (examples, classes) float64."""
    parts = [np.asarray(model(x[at : at + rows], training=False), "float64") for at in range(0, len(x), rows)]
    logits = np.concatenate(parts)
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def score(metrics: list[str], test: Examples, predicted: np.ndarray, frequencies: np.ndarray) -> dict[str, float]:
    """Each metric of `metrics` on held-out examples, by name."""
    from pipeline import metrics as functions

    return {name: getattr(functions, name)(test.y, predicted, frequencies) for name in metrics}


def confusion(labels: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Counts (classes, classes): rows are true classes, columns predicted ones."""
    classes = predicted.shape[1]
    flat = np.bincount(labels * classes + predicted.argmax(1), minlength=classes * classes)
    return flat.reshape(classes, classes)
