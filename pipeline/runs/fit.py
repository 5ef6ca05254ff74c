"""Fit one model through Keras' own `fit`, and record how it went epoch by epoch."""

import math
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from pipeline import tasks
from pipeline.bounds import Count, NotNegative, Positive, Share
from pipeline.records import Examples
from pipeline.runs import checkpoint

PROBE = 4000  # training examples, the first of the split, on which each epoch is looked at in evaluation mode


def fit(
    model: keras.Model,
    training: Examples,
    validation: Examples,
    seed: int,
    checkpoints: Path | None = None,
    *,
    epochs: Count = 20,
    batch_size: Count = 64,
    learning_rate: Positive = 0.001,
    optimizer: Literal["adam", "sgd", "rmsprop"] = "adam",
    momentum: Share = 0.0,
    global_clipnorm: Positive | None = None,
    class_weight: Literal["balanced"] | None = None,
    logit_adjustment: NotNegative = 0.0,
    patience: Count | None = None,
) -> list[dict[str, float]]:
    """Train `model` (logits) and give its history, one row an epoch: see `Epochs` for the columns.

    momentum is for sgd alone. class_weight balances the loss by class frequency; logit_adjustment is tau of Menon
    (2021), 0 for plain cross-entropy. With `patience`, training stops after so many epochs without a lower
    val_cross_entropy and the best epoch's weights are kept. A loss that is not finite ends training at that epoch.
    Every epoch's state is kept in the folder `checkpoints`; a training found there goes on exactly where it stood.
    """
    classes, steps = model.output_shape[-1], math.ceil(len(training) / batch_size)
    state = checkpoint.load(checkpoints) if checkpoints else None
    model.compile(
        optimizer=_optimizer(optimizer, learning_rate, momentum, global_clipnorm),
        loss=tasks.loss(logit_adjustment, tasks.priors(training.y, classes)),
        steps_per_execution=steps,
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)
    first = _resume(model, state, epochs)
    callbacks: list[keras.callbacks.Callback] = [Epochs(training, validation)]
    if patience:
        stop = keras.callbacks.EarlyStopping(
            "val_cross_entropy", patience=patience, mode="min", restore_best_weights=True
        )
        callbacks.append(stop)
    keep = [checkpoint.Checkpoint(checkpoints, callbacks, state)] if checkpoints else []
    model.fit(
        batches(training, batch_size, seed, epochs, first=min(first, epochs - 1)),
        initial_epoch=first,
        epochs=epochs,
        steps_per_epoch=steps,
        class_weight=tasks.class_weights(training.y, classes) if class_weight else None,
        shuffle=False,  # the order is already drawn from (seed, epoch)
        callbacks=callbacks + keep,
        verbose=0,
    )
    return callbacks[0].rows


def _resume(model: keras.Model, state: checkpoint.State | None, epochs: int) -> int:
    """Number of epochs that need not be trained again."""
    if state is None:
        return 0
    checkpoint.restore(model, state)
    return epochs if state.stopped else state.epoch


def _optimizer(name: str, rate: float, momentum: float, clip: float | None) -> keras.Optimizer:
    kinds = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD, "rmsprop": keras.optimizers.RMSprop}
    extra = {"momentum": momentum} if name == "sgd" else {}
    return kinds[name](rate, global_clipnorm=clip, **extra)


def batches(examples: Examples, size: int, seed: int, epochs: int, first: int = 0) -> tf.data.Dataset:
    """(x, y) batches of epochs `first` to `epochs` in one go; an epoch's order follows from (seed, epoch) alone."""
    x, y = tf.constant(examples.x), tf.constant(examples.y)
    rows = tf.range(len(examples))

    def epoch(number: tf.Tensor) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(rows, seed=tf.stack([tf.constant(seed, tf.int64), number]))
        return tf.data.Dataset.from_tensor_slices(order).batch(size)

    order = tf.data.Dataset.range(first, epochs).flat_map(epoch)
    return order.map(lambda at: (tf.gather(x, at), tf.gather(y, at))).prefetch(4)


class Epochs(keras.callbacks.Callback):
    """One row an epoch: loss and val_loss as Keras means them, cross-entropy and accuracy in evaluation mode.

    `loss` is the running mean of the objective in training mode, with penalties and weights; `val_loss` is the
    objective on the validation split, with penalties, without weights. `cross_entropy`, `val_cross_entropy`,
    `accuracy` and `val_accuracy` are plain, in evaluation mode, the training ones on the first 4,000 examples.
    """

    state = ("rows",)

    def __init__(self, training: Examples, validation: Examples) -> None:
        super().__init__()
        self.rows: list[dict[str, float]] = []
        self._training = training.take(np.arange(min(PROBE, len(training))))
        self._validation = validation

    def set_model(self, model: keras.Model) -> None:
        """Trace the measuring once, for both splits."""
        super().set_model(model)
        self._measure = tf.function(self._measures, reduce_retracing=True)
        self._splits = [(tf.constant(part.x), tf.constant(part.y)) for part in (self._training, self._validation)]

    def _measures(self, x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        logits = tf.cast(self.model(x, training=False), tf.float32)
        entropy = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
        hits = tf.reduce_mean(tf.cast(tf.argmax(logits, 1) == y, tf.float32))
        objective = self.model.loss(y, logits) + tf.add_n([tf.constant(0.0), *self.model.losses])
        return entropy, hits, objective

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Measure both splits, add the figures to the logs that later callbacks see, stop if the loss is lost."""
        logs = {} if logs is None else logs
        (entropy, hits, _), (val_entropy, val_hits, val_loss) = (self._measure(*split) for split in self._splits)
        logs |= {"val_loss": float(val_loss), "cross_entropy": float(entropy), "val_cross_entropy": float(val_entropy)}
        logs |= {"accuracy": float(hits), "val_accuracy": float(val_hits)}
        columns = ("loss", "val_loss", "cross_entropy", "val_cross_entropy", "accuracy", "val_accuracy")
        self.rows.append({"epoch": epoch + 1, **{name: float(logs[name]) for name in columns}})
        if not all(math.isfinite(value) for value in (logs["loss"], logs["cross_entropy"])):
            self.model.stop_training = True
