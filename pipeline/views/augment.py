"""Add changed copies of the training images ahead of training: moved, turned, zoomed, noisy."""

from typing import Any

import numpy as np

from pipeline.errors import InputError
from pipeline.number_types import Count, NotNegative, Share
from pipeline.records import Examples

KINDS = ("image",)


def apply(
    examples: Examples,
    seed: int,
    *,
    copies: Count = 1,
    shift: Share = 0.0,
    rotate: NotNegative = 0.0,
    zoom: Share = 0.0,
    noise: NotNegative = 0.0,
) -> tuple[Examples, dict[str, Any]]:
    """Images (n, height, width, channels) unchanged, then `copies` changed copies of each: (n (1 + copies), ...).

    Each copy is moved by up to `shift` of the side both ways, turned by up to `rotate` degrees and made up to `zoom`
    smaller or larger, all uniformly drawn; `noise` is the standard deviation of Gaussian noise in units of the pixels.
    What comes in from outside is as dark as the darkest pixel; copies stay within the range of the images (0..1 if
    they are not scaled). InputError: no change at all, which would make plain copies.
    """
    if not (shift or rotate or zoom or noise):
        raise InputError("augment: given no change, allowed one or more of shift, rotate, zoom, noise above 0")
    random = np.random.default_rng(seed)
    parts = [examples.x] + [_changed(examples.x, random, shift, rotate, zoom, noise) for _ in range(copies)]
    labels = np.tile(examples.y, copies + 1)
    return Examples(np.concatenate(parts), labels), {"copies": copies, "added": copies * len(examples)}


def _changed(
    images: np.ndarray, random: np.random.Generator, shift: float, rotate: float, zoom: float, noise: float
) -> np.ndarray:
    """One changed copy of every image; all is drawn whether used or not, so that one setting leaves the rest alone."""
    count, sides = len(images), images.shape[1:3]
    moves = random.uniform(-shift, shift, (count, 2)) * sides
    angles: np.ndarray = np.radians(random.uniform(-rotate, rotate, count))
    zooms = 1 + random.uniform(-zoom, zoom, count)
    low, high = images.min(), images.max()
    changes = zip(images, moves, angles, zooms, strict=True)
    copies = np.stack([_moved(image, move, angle, zoom, low) for image, move, angle, zoom in changes])
    copies = copies + noise * random.standard_normal(copies.shape, np.float32)
    clipped: np.ndarray = np.clip(copies, low, high).astype(np.float32)
    return clipped


def _moved(image: np.ndarray, move: np.ndarray, angle: float, zoom: float, fill: float) -> np.ndarray:
    """An image (height, width, channels) turned and zoomed about its centre, then moved; bilinear."""
    from scipy.ndimage import affine_transform

    back = zoom * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.eye(3)  # from a pixel of the copy to the place it comes from; channels stay as they are
    matrix[:2, :2] = back
    centre = (np.array(image.shape[:2]) - 1) / 2
    offset = np.append(centre - back @ (centre + move), 0)
    moved: np.ndarray = affine_transform(image, matrix, offset, order=1, mode="constant", cval=fill)
    return moved
