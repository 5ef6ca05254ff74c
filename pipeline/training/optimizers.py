"""Keras' optimizers by name, and the gradient's norm before clipping kept for every step."""

import math
from typing import Any

import keras
import tensorflow as tf

KINDS = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD, "rmsprop": keras.optimizers.RMSprop}


def named(name: str, rate: float, momentum: float, clip: float | None, watched: int = 0) -> keras.Optimizer:
    """An optimizer that clips the norm of the whole gradient to `clip` (Pascanu, 2013); momentum is for sgd alone.

    The norms of the last `watched` steps are kept, 0 for none.
    """
    kind = _watched(KINDS[name], watched) if watched else KINDS[name]
    extra = {"momentum": momentum} if name == "sgd" else {}
    return kind(rate, global_clipnorm=clip, **extra)


def compiled(
    model: keras.Model,
    loss: Any,
    steps_per_execution: int,
    jit_compile: bool,
    learning_rate: float,
    optimizer: str,
    momentum: float,
    global_clipnorm: float | None,
    watch_gradients: bool,
) -> None:
    """Compile `model` with one optimizer and build that, so that a checkpoint finds its state."""
    watched = steps_per_execution if watch_gradients else 0
    model.compile(
        optimizer=named(optimizer, learning_rate, momentum, global_clipnorm, watched),
        loss=loss,
        steps_per_execution=steps_per_execution,
        jit_compile=jit_compile,
    )
    model.optimizer.build(model.trainable_variables)


def penalties(model: keras.Model) -> tf.Tensor:
    """Sum of what the model's layers add to the loss; 0 where they add nothing."""
    return tf.add_n([tf.constant(0.0), *model.losses])


def steps(examples: int, batch_size: int, epoch_steps: int | None = None, xla: bool = False) -> int:
    """Optimizer steps of an epoch: the whole training split, or `epoch_steps` if that is less.

    With `xla` a last, smaller batch is left out, as XLA would compile the step once more for its shape alone.
    """
    whole = max(1, examples // batch_size) if xla else math.ceil(examples / batch_size)
    return min(whole, epoch_steps or whole)


def norms(model: keras.Model) -> keras.Variable | None:
    """Norms of the last steps, oldest first after a whole epoch; None if nobody watches."""
    return getattr(model.optimizer, "norms", None)


def _watched(kind: type[keras.Optimizer], steps: int) -> type[keras.Optimizer]:
    class Watched(kind):  # type: ignore[valid-type, misc]
        """`kind`, noting the global norm of each step's gradient as it comes, before it is clipped."""

        def build(self, variables: list[keras.Variable]) -> None:
            """One place for each step that is remembered."""
            super().build(variables)
            self.norms = self.add_variable((steps,), dtype="float32", name="gradient_norms")

        def apply(self, grads: list[tf.Tensor], trainable_variables: list[keras.Variable] | None = None) -> None:
            """Note the norm, then do as `kind` does."""
            at = tf.cast(self.iterations, tf.int32) % steps
            norm = tf.linalg.global_norm([gradient for gradient in grads if gradient is not None])
            self.norms.assign(tf.tensor_scatter_nd_update(self.norms.value, [[at]], [norm]))
            super().apply(grads, trainable_variables)

    return Watched
