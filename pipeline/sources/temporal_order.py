"""Generate the temporal order problem: the class is the order of two or three symbols far apart in noise."""

from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.number_types import Count
from pipeline.records import Examples

KIND = "sequence"
LABELS = "class"
SPLIT = "drawn"

X, Y, NOISE, START, END = 0, 1, (2, 3, 4, 5), 6, 7  # X and Y matter; a, b, c, d, the start E and the end B do not
SYMBOLS = 8
SHORTEST = 20  # steps: below this the windows of relevant symbols would run into each other
WINDOWS = {2: ((0.1, 0.2), (0.5, 0.6)), 3: ((0.1, 0.2), (0.33, 0.43), (0.66, 0.76))}


def load(
    raw: Path, seed: int, *, samples: Count = 6000, length: Count = 50, relevant: Count = 2, shuffled: bool = False
) -> Examples:
    """Temporal order of Hochreiter & Schmidhuber (1997): task 6a with 2 relevant symbols, 6b with 3.

    x has shape (samples, length, 8), one-hot. A sequence starts with E, ends with B and holds noise of four symbols;
    at a step drawn from each window of the paper (of 100 steps: 10-20 and 50-60; or 10-20, 33-43 and 66-76; here at
    the same shares of the length) stands X or Y. y is their order read as a binary number, X = 0: 4 or 8 classes.
    The length is fixed here, 100 to 110 in the paper. `shuffled` then puts the steps of each sequence in an order of
    its own, which leaves how many X and Y there are, and not which came first. `raw` is not read. InputError where a
    setting is not possible.
    """
    if relevant not in WINDOWS:
        raise InputError(f"relevant: given {relevant}, allowed 2 (task 6a) or 3 (task 6b)")
    if length < SHORTEST:
        raise InputError(f"length: given {length}, allowed at least {SHORTEST}: the symbols' windows must not meet")
    random = np.random.default_rng(seed)
    rows = np.arange(samples)
    symbols = random.choice(NOISE, (samples, length))
    symbols[:, 0], symbols[:, -1] = START, END
    labels = np.zeros(samples, np.int64)
    for low, high in WINDOWS[relevant]:
        kind = random.integers(X, Y + 1, samples)
        symbols[rows, random.integers(round(low * length), round(high * length), samples)] = kind
        labels = 2 * labels + kind
    if shuffled:
        symbols = random.permuted(symbols, axis=1)
    return Examples(np.eye(SYMBOLS, dtype=np.float32)[symbols], labels)
