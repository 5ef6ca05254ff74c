"""Split raw data, then fit encoding and scaling on the training part, and only then round to float32."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.errors import InputError
from pipeline.preparation import encoder, scaler
from pipeline.preparation.identity import ids_of
from pipeline.preparation.split import PARTS, is_classes, split_rows
from pipeline.raw_data import Feature, RawData, on_numbers
from pipeline.records import Examples

if TYPE_CHECKING:
    from pipeline.contracts import Kind
    from pipeline.preparation.split import Rows
    from pipeline.settings.params import DataSettings

VISIBLE = 1e-4  # of a deviation: rounding to float32 that moves a number by more is another number
EXACT = 2.0**53  # up to which float64 knows all whole numbers
MOST_SHOWN = 5
OF_FEATURES: tuple[str, ...] = ("table", "sequence")  # kinds that are scaled feature by feature, the others as a whole


@dataclass(frozen=True, eq=False)
class Prepared:
    """The parts by name, what they were scaled by, the features of tables, and what the card tells beside that."""

    parts: dict[str, Examples]
    scaling: dict[str, Any]
    features: tuple[Feature, ...]
    facts: dict[str, Any]


def prepare(settings: DataSettings, raw: RawData, kind: Kind, draw: int) -> Prepared:
    """What a draw makes of raw data. InputError: classes, sizes or numbers that cannot be learnt from."""
    key = settings.key("load")
    y = _labels(raw, key)
    ids = ids_of(raw.x)
    split = replace(settings.split, seed=settings.split.seed + draw)
    rows = split_rows(split, y, settings.key("split"), ids, raw.groups, raw.class_names)
    features: tuple[Feature, ...] = ()
    facts: dict[str, Any] = {}
    if isinstance(raw.x, np.ndarray):
        x, scaling = _arrays(settings, raw, rows["train"], kind)
    else:
        x, scaling, features, facts = _table(settings, raw, rows)
    x = _in_float32(settings, x, rows["train"], features)
    parts = {part: Examples(x[rows[part]], y[rows[part]], ids[rows[part]]) for part in PARTS}
    return Prepared(parts, scaling, features, _facts(raw, y, ids, rows, facts))


def _labels(raw: RawData, key: str) -> np.ndarray:
    """Classes as int64, numbers as float32."""
    y: np.ndarray = np.ascontiguousarray(raw.y, np.int64 if is_classes(raw.y) else np.float32)
    if not len(y) or not np.isfinite(y).all():
        raise InputError(f"{key}: given no examples or numbers that are not finite, allowed finite numbers only")
    if not is_classes(y):
        _refuse_labels_that_lose_digits(raw.y, y, key)
    counts = np.bincount(y, minlength=len(raw.class_names)) if is_classes(y) else np.ones(1)
    if not counts.all():
        empty = int(np.argmin(counts))
        told = repr(raw.class_names[empty]) if raw.class_names else str(empty)
        raise InputError(f"{key}: given class {told} without examples to learn from, allowed one or more of each class")
    return y


def _refuse_labels_that_lose_digits(wide: np.ndarray, narrow: np.ndarray, key: str) -> None:
    """InputError: numbers to predict that differ in digits that float32 has no room for."""
    error = np.abs(narrow.astype(np.float64) - wide)
    row = int(np.argmax(error))
    if error[row] > VISIBLE * np.std(wide) > 0:
        told = f"given numbers to predict that float32 rounds ({wide[row]:.17g} would be {narrow[row]:.17g})"
        raise InputError(f"{key}: {told}, allowed ones that differ in their first digits: take off what they share")


# Encode and scale


def _table(
    settings: DataSettings, raw: RawData, rows: Rows
) -> tuple[np.ndarray, dict[str, Any], tuple[Feature, ...], dict[str, Any]]:
    """All rows encoded by the training part, and what the card says of that."""
    columns: Any = raw.x
    fitted = encoder.fit(columns, rows["train"], scale=settings.scale == "standard")
    x, _ = fitted.apply(columns)
    scaling: dict[str, Any] = {"kind": settings.scale}
    if settings.scale == "standard":
        scaling |= {"mean": fitted.mean.tolist(), "sd": fitted.sd.tolist()}
    gaps = {part: _gaps(fitted, columns, rows[part]) for part in PARTS}
    features = [{"name": each.name, "column": each.column, "kind": each.kind} for each in fitted.features]
    return x, scaling, fitted.features, {"features": features, "encoder": fitted.to_json(), "gaps": gaps}


def _gaps(fitted: encoder.Encoder, columns: Sequence[Any], rows: np.ndarray) -> encoder.Counts:
    """Cells of a part that are missing, or words that training has not seen, by column."""
    codes = zip(fitted.codes, columns, strict=True)
    found = {code.name: code.count(encoder.at(column, rows)) for code, column in codes}
    return {name: counts for name, counts in found.items() if counts}


def _arrays(
    settings: DataSettings, raw: RawData, training: np.ndarray, kind: Kind
) -> tuple[np.ndarray, dict[str, Any]]:
    """All examples scaled by the training part; steps behind a sequence's end count for nothing, and are 0."""
    x: Any = raw.x
    scaling: dict[str, Any] = {"kind": settings.scale}
    if settings.scale == "standard":
        part = x[training]
        if raw.lengths is not None:
            part = part[scaler.steps(part, raw.lengths[training])]
        scaling |= scaler.fit(part, tuple(range(part.ndim - 1)) if kind in OF_FEATURES else None)
    x = scaler.apply(x, scaling, raw.lengths)
    return x, scaling


