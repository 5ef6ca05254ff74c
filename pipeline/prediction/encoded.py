"""Bring new examples into the numbers that a model has learnt from, and count what training has no likes of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.errors import InputError
from pipeline.new_data import NewData
from pipeline.preparation import encoder, scaler
from pipeline.raw_data import Column, coded

MOST_SHOWN = 3
MOST_UNSEEN = 0.1  # of a column's cells, unless it is said
FAR = 20.0  # standard deviations from training's mean: of training itself at most one cell in 400 (Chebyshev)
KINDS = {"number": "that are no number", "date": "that are no day"}


@dataclass(frozen=True, eq=False)
class Encoded:
    """Inputs (examples, ...), float32, and lines on cells that are not as in training."""

    x: np.ndarray
    said: tuple[str, ...]


def encode(data: NewData, card: Mapping[str, Any], most_unseen: float, *, option: str = "--most-unseen") -> Encoded:
    """Encoded and scaled as the card of training tells.

    InputError: more than the share `most_unseen` of a column's cells (and more than one) that are unreadable, missing
    where none of training was, words that training has not, or numbers far from those of training; numbers that are
    too far for float32.
    """
    if isinstance(data.x, np.ndarray):
        return Encoded(_in_float32(scaler.apply(data.x, card["scale"], data.lengths)), ())
    fitted = encoder.from_json(card["encoder"])
    x, counts = fitted.apply(data.x)
    far = _far(x, fitted) if card["scale"].get("kind") != "none" else ()  # without a scale nothing says what is far
    lines = [*_lines(data, fitted, counts), *far]
    faults = [
        f"{line}, allowed {most_unseen:.0%}: see that it is the same column, in the same notation and unit, or allow"
        f" more by {option}"
        for line, cells in lines
        if cells > max(1, most_unseen * len(data))  # a single cell is said, and stops nothing
    ]
    if faults:
        raise InputError("\n".join(faults))
    return Encoded(_in_float32(x, fitted), tuple(line for line, _ in lines))


def _far(x: np.ndarray, fitted: encoder.Encoder) -> Iterator[tuple[str, int]]:
    """Of each column of numbers or days the cells that are as far from training's as no cells of training are."""
    for at, feature in enumerate(fitted.features):
        far = int((np.abs(x[:, at]) > FAR).sum()) if feature.kind == "number" else 0
        if far:
            what = f"more than {FAR:g} standard deviations from the mean of training"
            yield f"column {feature.column!r}: given {far} of {len(x)} cells {what}", far


def _lines(data: NewData, fitted: encoder.Encoder, counts: encoder.Counts) -> Iterator[tuple[str, int]]:
    """Of each column what was found, in words, and how many cells."""
    columns = {column.name: column for column in data.x if isinstance(column, Column)}
    for code in fitted.codes:
        rows, name = len(data), f"column {code.name!r}"
        unreadable = data.unreadable.get(code.name, 0)
        unseen = counts.get(code.name, {}).get("unseen", 0)
        missing = counts.get(code.name, {}).get("missing", 0) - unreadable
        if unreadable:
            told = f"{unreadable} of {rows} cells {KINDS.get(code.kind, 'that cannot be read')}, and count as missing"
            yield f"{name}: given {told}", unreadable
        if unseen:
            words = [word for word in coded(columns[code.name].cells)[1] if word not in code.categories]
            shown = ", ".join(map(repr, words[:MOST_SHOWN])) + (", ..." if len(words) > MOST_SHOWN else "")
            yield f"{name}: given {unseen} of {rows} cells with words that training has not ({shown})", unseen
        if missing > 0 and not code.has_gaps:
            yield f"{name}: given {missing} of {rows} cells that are missing, none of training", missing


def _in_float32(x: np.ndarray, fitted: encoder.Encoder | None = None) -> np.ndarray:
    with np.errstate(over="ignore"):
        narrow = np.ascontiguousarray(x, np.float32)
    wrong = np.argwhere(~np.isfinite(narrow))
    if len(wrong):
        where = f" in column {fitted.features[wrong[0, 1]].column!r}" if fitted else ""
        raise InputError(
            f"example {wrong[0, 0] + 1}: given a number{where} that is too far from those of training, allowed what"
            " float32 holds once it is scaled: mend it"
        )
    return narrow
