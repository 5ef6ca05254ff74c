"""Generate the adding problem: two marked numbers of a long sequence must be kept and added at its end."""

from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.number_types import Count
from pipeline.records import Examples

KIND = "sequence"
LABELS = "number"
SPLIT = "drawn"


def load(raw: Path, seed: int, *, samples: Count = 6000, length: Count = 50) -> Examples:
    """The adding problem of Hochreiter & Schmidhuber (1997, experiment 4), in the form of Arjovsky et al. (2016).

    x has shape (samples, length, 2): numbers uniform on [0, 1) and a mark, 1 at two steps and 0 elsewhere, the first
    of them in the first half, the second in the second half. y is the sum of the two marked numbers. Always saying 1
    has a squared error of 1/6 = 0.167. `raw` is not read. InputError if the length is below 2.
    """
    if length < 2:
        raise InputError(f"length: given {length}, allowed at least 2: two steps are marked")
    random = np.random.default_rng(seed)
    rows = np.arange(samples)
    numbers = random.random((samples, length), dtype=np.float32)
    first = random.integers(0, length // 2, samples)
    second = random.integers(length // 2, length, samples)
    marks = np.zeros_like(numbers)
    marks[rows, first] = marks[rows, second] = 1
    return Examples(np.stack([numbers, marks], axis=2), numbers[rows, first] + numbers[rows, second])
