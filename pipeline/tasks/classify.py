"""One class for each input: softmax cross-entropy on logits, with what is done against rare classes."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pipeline.number_types import NotNegative, Positive, Share
from pipeline.records import Examples
from pipeline.scoring import graph_cache
from pipeline.training import optimizers

if TYPE_CHECKING:
    import keras

LABELS = ("class",)
OBJECTIVE = "cross_entropy"
EFFECTIVE_NUMBER_BETA = 0.999  # Cui (2019)


def outputs(training: Examples, validation: Examples) -> int:
    """Number of classes."""
    return int(max(training.y.max(), validation.y.max())) + 1


def compile(
    model: "keras.Model",
    training: Examples,
    steps_per_execution: int = 1,
    jit_compile: bool = False,
    *,
    learning_rate: Positive = 0.001,
    optimizer: Literal["adam", "sgd", "rmsprop"] = "adam",
    momentum: Share = 0.0,
    global_clipnorm: Positive | None = None,
    watch_gradients: bool = False,
    class_weight: Literal["balanced", "effective"] | None = None,
    logit_adjustment: NotNegative = 0.0,
    focal: NotNegative = 0.0,
    label_smoothing: Share = 0.0,
) -> None:
    """Cross-entropy of logits (batch, classes). momentum is for sgd alone.

    class_weight balances the loss by class frequency, `effective` by the effective number of examples (Cui, 2019);
    logit_adjustment is tau of Menon (2021); focal is gamma of Lin (2017); label_smoothing the share given to all
    classes alike (Szegedy, 2016). 0 turns each off.
    """
    counts = np.bincount(training.y, minlength=model.output_shape[-1])
    settings = optimizers.OptimizerSettings(
        optimizer=optimizer,
        learning_rate=learning_rate,
        momentum=momentum,
        global_clipnorm=global_clipnorm,
        watch_gradients=watch_gradients,
    )
    cross_entropy = loss(counts, class_weight, logit_adjustment, focal, label_smoothing)
    optimizers.compile_model(
        model, cross_entropy, settings, steps_per_execution=steps_per_execution, jit_compile=jit_compile
    )


def loss(
    counts: np.ndarray,
    class_weight: str | None = None,
    logit_adjustment: float = 0.0,
    focal: float = 0.0,
    label_smoothing: float = 0.0,
) -> "keras.Loss":
    """Cross-entropy of logits for classes with `counts` training examples each."""
    import keras

    if not (class_weight or logit_adjustment or focal or label_smoothing):
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    ops, classes = keras.ops, len(counts)
    offset = (logit_adjustment * np.log(np.maximum(counts / counts.sum(), 1e-12))).astype("float32")
    weights = weights_of(counts, class_weight).astype("float32")

    class Weighted(keras.losses.Loss):  # type: ignore[misc]  # Keras is untyped
        """Cross-entropy with the logits shifted, the labels smoothed and the examples weighted."""

        def call(self, y_true: Any, y_pred: Any) -> Any:
            logs = ops.log_softmax(y_pred + offset)
            labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")
            target = ops.one_hot(labels, classes) * (1 - label_smoothing) + label_smoothing / classes
            each = -ops.sum(target * (1 - ops.exp(logs)) ** focal * logs, -1) if focal else -ops.sum(target * logs, -1)
            return each * ops.take(weights, labels)

    return Weighted(name="weighted_cross_entropy")


def weights_of(counts: np.ndarray, kind: str | None) -> np.ndarray:
    """Weight of each class (classes,): inverse to its frequency or effective number, 1 on average over examples."""
    present = np.maximum(counts, 1)  # a class without examples has the weight of one with a single example
    if kind is None:
        return np.ones(len(counts))
    beta = EFFECTIVE_NUMBER_BETA
    raw = 1 / present if kind == "balanced" else (1 - beta) / (1 - beta**present)
    weights: np.ndarray = raw * present.sum() / (raw * present).sum()
    return weights


def measure(model: "keras.Model", x: Any, y: Any) -> dict[str, Any]:
    """Cross-entropy and accuracy in evaluation mode, without weights and penalties."""
    import tensorflow as tf

    logits = tf.cast(model(x, training=False), tf.float32)
    entropy = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
    hits = tf.reduce_mean(tf.cast(tf.argmax(logits, 1) == y, tf.float32))
    objective = model.loss(y, logits) + optimizers.penalties(model)
    return {"objective": objective, "cross_entropy": entropy, "accuracy": hits}


def predict(model: "keras.Model", x: np.ndarray) -> np.ndarray:
    """Softmax of the model's logits in evaluation mode, (examples, classes) float64."""
    return softmax(logits(model, x))


def logits(model: "keras.Model", x: np.ndarray, rows: int = 2048) -> np.ndarray:
    """What the model answers in evaluation mode, float64; `rows` examples at a time, which bounds the memory."""
    parts = [graph_cache.run(_answer, model, x[first : first + rows]) for first in range(0, len(x), rows)]
    return np.concatenate([np.asarray(part, "float64") for part in parts])


def _answer(model: "keras.Model", x: Any) -> Any:
    return model(x, training=False)


def softmax(values: np.ndarray) -> np.ndarray:
    """exp(z_j) / sum_k exp(z_k) over the last axis."""
    powers = np.exp(values - values.max(-1, keepdims=True))
    shares: np.ndarray = powers / powers.sum(-1, keepdims=True)
    return shares


def saved(model: "keras.Model") -> "keras.Model":
    """Weights and architecture alone: how the model was compiled is in the record."""
    import keras

    return keras.Model(model.input, model.output, name=model.name)


def watchers(model: "keras.Model", epochs: int) -> list[Any]:
    """None: all there is to see is in the history."""
    return []
