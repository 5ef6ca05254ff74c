"""Fully connected layers on the flattened input: the base line that knows nothing of neighbourhood."""

from typing import Literal

import keras

from pipeline.number_types import Count, NotNegative, Positive, Share, Whole

# Glorot and Bengio (2010) for curves that are straight about 0, He (2015) for those that cut off, Klambauer (2017).
MATCHED = {
    "sigmoid": "glorot_uniform",
    "tanh": "glorot_uniform",
    "relu": "he_normal",
    "elu": "he_normal",
    "gelu": "he_normal",
    "selu": "lecun_normal",
}
STARTS = {  # variance times the inputs (or the mean of inputs and outputs), as Keras defines these initializers
    "glorot_uniform": (1.0, "fan_avg", "uniform"),
    "he_normal": (2.0, "fan_in", "truncated_normal"),
    "lecun_normal": (1.0, "fan_in", "truncated_normal"),
}


def build(
    shape: tuple[int, ...],
    outputs: int,
    *,
    width: Count = 64,
    depth: Whole = 2,
    activation: Literal["relu", "tanh", "sigmoid", "elu", "gelu", "selu"] = "relu",
    initializer: Literal["glorot_uniform", "he_normal", "lecun_normal", "matched"] = "glorot_uniform",
    gain: Positive = 1.0,
    batch_norm: bool = False,
    dropout: Share = 0.0,
    penalty: NotNegative = 0.0,
) -> keras.Model:
    """(batch, *shape) -> (batch, outputs), no activation at the end, through `depth` layers of `width` units.

    depth 0 is linear. The initializer `matched` is the activation's own: Glorot for sigmoid and tanh, He for ReLU, ELU
    and GELU, LeCun for SELU; `gain` multiplies the hidden kernels that it draws. batch_norm normalises what goes into
    each activation (Ioffe, 2015), dropout is the share of units dropped after it (Srivastava, 2014), penalty the L2
    factor on each hidden kernel.
    """
    inputs = keras.Input(shape)
    hidden = keras.layers.Flatten()(inputs)
    for _ in range(depth):
        hidden = keras.layers.Dense(
            width,
            activation=None if batch_norm else activation,
            use_bias=not batch_norm,  # the normalisation has a shift of its own
            kernel_initializer=_start(MATCHED[activation] if initializer == "matched" else initializer, gain),
            kernel_regularizer=keras.regularizers.L2(penalty) if penalty else None,
        )(hidden)
        if batch_norm:
            hidden = keras.layers.Activation(activation)(keras.layers.BatchNormalization()(hidden))
        if dropout:
            hidden = keras.layers.Dropout(dropout)(hidden)
    return keras.Model(inputs, keras.layers.Dense(outputs)(hidden), name="mlp")


def _start(initializer: str, gain: float) -> keras.initializers.Initializer:
    scale, mode, distribution = STARTS[initializer]
    return keras.initializers.VarianceScaling(scale * gain**2, mode=mode, distribution=distribution)
