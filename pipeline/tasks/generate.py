"""Samples like those given: a generator against a discriminator, with the course's two losses for the generator."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pipeline.number_types import Positive, Share, Whole
from pipeline.records import Examples, write_bytes
from pipeline.training import optimizers

if TYPE_CHECKING:
    import keras

LABELS = ("class",)
OBJECTIVE = None  # the losses of two networks that train against each other say nothing about how good they are
MOST_MOMENTS = 8  # at which samples are looked at while a model trains
SAMPLES = 64  # looked at each time


def outputs(training: Examples, validation: Examples) -> int:
    """One number: the discriminator's logit."""
    return 1


def compile(
    model: "keras.Model",
    training: Examples,
    steps_per_execution: int = 1,
    jit_compile: bool = False,
    *,
    loss: Literal["non_saturating", "minimax"] = "non_saturating",
    generator_optimizer: Literal["adam", "sgd"] = "adam",
    discriminator_optimizer: Literal["adam", "sgd"] = "adam",
    generator_rate: Positive = 0.001,
    discriminator_rate: Positive = 0.001,
    beta_1: Share = 0.5,
    head_start: Whole = 0,
    update: Literal["alternating", "simultaneous"] = "alternating",
) -> None:
    """The discriminator maximises E[log D(x)] + E[log(1 - D(G(z)))]; `loss` is the generator's (Goodfellow, 2014).

    minimax minimises E[log(1 - D(G(z)))], non_saturating -E[log D(G(z))]. beta_1 is for adam alone, 0.5 as Radford
    (2016) has it. In the first head_start steps only the discriminator trains. alternating: the generator answers the
    discriminator's step with new noise; simultaneous: both gradients come from one pass, which costs less.
    """
    model.compile(
        _optimizer(generator_optimizer, generator_rate, beta_1),
        _optimizer(discriminator_optimizer, discriminator_rate, beta_1),
        objective=loss,
        head_start=head_start,
        update=update,
        steps_per_execution=steps_per_execution,
        jit_compile=jit_compile,
    )


def _optimizer(name: str, learning_rate: float, beta_1: float) -> "keras.Optimizer":
    return optimizers.build_optimizer(
        optimizers.OptimizerSettings(optimizer=name, learning_rate=learning_rate, beta_1=beta_1)
    )


def measure(model: "keras.Model", x: Any, y: Any) -> dict[str, Any]:
    """Mean probability of being real that the discriminator gives to real examples, in evaluation mode.

    Higher on the training examples than on others: the discriminator has learnt them by heart.
    """
    import tensorflow as tf

    logits = tf.cast(model.discriminator(x, training=False), tf.float32)
    return {"judged_real": tf.reduce_mean(tf.sigmoid(logits))}


def noise(samples: int, latent: int) -> np.ndarray:
    """Standard normal (samples, latent) float32, the same whenever it is asked for."""
    return np.random.default_rng(0).standard_normal((samples, latent)).astype(np.float32)


def predict(model: "keras.Model", x: np.ndarray, rows: int = 2048) -> np.ndarray:
    """As many samples as `x` has examples, float32, from fixed noise through a generator in evaluation mode."""
    latent = noise(len(x), model.input_shape[-1])
    parts = [model(latent[first : first + rows], training=False) for first in range(0, len(x), rows)]
    return np.concatenate([np.asarray(part, np.float32) for part in parts])


def saved(model: "keras.Model") -> "keras.Model":
    """The generator, noise (batch, latent) -> samples: what is used once training is over."""
    generator: keras.Model = model.generator
    return generator


def watchers(model: "keras.Model", epochs: int) -> list["keras.callbacks.Callback"]:
    """A callback that looks at samples from the same noise eight times while `model` trains, last at the end.

    `keep(folder)` writes what it saw: samples.npz with epochs (times,) and images (times, 64, *shape).
    """
    import keras

    class Samples(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
        """Keeps samples of the generator, the same noise each time; `state` goes into the checkpoint."""

        state = ("epochs", "images")

        def __init__(self) -> None:
            super().__init__()
            self.epochs: list[int] = []
            self.images: list[np.ndarray] = []

        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            """Draw samples, if it is time."""
            if epoch + 1 in moments(epochs):
                self.epochs.append(epoch + 1)
                self.images.append(predict(self.model.generator, np.empty(SAMPLES)))

        def keep(self, folder: Path) -> None:
            """Write samples.npz."""
            buffer = io.BytesIO()
            np.savez(buffer, epochs=np.array(self.epochs), images=np.array(self.images))
            write_bytes(folder / "samples.npz", buffer.getvalue())

    return [Samples()]


def moments(epochs: int) -> set[int]:
    """The epochs after which samples are looked at: the first, the last, and some at equal distances between."""
    return set(np.linspace(1, epochs, min(MOST_MOMENTS, epochs)).round().astype(int).tolist())
