"""Turn an array of inputs into pictures from 0 to 1, sequences with their ends, or columns of a table."""

from collections import Counter
from collections.abc import Mapping
from math import isqrt
from typing import Any

import numpy as np

from pipeline.errors import InputError
from pipeline.raw_data import Column
from pipeline.sources import _npz
from pipeline.sources._npz import Asked

CHANNELS = (1, 3, 4)  # of pictures: grey, colour, colour with alpha
NARROW = 4  # pixels: what is no wider is hardly a picture, unless it is square
LONG = 1_000  # steps, from which on training takes long
DARK = 16  # bytes up to that are hardly shares of 255: scanned digits have 0 to 16, masks 0 and 1
PADDED = 0.1  # share of sequences that end alike, from which on it is asked what that means


Inputs = tuple[Any, np.ndarray | None, list[str]]  # examples, lengths, what to say


def read(
    asked: Asked,
    arrays: Mapping[str, np.ndarray],
    kind: str,
    channels: str,
    padding: str | float,
    *,
    are_bytes: bool = False,
) -> Inputs:
    """Examples of that kind; with `are_bytes` those of training were bytes 0..255, so that dark ones leave no doubt."""
    x = arrays[asked.inputs]
    if x.dtype.kind not in "biuf":
        raise InputError(f"{asked.file}: {asked.inputs}: given {x.dtype}, allowed numbers")
    if channels == "first":
        x = _channels_last(asked, x, kind)
    if kind == "table":
        return _columns(asked, x, arrays.get("columns")), None, []
    if kind == "image":
        return _unit(asked, _pictures(asked, x, channels), are_bytes), None, _shape_notes(asked, x)
    return _sequences(asked, x, arrays.get("lengths"), padding)


def _channels_last(asked: Asked, x: np.ndarray, kind: str) -> np.ndarray:
    if x.ndim != {"image": 4, "sequence": 3}.get(kind):
        told = "pictures (pictures, channels, height, width) or sequences (sequences, channels, steps)"
        raise InputError(f"channels: given first for {kind} of shape {x.shape}, allowed for {told}: leave it out")
    return np.moveaxis(x, 1, -1)


def _columns(asked: Asked, x: np.ndarray, names: np.ndarray | None) -> tuple[Column, ...]:
    """The columns of a table (examples, columns), NaN where a cell is missing."""
    if x.ndim != 2:
        line = asked.mended(f"{asked.x} = {asked.x}.reshape(len({asked.x}), -1)")
        raise InputError(f"{asked.file}: {asked.inputs}: given shape {x.shape}, allowed (examples, columns): {line}")
    told = (
        [str(name) for name in names.ravel().tolist()] if names is not None else [f"x{at}" for at in range(x.shape[1])]
    )
    if len(told) != x.shape[1] or len(set(told)) != len(told):
        raise InputError(f"{asked.file}: columns: given {len(set(told))} names, allowed {x.shape[1]} different ones")
    endless = np.flatnonzero(np.isinf(x).any(axis=1))
    if len(endless):
        line = asked.mended(f"{asked.x}[np.isinf({asked.x})] = np.nan")
        rows = _npz.named(map(str, endless))
        told_of = f"given infinity in {len(endless)} rows ({rows}), allowed numbers, NaN where missing"
        raise InputError(f"{asked.file}: {asked.inputs}: {told_of}: {line}")
    return tuple(Column(name, "number", x[:, at].astype(np.float64)) for at, name in enumerate(told))


def _pictures(asked: Asked, x: np.ndarray, channels: str) -> np.ndarray:
    """(pictures, height, width, channels)."""
    told = f"{asked.file}: {asked.inputs}: given shape {x.shape}"
    if x.ndim == 3 and (x.shape[2] > NARROW or x.shape[1] == x.shape[2]):
        return x[..., None]
    if x.ndim == 3:
        wider = f"allowed (pictures, height, width), wider than {NARROW}"
        raise InputError(f"{told}, {wider}: if these are steps and channels, write `kind: sequence` under load")
    if x.ndim == 2:
        side = isqrt(x.shape[1])
        size = f"{side}, {side}" if side * side == x.shape[1] else "height, width"
        line = asked.mended(f"{asked.x} = {asked.x}.reshape(-1, {size})")
        raise InputError(f"{told}, flat, allowed pictures with height and width, or `kind: table`: {line}")
    if x.ndim != 4:
        raise InputError(f"{told}, allowed (pictures, height, width[, channels])")
    if x.shape[3] in CHANNELS or channels != "auto":
        return x
    if x.shape[1] in CHANNELS:
        line = asked.mended(f"{asked.x} = np.moveaxis({asked.x}, 1, -1)")
        raise InputError(f"{told}, channels first, allowed channels last: `channels: first` moves them, as does {line}")
    many = f"{x.shape[3]} channels, allowed 1, 3 or 4 in the last place"
    raise InputError(f"{told}, {many}: if so many are right, write `channels: last` under load")


