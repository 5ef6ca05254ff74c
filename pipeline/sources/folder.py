"""Read pictures from a folder per class, wherever it lies: every bad file named at once, one mode, one size."""

import hashlib
import math
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from statistics import median_low
from typing import Any, Literal

import numpy as np

from pipeline.errors import InputError, shown
from pipeline.new_data import NewData
from pipeline.number_types import Count
from pipeline.raw_data import RawData
from pipeline.sources import _picture_files
from pipeline.sources._class_names import first_of, in_order, look_alikes, unevenness
from pipeline.sources._picture_files import Picture

KIND = "image"
LABELS = "class"
SPLIT = "drawn"

NO_PICTURES = {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "icon\r"}  # what systems leave behind
PARTS = {"train": "train", "training": "train", "validation": "validation", "valid": "validation", "val": "validation"}
PARTS |= {"test": "test", "testing": "test"}
MOST_NAMED = 10
ODD = 1.5  # times wider, at which it is said
MOST_OF_MEMORY = 0.5
COLOURED = ("RGB", "RGBA", "CMYK", "YCbCr")  # modes, as Pillow calls them

_named = partial(first_of, most=MOST_NAMED)

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
    folder = _folder(raw, path)
    classes, notes = _classes(folder, path, pool_parts)
    stamps = tuple(_stamp(file, label) for label, files in enumerate(classes.values()) for file in files)
    found = _pictures(stamps, tuple(classes), mode, size if size == "auto" else tuple(size), fit, skip_bad)
    return RawData(
        x=found.pixels.astype(np.float32) / np.float32(255),
        y=found.labels.copy(),
        class_names=tuple(classes),
        findings=(*notes, *found.findings),
        card={"pictures": dict(found.card)},
    )


def check(
    raw: Path, *, path: str, mode: str, size: str | list[int], fit: str, skip_bad: bool, pool_parts: bool
) -> str | None:
    """What to know of pictures elsewhere; None if they lie in data/raw. InputError: the folders are no classes."""
    _require_size(size)
    folder = _folder(raw, path)
    _classes(folder, path, pool_parts)
    if folder.is_relative_to(raw):
        return None
    return f"{path} lies outside of data/raw, where DVC looks for changes: `make repro` sees them, `dvc repro` does not"


def files(
    raw: Path, *, path: str, mode: str, size: str | list[int], fit: str, skip_bad: bool, pool_parts: bool
) -> list[Path]:
    """Every picture's file, in order; none where the folder is not as it should be."""
    try:
        classes, _ = _classes(_folder(raw, path), path, pool_parts)
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
    height, width, channels = card["shape"]
    found = {file.relative_to(place).as_posix(): _read_new(file, mode, size, fit, channels) for file in _below(place)}
    read = {_text(name): picture for name, picture in found.items() if isinstance(picture, Picture)}
    faults = _other_sizes(read, (height, width))
    if faults or not read:
        raise InputError(faults or f"file: given {shown(place)} without a picture in it, allowed one or more")
    pixels = _picture_files.stacked([picture.pixels for picture in read.values()], "grey" if channels == 1 else "rgb")
    coloured = [name for name, picture in read.items() if channels == 1 and picture.mode.split()[1] in COLOURED]
    bad = [f"{_text(name)}: {picture}" for name, picture in found.items() if isinstance(picture, str)]
    return NewData(
        x=pixels.astype(np.float32) / np.float32(255),
        names={"file": list(read)},
        left_out=tuple(bad),
        findings=(f"{len(coloured)} pictures are in colour, and read as grey: {_named(coloured)}",) if coloured else (),
    )


def _below(folder: Path) -> list[Path]:
    """All files below a folder, in order."""
    inner, files = _content(folder)
    return [*files, *(file for place in inner for file in _below(place))]


