"""Generate the copy memory problem: symbols shown at the start must be written out in order after a long lag."""

from pathlib import Path

import numpy as np

from pipeline.number_types import Count
from pipeline.records import Examples

KIND = "sequence"
LABELS = "tokens"
SPLIT = "drawn"

BLANK = 0


def load(
    raw: Path, seed: int, *, samples: Count = 6000, lag: Count = 20, symbols: Count = 8, shown: Count = 10
) -> Examples:
    """Copy memory after Hochreiter & Schmidhuber (1997), in the form of Arjovsky et al. (2016): T is `lag`.

    x has shape (samples, lag + 2 shown, symbols + 2), one-hot: `shown` symbols drawn from 1 to `symbols`, then
    lag - 1 blanks (0), one go sign (symbols + 1) and `shown` blanks. y (samples, lag + 2 shown) holds the symbols at
    the last `shown` steps and -1, nothing asked, before (Arjovsky also scores the blanks). Guessing has a
    cross-entropy of log(symbols). `raw` is not read.
    """
    random = np.random.default_rng(seed)
    message = random.integers(1, symbols + 1, (samples, shown))
    tokens = np.full((samples, lag + 2 * shown), BLANK)
    tokens[:, :shown] = message
    tokens[:, shown + lag - 1] = symbols + 1
    answers = np.full(tokens.shape, -1, np.int64)
    answers[:, -shown:] = message
    return Examples(np.eye(symbols + 2, dtype=np.float32)[tokens], answers)
