"""A constant answer is what the training part shows, whatever is asked."""

import keras
import numpy as np
import pytest

from pipeline.models import prior
from pipeline.records import Examples

X = np.random.default_rng(0).normal(size=(100, 5)).astype("float32")


def fitted(y, outputs, x=X):
    model = prior.build(x.shape[1:], outputs)
    model.adapt(Examples(x, y), 0)
    return np.asarray(model(x), "float64")


@pytest.mark.parametrize("counts", [(90, 10), (50, 30, 20), (99, 1)])
def test_of_classes_it_is_their_shares(counts):
    logits = fitted(np.repeat(np.arange(len(counts)), counts).astype("int64"), len(counts))
    shares = np.asarray(keras.ops.softmax(logits))
    np.testing.assert_allclose(shares, np.tile(np.array(counts) / 100, (100, 1)), atol=1e-6)


def test_of_numbers_it_is_the_mean():
    y = (250_000 + 1e5 * X[:, 0]).astype("float32")
    np.testing.assert_allclose(fitted(y, 1), np.full((100, 1), y.mean(dtype="float64")), rtol=1e-6)


def test_a_class_that_training_does_not_have_is_hardly_possible():
    logits = fitted(np.repeat([0, 1], 50).astype("int64"), 3)
    assert np.isfinite(logits).all() and 0 <= np.asarray(keras.ops.softmax(logits))[0, 2] < 1e-9


def test_pictures_and_sequences_have_one_as_well():
    pictures = X.reshape(20, 5, 5, 1)
    assert fitted(np.repeat([0, 1], 10).astype("int64"), 2, pictures).shape == (20, 2)
