"""A generator and a discriminator that train against each other (Goodfellow, 2014): dense or convolutional."""

import math
from typing import Any, Literal

import keras
import tensorflow as tf

from pipeline.errors import InputError
from pipeline.number_types import Count, Share

TRACKED = ("d_loss", "g_loss", "real_score", "fake_score", "generator_gradient", "discriminator_gradient")
SLOPE = 0.2  # of leaky ReLU below 0, in convolutional discriminators (Radford, 2016)


def build(
    shape: tuple[int, ...],
    outputs: int,
    *,
    networks: Literal["dense", "convolutional"] = "dense",
    latent: Count = 8,
    noise: Literal["gaussian", "uniform"] = "gaussian",
    width: Count = 128,
    depth: Count = 2,
    normalization: bool = True,
    dropout: Share = 0.0,
) -> "GAN":
    """Noise (batch, latent) -> samples (batch, *shape), and samples -> logits of being real (batch, outputs).

    dense: `depth` hidden layers of `width` units each, in both networks. convolutional: images halved `depth` times, by
    strides, from `width` channels on, doubling (DCGAN: Radford, 2016); sides must be whole multiples of 2**depth
    (InputError). Samples are 0..1 where `shape` is that of images, unbounded elsewhere. normalization (batch, all but
    the first and last layer) is for convolutional networks alone; dropout follows each hidden layer of the
    discriminator. What is drawn is standard normal; with `uniform` noise each number z becomes
    sqrt(3) (2 Phi(z) - 1) before the generator's first layer: uniform, with mean 0 and deviation 1 as well. outputs is
    1, unless someone wants several judges.
    """
    if networks == "dense":
        return GAN(
            _dense_generator(shape, latent, noise, width, depth),
            _dense_discriminator(shape, outputs, width, depth, dropout),
        )
    if len(shape) != 3 or any(side % 2**depth for side in shape[:2]):
        raise InputError(
            f"gan: given convolutional networks, depth {depth}, and samples of shape {shape}, allowed (height, width,"
            f" channels) with sides divisible by {2**depth}: change depth or set networks: dense"
        )
    return GAN(
        _generator(shape, latent, noise, width, depth, normalization),
        _discriminator(shape, outputs, width, depth, normalization, dropout),
    )


def discriminator_loss(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    """-E[log D(x)] - E[log(1 - D(G(z)))] from logits; 2 ln 2 = 1.386 where D says one half of everything."""
    return tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(fake))


def generator_loss(fake: tf.Tensor, kind: str) -> tf.Tensor:
    """From logits of generated samples: minimax E[log(1 - D(G(z)))], or non_saturating -E[log D(G(z))]."""
    return -tf.reduce_mean(tf.nn.softplus(fake)) if kind == "minimax" else tf.reduce_mean(tf.nn.softplus(-fake))


