"""What the course says of two networks that play, to the digit: the best discriminator, and what the game minimises."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.models import gan
from pipeline.training import runtime

# Real and generated samples at five places, so many of a hundred at each: shares are exact, and so are all means.
REAL, FAKE = np.array([40, 30, 20, 9, 1]), np.array([5, 10, 20, 25, 40])
STEPS, RATE = 200, 10.0


def shares(counts):
    return counts / counts.sum()


def value(logits, real=REAL, fake=FAKE):
    """V = E[log D(x)] + E[log(1 - D(G(z)))] of a discriminator with these logits, by the project's loss."""
    samples = [tf.gather(logits, np.repeat(np.arange(len(real)), counts)) for counts in (real, fake)]
    return -gan.discriminator_loss(*samples)


def slope(logits):
    logits = tf.constant(logits, "float64")
    with tf.GradientTape() as tape:
        tape.watch(logits)
        told = value(logits)
    return tf.convert_to_tensor(tape.gradient(told, logits)).numpy()


def best(real, fake):
    """Logits of D* = p / (p + q), which are log(p / q)."""
    return np.log(shares(real)) - np.log(shares(fake))


def jensen_shannon(p, q):
    """In nats; shares of 0 count for nothing."""
    middle = (p + q) / 2
    return sum(np.sum(each[each > 0] * np.log(each[each > 0] / middle[each > 0])) for each in (p, q)) / 2


def test_the_value_is_the_sum_of_two_expectations():
    logits, p, q = np.array([2.0, 1.0, 0.0, -1.0, -3.0]), shares(REAL), shares(FAKE)
    D = 1 / (1 + np.exp(-logits))
    assert float(value(logits)) == pytest.approx(p @ np.log(D) + q @ np.log(1 - D), rel=1e-12)


def test_the_best_discriminator_gives_the_share_of_real_samples_at_each_place():
    """There the gradient is 0; any other answer, at any place, has a lower value (Goodfellow, 2014, section 4.1)."""
    at = best(REAL, FAKE)
    p, q = shares(REAL), shares(FAKE)
    np.testing.assert_allclose(1 / (1 + np.exp(-at)), p / (p + q), rtol=1e-12)
    np.testing.assert_allclose(slope(at), 0, atol=1e-12)
    assert np.abs(slope(np.zeros(5))).max() > 0.05
    for place in range(5):
        for step in (-0.1, 0.1):
            assert float(value(at + step * np.eye(5)[place])) < float(value(at)) - 1e-6


def test_a_discriminator_that_climbs_its_value_arrives_there():
    logits = np.zeros(5)
    for _ in range(STEPS):
        logits += RATE * slope(logits)
    np.testing.assert_allclose(logits, best(REAL, FAKE), atol=1e-6)


@pytest.mark.parametrize("fake", [FAKE, REAL, REAL[::-1]])
def test_at_the_best_discriminator_the_value_is_a_jensen_shannon_divergence(fake):
    """-log 4 + 2 JSD: least, and -log 4, where both distributions are alike (Goodfellow, 2014, theorem 1)."""
    told, distance = float(value(best(REAL, fake), fake=fake)), jensen_shannon(shares(REAL), shares(fake))
    assert told == pytest.approx(-np.log(4) + 2 * distance, rel=1e-12)
    assert (distance == 0) == (fake is REAL)


def test_the_game_does_not_choose_the_generator_of_most_likelihood():
    """Of two generators the likelier one is the worse player: what is minimised is no likelihood.

    Half of the real samples are at each of two places. One generator spreads over these and a third one, the other is
    all but stuck at the first.
    """
    real, spread, stuck = np.array([500, 500, 0]), np.array([200, 200, 600]), np.array([995, 5, 0])
    p = shares(real)
    likelihood = {name: np.sum(p[:2] * np.log(shares(q)[:2])) for name, q in (("spread", spread), ("stuck", stuck))}
    game = {}
    for name, q in (("spread", spread), ("stuck", stuck)):
        with np.errstate(divide="ignore", invalid="ignore"):
            logits = np.clip(np.nan_to_num(best(real, q)), -40, 40)  # where one side never is, D is sure
        game[name] = float(value(logits, real, q))
        assert game[name] == pytest.approx(-np.log(4) + 2 * jensen_shannon(p, shares(q)), rel=1e-9)
    assert likelihood["spread"] > likelihood["stuck"] + 1
    assert game["spread"] > game["stuck"] + 0.1  # the generator wants it low


@pytest.mark.parametrize("kind", ["minimax", "non_saturating"])
def test_the_generator_learns_through_the_discriminator_by_the_chain_rule(kind):
    """Ordinary back-propagation: first the loss by the samples, through D, then the samples by G's weights."""
    runtime.seed(0)
    model = gan.build((2,), 1, latent=4, width=8)
    noise, weights = tf.random.stateless_normal((16, 4), [0, 1]), model.generator.trainable_variables
    weights = [weight.value for weight in weights]
    with tf.GradientTape(persistent=True) as tape:
        samples = model.generator(noise)
        loss = gan.generator_loss(model.discriminator(samples), kind)
    at_samples = tape.gradient(loss, samples)
    chained = tape.gradient(samples, weights, output_gradients=at_samples)
    for whole, part in zip(tape.gradient(loss, weights), chained, strict=True):
        np.testing.assert_allclose(whole, part, rtol=1e-5, atol=1e-8)
        assert np.abs(whole).max() > 0
    assert samples.shape == (16, 2)


@pytest.mark.parametrize("shape", [(2,), (28, 28, 1)])
def test_both_networks_are_fully_connected_layers_alone(shape):
    """Multilayer perceptrons, unless convolutional ones are asked for; what is no dense layer has no weights."""
    model = gan.build(shape, 1, latent=4, width=8, depth=2)
    for network in (model.generator, model.discriminator):
        dense = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)]
        assert len(dense) == 3 and sum(layer.count_params() for layer in dense) == network.count_params()
    assert model.generator.input_shape == (None, 4) and model.generator.output_shape == (None, *shape)
    assert model.discriminator.input_shape == (None, *shape) and model.discriminator.output_shape == (None, 1)


def test_any_logit_is_a_probability():
    runtime.seed(0)
    model = gan.build((2,), 1, width=8)
    points = np.random.default_rng(0).normal(size=(200, 2), scale=2).astype("float32")
    logits = np.asarray(model.discriminator(points), float)
    assert logits.shape == (200, 1) and logits.min() < 0 < logits.max()  # no activation at the end ...
    told = np.asarray(tf.sigmoid(model.discriminator(points)))
    assert np.all((told > 0) & (told < 1))  # ... until it is asked for
