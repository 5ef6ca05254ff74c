"""Generate the latch problem: the symbol of the first step must be named after a lag of noise."""

from pathlib import Path

import numpy as np

from pipeline.number_types import Count
from pipeline.records import Examples

KIND = "sequence"
LABELS = "class"
SPLIT = "drawn"

NOISE = 4  # symbols that do not matter


def load(raw: Path, seed: int, *, samples: Count = 6000, lag: Count = 20, symbols: Count = 4) -> Examples:
    """One symbol to be kept over `lag` steps of noise, after the latch problem of Bengio, Simard and Frasconi (1994).

    x has shape (samples, lag + 1, symbols + 4), one-hot: at the first step one of `symbols`, then `lag` steps of four
    others that do not matter. y is the first symbol, of which each is as likely: guessing is right at 1 / symbols.
    `raw` is not read.
    """
    random = np.random.default_rng(seed)
    labels = random.integers(0, symbols, samples)
    noise = random.integers(symbols, symbols + NOISE, (samples, lag))
    tokens = np.concatenate([labels[:, None], noise], axis=1)
    return Examples(np.eye(symbols + NOISE, dtype=np.float32)[tokens], labels)