def _unit(asked: Asked, x: np.ndarray, are_bytes: bool) -> np.ndarray:
    """Brightness from 0 to 1: float32 of bytes, else as precise as it was."""
    if x.dtype == np.uint8:
        if not are_bytes and 0 < x.max() <= DARK:
            told = f"given bytes (uint8) from {x.min()} to {x.max()}, allowed ones up to 255 or floats 0..1"
            line = asked.mended(f"{asked.x} = {_as_shares(asked, x.min(), x.max())}")
            raise InputError(f"{asked.file}: {asked.inputs}: {told}: {line}")
        return x.astype(np.float32) / np.float32(255)
    if x.dtype.kind == "b":
        return x.astype(np.float32)
    if x.dtype.kind == "f":
        bad = np.argwhere(~np.isfinite(x))
        if len(bad):
            raise InputError(_of_pixels(asked, bad))
    low, high = x.min(), x.max()
    if x.dtype.kind != "f" or low < 0 or high > 1:
        told = f"given brightness of {x.dtype} from {low:g} to {high:g}, allowed bytes (uint8) 0..255 or floats 0..1"
        line = asked.mended(f"{asked.x} = {_as_shares(asked, low, high)}")
        raise InputError(f"{asked.file}: {asked.inputs}: {told}: {line}")
    return x.astype(np.float32 if x.dtype == np.float16 else np.float64 if x.dtype.itemsize > 8 else x.dtype)


def _of_pixels(asked: Asked, bad: np.ndarray) -> str:
    """A refusal of pixels (n, 4) that are no finite numbers."""
    rows = np.unique(bad[:, 0])
    first = f"picture {bad[0, 0]}, row {bad[0, 1]}, column {bad[0, 2]}"
    return _npz.without(
        asked, asked.inputs, f"pictures with {len(bad)} pixels of NaN or infinity, the first in {first}", rows
    )


def _as_shares(asked: Asked, low: Any, high: Any) -> str:
    """How to bring the brightness to 0..1: what the range says it is now."""
    if low >= 0 and high <= DARK:
        return f"({asked.x} / {max(high, 1):g}).astype(np.float32)"
    if low >= 0 and high <= 255:
        return f"({asked.x} / 255).astype(np.float32)"
    if low >= 0 and high <= 65535:
        return f"({asked.x} / 65535).astype(np.float32)"
    if low >= -1 and high <= 1:
        return f"(({asked.x} + 1) / 2).astype(np.float32)"
    return f"(({asked.x} - {asked.x}.min()) / ({asked.x}.max() - {asked.x}.min())).astype(np.float32)"


def _shape_notes(asked: Asked, x: np.ndarray) -> list[str]:
    """On pictures that are so long that they may be sequences."""
    if x.ndim != 3 or max(x.shape[1:]) < 3 * min(x.shape[1:]):
        return []
    told = f"{len(x)} grey pictures of {x.shape[1]} x {x.shape[2]} pixels"
    return [f"{asked.file}: {asked.inputs}: read as {told}: if these are steps and channels, write `kind: sequence`"]


def _sequences(asked: Asked, x: np.ndarray, lengths: np.ndarray | None, padding: str | float) -> Inputs:
    """(sequences, steps, channels) in float64, 0 behind each one's end, and where that is, if anything says so."""
    x = x[..., None] if x.ndim == 2 else x
    if x.ndim != 3:
        line = asked.mended(f"{asked.x} = {asked.x}.reshape(*{asked.x}.shape[:2], -1)")
        told = f"given shape {x.shape}, allowed (sequences, steps[, channels])"
        raise InputError(f"{asked.file}: {asked.inputs}: {told}: {line}")
    x = x.astype(np.float64)
    ends = _ends(asked, x, lengths, padding)
    inside = np.arange(x.shape[1]) < ends[:, None]
    _require_finite(asked, x, inside)
    behind = int(((np.nan_to_num(x) != 0).any(axis=2) & ~inside).any(axis=1).sum()) if lengths is not None else 0
    x[~inside] = 0
    notes = (
        [f"{asked.file}: {asked.inputs}: what stands behind the end of {behind} sequences is set to 0"]
        if behind
        else []
    )
    notes += _of_lengths(asked, x, ends)
    is_told = lengths is not None or bool((ends < x.shape[1]).any())
    return x, ends if is_told else None, notes


