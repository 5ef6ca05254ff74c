"""What a source reads where it is more than arrays: columns that are no numbers yet, names of classes, groups."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pipeline import paths
from pipeline.errors import InputError

ColumnKind = Literal["number", "category", "date"]
FeatureKind = Literal["number", "category", "indicator"]
FEW_ROWS = 100
TAIL = 0.3  # of the variance, in one row of a hundred: of normal numbers it is less than a tenth
SKEWED = "of their variance, by which errors are squared and R2 is measured: their logarithm may be easier to predict"
BARE = r"[a-z0-9_]+"  # a name without its ending, of a file in data/raw


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a table as it was read: `cells` (rows,) are float64, NaN where one is missing; or text, None there.

    Text of a "category" is one of few words, that of a "date" is ISO 8601.
    """

    name: str
    kind: ColumnKind
    cells: np.ndarray


@dataclass(frozen=True)
class Feature:
    """One number of an encoded row: of which column it comes, and whether it is measured, or only ever 0 or 1.

    A "category" is one of the words of its column, of which a row has one at most; an "indicator" is 1 where the cell
    of its column was missing.
    """

    name: str
    column: str
    kind: FeatureKind


@dataclass(frozen=True, eq=False, kw_only=True)
class RawData:
    """All examples of a source, in its order, before they are split, encoded and scaled.

    `x` is (examples, ...), finite, float64 wherever float32 would lose digits before it is scaled; or the columns of a
    table, which are imputed, encoded and scaled by what the training part holds. `y` is (examples,): codes 0, 1, ... of
    `class_names`, int64, or numbers, float64. `groups` (examples,), int64: examples of a group stay in one part.
    `lengths` (examples,), int64: the steps of each sequence; those behind them are padding, 0 also where all else is
    scaled. `findings` are lines on what smells, for whoever prepares the data and whoever reads the topic's page;
    `card` is what else was understood, for card.json.
    """

    x: "np.ndarray | tuple[Column, ...]"
    y: np.ndarray
    class_names: tuple[str, ...] = ()
    groups: np.ndarray | None = None
    lengths: np.ndarray | None = None
    findings: tuple[str, ...] = ()
    card: Mapping[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.y)


def on_numbers(y: np.ndarray) -> list[str]:
    """Lines on numbers to predict (examples,) of which few are far from all others; none of classes."""
    if np.issubdtype(y.dtype, np.integer) or len(y) < FEW_ROWS:
        return []
    squares = np.sort((y - y.mean()) ** 2)
    total = float(squares.sum())
    share = float(squares[-max(1, len(y) // 100) :].sum()) / total if 0 < total < np.inf else 0.0
    return [f"numbers to predict are skewed: one row in a hundred has {share:.0%} {SKEWED}"] if share > TAIL else []


def coded(words: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Words (rows,) as places in a list of the different ones, -1 where one is None; and that list."""
    import pyarrow as pa

    found = pa.array(words, pa.large_string()).dictionary_encode()
    codes = found.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return codes.astype(np.int64), found.dictionary.to_pylist()


def located(raw: Path, file: str, endings: Sequence[str]) -> Path | None:
    """The file that a setting names: a bare name in `raw` (the first of `endings`), or a path; None: there is none.

    A path is absolute, or begins at the project's folder or at `raw`; an ending may have capitals.
    """
    if re.fullmatch(BARE, file):
        places = [raw / f"{file}{ending}" for ending in endings]
    else:
        places = [paths.ROOT / file, raw / file] if file.isprintable() and file.strip() else []
    return next((place for place in places if place.suffix.lower() in endings and place.is_file()), None)


def required(raw: Path, file: str, endings: Sequence[str], what: str) -> Path:
    """The file that a setting names, as `located` finds it. InputError: there is none; `what` is how it is called."""
    place = located(raw, file, endings)
    if place is None:
        there = ", ".join(sorted(other.stem for other in raw.glob(f"*{endings[0]}")))
        raise InputError(
            f"file: given {file!r}, allowed the path of a file ({', '.join(endings)}), or {what} in data/raw, named in"
            f" [a-z0-9_]: {there or f'none: put a {endings[0]} file there'}"
        )
    return place
