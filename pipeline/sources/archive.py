"""Read pictures, sequences or a table of numbers that a user brings as arrays in one .npz file."""

import zipfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isqrt
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np

from pipeline.errors import InputError, shown
from pipeline.new_data import NewData
from pipeline.raw_data import Column, RawData, located
from pipeline.sources._class_names import NO_LABEL, first_of, in_order, look_alikes

KIND = "image"
LABELS = "class"
SPLIT = "drawn"

ENDINGS = (".npz", ".npy")
ASIDE = ("lengths", "groups", "columns")  # arrays that may stand beside inputs and labels
CHANNELS = (1, 3, 4)  # of pictures: grey, colour, colour with alpha
NARROW = 4  # pixels: what is no wider is hardly a picture, unless it is square
LONG = 1_000  # steps, from which on training takes long
PADDED = 0.1  # share of sequences that end alike, from which on it is asked what that means
MOST_NAMED = 5
MOST_IN_LINE = 1_000  # examples that a line of NumPy lists

_named = partial(first_of, most=MOST_NAMED)


@dataclass(frozen=True)
class Asked:
    """The file and its arrays as a user named them, for messages; `place` is how one finds it from the project."""

    file: str
    inputs: str
    labels: str
    place: str

    def mended(self, change: str) -> str:
        """The line of NumPy that makes `change` to the arrays `a` of the file."""
        return f"`a = dict(np.load('{self.place}')); {change}; np.savez('{self.place}', **a)`"

    def unpickled(self, change: str) -> str:
        """The same where an array holds Python's objects, which are not read here: a file could run its own code."""
        return f"`a = dict(np.load('{self.place}', allow_pickle=True)); {change}; np.savez('{self.place}', **a)`"

    @property
    def x(self) -> str:
        """The array of inputs, as a line of NumPy spells it."""
        return f"a['{self.inputs}']"

    @property
    def y(self) -> str:
        """The array of labels, as a line of NumPy spells it."""
        return f"a['{self.labels}']"


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
) -> RawData:
    """Examples from the arrays `inputs` and `labels` of `file`; each with a class, or with `target` a number.

    `file` is the path of an .npz file, or the name of one in data/raw without its ending.
    image: (examples, height, width), or with channels last, as bytes 0..255 or floats 0..1; becomes x of shape
    (examples, height, width, channels), 0..1. sequence: (examples, steps), or (examples, steps, channels), of any
    numbers; one ends where nothing but NaN follows, or the value `padding`, or as an array `lengths` says. table:
    (examples, columns), NaN where a cell is missing, with names in an array `columns`. An array `groups` keeps the
    examples of a group in one part. `channels: first` moves them last. Classes become 0, 1, ... in their own order;
    `seed` decides nothing. InputError: whatever does not fit, with the line of NumPy that mends it.
    """
    place = _place(raw, file)
    asked = Asked(place.name, inputs, labels, _seen(place, raw))
    arrays, notes = _arrays(place, asked, kind)
    _require_counts(asked, arrays)
    found, faults = _tried(
        lambda: _labels(asked, arrays[labels], target), lambda: _inputs(asked, arrays, kind, channels, padding)
    )
    if faults:
        raise InputError("\n".join(faults))
    (y, names, of_labels), (examples, lengths, of_inputs) = found
    groups = np.unique(arrays["groups"], return_inverse=True)[1].astype(np.int64) if "groups" in arrays else None
    findings = (*notes, *of_labels, *of_inputs)
    return RawData(x=examples, y=y, class_names=names, groups=groups, lengths=lengths, findings=findings)


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
) -> None:
    """InputError: the file is not there, or lacks the arrays."""
    place = _place(raw, file)
    _require_arrays(Asked(place.name, inputs, labels, _seen(place, raw)), _headers(place), kind)


def files(raw: Path, *, file: str, **settings: Any) -> list[Path]:
    """The file, where it is told by its path; none where it is not there, or is named as one of data/raw."""
    place = located(raw, file, ENDINGS) if Path(file).suffix else None
    return [place] if place else []


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
    if place.suffix != ".npz":
        raise InputError(f"file: given {place.name!r}, allowed an .npz file with an array {inputs}, as in training")
    asked = Asked(place.name, inputs, labels, shown(place))
    arrays, notes = _arrays(place, asked, kind, is_labelled=False)
    _require_counts(asked, arrays)
    found, lengths, of_inputs = _inputs(asked, arrays, kind, channels, padding)
    names = {"example": [str(at) for at in range(len(arrays[inputs]))]}
    if kind == "table":
        _require_columns(asked, found, [column["name"] for column in card["encoder"]["columns"]])
    else:
        found = _of_shape(asked, found, lengths, tuple(card["shape"]))
    return NewData(x=found, lengths=lengths, names=names, findings=(*notes, *of_inputs))