def _read_new(file: Path, mode: str, size: Any, fit: str, channels: int) -> Picture | str:
    """A picture in as many channels as those of training had."""
    _, _, _, length = _stamp(file, 0)
    wanted = mode if mode != "auto" else "grey" if channels == 1 else "rgb"
    return _picture_files.read(file, length, wanted, size if size == "auto" else tuple(size), fit)


def _other_sizes(read: Mapping[str, Picture], size: tuple[int, int]) -> str:
    """What is wrong with pictures that are not as large as those of training, once they are fitted."""
    sizes = {name: picture.size for name, picture in read.items() if picture.pixels.shape[:2] != size}
    if not sizes:
        return ""
    told = _named(f"{name}: {height} x {width}" for name, (height, width) in sizes.items())
    return (
        f"file: given {len(sizes)} pictures of another size ({told}), allowed {size[0]} x {size[1]} (height x width),"
        " as in training: a `size` under load has all pictures fitted, and the model trained anew"
    )


# Which files there are


def _require_size(size: str | Sequence[int]) -> None:
    if size != "auto" and len(size) != 2:
        raise InputError(f"size: given {size}, allowed auto or [height, width]: two numbers of pixels")


def _folder(raw: Path, path: str) -> Path:
    """The folder that `path` means: absolute, or in data/raw, or in the project."""
    told = Path(path).expanduser()
    places = [told] if told.is_absolute() else [raw / told, raw.parents[1] / told]
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        looked = " or ".join(str(place) for place in places)
        raise InputError(f"path: given {path!r}, allowed a folder with a folder per class: there is no {looked}")
    return found


def _classes(folder: Path, path: str, pool_parts: bool) -> tuple[dict[str, list[Path]], list[str]]:
    """{class: its files}, both in order, and what to say of them."""
    inner, loose = _content(folder)
    parts, homes = _parts(path, inner, pool_parts), [(folder, place) for place in inner]
    if parts:
        homes = [(part, place) for part in inner for place in _content(part)[0]]
        loose = [*loose, *(file for part in inner for file in _content(part)[1])]
    _require_classes(path, inner, homes)
    faults: list[str] = []
    found: dict[str, list[Path]] = defaultdict(list)
    for home, place in homes:
        deeper, files = _content(place)
        faults += _home_faults(home, place, deeper, files)
        found[unicodedata.normalize("NFC", place.name)] += files
    faults += _twins(homes)
    if faults:
        raise InputError("\n".join(faults))
    left = _named(_text(file.name) for file in loose)
    notes = [f"{path}: pictures of {parts} are pooled: each seed draws a split of its own"] if parts else []
    notes += [f"{path}: beside the folders of classes, left out: {left}"] if left else []
    return {name: found[name] for name in in_order(found)}, [*notes, *look_alikes(path, found, most=MOST_NAMED)]


def _parts(path: str, inner: Sequence[Path], pool_parts: bool) -> str:
    """The names of the parts that somebody has split the pictures into; empty where the folders are classes."""
    parts = {place.name: PARTS[place.name.casefold()] for place in inner if place.name.casefold() in PARTS}
    if len(parts) < 2 or len(parts) < len(inner):
        return ""
    if not pool_parts:
        largest = next((name for name, part in parts.items() if part == "train"), next(iter(parts)))
        raise InputError(
            f"path: given {path!r} with a split of its own ({', '.join(parts)}), allowed a folder per class: each seed"
            " draws its own split here, which is what intervals rest on. Write `pool_parts: true` to put them together,"
            f" or `path: {path}/{largest}` to use one alone"
        )
    return ", ".join(parts)


def _content(folder: Path) -> tuple[list[Path], list[Path]]:
    """Folders and files in a folder, in the order of their names on any file system; what systems hide is left out.

    A link that leads back to the folder, or to one above it, is left out as well.
    """
    above = {folder.resolve(), *folder.resolve().parents}
    try:
        places = sorted(folder.iterdir(), key=lambda place: (unicodedata.normalize("NFC", place.name), place.name))
        seen = [place for place in places if place.name[0] != "." and place.name.casefold() not in NO_PICTURES]
        inner = [place for place in seen if place.is_dir()]
        back = [place for place in inner if place.is_symlink() and place.resolve() in above]
    except OSError as error:
        raise InputError(
            f"{shown(folder)}: given a folder that you may not read ({error.strerror}), allowed one that you may:"
            " `chmod -R u+rX` it"
        ) from None
    return [place for place in inner if place not in back], [place for place in seen if place not in inner]


