"""Locally connected network: a convolutional one's receptive fields and strides, without its shared weights."""

import math
from typing import Any, Literal

import keras
import numpy as np

from pipeline.errors import InputError
from pipeline.number_types import Count


@keras.saving.register_keras_serializable(package="aula")
class LocallyConnected(keras.layers.Layer):  # type: ignore[misc]  # Keras is untyped
    """A convolution whose every position has weights and biases of its own; Keras 3 has no such layer.

    (batch, steps, channels) -> (batch, steps', filters), and (batch, height, width, channels) likewise; windows,
    strides and padding are those of Conv1D and Conv2D, and so is the spread of the initial weights: the fans are those
    of one position. The kernel has shape (positions, *window, channels, filters), the bias (positions, filters).
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        strides: int = 1,
        padding: Literal["same", "valid"] = "valid",
        activation: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.filters, self.kernel_size, self.strides, self.padding = filters, kernel_size, strides, padding
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """One kernel and one bias for each position; all places must be known (InputError)."""
        if len(input_shape) not in (3, 4) or None in input_shape[1:]:
            raise InputError(
                f"local: given inputs of shape {input_shape[1:]}, allowed (steps, channels) or (height, width,"
                " channels), of fixed size: each position has weights of its own"
            )
        places = self._places(input_shape)
        if min(places) < 1:
            raise InputError(
                f"local: given a window of {self.kernel_size} on {input_shape[1:-1]} places, allowed windows that fit:"
                " use smaller or fewer kernels, or padding same"
            )
        positions, window = math.prod(places), (self.kernel_size,) * len(places)
        shape = (positions, *window, input_shape[-1], self.filters)
        self.kernel = self.add_weight(shape=shape, initializer=self._spread(positions), name="kernel")
        self.bias = self.add_weight(shape=(positions, self.filters), initializer="zeros", name="bias")

    def _spread(self, positions: int) -> keras.Initializer:
        """The initializer with `positions` taken out of the fans, which Keras counts as part of the window."""
        initializer = self.kernel_initializer
        if not isinstance(initializer, keras.initializers.VarianceScaling):
            return initializer
        scale = initializer.scale * positions
        return keras.initializers.VarianceScaling(scale, initializer.mode, initializer.distribution)

    def call(self, inputs: Any) -> Any:
        """Each position's patch times its own kernel, plus its own bias, through the activation.

        The batch stands last until the end, so that a patch is copied one row of examples at a time: several times as
        fast as slices, whose runs are as short as the channels are few.
        """
        padded = keras.ops.pad(inputs, [(0, 0), *self._margins(inputs.shape), (0, 0)])
        rows = keras.ops.transpose(keras.ops.reshape(padded, (-1, math.prod(padded.shape[1:]))))
        positions, size, filters = self.kernel.shape[0], math.prod(self.kernel.shape[1:-1]), self.filters
        patches = keras.ops.take(rows, self._windows(padded.shape[1:]), axis=0)
        kernels = keras.ops.transpose(keras.ops.reshape(self.kernel, (positions, size, filters)), (0, 2, 1))
        outputs = keras.ops.matmul(kernels, keras.ops.reshape(patches, (positions, size, -1)))
        outputs = keras.ops.transpose(outputs, (2, 0, 1)) + self.bias
        return self.activation(keras.ops.reshape(outputs, (-1, *self.compute_output_shape(inputs.shape)[1:])))

    def _margins(self, shape: tuple[int, ...]) -> list[tuple[int, int]]:
        """Zeros before and behind each spatial axis."""
        margins = []
        for size, place in zip(shape[1:-1], self._places(shape), strict=True):
            lacking = max(0, (place - 1) * self.strides + self.kernel_size - size) if self.padding == "same" else 0
            margins.append((lacking // 2, lacking - lacking // 2))
        return margins

    def _windows(self, shape: tuple[int, ...]) -> np.ndarray:
        """Which of the padded input's values (*places, channels) each position looks at, one position after another."""
        spatial = tuple(range(len(shape) - 1))
        numbered = np.arange(math.prod(shape)).reshape(shape)
        windows = np.lib.stride_tricks.sliding_window_view(numbered, (self.kernel_size,) * len(spatial), spatial)
        windows = windows[(slice(None, None, self.strides),) * len(spatial)]
        return np.moveaxis(windows, len(spatial), -1).ravel()  # (*places, *window, channels)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(batch, *places, filters) of inputs (batch, *places, channels)."""
        return (input_shape[0], *self._places(input_shape), self.filters)

    def _places(self, input_shape: tuple[int | None, ...]) -> list[int]:
        """Places as a convolution counts them: rounded up with padding same, whole windows only with valid."""
        lost = 0 if self.padding == "same" else self.kernel_size - 1
        return [max(0, -((lost - size) // self.strides)) for size in input_shape[1:-1] if size is not None]

    def get_config(self) -> dict[str, Any]:
        """What saves the layer in plain values."""
        return {
            **super().get_config(),
            **{name: getattr(self, name) for name in ("filters", "kernel_size", "strides", "padding")},
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def build(
    shape: tuple[int, ...],
    outputs: int,
    *,
    channels: Count = 25,
    kernels: list[Count] = [5, 3, 3],  # noqa: B006 (read, never changed)
    padding: Literal["same", "valid"] = "same",
    initializer: Literal["glorot_uniform", "he_normal", "lecun_normal"] = "glorot_uniform",
) -> keras.Model:
    """(batch, steps, 1) or (batch, height, width, 1) -> logits (batch, outputs).

    `convnet` with pooling stride, weight sharing taken away: for each kernel size one locally connected layer of
    `channels` filters, every second position, ReLU (Pogodin et al., 2021, compare the two). Other ranks: InputError.
    """
    if len(shape) not in (2, 3):
        raise InputError(
            f"local: given inputs of shape {shape}, allowed (steps, channels) or (height, width, channels): take"
            " another model"
        )
    inputs = hidden = keras.Input(shape)
    for kernel in kernels:
        hidden = LocallyConnected(channels, kernel, 2, padding, "relu", initializer)(hidden)
    return keras.Model(inputs, keras.layers.Dense(outputs)(keras.layers.Flatten()(hidden)), name="local")
