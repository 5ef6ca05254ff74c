"""Draw characters from the typefaces that come with matplotlib: a natural long tail, half of it seen only once."""

import importlib.util
import unicodedata
from functools import lru_cache
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.number_types import Count
from pipeline.records import Examples

KIND = "image"
LABELS = "class"
SPLIT = "given"

FACES = {
    "train": ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono", "STIXGeneral"),
    "validation": ("DejaVuSans-Oblique", "DejaVuSerif-Italic", "DejaVuSansMono-Oblique", "STIXGeneralItalic"),
    "test": ("DejaVuSans-Bold", "DejaVuSerif-Bold", "DejaVuSansMono-Bold", "STIXGeneralBol"),
}
CATEGORIES = "LNSP"  # letters, numbers, symbols, punctuation: first letters of Unicode's general categories
HEIGHT = 0.75  # size of the type, as a share of the side: accents and descenders still fit

Glyphs = dict[str, list[tuple[int, np.ndarray]]]  # part -> (character, image) in the order of faces and characters


def load(
    raw: Path,
    seed: int,
    *,
    images: Count = 4251,
    classes: Count | None = None,
    side: Count = 28,
    validation: Count = 1000,
    test: Count = 3000,
) -> dict[str, Examples]:
    """Characters as drawn by typefaces: {"train", "validation", "test"}, x of shape (n, side, side, 1), 0..1.

    A class is a character, or several that look the same pixel for pixel in one face (A, Alpha, the Cyrillic A). Of
    the upright regular faces (DejaVu Sans, Serif and Sans Mono, STIX General) `images` are drawn at random as training
    part: rare characters exist in one face alone. Of the classes so drawn, `classes` are kept with all their images
    (null: all), so that a smaller case has the same tail. Validation images are slanted, test images bold: at most so
    many, drawn at random from those of the training part's classes. No image occurs twice. `raw` is not read.
    InputError: more images or classes than there are, a side below 8, no matplotlib, a side that leaves a part empty.
    """
    if side < 8:
        raise InputError(f"side: given {side}, allowed 8 or more pixels")
    random = np.random.default_rng(seed)
    pools = _pools(_folder(), side)
    labels, pictures = pools["train"]
    if images > len(labels):
        raise InputError(f"images: given {images}, allowed 1 to {len(labels)}: the faces have no more")
    rows = np.sort(random.permutation(len(labels))[:images])
    drawn = np.unique(labels[rows])
    if classes is not None and classes > len(drawn):
        raise InputError(f"classes: given {classes}, allowed 1 to {len(drawn)}: the {images} images have no more")
    kept = np.sort(random.permutation(drawn)[:classes])
    parts = {"train": _numbered(labels[rows], pictures[rows], kept, images, random)}
    for part, most in (("validation", validation), ("test", test)):
        parts[part] = _numbered(*pools[part], kept, most, random)
    empty = [part for part, examples in parts.items() if not len(examples)]
    if empty:
        raise InputError(f"images, classes: given so few that {empty[0]} is empty, allowed more")
    return parts


@lru_cache(maxsize=1)  # every draw begins with the same characters
def _pools(folder: Path, side: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Characters (n,) and images (n, side, side) of each part."""
    return _distinct(_merged(_all_glyphs(folder, side)))


def _folder() -> Path:
    package = importlib.util.find_spec("matplotlib")  # its files are read, the package itself is not imported
    roots = (package.submodule_search_locations or ()) if package else ()
    folders = [Path(root) / "mpl-data/fonts/ttf" for root in roots]
    folder = next((folder for folder in folders if folder.is_dir()), None)
    if folder is None:
        raise InputError("glyphs: given no matplotlib with its fonts, allowed one: `make repro` has it")
    return folder


def _all_glyphs(folder: Path, side: int) -> Glyphs:
    """Every character of every face that leaves ink."""
    return {
        part: [pair for face in faces for pair in _face(folder / f"{face}.ttf", side)] for part, faces in FACES.items()
    }


def _face(file: Path, side: int) -> list[tuple[int, np.ndarray]]:
    """(character, image of bytes (side, side)) of one face, by the characters' numbers."""
    from fontTools.ttLib import TTFont
    from PIL import Image, ImageDraw, ImageFont

    if not file.is_file():
        raise InputError(f"glyphs: given a matplotlib without {file.name}, allowed 3.5 or later: `make repro` has it")
    with TTFont(file, lazy=True) as face:
        characters = sorted(code for code in face.getBestCmap() if unicodedata.category(chr(code))[0] in CATEGORIES)
    font = ImageFont.truetype(str(file), round(HEIGHT * side), layout_engine=ImageFont.Layout.BASIC)
    glyphs = []
    for code in characters:
        image = Image.new("L", (side, side))
        ImageDraw.Draw(image).text((side / 2, side / 2), chr(code), fill=255, font=font, anchor="mm")
        if image.getbbox():
            glyphs.append((code, np.asarray(image)))
    return glyphs


def _merged(glyphs: Glyphs) -> Glyphs:
    """Each character as the first of those that look like it in some face, or like one that does."""
    first: dict[int, int] = {}

    def root(code: int) -> int:
        while first.setdefault(code, code) != code:
            code = first[code]
        return code

    seen: dict[bytes, int] = {}
    for code, image in (pair for pairs in glyphs.values() for pair in pairs):
        low, high = sorted((root(code), root(seen.setdefault(image.tobytes(), code))))
        first[high] = low
    return {part: [(root(code), image) for code, image in pairs] for part, pairs in glyphs.items()}


def _distinct(glyphs: Glyphs) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Characters (n,) and images (n, side, side) of each part; one that an earlier image equals is left out."""
    seen: set[bytes] = set()
    pools = {}
    for part, pairs in glyphs.items():
        unseen = []
        for code, image in pairs:
            if image.tobytes() not in seen:
                seen.add(image.tobytes())
                unseen.append((code, image))
        pools[part] = (np.array([code for code, _ in unseen]), np.stack([image for _, image in unseen]))
    return pools


def _numbered(
    labels: np.ndarray, pictures: np.ndarray, kept: np.ndarray, most: int, random: np.random.Generator
) -> Examples:
    """At most `most` images of the classes `kept`, in random order, classes as 0, 1, ... in the order of `kept`."""
    rows = random.permutation(np.flatnonzero(np.isin(labels, kept)))[:most]
    x = pictures[rows, :, :, None].astype(np.float32) / np.float32(255)
    return Examples(x, np.searchsorted(kept, labels[rows]).astype(np.int64))
