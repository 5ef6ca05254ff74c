"""Keras' optimizers from settings, and the norm of each step's gradient before it is clipped."""

import math
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from pipeline.training.exact_roots import inverse_root


class ExactRMSprop(keras.optimizers.RMSprop):  # type: ignore[misc]  # Keras is untyped
    """Keras' RMSprop without momentum; its quotient by a root would be an estimate of the processor's."""

    def update_step(self, gradient: tf.Tensor, variable: keras.Variable, learning_rate: tf.Tensor) -> None:
        """Divide the gradient by the root of its running mean square (Tieleman and Hinton, 2012)."""
        velocity = self._velocities[self._get_variable_index(variable)]
        self.assign(velocity, self.rho * velocity + (1 - self.rho) * tf.square(gradient))
        self.assign_sub(variable, learning_rate * gradient * inverse_root(velocity + self.epsilon))


OPTIMIZERS = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD, "rmsprop": ExactRMSprop}


@dataclass(frozen=True, kw_only=True)
class OptimizerSettings:
    """Which optimizer, and how it steps: momentum is for sgd alone, beta_1 for adam alone (None: Keras' default).

    The norm of the whole gradient is clipped to global_clipnorm (Pascanu, 2013); watch_gradients notes it before that.
    """

    optimizer: str
    learning_rate: float
    momentum: float = 0.0
    beta_1: float | None = None
    global_clipnorm: float | None = None
    watch_gradients: bool = False


def build_optimizer(settings: OptimizerSettings, watched_steps: int = 0) -> keras.Optimizer:
    """A new optimizer; with `watch_gradients`, it remembers the gradient norms of the last `watched_steps` steps."""
    kind = OPTIMIZERS[settings.optimizer]
    if settings.watch_gradients and watched_steps:
        kind = _watched(kind, watched_steps)
    extra: dict[str, float] = {}
    if settings.optimizer == "sgd":
        extra["momentum"] = settings.momentum
    if settings.optimizer == "adam" and settings.beta_1 is not None:
        extra["beta_1"] = settings.beta_1
    return kind(learning_rate=settings.learning_rate, global_clipnorm=settings.global_clipnorm, **extra)


def compile_model(
    model: keras.Model, loss: Any, settings: OptimizerSettings, *, steps_per_execution: int, jit_compile: bool
) -> None:
    """Compile `model` with one optimizer and build that, so that a checkpoint finds its state."""
    model.compile(
        optimizer=build_optimizer(settings, watched_steps=steps_per_execution),
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


def gradient_norms(model: keras.Model) -> keras.Variable | None:
    """Norms of the last steps (steps,), oldest first after a whole epoch; None if nobody watches."""
    return getattr(model.optimizer, "gradient_norms", None)


def _watched(kind: type[keras.Optimizer], steps: int) -> type[keras.Optimizer]:
    class Watched(kind):  # type: ignore[misc]  # Keras is untyped
        """`kind`, noting the global norm of each step's gradient as it comes, before it is clipped."""

        def build(self, variables: list[keras.Variable]) -> None:
            """Add one place for each step that is remembered."""
            super().build(variables)
            self.gradient_norms = self.add_variable((steps,), dtype="float32", name="gradient_norms")

        def apply(self, grads: list[tf.Tensor], trainable_variables: list[keras.Variable] | None = None) -> None:
            """Note the norm, then do as `kind` does."""
            place = tf.cast(self.iterations, tf.int32) % steps
            norm = tf.linalg.global_norm([gradient for gradient in grads if gradient is not None])
            self.gradient_norms.assign(tf.tensor_scatter_nd_update(self.gradient_norms.value, [[place]], [norm]))
            super().apply(grads, trainable_variables)

    return Watched
