"""One recurrent layer, plain or gated, on sequences: what does its state carry from step to step, and how far?"""

from typing import Literal

import keras

from pipeline.errors import InputError
from pipeline.number_types import Count, Positive

GATES = {"plain": 1, "irnn": 1, "gru": 3, "lstm": 4}  # blocks of weights in a cell
MOST_UNITS = 10_000  # tried when a number of parameters is asked for


def build(
    shape: tuple[int, ...],
    outputs: int,
    *,
    cell: Literal["plain", "lstm", "gru", "irnn"] = "lstm",
    units: Count = 32,
    parameters: Count | None = None,
    activation: Literal["tanh", "relu", "sigmoid"] = "tanh",
    gain: Positive = 1.0,
    forget_bias: float | None = None,
    states: Literal["last", "all"] = "last",
    truncate: Count | None = None,
    masked: bool = False,
) -> keras.Model:
    """(batch, steps, features) -> (batch, outputs) from the last state, or (batch, steps, outputs) from `all` states.

    cell: `plain` is S_t = activation(U x_t + W S_(t-1) + b), `irnn` the same with ReLU and W starting as the identity
    (Le, 2015), `lstm` Hochreiter & Schmidhuber (1997) with forget gates, `gru` Cho (2014). `parameters` sets the units
    so that the cell's weights come closest to that number; `units` is then not used. The recurrent weights start
    orthogonal (irnn: identity) times `gain`. forget_bias is the starting bias of the gate that keeps the state: the
    forget gate of an lstm (Keras: 1), the update gate of a gru (Keras: 0). `truncate` stops the gradient between
    windows of so many steps; `masked` skips steps that are all zero.
    InputError if the inputs are not sequences of vectors or a plain cell is given a forget_bias.
    """
    if len(shape) != 2:
        raise InputError(f"recurrent: given inputs of shape {shape}, allowed (steps, features): use one-hot tokens")
    if forget_bias is not None and GATES[cell] == 1:
        raise InputError(f"forget_bias: given {forget_bias} for a {cell} cell, allowed for lstm and gru: leave it out")
    if parameters:
        units = matching(cell, shape[1], parameters)
    layer = _layer(cell, units, activation=activation, gain=gain, return_sequences=states == "all", name=cell)
    inputs = keras.Input(shape)
    state = _windows(layer, inputs, masked, truncate or shape[0])
    model = keras.Model(inputs, keras.layers.Dense(outputs)(state), name="recurrent")
    if forget_bias is not None:
        _remember(layer, units, forget_bias)
    return model


def weights(cell: str, features: int, units: int) -> int:
    """Parameters of a cell: one block of input, recurrent and bias weights per gate; GRUs of Keras have two biases."""
    return GATES[cell] * units * (units + features + (2 if cell == "gru" else 1))


def matching(cell: str, features: int, parameters: int) -> int:
    """Number of units whose `weights` come closest to `parameters`."""
    return min(range(1, MOST_UNITS), key=lambda units: abs(weights(cell, features, units) - parameters))


def _layer(cell: str, units: int, *, activation: str, gain: float, **settings: object) -> keras.layers.RNN:
    """The Keras layer; an irnn's input weights are small (Le, 2015: standard deviation 0.001)."""
    if cell == "lstm":
        return keras.layers.LSTM(units, recurrent_initializer=keras.initializers.Orthogonal(gain), **settings)
    if cell == "gru":
        return keras.layers.GRU(units, recurrent_initializer=keras.initializers.Orthogonal(gain), **settings)
    if cell == "irnn":
        settings |= {"kernel_initializer": keras.initializers.RandomNormal(stddev=0.001)}
        start, activation = keras.initializers.Identity(gain), "relu"
    else:
        start = keras.initializers.Orthogonal(gain)
    return keras.layers.SimpleRNN(units, activation=activation, recurrent_initializer=start, **settings)


def _windows(layer: keras.layers.RNN, inputs: keras.KerasTensor, masked: bool, length: int) -> keras.KerasTensor:
    """The layer on one window of `length` steps after the other; the state passes between them, its gradient not."""
    steps, parts, carried = inputs.shape[1], [], None
    layer.return_state = length < steps
    for first in range(0, steps, length):
        window = inputs
        if length < steps:
            window = keras.layers.Cropping1D((first, max(0, steps - first - length)))(inputs)
        # A Masking layer's mask is lost where a layer is given an initial state (Keras 3).
        present = keras.ops.any(keras.ops.not_equal(window, 0.0), axis=-1) if masked else None
        result = layer(window, initial_state=carried, mask=present)
        if length < steps:
            result, *states = result
            carried = [keras.ops.stop_gradient(state) for state in states]
            if not layer.return_sequences:
                result = states[0]  # after a window that is masked as a whole, the output is 0, the state is not
        parts.append(result)
    if layer.return_sequences and len(parts) > 1:
        return keras.layers.Concatenate(axis=1)(parts)
    return parts[-1]


def _remember(layer: keras.layers.RNN, units: int, bias: float) -> None:
    """Set the bias of the gate that keeps the state: lstm blocks are i, f, c, o, gru blocks z, r, h."""
    values = layer.cell.bias.numpy()
    if values.ndim == 2:  # gru: biases of the input and of the recurrent weights
        values[0, :units] = bias
    else:
        values[units : 2 * units] = bias
    layer.cell.bias.assign(values)
