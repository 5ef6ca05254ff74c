"""What tests of tasks share: a layer that gives away in which mode a model was asked."""

import keras
import pytest


class TrainingUnlessTold(keras.layers.Layer):
    """Gives its input back in evaluation mode, and nine times as much in training mode, which is its default."""

    def call(self, values, training=True):
        return values * 9 if training else values


@pytest.fixture
def trains_by_default():
    return TrainingUnlessTold()