def _in_float32(settings: DataSettings, x: np.ndarray, training: np.ndarray, features: Sequence[Feature]) -> np.ndarray:
    """The inputs as float32. InputError: numbers that it has no digits for, or no room."""
    with np.errstate(over="ignore"):
        narrow = np.ascontiguousarray(x, np.float32)
    if narrow is x:
        return narrow
    names = [f"column {feature.name!r}" for feature in features] or ["the inputs"]
    flat, of_32 = (each.reshape(-1, len(features) or 1) for each in (x, narrow))
    wide = [name for place, name in enumerate(names) if not np.isfinite(of_32[:, place]).all()]
    if wide:
        told = ", ".join(wide[:MOST_SHOWN])
        raise InputError(
            f"{settings.key('load')}: given numbers in {told} that are too far from the others, allowed up to 3e38"
        )
    if settings.scale == "none":
        _refuse_lost_digits(settings, flat, of_32, names)
    return narrow


def _refuse_lost_digits(settings: DataSettings, x: np.ndarray, narrow: np.ndarray, names: Sequence[str]) -> None:
    """InputError: columns in which float32 makes other numbers of those that there are."""
    lost = []
    for place, name in enumerate(names):
        wide, near = x[:, place], narrow[:, place].astype(np.float64)
        error = np.abs(near - wide)
        whole = (error > 0) & (wide % 1 == 0) & (np.abs(wide) < EXACT)
        moved = error > VISIBLE * wide.std()
        if whole.any() or (moved.any() and wide.std() > 0):
            row = int(np.argmax(whole | moved))
            lost.append(f"{name} ({wide[row]:.17g} would be {near[row]:.17g})")
    if lost:
        more = f" and {len(lost) - MOST_SHOWN} more" if len(lost) > MOST_SHOWN else ""
        raise InputError(
            f"{settings.key('scale')}: given none, and numbers of more digits than float32 has in"
            f" {', '.join(lost[:MOST_SHOWN])}{more}, allowed `scale: standard`, which scales before it rounds"
        )


# What the card tells


def _facts(raw: RawData, y: np.ndarray, ids: np.ndarray, rows: Rows, facts: dict[str, Any]) -> dict[str, Any]:
    """Fields of the card that only raw data has."""
    told: dict[str, Any] = {"class_names": list(raw.class_names)} if raw.class_names else {}
    told |= dict(raw.card) | facts
    if raw.groups is not None:
        told["groups"] = {part: len(np.unique(raw.groups[rows[part]])) for part in PARTS}
    return told | {"findings": [*raw.findings, *on_numbers(raw.y), *_copies(y, ids, rows), *_surprises(facts)]}


def _copies(y: np.ndarray, ids: np.ndarray, rows: Rows) -> list[str]:
    """Lines on rows that are there more than once."""
    different = len(np.unique(ids))
    if different == len(ids):
        return []
    parts = sum(len(np.unique(ids[rows[part]])) for part in PARTS) - len(
        np.unique(ids[np.concatenate([*rows.values()])])
    )
    where = f"{parts} are in two parts, as groups share them" if parts else "they stay in one part, but weigh more"
    copies = f"{len(ids) - different} of {len(ids)} rows are copies of others"
    lines = [f"{copies}: {where}; if the table was oversampled, take the original"]
    order = np.lexsort((y, ids))
    mixed = (ids[order][1:] == ids[order][:-1]) & (y[order][1:] != y[order][:-1])
    inputs = len(np.unique(ids[order][1:][mixed]))
    return lines + ([f"{inputs} rows are there with different labels: no model can tell them apart"] if inputs else [])


def _surprises(facts: dict[str, Any]) -> list[str]:
    """Lines on cells outside of the training part that it has no likes of."""
    gaps = facts.get("gaps", {})
    has_gaps = {code["name"] for code in facts["encoder"]["columns"] if code["has_gaps"]} if gaps else set()
    lines = []
    for part in PARTS[1:] if gaps else ():
        for name, counts in gaps[part].items():
            if counts.get("unseen"):
                lines.append(f"column {name!r}: {counts['unseen']} cells of {part} have words that training has not")
            if counts.get("missing") and name not in has_gaps:
                lines.append(f"column {name!r}: {counts['missing']} cells of {part} are missing, none of training")
    return lines
