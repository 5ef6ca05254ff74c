"""One answer per step: embedded tokens through a recurrent layer of either kind, in one direction or both."""

from typing import Literal

import keras

from pipeline.errors import InputError
from pipeline.number_types import Count, Whole

CELLS = {"plain": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}


def build(
    shape: tuple[int, ...],
    outputs: int,
    *,
    vocabulary: Count = 64,
    embedding: Count = 16,
    cell: Literal["plain", "lstm", "gru"] = "gru",
    units: Count = 32,
    parameters: Count | None = None,
    bidirectional: bool = False,
    hidden: Whole = 0,
) -> keras.Model:
    """(batch, steps) of tokens 0 to vocabulary - 1, 0 = padding -> logits (batch, steps, outputs).

    Padded steps change no state; their logits mean nothing. `parameters` sets the units (of each direction) so that
    the whole model comes as near to that many weights as it can, which is how cells are compared fairly;
    `bidirectional` reads the sequence from both ends (Schuster & Paliwal, 1997); `hidden` layers of tanh, each as wide
    as the state, lie between state and answer (a deep output: Pascanu, 2014). InputError: not one token per step.
    """
    if len(shape) != 1:
        raise InputError(f"tagger: given inputs of shape {shape}, allowed (steps,): one token per step")
    ways = 2 if bidirectional else 1
    if parameters:
        units = _nearest(parameters, vocabulary, embedding, cell, ways, outputs, hidden)
    inputs = keras.Input(shape)
    embedded = keras.layers.Embedding(vocabulary, embedding)(inputs)
    layer = CELLS[cell](units, return_sequences=True)
    if bidirectional:
        layer = keras.layers.Bidirectional(layer)
    states = layer(embedded, mask=keras.ops.greater(inputs, 0))
    # Masks end here, as a copy carries none: the loss has its own, the labels of -1, and Keras would weigh it by both.
    states = keras.ops.copy(states)
    for _ in range(hidden):
        states = keras.layers.Dense(ways * units, activation="tanh")(states)
    return keras.Model(inputs, keras.layers.Dense(outputs)(states), name="tagger")


def _nearest(parameters: int, vocabulary: int, embedding: int, cell: str, ways: int, outputs: int, hidden: int) -> int:
    """Units with which the model has about `parameters` weights; 1 if even that is too many."""

    def weights(units: int) -> int:
        gates, biases = {"plain": (1, 1), "lstm": (4, 1), "gru": (3, 2)}[cell]
        recurrent = gates * units * (embedding + units + biases)
        between = hidden * ways * units * (ways * units + 1)
        return vocabulary * embedding + ways * recurrent + between + (ways * units + 1) * outputs

    return min(range(1, 2049), key=lambda units: abs(weights(units) - parameters))
