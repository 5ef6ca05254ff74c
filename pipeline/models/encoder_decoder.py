"""A sequence in, another out: one recurrent layer reads the question, its last state starts the one that answers."""

from typing import Literal

import keras

from pipeline.errors import InputError
from pipeline.number_types import Count

CELLS = {"plain": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}


def build(
    shape: tuple[int, ...],
    outputs: int,
    *,
    source_length: Count = 6,
    vocabulary: Count = 64,
    embedding: Count = 16,
    cell: Literal["plain", "lstm", "gru"] = "gru",
    units: Count = 64,
    parameters: Count | None = None,
) -> keras.Model:
    """(batch, steps) of tokens, 0 = padding, the first `source_length` the question -> logits (batch, rest, outputs).

    The rest of the input is what the decoder is fed: a start token, then the answer one place late, true (teacher
    forcing) or its own (free running); logits at a place depend on the question and on the answer up to there.
    Encoder and decoder share the embedding alone (after Sutskever, Vinyals & Le, 2014). `parameters` sets the units so
    that the whole model comes as near to that many weights as it can. InputError: no place left for the answer.
    """
    if len(shape) != 1 or shape[0] <= source_length:
        raise InputError(
            f"encoder_decoder: given inputs of shape {shape}, allowed (steps,) with more than source_length"
            f" {source_length}: set source_length to the question's places"
        )
    if parameters:
        units = _nearest(parameters, vocabulary, embedding, cell, outputs)
    inputs = keras.Input(shape)
    mask = keras.ops.greater(inputs, 0)
    embedded = keras.layers.Embedding(vocabulary, embedding)(inputs)
    encoder = CELLS[cell](units, return_state=True)
    decoder = CELLS[cell](units, return_sequences=True)
    _, *state = encoder(embedded[:, :source_length], mask=mask[:, :source_length])
    states = decoder(embedded[:, source_length:], mask=mask[:, source_length:], initial_state=state)
    # Masks end here, as a copy carries none: the loss has its own, the labels of -1, and Keras would weigh it by both.
    return keras.Model(inputs, keras.layers.Dense(outputs)(keras.ops.copy(states)), name="encoder_decoder")


def _nearest(parameters: int, vocabulary: int, embedding: int, cell: str, outputs: int) -> int:
    """Units with which the model has about `parameters` weights; 1 if even that is too many."""

    def weights(units: int) -> int:
        gates, biases = {"plain": (1, 1), "lstm": (4, 1), "gru": (3, 2)}[cell]
        recurrent = gates * units * (embedding + units + biases)
        return vocabulary * embedding + 2 * recurrent + (units + 1) * outputs

    return min(range(1, 2049), key=lambda units: abs(weights(units) - parameters))
