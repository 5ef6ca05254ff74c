"""Make numbers of a table's columns by what its training part holds, the same for every row that ever comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.errors import InputError
from pipeline.raw_data import Column, ColumnKind, Feature, coded

EPOCH = "1970-01-01"  # dates are days since then
TINY = 1e-150  # whose square float64 has no room for

Counts = dict[str, dict[str, int]]  # of columns by name: cells that were "missing" or "unseen"


@dataclass(frozen=True)
class ColumnCode:
    """How one column becomes features: by its `median` where a number or date is missing, or by its `categories`.

    With `has_gaps` an indicator follows, 1 where the cell is missing.
    """

    name: str
    kind: ColumnKind
    has_gaps: bool
    median: float | None = None
    categories: tuple[str, ...] = ()

    @property
    def features(self) -> list[Feature]:
        """What it becomes, in order."""
        words = [Feature(f"{self.name}={word}", self.name, "category") for word in self.categories]
        measured = words if self.kind == "category" else [Feature(self.name, self.name, "number")]
        return measured + [Feature(f"{self.name} is missing", self.name, "indicator")] * self.has_gaps

    def apply(self, column: Column) -> np.ndarray:
        """Features (rows, ...), float64, not scaled."""
        if self.kind == "category":
            places, missing = _places(column, self.categories)
            inputs = np.zeros((len(places), len(self.categories)))
            known = np.flatnonzero(places >= 0)
            inputs[known, places[known]] = 1
        else:
            numbers = _numbers(column)
            missing = np.isnan(numbers)
            inputs = np.where(missing, 0.0 if self.median is None else self.median, numbers)[:, None]
        return np.concatenate([inputs, missing[:, None]], axis=1) if self.has_gaps else inputs

    def count(self, column: Column) -> dict[str, int]:
        """Cells that are "missing", or "unseen" as their word was not there in training, where there are any."""
        if self.kind == "category":
            places, missing = _places(column, self.categories)
            counts = {"missing": int(missing.sum()), "unseen": int((places < 0).sum() - missing.sum())}
        else:
            counts = {"missing": int(np.isnan(_numbers(column)).sum())}
        return {word: count for word, count in counts.items() if count}


@dataclass(frozen=True, eq=False)
class Encoder:
    """All columns' codes in order, and by what each feature is scaled: `mean` and `sd`, (features,), float64."""

    codes: tuple[ColumnCode, ...]
    mean: np.ndarray
    sd: np.ndarray

    @property
    def features(self) -> tuple[Feature, ...]:
        """Of a row, in order."""
        return tuple(feature for code in self.codes for feature in code.features)

    def apply(self, columns: Sequence[Column]) -> tuple[np.ndarray, Counts]:
        """Rows encoded and scaled, (rows, features), float64, and the cells that training held nothing for, counted.

        Columns are found by name; others than those of training are left alone. A word that training has not seen is
        0 throughout. InputError: a column that is lacking, or is of another kind.
        """
        inputs = _encoded(self.codes, columns)
        inputs -= self.mean
        inputs /= self.sd
        by_name = {column.name: column for column in columns}
        counts = {code.name: code.count(by_name[code.name]) for code in self.codes}
        return inputs, {name: found for name, found in counts.items() if found}

    def to_json(self) -> dict[str, Any]:
        """Plain values; every number keeps all its digits."""
        codes = [
            {
                "name": code.name,
                "kind": code.kind,
                "has_gaps": code.has_gaps,
                "median": code.median,
                "categories": list(code.categories),
            }
            for code in self.codes
        ]
        return {"epoch": EPOCH, "columns": codes, "mean": self.mean.tolist(), "sd": self.sd.tolist()}


def from_json(record: Mapping[str, Any]) -> Encoder:
    """The encoder that `to_json` has told."""
    codes = [ColumnCode(**{**code, "categories": tuple(code["categories"])}) for code in record["columns"]]
    return Encoder(tuple(codes), np.array(record["mean"], np.float64), np.array(record["sd"], np.float64))


