"""Read surnames of nine languages, to be written letter by letter from the language alone."""

import csv
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.records import Examples

KIND = "text"
LABELS = "tokens"
SPLIT = "drawn"

LETTERS = (
    "abcdefghijklmnopqrstuvwxyzßàáäåçèéêëìíîñòóöùúüćčđšž"  # tokens 1 to 51; 0 is padding and, as an answer, the end
)
LANGUAGES = ("de", "en", "es", "fi", "fr", "hr", "it", "nl", "sv")  # tokens 52 to 60
UNTOLD = len(LETTERS) + len(LANGUAGES) + 1  # token 61: some language
LONGEST = 12  # letters


def load(raw: Path, seed: int, *, language: bool = True) -> Examples:
    """5,785 surnames: x (5785, 13) = the language's token, then the letters; y (5785, 13) = the letters, then 0.

    At each place y is the next letter, so x is y one place late behind the one input that there really is: a language,
    or, without `language`, the same token for all. Behind the end of a name x is 0 and y is -1. No name stands in two
    languages. `seed` decides nothing. A missing file: InputError.
    """
    file = raw / "surnames.csv"
    if not file.is_file():
        raise InputError("data/raw/surnames.csv: given no such file, allowed the one in git: `git restore data/raw`")
    with file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    x = np.zeros((len(rows), LONGEST + 1), np.float32)
    y = np.full((len(rows), LONGEST + 1), -1, np.int64)
    for number, row in enumerate(rows):
        letters = [LETTERS.index(letter) + 1 for letter in row["surname"]]
        prompt = len(LETTERS) + 1 + LANGUAGES.index(row["language"]) if language else UNTOLD
        x[number, : len(letters) + 1] = [prompt, *letters]
        y[number, : len(letters) + 1] = [*letters, 0]
    return Examples(x, y)
