"""Read two Japanese vowels as nine men spoke them: short series of unequal length, and who spoke."""

from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.number_types import Count
from pipeline.records import Examples, read_shipped

KIND = "sequence"
LABELS = "class"
SPLIT = "given"

LONGEST = 29  # steps of 6.4 ms


def load(raw: Path, seed: int, *, validation: Count = 6) -> dict[str, Examples]:
    """Japanese Vowels (Kudo, Toyama & Shimbo, 1999): x (n, 29, 12), cepstrum coefficients, y the speaker, 0 to 8.

    A series has 7 to 29 steps; the steps behind its end are 0 in all 12 channels, and no real step is. `test` is the
    authors' test part (370 series); of their 30 training series per speaker, `validation` are drawn by `seed`, the rest
    is `train`. InputError: no file, or no training series left.
    """
    series, speakers, training = _read(raw)
    held = np.zeros(len(speakers), bool)
    random = np.random.default_rng(seed)
    for speaker in range(speakers.max() + 1):
        rows = np.flatnonzero(speakers[:training] == speaker)
        if validation >= len(rows):
            raise InputError(f"validation: given {validation}, allowed 1 to {len(rows) - 1}: series of each speaker")
        held[random.choice(rows, validation, replace=False)] = True
    authors = np.arange(len(speakers)) < training  # their training part
    parts = {"train": authors & ~held, "validation": held, "test": ~authors}
    return {name: Examples(series[rows], speakers[rows]) for name, rows in parts.items()}


def _read(raw: Path) -> tuple[np.ndarray, np.ndarray, int]:
    """Padded series (640, 29, 12), speakers (640,), and how many of the first belong to the training part."""
    values, steps, speakers, training = read_shipped(raw / "vowels.npz", "x", "steps", "y", "training")
    series = np.zeros((len(steps), LONGEST, values.shape[1]), np.float32)
    series[np.arange(LONGEST) < steps[:, None]] = values / np.float32(1000)
    return series, speakers.astype(np.int64), int(training)
