"""What models share that learn nothing step by step: they are fitted to all training examples at once."""

from typing import Any

import keras

from pipeline.records import Examples


class FittedAtOnce(keras.Model):  # type: ignore[misc]  # Keras is untyped
    """A model of fixed weights, which `adapt` sets: the tasks `classify_at_once` and `regress_at_once` ask for it.

    What is saved is made of Keras' own layers, so it can be loaded anywhere.
    """

    def adapt(self, training: Examples, seed: int) -> None:
        """Set all weights by the training examples; the same examples and seed give the same weights."""
        raise NotImplementedError

    def train_step(self, data: Any) -> Any:
        """The loss of a batch, and no step: there is nothing to learn."""
        return self.test_step(data)
