"""Read images that a user brings as one .npz file; tables come as CSV, through the source `table`."""

import re
import zipfile
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.records import Examples

KIND = "image"
LABELS = "class"
SPLIT = "drawn"


def load(raw: Path, seed: int, *, file: str) -> Examples:
    """Images from data/raw/<file>.npz: x of shape (images, height, width, channels), 0..1.

    The file holds `x` of shape (images, height, width) or with channels last, as bytes 0..255 or floats 0..1, and `y`
    with one whole number or word per image; they become 0, 1, ... in their own order. `seed` decides nothing.
    InputError: no such file, another shape or range, a single class.
    """
    images, labels = _arrays(raw, file)
    if images.ndim not in (3, 4) or labels.shape != images.shape[:1] or not images.size:
        raise InputError(
            f"{file}.npz: given x {images.shape} and y {labels.shape}, allowed x (images, height, width[, channels])"
            " and y (images)"
        )
    names, codes = np.unique(labels, return_inverse=True)
    if len(names) < 2 or labels.dtype.kind not in "iubU":
        raise InputError(
            f"{file}.npz: given {len(names)} classes in y of {labels.dtype}, allowed two or more, as whole numbers"
            " or text"
        )
    images = images[..., None] if images.ndim == 3 else images
    return Examples(_unit(images, file), codes.astype(np.int64))


def check(raw: Path, *, file: str) -> None:
    """InputError: data/raw/<file>.npz is not there."""
    if not re.fullmatch(r"[a-z0-9_]+", file) or not (raw / f"{file}.npz").is_file():
        archives = ", ".join(sorted(archive.stem for archive in raw.glob("*.npz"))) or "none: put an .npz file there"
        raise InputError(f"file: given {file!r}, allowed an archive in data/raw, named in [a-z0-9_]: {archives}")


def _arrays(raw: Path, file: str) -> tuple[np.ndarray, np.ndarray]:
    check(raw, file=file)
    try:
        with np.load(raw / f"{file}.npz", allow_pickle=False) as arrays:
            return arrays["x"], arrays["y"]
    except (KeyError, ValueError, OSError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise InputError(f"{file}.npz: given a file that cannot be read ({error}), allowed arrays x and y") from None


def _unit(images: np.ndarray, file: str) -> np.ndarray:
    """Pixels as float32 from 0 to 1."""
    if images.dtype == np.uint8:
        return images.astype(np.float32) / np.float32(255)
    if images.dtype.kind != "f" or not (images.min() >= 0 and images.max() <= 1):
        raise InputError(f"{file}.npz: given pixels of {images.dtype}, allowed uint8 0..255 or floats 0..1")
    return images.astype(np.float32)
