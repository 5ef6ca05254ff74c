"""A small convolutional network with batch normalization, for very many classes with very few images each."""

import keras

from pipeline.errors import InputError
from pipeline.number_types import Count, Share, Whole


def build(
    shape: tuple[int, ...],
    outputs: int,
    *,
    channels: list[Count] = [16, 32],  # noqa: B006 (read, never changed)
    kernel: Count = 3,
    width: Whole = 128,
    dropout: Share = 0.0,
) -> keras.Model:
    """(batch, height, width, channels) -> logits (batch, outputs).

    For each of `channels` a convolution, batch normalization (Ioffe and Szegedy, 2015), ReLU and max pooling of 2;
    then one hidden layer of `width` units, normalized as well (0: none), of which the share `dropout` is dropped in
    training. InputError: inputs that are no images, or too small to be halved so often.
    """
    if len(shape) != 3 or min(shape[:2]) < 2 ** len(channels):
        raise InputError(
            f"glyphnet: given inputs of shape {shape}, allowed (height, width, channels), both sides"
            f" {2 ** len(channels)} or more: name fewer channels"
        )
    layers = keras.layers
    inputs = hidden = keras.Input(shape)
    for count in channels:
        hidden = layers.Conv2D(count, kernel, padding="same", use_bias=False)(hidden)
        hidden = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(hidden))
        hidden = layers.MaxPooling2D(2)(hidden)
    hidden = layers.Flatten()(hidden)
    if width:
        hidden = layers.Dense(width, use_bias=False)(hidden)
        hidden = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(hidden))
    if dropout:
        hidden = layers.Dropout(dropout)(hidden)
    return keras.Model(inputs, layers.Dense(outputs)(hidden), name="glyphnet")
