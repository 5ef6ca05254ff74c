"""Say what was found in a folder of pictures: which files are none, which sizes differ, what smells."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median_low
from typing import Any

import numpy as np

from pipeline.errors import SeveralSizes
from pipeline.sources import _picture_files
from pipeline.sources._class_folders import MOST_NAMED, named, printable
from pipeline.sources._picture_files import Picture

ODD = 1.5  # times wider, at which it is said
DARK = 16  # of 255: what has no brighter pixel is hardly a picture of bytes


def of_bad_files(bad: Mapping[str, str]) -> list[str]:
    many = f"{len(bad)} file{'s that are' if len(bad) > 1 else ' that is'} no whole picture"
    head = f"path: given {many}, allowed pictures: mend or remove what is named below, or write `skip_bad: true`"
    return [head, *(f"  {_short(path)}: {reason}" for path, reason in bad.items())]


def of_emptied(names: Iterable[str]) -> list[str]:
    gone = named(map(repr, names))
    return [f"skip_bad: given no whole picture of {gone}, allowed one or more of each class"] if gone else []


def _short(path: str) -> str:
    """A picture by its class and its name."""
    return printable("/".join(Path(path).parts[-2:]))


def of_several_sizes(read: Mapping[str, Picture]) -> SeveralSizes | None:
    sizes = Counter(picture.size for picture in read.values())
    if len(sizes) < 2:
        return None
    ordered = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))
    told = named(f"{height} x {width}: {count}" for (height, width), count in ordered)
    middle = [median_low(sorted(picture.size[axis] for picture in read.values())) for axis in (0, 1)]
    height, width = ordered[0][0] if 2 * ordered[0][1] > len(read) else middle
    return SeveralSizes(
        f"size: given pictures of {len(sizes)} sizes (height x width: {told}), allowed one: write"
        f" `size: [{height}, {width}]` under load, and `fit: pad` or `fit: crop` if they must keep their proportions",
        [height, width],
    )


def of_skipped(bad: Mapping[str, str]) -> list[str]:
    listed = "; ".join(f"{_short(path)}: {reason}" for path, reason in bad.items())
    return [f"{len(bad)} files are left out (skip_bad): {listed}"] if bad else []


def of_pictures(read: Mapping[str, Picture], size: Any, fit: str) -> list[str]:
    """On orientation, proportions and colours."""
    turned = sum(picture.turned for picture in read.values())
    findings = [f"{turned} pictures were turned as their camera was held (EXIF)"] if turned else []
    odd = [path for path, picture in read.items() if size != "auto" and _is_odd(picture.size, size)]
    if odd and fit == "stretch":
        told = f"{len(odd)} pictures are stretched by half or more ({named(map(_short, odd))})"
        findings.append(f"{told}: `fit: pad` or `fit: crop` keeps proportions")
    coloured = [picture.pixels for picture in read.values() if picture.pixels.ndim == 3]
    if coloured and all(map(_picture_files.is_grey, coloured)):
        findings.append("all pictures are grey, though kept in colour: `mode: grey` has a third of the numbers")
    return findings


def _is_odd(size: tuple[int, int], wanted: tuple[int, int]) -> bool:
    """Whether a picture must be stretched by half or more one way to have the wanted size."""
    ratio = size[1] * wanted[0] / (size[0] * wanted[1])
    return not 1 / ODD < ratio < ODD


def of_pixels(kept: Sequence[tuple[str, int]], pixels: np.ndarray, names: Sequence[str]) -> list[str]:
    """On pictures that are there several times, or under two classes, or of one plain colour."""
    equal, findings = defaultdict(list), []
    for (path, label), each in zip(kept, pixels, strict=True):
        equal[hashlib.blake2b(each.tobytes(), digest_size=16).digest()].append((path, label))
    several = [group for group in equal.values() if len(group) > 1]
    two = [group for group in several if len({label for _, label in group}) > 1]
    if several:
        told = named(" = ".join(_short(path) for path, _ in group) for group in several)
        findings.append(
            f"{len(several)} pictures are there more than once, pixel by pixel, and stay in one part: {told}"
        )
    if two:
        told = named(" = ".join(_short(path) for path, _ in group) for group in two)
        findings.append(f"{len(two)} pictures are there under two classes, of which one is wrong: {told}")
    plain = [path for (path, _), each in zip(kept, pixels, strict=True) if (each == each[:1, :1]).all()]
    if plain:
        findings.append(f"{len(plain)} pictures are of one plain colour: {named(map(_short, plain))}")
    if 0 < pixels.max() <= DARK:
        findings.append(
            f"all pictures are nearly black, {pixels.max():g} of 255 at the brightest: if they hold few shades, as"
            " masks do, or 12 of 16 bits, save them so that the largest number is white, or set `scale: standard`"
        )
    return findings


def card(
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
