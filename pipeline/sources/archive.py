"""Read pictures, sequences or a table of numbers that a user brings as arrays in one .npz file."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from pipeline.errors import InputError, shown
from pipeline.new_data import REQUEST, Field, NewData
from pipeline.raw_data import Column, RawData, located, required
from pipeline.sources import _array_columns, _array_inputs, _array_labels, _npz
from pipeline.sources._npz import Asked, named

KIND = "image"
LABELS = "class"
SPLIT = "drawn"

ENDINGS = (".npz",)
LENGTHS = "lengths"  # an array that may stand beside the inputs


def load(
    raw: Path,
    seed: int,
    *,
    file: str,
    kind: Literal["image", "sequence", "table"] = "image",
    target: Literal["class", "number"] = "class",
    inputs: str = "x",
    labels: str = "y",
    channels: Literal["auto", "first", "last"] = "auto",
    padding: Literal["auto", "none"] | float = "auto",
    drop: list[str] | None = None,
    columns: dict[str, Literal["number", "drop"]] | None = None,
) -> RawData:
    """Examples from the arrays `inputs` and `labels` of `file`; each with a class, or with `target` a number.

    `file` is the path of an .npz file, or the name of one in data/raw without its ending.
    image: (examples, height, width), or with channels last, as bytes 0..255 or floats 0..1; becomes x of shape
    (examples, height, width, channels), 0..1. sequence: (examples, steps), or (examples, steps, channels), of any
    numbers; one ends where nothing but NaN follows, or the value `padding`, or as an array `lengths` says. table:
    (examples, columns), NaN where a cell is missing, with names in an array `columns`. An array `groups` keeps the
    examples of a group in one part. `channels: first` moves them last. Of a table `drop` leaves columns out, and
    `columns` names those that were measured though they look like a row number or a copy of the label. Classes become
    0, 1, ... in their own order; `seed` decides nothing. InputError: whatever does not fit, with the line that mends.
    """
    place = _place(raw, file)
    asked = Asked(place.name, inputs, labels, _seen(place, raw))
    _array_columns.require_table(kind, drop or [], columns or {})
    arrays, notes = _npz.arrays(place, asked, kind)
    _npz.require_counts(asked, arrays)
    found, faults = _tried(
        lambda: _array_labels.read(asked, arrays[labels], target),
        lambda: _array_inputs.read(asked, arrays, kind, channels, padding),
    )
    if faults:
        raise InputError("\n".join(faults))
    (y, names, of_labels), (examples, lengths, of_inputs) = found
    if kind == "table":
        examples, of_inputs = _array_columns.sift(asked, examples, y, drop or [], columns or {})
    groups = _array_labels.groups(asked, arrays["groups"]) if "groups" in arrays else None
    findings = (*notes, *of_labels, *of_inputs)
    given = arrays[inputs]
    card = {
        "request": {
            "inputs": inputs,
            "kind": kind,
            "channels": channels,
            "padding": padding,
            "type": str(given.dtype) if given.dtype.itemsize <= 8 else "float64",
            "shape": list(given.shape[1:]),
            "has_lengths": LENGTHS in arrays,
        }
    }
    return RawData(x=examples, y=y, class_names=names, groups=groups, lengths=lengths, findings=findings, card=card)


def check(
    raw: Path,
    *,
    file: str,
    kind: str = "image",
    target: str = "class",
    inputs: str = "x",
    labels: str = "y",
    channels: str = "auto",
    padding: str | float = "auto",
    drop: Sequence[str] | None = None,
    columns: Mapping[str, str] | None = None,
) -> None:
    """InputError: the file is not there, or lacks the arrays."""
    place = _place(raw, file)
    _array_columns.require_table(kind, drop or [], columns or {})
    _npz.require_arrays(Asked(place.name, inputs, labels, _seen(place, raw)), _npz.headers(place), kind)


def read_new(
    place: Path,
    card: Mapping[str, Any],
    *,
    kind: str,
    inputs: str,
    labels: str,
    channels: str,
    padding: str | float,
    **settings: Any,
) -> NewData:
    """The inputs of an .npz file, with labels or without, as those of training: of a table, columns by their names.

    InputError: whatever does not fit, and inputs of another shape than those of training.
    """
    if place.suffix.lower() not in ENDINGS:
        raise InputError(f"file: given {place.name!r}, allowed an .npz file with an array {inputs}, as in training")
    asked = Asked(place.name, inputs, labels, shown(place))
    arrays, notes = _npz.arrays(place, asked, kind, is_labelled=False)
    _npz.require_counts(asked, arrays)
    found = _answerable(asked, arrays, card, kind=kind, channels=channels, padding=padding)
    return replace(found, findings=(*notes, *found.findings))


def fields(card: Mapping[str, Any]) -> list[Field]:
    """The array of inputs as training had it, with the steps of each sequence if these were told; or columns."""
    told = card["request"]
    if told["kind"] == "table":
        columns = card["encoder"]["columns"]
        return [Field(name=column["name"], type="double", example=float(column["median"])) for column in columns]
    shape, of_type = tuple(told["shape"]), "float64" if told["kind"] == "sequence" else told["type"]
    found = [Field(name=told["inputs"], type=of_type, shape=shape, example=np.zeros(shape, of_type))]
    lengths = Field(name=LENGTHS, type="int64", shape=(), example=np.int64(1))
    return [*found, lengths] if told["has_lengths"] else found


def read_request(data: Any, card: Mapping[str, Any]) -> NewData:
    """Arrays by name, or of a table a pandas.DataFrame; else as `read_new` (InputError)."""
    told = card["request"]
    asked = Asked(REQUEST, told["inputs"], "", REQUEST)
    if told["kind"] == "table":
        names = [column["name"] for column in card["encoder"]["columns"]]
        x = data.reindex(columns=names).to_numpy(np.float64)
        return _answerable(asked, {told["inputs"]: x, "columns": np.array(names)}, card, **_settings(told))
    arrays = {each.name: np.asarray(data[each.name]) for each in fields(card)}
    _npz.require_counts(asked, arrays)
    return _answerable(asked, arrays, card, **_settings(told))


def _settings(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in ("kind", "channels", "padding")}


def _answerable(
    asked: Asked, arrays: Mapping[str, np.ndarray], card: Mapping[str, Any], *, kind: str, channels: str, padding: Any
) -> NewData:
    """Inputs as those of training (InputError: they cannot be made such)."""
    are_bytes = card.get("request", {}).get("type") == "uint8"
    found, lengths, said = _array_inputs.read(asked, arrays, kind, channels, padding, are_bytes=are_bytes)
    names = {"example": [str(at) for at in range(len(arrays[asked.inputs]))]}
    if kind == "table":
        _require_columns(asked, found, [column["name"] for column in card["encoder"]["columns"]])
    else:
        found = _of_shape(asked, found, lengths, tuple(card["shape"]))
    return NewData(x=found, lengths=lengths, names=names, findings=tuple(said))


def _require_columns(asked: Asked, columns: Sequence[Column], wanted: Sequence[str]) -> None:
    there = [column.name for column in columns]
    if lacking := [name for name in wanted if name not in there]:
        raise InputError(
            f"{asked.file}: given no column {named(map(repr, lacking))}, allowed all columns of training: there are"
            f" {named(there)}"
        )


def _of_shape(asked: Asked, x: np.ndarray, lengths: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    """Inputs of the shape of training's; sequences whose ends are known have as many steps of padding as it takes."""
    if lengths is not None and x.shape[2:] == shape[1:] and lengths.max() <= shape[0]:
        x = x[:, : shape[0]]
        x = np.pad(x, [(0, 0), (0, shape[0] - x.shape[1]), (0, 0)])
    if x.shape[1:] != shape:
        raise InputError(
            f"{asked.file}: {asked.inputs}: given examples of shape {x.shape[1:]}, allowed {shape}, as in training"
        )
    return x


def _tried(*steps: Callable[[], Any]) -> tuple[list[Any], list[str]]:
    """What each step gives, and the faults that they refuse: all of them at once."""
    found, faults = [], []
    for step in steps:
        try:
            found.append(step())
        except InputError as error:
            faults.append(str(error))
    return found, faults


# Which arrays there are


def _place(raw: Path, file: str) -> Path:
    if located(raw, file, ENDINGS) is None and (single := located(raw, file, (".npy",))):
        seen = _seen(single, raw)
        line = f"`np.savez('{seen[: -len(single.suffix)]}.npz', x=np.load('{seen}'), y=labels)`"
        raise InputError(f"{single.name}: given one array, allowed an .npz file with inputs and labels: {line}")
    return required(raw, file, ENDINGS, "an archive")


def _seen(place: Path, raw: Path) -> str:
    """The file as one names it from the project's folder."""
    return f"data/raw/{place.relative_to(raw).as_posix()}" if place.is_relative_to(raw) else shown(place)
