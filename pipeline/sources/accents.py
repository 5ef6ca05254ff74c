"""Read Spanish words without their marks, and which letters should carry one: an answer for every step."""

import csv
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.records import Examples

KIND = "text"
LABELS = "tokens"
SPLIT = "drawn"

LONGEST = 12  # letters
MARKED, PLAIN = "áéíóúüñ", "aeiouun"


def load(raw: Path, seed: int) -> Examples:
    """16,000 words: x (16000, 12), letters a to z as 1 to 26; y (16000, 12), 1 where the word has a mark, else 0.

    Marks are acute accents, the diaeresis and the tilde of the n. Behind the end of a word x is 0 and y is -1. `seed`
    decides nothing. A missing file: InputError.
    """
    file = raw / "accents.csv"
    if not file.is_file():
        raise InputError("data/raw/accents.csv: given no such file, allowed the one in git: `git restore data/raw`")
    with file.open(newline="", encoding="utf-8") as lines:
        words = [row["word"] for row in csv.DictReader(lines)]
    x = np.zeros((len(words), LONGEST), np.float32)
    y = np.full((len(words), LONGEST), -1, np.int64)
    for row, word in enumerate(words):
        plain = word.translate(str.maketrans(MARKED, PLAIN))
        x[row, : len(word)] = [ord(letter) - ord("a") + 1 for letter in plain]
        y[row, : len(word)] = [mark != letter for mark, letter in zip(word, plain, strict=True)]
    return Examples(x, y)