def _require_classes(path: str, inner: Sequence[Path], homes: Sequence[tuple[Path, Path]]) -> None:
    if len({place.name for _, place in homes}) > 1:
        return
    deeper = [place.name for place in (_content(inner[0])[0] if len(inner) == 1 else ())]
    if len(deeper) > 1:
        place = f"{path.rstrip('/')}/{inner[0].name}"
        raise InputError(
            f"path: given {path!r} with one folder ({inner[0].name}), allowed a folder per class: write `path: {place}`"
        )
    named = _named(_text(place.name) for _, place in homes) or "none"
    raise InputError(
        f"path: given {path!r} with the folders of classes {named}, allowed two or more with pictures in each"
    )


def _home_faults(home: Path, place: Path, deeper: Sequence[Path], files: Sequence[Path]) -> list[str]:
    """What is wrong with the folder of a class."""
    name, faults = f"{home.name}/{_text(place.name)}", []
    if deeper:
        inside = _named(_text(each.name) for each in deeper)
        faults.append(f"{name}: given folders inside the folder of a class ({inside}), allowed pictures: move them up")
    if not files and not deeper:
        faults.append(f"{name}: given a class without pictures, allowed one or more: remove the folder, or fill it")
    if _text(place.name) != place.name:
        faults.append(f"{name}: given a name that is not UTF-8, allowed one that is: rename the folder")
    return faults


def _twins(homes: Sequence[tuple[Path, Path]]) -> list[str]:
    """Folders side by side whose names look the same to the letter and are not: é as one sign, and as two."""
    counts = Counter((home, unicodedata.normalize("NFC", place.name)) for home, place in homes)
    return [
        f"{home.name}/{name}: given {count} folders whose names only a computer tells apart (é as one sign, or as two),"
        " allowed one: put their pictures together"
        for (home, name), count in counts.items()
        if count > 1
    ]


def _text(name: str) -> str:
    """A file's name as text that can be printed, whatever bytes it has."""
    return name.encode("utf-8", "backslashreplace").decode()


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
    faults = _bad_files(bad) if bad and not skip_bad else []
    faults += _several_sizes(read) if size == "auto" else []
    faults += _emptied(names[label] for label in gone) if skip_bad else []
    if faults:
        raise InputError("\n".join(faults))
    pixels = _picture_files.stacked([read[path].pixels for path, _ in kept], mode)
    labels = np.array([label for _, label in kept], np.int64)
    findings = [
        *_skipped(bad),
        *_findings(read, size, fit),
        *unevenness(labels, names, what="pictures"),
        *_of_pixels(kept, pixels, names),
    ]
    return Pictures(pixels, labels, tuple(findings), _card(read, labels, names, bad))


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


# Say what was found


def _bad_files(bad: Mapping[str, str]) -> list[str]:
    many = f"{len(bad)} file{'s that are' if len(bad) > 1 else ' that is'} no whole picture"
    head = f"path: given {many}, allowed pictures: mend or remove what is named below, or write `skip_bad: true`"
    return [head, *(f"  {_short(path)}: {reason}" for path, reason in bad.items())]


def _emptied(names: Iterable[str]) -> list[str]:
    gone = _named(map(repr, names))
    return [f"skip_bad: given no whole picture of {gone}, allowed one or more of each class"] if gone else []


def _short(path: str) -> str:
    """A picture by its class and its name."""
    return _text("/".join(Path(path).parts[-2:]))


