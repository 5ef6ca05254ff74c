"""Find the arrays of an .npz file; what cannot be read is refused with the line of NumPy that mends it."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np

from pipeline.errors import InputError
from pipeline.sources._class_names import first_of

ASIDE = ("lengths", "groups", "columns")  # arrays that may stand beside inputs and labels
MOST_NAMED = 5
MOST_IN_LINE = 1_000  # examples that a line of NumPy lists

named = partial(first_of, most=MOST_NAMED)


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


Header = tuple[tuple[int, ...], np.dtype[Any]]


def headers(place: Path) -> dict[str, Header]:
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


def arrays(
    place: Path, asked: Asked, kind: str, *, is_labelled: bool = True
) -> tuple[dict[str, np.ndarray], list[str]]:
    """The arrays that are read, by name, and a line on those that are not."""
    known = headers(place)
    if not is_labelled:
        known.pop(asked.labels, None)
    require_arrays(asked, known, kind, is_labelled=is_labelled)
    names = [name for name in (asked.inputs, asked.labels, *ASIDE) if name in known]
    try:
        with np.load(place, allow_pickle=False) as archive:
            found = {name: archive[name] for name in names}
    except Exception as error:  # as above
        raise _damaged(place, error) from None
    left = sorted(known.keys() - {*names})
    return found, [f"{place.name}: arrays that are left out: {named(left)}"] if left else []


def require_arrays(asked: Asked, headers: Mapping[str, Header], kind: str, *, is_labelled: bool = True) -> None:
    """InputError: no arrays of these names, or one of Python's objects."""
    wanted = (asked.inputs, asked.labels) if is_labelled else (asked.inputs,)
    if lacking := [name for name in wanted if name not in headers]:
        there = named(f"{name} {shape}" for name, (shape, _) in headers.items()) or "none"
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


def require_counts(asked: Asked, arrays: Mapping[str, np.ndarray]) -> None:
    """InputError: arrays that are not of as many examples, or of none."""
    of_each = {name: each.shape[:1] for name, each in arrays.items() if name != "columns"}
    if len(set(of_each.values())) > 1 or not of_each[asked.inputs] or not arrays[asked.inputs].size:
        told = ", ".join(f"{name} {arrays[name].shape}" for name in of_each)
        raise InputError(f"{asked.file}: given arrays {told}, allowed as many examples (one or more) in each of them")


def without(asked: Asked, name: str, what: str, rows: np.ndarray) -> str:
    """A refusal of some examples, with the line that leaves them out."""
    told = f"{asked.file}: {name}: given {len(rows)} {what} (examples {named(map(str, rows))}), allowed none"
    change = f"keep = np.ones(len({asked.y}), bool); keep[{rows[:MOST_IN_LINE].tolist()}] = False"
    line = asked.mended(
        f"{change}; a = {{name: each[keep] if len(each) == len(keep) else each for name, each in a.items()}}"
    )
    return f"{told}: they are left out by {line}"
