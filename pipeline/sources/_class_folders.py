"""Find the folders of classes, and the files in them, wherever they lie."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pipeline.errors import InputError, shown
from pipeline.sources._class_names import first_of, in_order, look_alikes

NO_PICTURES = {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "icon\r"}  # what systems leave behind
PARTS = {"train": "train", "training": "train", "validation": "validation", "valid": "validation", "val": "validation"}
PARTS |= {"test": "test", "testing": "test"}
MOST_NAMED = 10

named = partial(first_of, most=MOST_NAMED)


def below(folder: Path) -> list[Path]:
    """All files below a folder, in order."""
    inner, files = _content(folder)
    return [*files, *(file for place in inner for file in below(place))]


def folder_of(raw: Path, path: str) -> Path:
    """The folder that `path` means: absolute, or in data/raw, or in the project."""
    told = Path(path).expanduser()
    places = [told] if told.is_absolute() else [raw / told, raw.parents[1] / told]
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        looked = " or ".join(str(place) for place in places)
        raise InputError(f"path: given {path!r}, allowed a folder with a folder per class: there is no {looked}")
    return found


def classes(folder: Path, path: str, pool_parts: bool) -> tuple[dict[str, list[Path]], list[str]]:
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
    left = named(printable(file.name) for file in loose)
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
    there = named(printable(place.name) for _, place in homes) or "none"
    raise InputError(
        f"path: given {path!r} with the folders of classes {there}, allowed two or more with pictures in each"
    )


def _home_faults(home: Path, place: Path, deeper: Sequence[Path], files: Sequence[Path]) -> list[str]:
    """What is wrong with the folder of a class."""
    name, faults = f"{home.name}/{printable(place.name)}", []
    if deeper:
        inside = named(printable(each.name) for each in deeper)
        faults.append(f"{name}: given folders inside the folder of a class ({inside}), allowed pictures: move them up")
    if not files and not deeper:
        faults.append(f"{name}: given a class without pictures, allowed one or more: remove the folder, or fill it")
    if printable(place.name) != place.name:
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


def printable(name: str) -> str:
    """A file's name as text that can be printed, whatever bytes it has."""
    return name.encode("utf-8", "backslashreplace").decode()
