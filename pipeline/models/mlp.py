"""Fully connected layers on the flattened input: the base line that knows nothing of neighbourhood."""

from typing import Literal

import keras

from pipeline.bounds import Count, NotNegative, Share, Whole


def build(
    shape: tuple[int, ...],
    classes: int,
    *,
    width: Count = 64,
    depth: Whole = 2,
    activation: Literal["relu", "tanh", "sigmoid", "elu", "gelu", "selu"] = "relu",
    initializer: Literal["glorot_uniform", "he_normal", "lecun_normal"] = "glorot_uniform",
    dropout: Share = 0.0,
    penalty: NotNegative = 0.0,
) -> keras.Model:
    """(batch, *shape) -> logits (batch, classes), through `depth` layers of `width` units; depth 0 is logistic.

    dropout is the share of units dropped after each hidden layer (Srivastava, 2014), penalty the L2 factor on its
    kernel.
    """
    inputs = keras.Input(shape)
    outputs = keras.layers.Flatten()(inputs)
    for _ in range(depth):
        outputs = keras.layers.Dense(
            width,
            activation=activation,
            kernel_initializer=initializer,
            kernel_regularizer=keras.regularizers.L2(penalty) if penalty else None,
        )(outputs)
        if dropout:
            outputs = keras.layers.Dropout(dropout)(outputs)
    return keras.Model(inputs, keras.layers.Dense(classes)(outputs), name="mlp")
