"""The same answer whatever is asked: how frequent classes are in training, or the mean of its numbers."""

import keras
import numpy as np

from pipeline.models._at_once import FittedAtOnce
from pipeline.records import Examples


def build(shape: tuple[int, ...], outputs: int) -> FittedAtOnce:
    """(batch, *shape) -> (batch, outputs): logits whose softmax is the classes' shares, or the mean.

    It is what any model has to beat: scikit-learn calls it DummyClassifier (`prior`) and DummyRegressor (`mean`).
    """
    inputs = keras.Input(shape)
    answer = keras.layers.Dense(outputs, kernel_initializer="zeros", dtype="float32", trainable=False, name="answer")
    return Prior(inputs, answer(keras.layers.Flatten(dtype="float32")(inputs)), name="prior")


class Prior(FittedAtOnce):
    """A layer that weighs no input, and whose bias is the answer."""

    def adapt(self, training: Examples, seed: int) -> None:
        """The logarithms of the classes' shares, or the mean of the numbers."""
        layer, y = self.get_layer("answer"), training.y
        if y.dtype.kind == "i":
            counts = np.maximum(np.bincount(y, minlength=layer.units), 1e-9)  # a class may be in validation alone
            layer.bias.assign(np.log(counts / counts.sum()))
        else:
            layer.bias.assign(np.full(layer.units, y.mean(dtype=np.float64)))