def _ends(asked: Asked, x: np.ndarray, lengths: np.ndarray | None, padding: str | float) -> np.ndarray:
    """Steps of each sequence (sequences,), int64."""
    steps = x.shape[1]
    if lengths is not None:
        whole = lengths.ndim == 1 and lengths.dtype.kind in "iuf" and bool((lengths == np.rint(lengths)).all())
        wrong = np.flatnonzero((lengths < 1) | (lengths > steps) if whole else np.zeros(0))
        if not whole or len(wrong):
            told = f"given {_npz.named(f'{lengths[at]:g} (sequence {at})' for at in wrong) or lengths.dtype}"
            raise InputError(
                f"{asked.file}: lengths: {told}, allowed a whole number from 1 to {steps} for each sequence"
            )
        return lengths.astype(np.int64)
    blank = np.isnan(x).all(axis=2)
    if not isinstance(padding, str):
        blank |= (x == padding).all(axis=2)
    elif padding == "auto" and not blank[:, -1].any():
        _require_told_padding(asked, x)
    ends = np.where(blank.all(axis=1), 0, steps - (~blank[:, ::-1]).argmax(axis=1)).astype(np.int64)
    empty = np.flatnonzero(ends == 0)
    if len(empty):
        raise InputError(_npz.without(asked, asked.inputs, "sequences without a step", empty))
    return ends


def _require_told_padding(asked: Asked, x: np.ndarray) -> None:
    """InputError: many sequences end, sooner or later, in nothing but one number, which may be padding or values."""
    last = x[:, -1, 0]
    differs = (x != last[:, None, None]).any(axis=2)
    tails = np.where(differs.any(axis=1), differs[:, ::-1].argmax(axis=1), 0)  # steps of the last number, at the end
    value, count = Counter(last[tails > 1].tolist()).most_common(1)[0] if (tails > 1).any() else (0.0, 0)
    if count >= max(2, PADDED * len(x)) and len({*tails[(tails > 1) & (last == value)].tolist()}) > 1:
        told = f"given {count} of {len(x)} sequences that end in steps of nothing but {value:g}, allowed a told end"
        either = f"write `padding: {value:g}` under load if that is padding, `padding: none` if it is what was measured"
        raise InputError(f"{asked.file}: {asked.inputs}: {told}: {either}")


def _require_finite(asked: Asked, x: np.ndarray, inside: np.ndarray) -> None:
    bad = np.argwhere(~np.isfinite(x) & inside[..., None])
    if len(bad):
        first = f"sequence {bad[0, 0]}, step {bad[0, 1]}, channel {bad[0, 2]}"
        what = f"sequences with {len(bad)} numbers of NaN or infinity before their end, the first in {first}"
        raise InputError(_npz.without(asked, asked.inputs, what, np.unique(bad[:, 0])))


def _of_lengths(asked: Asked, x: np.ndarray, ends: np.ndarray) -> list[str]:
    notes, (_, steps, channels) = [], x.shape
    place = f"{asked.file}: {asked.inputs}"
    if ends.min() < steps:
        told = f"{place}: sequences of {ends.min()} to {ends.max()} steps, with 0 behind the end"
        notes.append(f"{told}: `recurrent` passes over that with `masked: true` in build")
    if steps >= LONG:
        thin = asked.mended(f"{asked.x} = {asked.x}[:, ::{-(-steps // 400)}]")
        told = f"{place}: sequences of {steps:,} steps: a recurrent network takes long and forgets what lies far back"
        notes.append(f"{told}; every few steps alone are kept by {thin}, or set `truncate` in build, or take convnet")
    if channels > 10 * steps:
        notes.append(
            f"{place}: {steps} steps of {channels} channels: if the channels stand first, write `channels: first`"
        )
    return notes
