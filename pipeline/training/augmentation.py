"""Keras layers that any model can be wrapped in: augmentation that is active in training only."""

import keras

from pipeline.number_types import NotNegative, Share


def augmentation(
    *, shift: Share = 0.0, rotate: NotNegative = 0.0, zoom: Share = 0.0, noise: NotNegative = 0.0
) -> list[keras.Layer]:
    """Random changes of images (batch, height, width, channels), fresh in every step of training.

    shift and zoom are shares of the side, rotate is in degrees, noise is the standard deviation of Gaussian noise
    in units of the pixels. A change of size 0 adds no layer. Pixels that come in from outside are 0.
    """
    layers: list[keras.Layer] = []
    fill = {"fill_mode": "constant", "fill_value": 0.0}
    if shift:
        layers.append(keras.layers.RandomTranslation(shift, shift, **fill))
    if rotate:
        layers.append(keras.layers.RandomRotation(rotate / 360, **fill))
    if zoom:
        layers.append(keras.layers.RandomZoom(zoom, **fill))
    if noise:
        layers.append(keras.layers.GaussianNoise(noise))
    return layers


def wrap(model: keras.Model, layers: list[keras.Layer]) -> keras.Model:
    """`model` behind `layers`, as one model with the same inputs and outputs; without layers the model itself."""
    if not layers:
        return model
    inputs = keras.Input(model.input_shape[1:])
    outputs = inputs
    for layer in layers:
        outputs = layer(outputs)
    return keras.Model(inputs, model(outputs), name=f"augmented_{model.name}")