def _several_sizes(read: Mapping[str, Picture]) -> list[str]:
    sizes = Counter(picture.size for picture in read.values())
    if len(sizes) < 2:
        return []
    ordered = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    told = _named(f"{height} x {width}: {count}" for (height, width), count in ordered)
    middle = [median_low(sorted(picture.size[axis] for picture in read.values())) for axis in (0, 1)]
    height, width = ordered[0][0] if 2 * ordered[0][1] > len(read) else middle
    return [
        f"size: given pictures of {len(sizes)} sizes (height x width: {told}), allowed one: write"
        f" `size: [{height}, {width}]` under load, and `fit: pad` or `fit: crop` if they must keep their proportions"
    ]


def _skipped(bad: Mapping[str, str]) -> list[str]:
    listed = "; ".join(f"{_short(path)}: {reason}" for path, reason in bad.items())
    return [f"{len(bad)} files are left out (skip_bad): {listed}"] if bad else []


def _findings(read: Mapping[str, Picture], size: Any, fit: str) -> list[str]:
    """On orientation, proportions and colours."""
    turned = sum(picture.turned for picture in read.values())
    findings = [f"{turned} pictures were turned as their camera was held (EXIF)"] if turned else []
    odd = [path for path, picture in read.items() if size != "auto" and _is_odd(picture.size, size)]
    if odd and fit == "stretch":
        told = f"{len(odd)} pictures are stretched by half or more ({_named(map(_short, odd))})"
        findings.append(f"{told}: `fit: pad` or `fit: crop` keeps proportions")
    coloured = [picture.pixels for picture in read.values() if picture.pixels.ndim == 3]
    if coloured and all(map(_picture_files.is_grey, coloured)):
        findings.append("all pictures are grey, though kept in colour: `mode: grey` has a third of the numbers")
    return findings


def _is_odd(size: tuple[int, int], wanted: tuple[int, int]) -> bool:
    """Whether a picture must be stretched by half or more one way to have the wanted size."""
    ratio = size[1] * wanted[0] / (size[0] * wanted[1])
    return not 1 / ODD < ratio < ODD


def _of_pixels(kept: Sequence[tuple[str, int]], pixels: np.ndarray, names: Sequence[str]) -> list[str]:
    """On pictures that are there several times, or under two classes, or of one plain colour."""
    equal, findings = defaultdict(list), []
    for (path, label), each in zip(kept, pixels, strict=True):
        equal[hashlib.blake2b(each.tobytes(), digest_size=16).digest()].append((path, label))
    several = [group for group in equal.values() if len(group) > 1]
    two = [group for group in several if len({label for _, label in group}) > 1]
    if several:
        told = _named(" = ".join(_short(path) for path, _ in group) for group in several)
        findings.append(
            f"{len(several)} pictures are there more than once, pixel by pixel, and stay in one part: {told}"
        )
    if two:
        told = _named(" = ".join(_short(path) for path, _ in group) for group in two)
        findings.append(f"{len(two)} pictures are there under two classes, of which one is wrong: {told}")
    plain = [path for (path, _), each in zip(kept, pixels, strict=True) if (each == each[:1, :1]).all()]
    if plain:
        findings.append(f"{len(plain)} pictures are of one plain colour: {_named(map(_short, plain))}")
    return findings


def _card(
    read: Mapping[str, Picture], labels: np.ndarray, names: Sequence[str], bad: Mapping[str, str]
) -> dict[str, Any]:
    """What was understood, for card.json."""
    counts = np.bincount(labels, minlength=len(names)).tolist()
    sizes = Counter(f"{picture.size[0]} x {picture.size[1]}" for picture in read.values())
    return {
        "classes": dict(zip(names, counts, strict=True)),
        "sizes": dict(sizes.most_common(MOST_NAMED)),
        "modes": dict(Counter(picture.mode for picture in read.values()).most_common()),
        "turned": sum(picture.turned for picture in read.values()),
        "left_out": [_short(path) for path in bad],
    }