def _require_columns(asked: Asked, columns: Sequence[Column], wanted: Sequence[str]) -> None:
    there = [column.name for column in columns]
    if lacking := [name for name in wanted if name not in there]:
        raise InputError(
            f"{asked.file}: given no column {_named(map(repr, lacking))}, allowed all columns of training: there are"
            f" {_named(there)}"
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
    place = located(raw, file, ENDINGS)
    if place is None:
        archives = ", ".join(sorted(archive.stem for archive in raw.glob("*.npz"))) or "none: put an .npz file there"
        raise InputError(
            f"file: given {file!r}, allowed the path of an .npz file, or an archive in data/raw, named in [a-z0-9_]:"
            f" {archives}"
        )
    if place.suffix == ".npy":
        seen = _seen(place, raw)
        line = f"`np.savez('{seen.removesuffix('.npy')}.npz', x=np.load('{seen}'), y=labels)`"
        raise InputError(f"{place.name}: given one array, allowed an .npz file with inputs and labels: {line}")
    return place


def _seen(place: Path, raw: Path) -> str:
    """The file as one names it from the project's folder."""
    return f"data/raw/{place.relative_to(raw).as_posix()}" if place.is_relative_to(raw) else shown(place)


Header = tuple[tuple[int, ...], np.dtype[Any]]


def _headers(place: Path) -> dict[str, Header]:
    """{array: its shape and type}, without reading what it holds (InputError: damaged)."""
    try:
        with zipfile.ZipFile(place) as archive:
            members = [name for name in archive.namelist() if name.endswith(".npy")]
            return {name.removesuffix(".npy"): _header(archive.open(name)) for name in members}
    except Exception as error:  # what zipfile and NumPy raise of a damaged file is any of a dozen kinds
        raise _damaged(place, error) from None


def _header(member: IO[bytes]) -> Header:
    with member:
        version = np.lib.format.read_magic(member)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(member)
    return shape, dtype


def _damaged(place: Path, error: Exception) -> Exception:
    if isinstance(error, PermissionError):
        return error  # which is told as a matter of rights
    told = " ".join(str(error).split())[:80] or type(error).__name__
    return InputError(f"{place.name}: given a file that cannot be read ({told}), allowed arrays x and y")


def _arrays(
    place: Path, asked: Asked, kind: str, *, is_labelled: bool = True
) -> tuple[dict[str, np.ndarray], list[str]]:
    """The arrays that are read, by name, and a line on those that are not."""
    headers = _headers(place)
    if not is_labelled:
        headers.pop(asked.labels, None)
    _require_arrays(asked, headers, kind, is_labelled=is_labelled)
    names = [name for name in (asked.inputs, asked.labels, *ASIDE) if name in headers]
    try:
        with np.load(place, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in names}
    except Exception as error:  # as above
        raise _damaged(place, error) from None
    left = sorted(headers.keys() - {*names})
    return arrays, [f"{place.name}: arrays that are left out: {_named(left)}"] if left else []


def _require_arrays(asked: Asked, headers: Mapping[str, Header], kind: str, *, is_labelled: bool = True) -> None:
    """InputError: no arrays of these names, or one of Python's objects."""
    wanted = (asked.inputs, asked.labels) if is_labelled else (asked.inputs,)
    if lacking := [name for name in wanted if name not in headers]:
        there = _named(f"{name} {shape}" for name, (shape, _) in headers.items()) or "none"
        told = f"{asked.file}: given arrays {there}, allowed {' and '.join(lacking)}"
        raise InputError(f"{told}: {_proposal(asked, headers)}")
    faults = []
    if headers[asked.inputs][1].hasobject:
        faults.append(_of_unequal_size(asked, headers[asked.inputs][0], kind))
    if is_labelled and headers[asked.labels][1].hasobject:
        line = asked.unpickled(f"{asked.y} = {asked.y}.astype(str)")
        faults.append(f"{asked.file}: {asked.labels}: given Python's objects, allowed words or whole numbers: {line}")
    for name in (each for each in ASIDE if each in headers and headers[each][1].hasobject):
        line = asked.unpickled(f"a['{name}'] = np.array(a['{name}'].tolist())")
        faults.append(f"{asked.file}: {name}: given Python's objects, allowed numbers or words: {line}")
    if faults:
        raise InputError("\n".join(faults))


def _proposal(asked: Asked, headers: Mapping[str, Header]) -> str:
    """What to write so that the arrays that are there are found."""
    largest = max(headers, key=lambda name: (len(headers[name][0]), np.prod(headers[name][0])), default="")
    count = headers[largest][0][:1] if largest else ()
    others = [name for name, (shape, _) in headers.items() if name != largest and shape[:1] == count and len(shape) < 3]
    if not count or not others:
        return f"`np.savez('{asked.place}', x=inputs, y=labels)` writes both"
    likeliest = min(others, key=lambda name: (len(headers[name][0]), name in ASIDE))
    return f"write `inputs: {largest}` and `labels: {likeliest}` under load, if they are these"


def _of_unequal_size(asked: Asked, shape: tuple[int, ...], kind: str) -> str:
    """Inputs of Python's objects are pictures or sequences of unequal size, or numbers that NumPy holds as objects."""
    told = f"{asked.file}: {asked.inputs}: given Python's objects {shape}"
    if len(shape) > 1:
        line = asked.unpickled(f"{asked.x} = {asked.x}.astype(np.float64)")
        return f"{told}, allowed numbers: {line}"
    if kind == "sequence":
        change = (
            f"a['lengths'] = np.array([len(s) for s in {asked.x}]); {asked.x} = np.stack([np.pad(np.reshape(s, (len(s),"
            f" -1)).astype(np.float64), [(0, max(a['lengths']) - len(s)), (0, 0)]) for s in {asked.x}])"
        )
        return f"{told}, sequences of unequal length, allowed one array with their lengths: {asked.unpickled(change)}"
    change = (
        f"from PIL import Image; {asked.x} = np.stack([np.asarray(Image.fromarray(p).resize((64, 64)))"
        f" for p in {asked.x}])"
    )
    line = asked.unpickled(change)
    return f"{told}, pictures of unequal size, allowed one size (`kind: sequence` for sequences): {line}"


def _require_counts(asked: Asked, arrays: Mapping[str, np.ndarray]) -> None:
    """InputError: arrays that are not of as many examples, or of none."""
    of_each = {name: each.shape[:1] for name, each in arrays.items() if name != "columns"}
    if len(set(of_each.values())) > 1 or not of_each[asked.inputs] or not arrays[asked.inputs].size:
        told = ", ".join(f"{name} {arrays[name].shape}" for name in of_each)
        raise InputError(f"{asked.file}: given arrays {told}, allowed as many examples (one or more) in each of them")


# Labels

Labels = tuple[np.ndarray, tuple[str, ...], list[str]]  # codes or numbers, names of classes, what to say


def _labels(asked: Asked, y: np.ndarray, target: str) -> Labels:
    """Codes of classes (examples,) with their names, or numbers (examples,)."""
    notes = []
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
        notes.append(f"{asked.file}: {asked.labels}: a column (examples, 1) is read as (examples,)")
    if target == "number":
        return _numbers(asked, y), (), notes
    if y.ndim == 2 and _is_one_hot(y):
        y = y.argmax(axis=1)
        notes.append(f"{asked.file}: {asked.labels}: one column for each class (one-hot) is read as the class of the 1")
    if y.ndim != 1:
        line = asked.mended(f"{asked.y} = {asked.y}.argmax(axis=1)")
        told = f"given shape {y.shape}, allowed (examples,) or (examples, classes) with a single 1 each"
        raise InputError(f"{asked.file}: {asked.labels}: {told}; the largest of each is taken by {line}")
    words = _words(asked, y)
    names = in_order(set(words))
    if len(names) < 2:
        raise InputError(
            f"{asked.file}: {asked.labels}: given only {_named(names) or 'nothing'}, allowed two classes or more"
        )
    code = {name: at for at, name in enumerate(names)}
    notes += look_alikes(f"{asked.file}: {asked.labels}", names, most=MOST_NAMED)
    return np.array([code[word] for word in words], np.int64), tuple(names), notes


def _is_one_hot(y: np.ndarray) -> bool:
    return y.dtype.kind in "biuf" and bool(np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all())


def _numbers(asked: Asked, y: np.ndarray) -> np.ndarray:
    if y.ndim != 1:
        line = asked.mended(f"{asked.y} = {asked.y}[:, 0]")
        raise InputError(f"{asked.file}: {asked.labels}: given shape {y.shape}, allowed one number each: {line}")
    if y.dtype.kind not in "biuf":
        raise InputError(f"{asked.file}: {asked.labels}: given {y.dtype}, allowed numbers, or `target: class`")
    missing = np.flatnonzero(~np.isfinite(y))
    if len(missing):
        raise InputError(_without(asked, asked.labels, "labels that are no finite number", missing))
    return y.astype(np.float64)


def _words(asked: Asked, y: np.ndarray) -> list[str]:
    """Each label as a word; whole numbers in floats count as whole."""
    if y.dtype.kind == "f":
        missing = np.flatnonzero(~np.isfinite(y))
        if len(missing):
            raise InputError(_without(asked, asked.labels, "labels that are missing", missing))
        if (y != np.rint(y)).any() or abs(y).max(initial=0) > 2**53:
            told = "given numbers that are not whole, allowed whole numbers or words for classes"
            raise InputError(f"{asked.file}: {asked.labels}: {told}: `target: number` learns to predict numbers")
        y = y.astype(np.int64)
    if y.dtype.kind == "S":
        y = np.char.decode(y, "utf-8", "replace")
    if y.dtype.kind not in "biuU":
        line = asked.mended(f"{asked.y} = {asked.y}.astype(str)")
        raise InputError(f"{asked.file}: {asked.labels}: given {y.dtype}, allowed whole numbers or words: {line}")
    words = [str(item) for item in y.tolist()]
    missing = np.flatnonzero([word.strip().casefold() in NO_LABEL or word == "None" for word in words])
    if len(missing):
        raise InputError(_without(asked, asked.labels, "labels that are missing", missing))
    return words


def _without(asked: Asked, name: str, what: str, rows: np.ndarray) -> str:
    """A refusal of some examples, with the line that leaves them out."""
    told = f"{asked.file}: {name}: given {len(rows)} {what} (examples {_named(map(str, rows))}), allowed none"
    change = f"keep = np.ones(len({asked.y}), bool); keep[{rows[:MOST_IN_LINE].tolist()}] = False"
    line = asked.mended(
        f"{change}; a = {{name: each[keep] if len(each) == len(keep) else each for name, each in a.items()}}"
    )
    return f"{told}: they are left out by {line}"


# Inputs

Inputs = tuple[Any, np.ndarray | None, list[str]]  # examples, lengths, what to say


def _inputs(asked: Asked, arrays: Mapping[str, np.ndarray], kind: str, channels: str, padding: str | float) -> Inputs:
    x = arrays[asked.inputs]
    if x.dtype.kind not in "biuf":
        raise InputError(f"{asked.file}: {asked.inputs}: given {x.dtype}, allowed numbers")
    if channels == "first":
        x = _channels_last(asked, x, kind)
    if kind == "table":
        return _columns(asked, x, arrays.get("columns")), None, []
    if kind == "image":
        return _unit(asked, _pictures(asked, x, channels)), None, _shape_notes(asked, x)
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
        told_of = (
            f"given infinity in {len(endless)} rows ({_named(map(str, endless))}), allowed numbers, NaN where missing"
        )
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


def _unit(asked: Asked, x: np.ndarray) -> np.ndarray:
    """Brightness from 0 to 1: float32 of bytes, else as precise as it was."""
    if x.dtype == np.uint8:
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
    return _without(
        asked, asked.inputs, f"pictures with {len(bad)} pixels of NaN or infinity, the first in {first}", rows
    )


def _as_shares(asked: Asked, low: Any, high: Any) -> str:
    """How to bring the brightness to 0..1: what the range says it is now."""
    if low >= 0 and high <= 1:
        return f"{asked.x}.astype(np.float32)"
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
            told = f"given {_named(f'{lengths[at]:g} (sequence {at})' for at in wrong) or lengths.dtype}"
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
        raise InputError(_without(asked, asked.inputs, "sequences without a step", empty))
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
        raise InputError(_without(asked, asked.inputs, what, np.unique(bad[:, 0])))


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