def fit(columns: Sequence[Column], rows: np.ndarray, *, scale: bool = True) -> Encoder:
    """Medians, categories, means and deviations of the given rows alone: those of the training part.

    Only what is measured is scaled: 0 and 1 stay. A feature that is the same in all rows is brought to 0.
    """
    codes = tuple(_code(column, rows) for column in columns)
    features = [feature for code in codes for feature in code.features]
    mean, sd = np.zeros(len(features)), np.ones(len(features))
    if scale:
        inputs = _encoded(codes, [at(column, rows) for column in columns])
        measured = np.array([feature.kind == "number" for feature in features], bool)
        same = inputs.min(0) == inputs.max(0)  # the mean of equal numbers may be off by a last bit
        mean = np.where(measured, np.where(same, inputs[0], inputs.mean(0)), mean)
        sd = np.where(measured & ~same, _deviation(inputs), sd)
    return Encoder(codes, mean, sd)


def at(column: Column, rows: np.ndarray) -> Column:
    """The column's cells in these rows."""
    return Column(column.name, column.kind, column.cells[rows])


def _code(column: Column, rows: np.ndarray) -> ColumnCode:
    """How a column is encoded, by these rows."""
    part = at(column, rows)
    if column.kind == "category":
        codes, words = coded(part.cells)
        return ColumnCode(column.name, "category", bool((codes < 0).any()), None, tuple(sorted(words)))
    numbers = _numbers(part)
    known = numbers[~np.isnan(numbers)]
    median = float(np.median(known)) if len(known) else 0.0
    return ColumnCode(column.name, column.kind, len(known) < len(numbers), median)


def _encoded(codes: Sequence[ColumnCode], columns: Sequence[Column]) -> np.ndarray:
    """All columns' features side by side, (rows, features), float64, not scaled."""
    by_name = {column.name: column for column in columns}
    kinds = {name: column.kind for name, column in by_name.items()}
    wrong = [
        f"column {code.name!r}: given {kinds.get(code.name, 'none')}, allowed {code.kind}"
        for code in codes
        if kinds.get(code.name) != code.kind
    ]
    if wrong:
        raise InputError("\n".join(wrong) + ", as in training: give rows with the same columns")
    widths = [len(code.features) for code in codes]
    inputs = np.empty((len(columns[0].cells), sum(widths)))
    start = 0
    for code, width in zip(codes, widths, strict=True):
        inputs[:, start : start + width] = code.apply(by_name[code.name])
        start += width
    return inputs


def _numbers(column: Column) -> np.ndarray:
    """A column of numbers or dates as float64 (rows,), NaN where a cell is missing."""
    if column.kind == "number":
        return column.cells
    codes, words = coded(column.cells)
    days = (np.array(words, "datetime64[us]") - np.datetime64(EPOCH)) / np.timedelta64(1, "D")
    found: np.ndarray = np.append(days, np.nan)[codes]
    return found


def _places(column: Column, categories: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Of each row its place among the categories, -1 where it has none, and which cells are missing."""
    codes, words = coded(column.cells)
    place = {word: place for place, word in enumerate(categories)}
    return np.array([*(place.get(word, -1) for word in words), -1], np.int64)[codes], codes < 0


def _deviation(inputs: np.ndarray) -> np.ndarray:
    """Standard deviation of each feature, 1 where it is constant; right as well where squares are out of range."""
    with np.errstate(over="ignore"):
        sd = inputs.std(0)
    for place in np.flatnonzero(~np.isfinite(sd) | (sd < TINY)):
        unit = np.abs(inputs[:, place]).max()
        sd[place] = (inputs[:, place] / unit).std() * unit if unit > 0 else 0.0
    spread: np.ndarray = np.where(sd > 0, sd, 1.0)
    return spread
