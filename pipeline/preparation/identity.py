"""Give inputs a name by what they hold, so that equal ones are known as such in every draw."""

import hashlib
from collections.abc import Sequence

import numpy as np

from pipeline.raw_data import Column, coded


def ids(x: np.ndarray) -> np.ndarray:
    """Of each input (examples, ...) a digest of its bytes: (examples,), uint64."""
    rows = np.ascontiguousarray(x).reshape(len(x), -1).view(np.uint8)
    names = [hashlib.blake2b(row.tobytes(), digest_size=8).digest() for row in rows]
    return np.frombuffer(b"".join(names), np.uint64)


def ids_of(x: np.ndarray | Sequence[Column]) -> np.ndarray:
    """Of each example of raw data; numbers that float32 holds exactly are known by it, as prepared ones are."""
    inputs = x if isinstance(x, np.ndarray) else _matrix(x)
    if inputs.dtype.kind == "f":
        inputs = inputs + 0.0  # one nought, not two
        narrow = inputs.astype(np.float32)
        inputs = narrow if np.array_equal(narrow, inputs) else inputs
    return ids(inputs)


def _matrix(columns: Sequence[Column]) -> np.ndarray:
    """Columns side by side: numbers as float64 if there are no others and none is missing, else eight bytes a cell."""
    numbers = [column.cells for column in columns if column.kind == "number"]
    if len(numbers) == len(columns) and not any(np.isnan(cells).any() for cells in numbers):
        return np.stack(numbers, axis=1)
    return np.stack([_eight_bytes(column) for column in columns], axis=1)


def _eight_bytes(column: Column) -> np.ndarray:
    if column.kind == "number":
        return np.where(np.isnan(column.cells), np.nan, column.cells + 0.0).view(np.uint64)
    codes, words = coded(column.cells)
    digests = [hashlib.blake2b(word.encode(), digest_size=8).digest() for word in words]
    found: np.ndarray = np.append(np.frombuffer(b"".join(digests), np.uint64), np.uint64(0))[codes]
    return found