@keras.saving.register_keras_serializable(package="aula")
class GAN(keras.Model):  # type: ignore[misc]  # Keras is untyped
    """Trains `discriminator` (samples -> logits) and `generator` (noise -> samples) by a train_step of its own.

    Call it with noise (batch, latent) for samples. Logs, each the mean over an epoch's steps: d_loss (sum of two means,
    1.386 at equilibrium), g_loss, real_score and fake_score (mean D in training mode), and the norms of both gradients
    over all of a network's weights; generator_gradient counts during the head start too. With several replicas losses
    and scores are those of the whole batch, norms the mean of the replicas' norms.
    """

    def __init__(self, generator: keras.Model, discriminator: keras.Model, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.generator, self.discriminator = generator, discriminator
        self.latent = generator.input_shape[-1]
        self.noise = keras.random.SeedGenerator()
        self.steps = keras.Variable(0, dtype="int", trainable=False, aggregation="only_first_replica", name="steps")
        self._means = [keras.metrics.Mean(name=name) for name in TRACKED]
        self.built = True  # else fit under tf.distribute calls the model on a batch of samples, which are not noise

    def compile(
        self,
        generator_optimizer: keras.Optimizer,
        discriminator_optimizer: keras.Optimizer,
        objective: Literal["non_saturating", "minimax"] = "non_saturating",
        head_start: int = 0,
        update: Literal["alternating", "simultaneous"] = "alternating",
        **kwargs: Any,
    ) -> None:
        """Keep and build both optimizers; kwargs are Keras' own (jit_compile, steps_per_execution).

        objective is the generator's loss. During the first head_start steps only the discriminator changes. alternating
        draws new noise for the generator's step, after the discriminator's; simultaneous takes both gradients from one
        pass.
        """
        super().compile(optimizer=discriminator_optimizer, **kwargs)
        self.generator_optimizer, self.discriminator_optimizer = generator_optimizer, discriminator_optimizer
        generator_optimizer.build(self.generator.trainable_variables)
        discriminator_optimizer.build(self.discriminator.trainable_variables)
        self.objective, self.head_start, self.update = objective, head_start, update

    def get_compile_config(self) -> dict[str, Any]:
        """What `compile` was called with, Keras' own settings left out."""
        optimizers = {name: getattr(self, name) for name in ("generator_optimizer", "discriminator_optimizer")}
        plain = {name: getattr(self, name) for name in ("objective", "head_start", "update")}
        return {name: keras.saving.serialize_keras_object(item) for name, item in optimizers.items()} | plain

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as `get_compile_config` tells; both optimizers are built, so that their state can be loaded."""
        self.compile(**keras.saving.deserialize_keras_object(config))

    def get_config(self) -> dict[str, Any]:
        """Both networks, whole."""
        networks = {"generator": self.generator, "discriminator": self.discriminator}
        own = {name: keras.saving.serialize_keras_object(network) for name, network in networks.items()}
        return {"name": self.name, **own}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> "GAN":
        """The model that `get_config` tells of."""
        networks = ("generator", "discriminator")
        built = {name: keras.saving.deserialize_keras_object(config[name], custom_objects) for name in networks}
        return cls(name=config["name"], **built)

    @property
    def metrics(self) -> list[keras.Metric]:
        """What Keras starts anew each epoch."""
        return list(self._means)

    def call(self, noise: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Samples (batch, *shape) from noise (batch, latent)."""
        return self.generator(noise, training=training)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step of both networks on a batch of real samples; labels are not looked at."""
        real = keras.utils.unpack_x_y_sample_weight(data)[0]
        values = self._simultaneous(real) if self.update == "simultaneous" else self._alternating(real)
        self.steps.assign_add(1)
        for mean, value in zip(self._means, values, strict=True):
            mean.update_state(value)
        return {mean.name: mean.result() for mean in self._means}

    def _alternating(self, real: tf.Tensor) -> list[tf.Tensor]:
        generated = self.generator(self._draw(real), training=True)
        with tf.GradientTape() as tape:
            yes, no = self._logits(real), self._logits(generated)
            loss = discriminator_loss(yes, no)
            shared = loss / _replicas()
        d_norm = self._step_discriminator(tape.gradient(shared, self.discriminator.trainable_variables))
        with tf.GradientTape() as tape:
            fake = self._logits(self.generator(self._draw(real), training=True))
            g_loss = generator_loss(fake, self.objective)
            shared = g_loss / _replicas()
        g_norm = self._step_generator(tape.gradient(shared, self.generator.trainable_variables))
        return [loss, g_loss, _score(yes), _score(no), g_norm, d_norm]

    def _simultaneous(self, real: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape(persistent=True) as tape:
            yes, no = self._logits(real), self._logits(self.generator(self._draw(real), training=True))
            loss, g_loss = discriminator_loss(yes, no), generator_loss(no, self.objective)
            shared, g_shared = loss / _replicas(), g_loss / _replicas()
        gradients = tape.gradient(shared, self.discriminator.trainable_variables)
        g_gradients = tape.gradient(g_shared, self.generator.trainable_variables)
        del tape
        d_norm, g_norm = self._step_discriminator(gradients), self._step_generator(g_gradients)
        return [loss, g_loss, _score(yes), _score(no), g_norm, d_norm]

    def _logits(self, samples: tf.Tensor) -> tf.Tensor:
        """Real and generated samples come here apart: batch normalization must not mix them."""
        return tf.cast(self.discriminator(samples, training=True), tf.float32)

    def _draw(self, real: tf.Tensor) -> tf.Tensor:
        """Normal noise, as much as `real`; replicas share the seed, so each takes its own rows of a common draw."""
        rows, replica = tf.shape(real)[0], tf.distribute.get_replica_context().replica_id_in_sync_group
        noise = keras.random.normal((rows * _replicas(), self.latent), seed=self.noise)
        return noise if _replicas() == 1 else noise[rows * replica : rows * (replica + 1)]

    def _step_discriminator(self, gradients: list[tf.Tensor]) -> tf.Tensor:
        self.discriminator_optimizer.apply(gradients, self.discriminator.trainable_variables)
        return tf.linalg.global_norm(gradients) * _replicas()

    def _step_generator(self, gradients: list[tf.Tensor]) -> tf.Tensor:
        """Apply the gradients, unless the head start goes on: then zeros, which leave SGD and Adam as they were."""
        norm = tf.linalg.global_norm(gradients) * _replicas()
        optimizer = self.generator_optimizer
        if self.head_start:
            free = self.steps >= self.head_start
            gradients = [tf.where(free, gradient, tf.zeros_like(gradient)) for gradient in gradients]
        optimizer.apply(gradients, self.generator.trainable_variables)
        if self.head_start:  # Adam corrects its moments by the number of steps: those before the start do not count
            optimizer.iterations.assign(tf.where(free, optimizer.iterations, tf.zeros_like(optimizer.iterations)))
        return norm


def _replicas() -> int:
    return int(tf.distribute.get_strategy().num_replicas_in_sync)


def _score(logits: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.sigmoid(logits))


def _uniform(noise: Any) -> Any:
    """Standard normal numbers as uniform ones of mean 0 and deviation 1: sqrt(3) erf(z / sqrt(2))."""
    return math.sqrt(3) * keras.ops.erf(noise / math.sqrt(2))


def _dense_generator(shape: tuple[int, ...], latent: int, kind: str, width: int, depth: int) -> keras.Model:
    noise = keras.Input((latent,))
    samples = _uniform(noise) if kind == "uniform" else noise
    for _ in range(depth):
        samples = keras.layers.Dense(width, activation="relu")(samples)
    samples = keras.layers.Dense(math.prod(shape), activation="sigmoid" if len(shape) == 3 else None)(samples)
    return keras.Model(noise, keras.layers.Reshape(shape)(samples), name="generator")


def _dense_discriminator(shape: tuple[int, ...], outputs: int, width: int, depth: int, dropout: float) -> keras.Model:
    samples = keras.Input(shape)
    hidden = keras.layers.Flatten()(samples)
    for _ in range(depth):
        hidden = keras.layers.Dense(width, activation="relu")(hidden)
        if dropout:
            hidden = keras.layers.Dropout(dropout)(hidden)
    return keras.Model(samples, keras.layers.Dense(outputs)(hidden), name="discriminator")


def _generator(
    shape: tuple[int, ...], latent: int, kind: str, width: int, depth: int, normalization: bool
) -> keras.Model:
    """The smallest map has the most channels; each transposed convolution doubles the sides."""
    noise = keras.Input((latent,))
    sides = [side // 2**depth for side in shape[:2]]
    channels = [width * 2**level for level in reversed(range(depth))]
    drawn = _uniform(noise) if kind == "uniform" else noise
    maps = keras.layers.Dense(math.prod(sides) * channels[0], use_bias=not normalization)(drawn)
    maps = _active(keras.layers.Reshape((*sides, channels[0]))(maps), normalization)
    for many in channels[1:]:
        layer = keras.layers.Conv2DTranspose(many, 4, strides=2, padding="same", use_bias=not normalization)
        maps = _active(layer(maps), normalization)
    last = keras.layers.Conv2DTranspose(shape[2], 4, strides=2, padding="same", activation="sigmoid")
    return keras.Model(noise, last(maps), name="generator")


def _active(maps: Any, normalization: bool) -> Any:
    if normalization:
        maps = keras.layers.BatchNormalization()(maps)
    return keras.layers.ReLU()(maps)


def _discriminator(
    shape: tuple[int, ...], outputs: int, width: int, depth: int, normalization: bool, dropout: float
) -> keras.Model:
    samples = maps = keras.Input(shape)
    for level in range(depth):
        maps = keras.layers.Conv2D(width * 2**level, 4, strides=2, padding="same")(maps)
        if normalization and level:
            maps = keras.layers.BatchNormalization()(maps)
        maps = keras.layers.LeakyReLU(SLOPE)(maps)
        if dropout:
            maps = keras.layers.Dropout(dropout)(maps)
    return keras.Model(samples, keras.layers.Dense(outputs)(keras.layers.Flatten()(maps)), name="discriminator")
