"""Convolutions, each of which halves the input, by stride or by pooling, at equal parameters: signals or images."""

from typing import Literal

import keras

from pipeline.errors import InputError
from pipeline.number_types import Count


def build(
    shape: tuple[int, ...],
    outputs: int,
    *,
    channels: Count = 25,
    kernels: list[Count] = [5, 3, 3],  # noqa: B006 (read, never changed)
    pooling: Literal["stride", "average", "max", "none"] = "max",
    padding: Literal["same", "valid"] = "same",
    initializer: Literal["glorot_uniform", "he_normal", "lecun_normal"] = "glorot_uniform",
    head: Literal["flatten", "average"] = "flatten",
) -> keras.Model:
    """(batch, steps, channels) or (batch, height, width, channels) -> logits (batch, outputs).

    For each kernel size one convolution of `channels` filters, ReLU, and a halving: `stride` convolves every second
    position, `average` and `max` pool windows of 2 (Springenberg, 2015, compares the three), `none` keeps all. The
    dense head is given all places of the last layer (`flatten`) or each channel's mean over them (`average`: Lin,
    2014). It has no softmax: the loss takes it from the logits (from_logits=True), which loses no digits, and the task
    applies it where probabilities are reported. Shapes of another rank: InputError.
    """
    rank = len(shape) - 1
    if rank not in (1, 2):
        raise InputError(
            f"convnet: given inputs of shape {shape}, allowed (steps, channels) or (height, width, channels): take"
            " another model"
        )
    Convolution = (keras.layers.Conv1D, keras.layers.Conv2D)[rank - 1]
    inputs = hidden = keras.Input(shape)
    for kernel in kernels:
        hidden = Convolution(
            channels,
            kernel,
            strides=2 if pooling == "stride" else 1,
            padding=padding,
            activation="relu",
            kernel_initializer=initializer,
        )(hidden)
        if pooling in ("average", "max"):
            hidden = _pool(pooling, rank, padding)(hidden)
    return keras.Model(inputs, keras.layers.Dense(outputs)(_given_to_head(head, rank)(hidden)), name="convnet")


def _pool(kind: str, rank: int, padding: str) -> keras.Layer:
    layers = keras.layers
    choices = {
        ("average", 1): layers.AveragePooling1D,
        ("max", 1): layers.MaxPooling1D,
        ("average", 2): layers.AveragePooling2D,
        ("max", 2): layers.MaxPooling2D,
    }
    return choices[kind, rank](2, padding=padding)


def _given_to_head(head: str, rank: int) -> keras.Layer:
    if head == "flatten":
        return keras.layers.Flatten()
    return (keras.layers.GlobalAveragePooling1D, keras.layers.GlobalAveragePooling2D)[rank - 1]()
