"""Generate digits to be said backwards: the smallest task whose answer has no letter in step with its question."""

from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.number_types import Count
from pipeline.records import Examples

KIND = "text"
LABELS = "tokens"
SPLIT = "drawn"

START = 11  # the token before the first answer; 1 to 10 are the digits 0 to 9, 0 is padding and, as an answer, the end
MOST = 20


def load(raw: Path, seed: int, *, examples: Count = 6000, shortest: Count = 4, longest: Count = 6) -> Examples:
    """Random digits and the same backwards: x (examples, 2 longest + 1) = [question | start, answer], y the answer.

    The question fills `longest` places, padded with 0 on the right; the rest of x is what a decoder under teacher
    forcing is given (Williams & Zipser, 1989): the start token, then the answer one place late. y (examples,
    longest + 1) is the answer and its end, 0; behind it -1. Lengths are equally likely and no question comes twice.
    `raw` is not read. InputError: lengths out of order, or more examples than half of the different questions.
    """
    if not 1 <= shortest <= longest <= MOST:
        raise InputError(f"shortest, longest: given {shortest}, {longest}, allowed 1 <= shortest <= longest <= {MOST}")
    most = 10**shortest * (longest - shortest + 1) // 2
    if examples > most:
        raise InputError(
            f"examples: given {examples}, allowed 1 to {most}, half of the questions there are: raise shortest"
        )
    random = np.random.default_rng(seed)
    x = np.zeros((examples, 2 * longest + 1), np.float32)
    y = np.full((examples, longest + 1), -1, np.int64)
    seen: set[bytes] = set()
    while len(seen) < examples:
        digits = random.integers(1, START, random.integers(shortest, longest + 1))
        if digits.tobytes() not in seen:
            _write(x[len(seen)], y[len(seen)], digits, longest)
            seen.add(digits.tobytes())
    return Examples(x, y)


def _write(x: np.ndarray, y: np.ndarray, digits: np.ndarray, longest: int) -> None:
    """One question and its answer, into a row of x and a row of y."""
    count = len(digits)
    x[:count] = digits
    x[longest] = START
    x[longest + 1 : longest + 1 + count] = digits[::-1]
    y[:count] = digits[::-1]
    y[count] = 0
