"""Read pictures from a folder per class, wherever it lies: every bad file named at once, one mode, one size."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pipeline.errors import InputError, shown
from pipeline.new_data import REQUEST, Field, NewData
from pipeline.number_types import Count
from pipeline.raw_data import RawData
from pipeline.sources import _class_folders, _picture_files, _picture_findings
from pipeline.sources._class_folders import named, printable
from pipeline.sources._class_names import unevenness
from pipeline.sources._picture_files import Picture

if TYPE_CHECKING:
    import pandas as pd

KIND = "image"
LABELS = "class"
SPLIT = "drawn"
PICTURE = "picture"  # what a server is sent
MOST_OF_MEMORY = 0.5
COLOURED = ("RGB", "RGBA", "CMYK", "YCbCr")  # modes, as Pillow calls them

Stamp = tuple[str, int, int, int]  # of a picture: path, class, when it was changed (ns), bytes


@dataclass(frozen=True)
class Pictures:
    """All pictures of a folder: `pixels` (pictures, height, width, channels), uint8 or float32, 0..255; `labels`."""

    pixels: np.ndarray
    labels: np.ndarray
    findings: tuple[str, ...]
    card: Mapping[str, Any]


def load(
    raw: Path,
    seed: int,
    *,
    path: str,
    mode: Literal["auto", "grey", "rgb"] = "auto",
    size: Literal["auto"] | list[Count] = "auto",
    fit: Literal["stretch", "pad", "crop"] = "stretch",
    skip_bad: bool = False,
    pool_parts: bool = False,
) -> RawData:
    """The pictures below `path`, a folder for each class: x of shape (pictures, height, width, 1 or 3), 0..1.

    `path` is absolute, or in data/raw, or in the project. mode: `auto` is grey if all pictures are, else in colour;
    what is transparent stands on white. size: `auto` if all have the same, else [height, width], to which `fit`
    stretches a picture, or pads it with black, or crops its middle. Cameras' EXIF orientation is applied. `skip_bad`
    leaves out what is no whole picture; `pool_parts` puts folders train, validation and test together: each seed draws
    a split of its own. Classes and pictures are in the order of their names; `seed` decides nothing.
    InputError: every file that is no picture, pictures of several sizes, folders that are no classes.
    """
    _require_size(size)
    folder = _class_folders.folder_of(raw, path)
    classes, notes = _class_folders.classes(folder, path, pool_parts)
    stamps = tuple(_stamp(file, label) for label, files in enumerate(classes.values()) for file in files)
    found = _pictures(stamps, tuple(classes), mode, size if size == "auto" else tuple(size), fit, skip_bad)
    return RawData(
        x=found.pixels.astype(np.float32) / np.float32(255),
        y=found.labels.copy(),
        class_names=tuple(classes),
        findings=(*notes, *found.findings),
        card={"pictures": dict(found.card), "request": {"mode": mode, "size": size, "fit": fit}},
    )


def check(
    raw: Path, *, path: str, mode: str, size: str | list[int], fit: str, skip_bad: bool, pool_parts: bool
) -> str | None:
    """What to know of pictures elsewhere; None if they lie in data/raw. InputError: the folders are no classes."""
    _require_size(size)
    folder = _class_folders.folder_of(raw, path)
    _class_folders.classes(folder, path, pool_parts)
    if folder.is_relative_to(raw):
        return None
    return f"{path} lies outside of data/raw, where DVC looks for changes: `make repro` sees them, `dvc repro` does not"


def files(
    raw: Path, *, path: str, mode: str, size: str | list[int], fit: str, skip_bad: bool, pool_parts: bool
) -> list[Path]:
    """Every picture's file, in order; none where the folder is not as it should be."""
    try:
        classes, _ = _class_folders.classes(_class_folders.folder_of(raw, path), path, pool_parts)
    except InputError:
        return []
    return [file for files in classes.values() for file in files]


def read_new(
    place: Path,
    card: Mapping[str, Any],
    *,
    path: str,
    mode: str,
    size: str | list[int],
    fit: str,
    skip_bad: bool,
    pool_parts: bool,
) -> NewData:
    """All pictures below a folder, in folders or not, in the size and mode of those of training.

    `names` are their places below the folder, and `left_out` those of files that are no whole picture. InputError: no
    picture, or, where none is to be fitted into a size, pictures of another one.
    """
    if not place.is_dir():
        raise InputError(f"file: given {shown(place)}, allowed a folder of pictures, as in training")
    channels = card["shape"][-1]
    found = {
        file.relative_to(place).as_posix(): _picture_files.read(
            file, _stamp(file, 0)[-1], *_as_trained(mode, size, fit, channels)
        )
        for file in _class_folders.below(place)
    }
    return _answerable(f"file: given {shown(place)}", found, card)


def fields(card: Mapping[str, Any]) -> list[Field]:
    """A picture's file, byte by byte."""
    return [Field(name=PICTURE, type="binary", example=_picture_files.plain(*card["shape"]))]


