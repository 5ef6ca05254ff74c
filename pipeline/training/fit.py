"""Fit one compiled model through Keras' own `fit`, and record how it went epoch by epoch."""

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from pipeline.contracts import Task
from pipeline.number_types import Count
from pipeline.records import Examples
from pipeline.training import checkpoint, compiled_cache, objective, optimizers
from pipeline.training.library_tricks import without_tuner

MEASURED_EXAMPLES = 1000  # of the training split, on which each epoch is measured in evaluation mode


def fit(
    task: Task,
    model: keras.Model,
    training: Examples,
    validation: Examples,
    seed: int,
    checkpoints: Path | None = None,
    artifacts: Path | None = None,
    cache_key: str | None = None,
    *,
    epochs: Count = 20,
    batch_size: Count = 64,
    epoch_steps: Count | None = None,
    patience: Count | None = None,
    xla: bool = False,
) -> list[dict[str, float]]:
    """Train `model`, compiled by its task, and give its history, one row per epoch: see `Epochs`.

    An epoch takes the whole training split in an order drawn from (seed, epoch), or its first `epoch_steps` batches;
    with `xla`, whole batches alone.
    With `patience`, training stops after so many epochs without a lower objective on the validation split, and keeps
    the best epoch's weights. A loss that is not finite ends training at that epoch. Every epoch's state is saved in the
    folder `checkpoints`; a training found there goes on exactly where it stood. What the task watches on the way is
    written to the folder `artifacts`. Trainings of one `cache_key` are traced once in a process: see `reuse_compiled`.
    """
    state = checkpoint.load(checkpoints) if checkpoints else None
    steps = optimizers.steps(len(training), batch_size, epoch_steps, xla)
    record = Epochs(task, training, validation, model.optimizer.global_clipnorm)
    with compiled_cache.reuse_compiled(model, cache_key) as compiled:
        first = _resume(compiled, state, epochs)
        watchers = task.watchers(compiled, epochs)
        callbacks = [record, *_patience(task, patience), *watchers]
        compiled.fit(
            batches(training, batch_size, seed, epochs, min(first, epochs - 1), steps),
            initial_epoch=first,
            epochs=epochs,
            steps_per_epoch=steps,
            shuffle=False,  # the order is already drawn from (seed, epoch)
            callbacks=callbacks + ([checkpoint.Checkpoint(checkpoints, callbacks, state)] if checkpoints else []),
            verbose=0,
        )
    for watcher in watchers if artifacts else []:
        watcher.keep(artifacts)
    return record.rows


def _resume(model: keras.Model, state: checkpoint.State | None, epochs: int) -> int:
    """Number of epochs that need not be trained again."""
    if state is None:
        return 0
    checkpoint.restore(model, state)
    return epochs if state.stopped else state.epoch


def _patience(task: Task, patience: int | None) -> list[keras.callbacks.Callback]:
    if not patience:
        return []
    watched = f"val_{task.OBJECTIVE}"
    return [keras.callbacks.EarlyStopping(watched, patience=patience, mode="min", restore_best_weights=True)]


def batches(
    examples: Examples, size: int, seed: int, epochs: int, first: int = 0, steps: int | None = None
) -> tf.data.Dataset:
    """(x, y) batches of epochs `first` to `epochs` in one go; an epoch's order follows from (seed, epoch) alone.

    One dataset for all epochs, as Keras would start a new one, and its threads, for each. Rows are shuffled by a
    stateless function: a resumed training needs the order of epoch 7 without having drawn those of 1 to 6.
    """
    x, y = tf.constant(examples.x), tf.constant(examples.y)
    rows = tf.range(len(examples))

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]  # TensorFlow is untyped
    def epoch(number: tf.Tensor) -> tf.data.Dataset:
        order = tf.random.experimental.stateless_shuffle(rows, seed=tf.stack([tf.constant(seed, tf.int64), number]))
        return tf.data.Dataset.from_tensor_slices(order).batch(size).take(steps or -1)

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def rows_of(batch: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.gather(x, batch), tf.gather(y, batch)

    return without_tuner(tf.data.Dataset.range(first, epochs).flat_map(epoch).map(rows_of).prefetch(4))


@lru_cache(maxsize=1)  # both splits of every epoch, and of the next run that reuses the model
def _measuring(task: Any, model: keras.Model) -> Any:
    """The task's measure of `model` as a function of (x, y), traced once for all splits and runs."""
    return tf.function(lambda x, y: task.measure(model, x, y), reduce_retracing=True, autograph=False)


def _evenly(examples: int, most: int) -> np.ndarray:
    """Rows of at most `most` examples, at equal distances."""
    count = min(most, examples)
    return np.arange(count) * examples // count


class Epochs(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """One row per epoch: loss and val_loss as Keras means them, then what the task measures in evaluation mode.

    `loss` is the running mean of the objective in training mode, with penalties and weights; `val_loss` is the
    objective on the validation split, with both. What the task measures is plain, in evaluation mode, on 1,000
    training examples spread evenly over the split (copies that a view adds stand at its end) and, named `val_...`, on
    the validation split. With watched gradients: `gradient_norm`, the median over the epoch's steps of the norm before
    clipping, `gradient_norm_max`, and `clipped_share`.
    """

    state = ("rows",)

    def __init__(self, task: Task, training: Examples, validation: Examples, clip: float | None = None) -> None:
        super().__init__()
        self.rows: list[dict[str, float]] = []
        self._task: Any = task  # a module: a key of the cache of what measures
        self._clip = clip or math.inf
        self._training = training.take(_evenly(len(training), MEASURED_EXAMPLES))
        self._validation = validation

    def set_model(self, model: keras.Model) -> None:
        """Have both splits at hand, and what measures them."""
        super().set_model(model)
        self._measure = _measuring(self._task, model)
        self._splits = [(tf.constant(part.x), tf.constant(part.y)) for part in (self._training, self._validation)]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Measure both splits, add the figures to the logs that later callbacks see, stop if the loss is lost."""
        logs = {} if logs is None else logs
        fitted, held_out = ({key: float(value) for key, value in self._measure(*part).items()} for part in self._splits)
        row = {name: float(value) for name, value in logs.items()}
        fitted.pop("objective", None)
        if "objective" in held_out:
            row["val_loss"] = held_out.pop("objective")
        for name, value in fitted.items():
            row |= {name: value, f"val_{name}": held_out[name]}
        row |= self._gradients()
        logs |= row
        self.rows.append({"epoch": epoch + 1, **row})
        if not objective.finite(row):
            self.model.stop_training = True

    def _gradients(self) -> dict[str, float]:
        norms = optimizers.gradient_norms(self.model)
        if norms is None:
            return {}
        values = np.where(np.isfinite(norms), norms, np.inf).astype(float)
        return {
            "gradient_norm": float(np.median(values)),
            "gradient_norm_max": float(values.max()),
            "clipped_share": float(np.mean(values > self._clip)),
        }