def read_request(data: "pd.DataFrame", card: Mapping[str, Any]) -> NewData:
    """Pictures as files of any kind that training may have, in the size and mode of those of training.

    InputError: pictures of another size, where none is to be fitted into one.
    """
    told = card["request"]
    wanted = _as_trained(told["mode"], told["size"], told["fit"], card["shape"][-1])
    found = {str(at): _picture_files.read_from(io.BytesIO(each), *wanted) for at, each in enumerate(data[PICTURE])}
    return _answerable(f"{REQUEST}: given bytes", found, card)


def _as_trained(mode: str, size: Any, fit: str, channels: int) -> tuple[str, Any, str]:
    """Mode, size and fit in which a picture has as many channels as those of training had."""
    wanted = mode if mode != "auto" else "grey" if channels == 1 else "rgb"
    return wanted, size if size == "auto" else tuple(size), fit


def _answerable(where: str, found: Mapping[str, Picture | str], card: Mapping[str, Any]) -> NewData:
    """Pictures by name, in one array; what is none is left out (InputError: there is none, or some of another size)."""
    height, width, channels = card["shape"]
    read = {printable(name): picture for name, picture in found.items() if isinstance(picture, Picture)}
    faults = _other_sizes(read, (height, width))
    if faults or not read:
        raise InputError(faults or f"{where} without a picture in it, allowed one or more")
    pixels = _picture_files.stacked([picture.pixels for picture in read.values()], "grey" if channels == 1 else "rgb")
    coloured = [name for name, picture in read.items() if channels == 1 and picture.mode.split()[1] in COLOURED]
    bad = [f"{printable(name)}: {picture}" for name, picture in found.items() if isinstance(picture, str)]
    return NewData(
        x=pixels.astype(np.float32) / np.float32(255),
        names={"file": list(read)},
        left_out=tuple(bad),
        findings=(f"{len(coloured)} pictures are in colour, and read as grey: {named(coloured)}",) if coloured else (),
    )


def _other_sizes(read: Mapping[str, Picture], size: tuple[int, int]) -> str:
    """What is wrong with pictures that are not as large as those of training, once they are fitted."""
    sizes = {name: picture.size for name, picture in read.items() if picture.pixels.shape[:2] != size}
    if not sizes:
        return ""
    told = named(f"{name}: {height} x {width}" for name, (height, width) in sizes.items())
    return (
        f"file: given {len(sizes)} pictures of another size ({told}), allowed {size[0]} x {size[1]} (height x width),"
        " as in training: a `size` under load has all pictures fitted, and the model trained anew"
    )


# Which files there are


def _require_size(size: str | Sequence[int]) -> None:
    if size != "auto" and len(size) != 2:
        raise InputError(f"size: given {size}, allowed auto or [height, width]: two numbers of pixels")


def _stamp(file: Path, label: int) -> Stamp:
    try:
        state = file.stat()
    except OSError:
        return str(file), label, 0, -1
    return str(file), label, state.st_mtime_ns, state.st_size


# Read them


@lru_cache(maxsize=1)  # every draw of the data begins with the same pictures
def _pictures(
    stamps: tuple[Stamp, ...],
    names: tuple[str, ...],
    mode: str,
    size: Any,
    fit: str,
    skip_bad: bool,
) -> Pictures:
    """All pictures alike. InputError: files that are none, sizes that differ."""
    read: dict[str, Picture] = {}
    bad: dict[str, str] = {}
    room = _room()
    _require_memory(len(stamps), (1, 1) if size == "auto" else size, room)
    for path, _, _, length in stamps:
        found = _picture_files.read(Path(path), length, mode, size, fit)
        if isinstance(found, Picture):
            read[path] = found
            _require_memory(len(stamps), found.pixels.shape, room)
        else:
            bad[path] = found
    kept = [(path, label) for path, label, _, _ in stamps if path in read]
    gone = sorted({*range(len(names))} - {label for _, label in kept})
    faults = _picture_findings.of_bad_files(bad) if bad and not skip_bad else []
    faults += _picture_findings.of_emptied(names[label] for label in gone) if skip_bad else []
    uneven = _picture_findings.of_several_sizes(read) if size == "auto" else None
    if faults:
        raise InputError("\n".join([*faults, *([str(uneven)] if uneven else [])]))
    if uneven:
        raise uneven
    pixels = _picture_files.stacked([read[path].pixels for path, _ in kept], mode)
    labels = np.array([label for _, label in kept], np.int64)
    findings = [
        *_picture_findings.of_skipped(bad),
        *_picture_findings.of_pictures(read, size, fit),
        *unevenness(labels, names, what="pictures"),
        *_picture_findings.of_pixels(kept, pixels, names),
    ]
    return Pictures(pixels, labels, tuple(findings), _picture_findings.card(read, labels, names, bad))


def _room() -> float:
    """Bytes that all pictures together may take, as numbers."""
    import psutil

    return MOST_OF_MEMORY * float(psutil.virtual_memory().total)


def _require_memory(count: int, shape: tuple[int, ...], room: float) -> None:
    """InputError, before many pictures of a shape are read, where all of them would not fit."""
    wanted = 4 * count * math.prod(shape)
    if wanted > room:
        raise InputError(
            f"size: given {count} pictures of {shape[0]} x {shape[1]}, {wanted / 1e9:.1f} GB as numbers, allowed"
            f" {room / 1e9:.1f} GB on this machine: write a smaller one, such as `size: [64, 64]`"
        )
