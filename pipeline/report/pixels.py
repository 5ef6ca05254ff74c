"""Samples of a generator as pictures made of pixels: images in a grid, points in a square."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

COLUMNS = 8  # of a grid
SQUARE = 464  # pixels of a picture of points
POINT_COLOURS = {"paper": (255, 255, 255), "real": (168, 175, 184), "sample": (0, 114, 178)}
POINT_RADIUS = {"real": 3, "sample": 6}  # pixels


def grids(looks: np.ndarray, *, columns: int = COLUMNS, shades: int = 16) -> "list[Image]":
    """Images (looks, samples, height, width, 1) as one picture per look, at one brightness, in `shades` of grey.

    Samples that do not fill a row are left out.
    """
    from PIL import Image

    looks = np.where(np.isfinite(looks), looks, 0)
    low, high = float(looks.min()), float(looks.max())
    levels = np.rint((shades - 1) * (looks - low) / ((high - low) or 1)).astype(np.uint8)
    rows, (height, width) = len(levels[0]) // columns, levels.shape[2:4]
    tiles = levels[:, : rows * columns, :, :, 0].reshape(-1, rows, columns, height, width).transpose(0, 1, 3, 2, 4)
    greys = [level for at in range(shades) for level in 3 * [round(255 * at / (shades - 1))]]
    return [_coloured(Image.fromarray(tile.reshape(rows * height, columns * width)), greys) for tile in tiles]


def scatters(looks: np.ndarray, real: np.ndarray | None = None, *, reach: float | None = None) -> "list[Image]":
    """Points (looks, samples, 2) as one picture per look, at one scale, before `real` ones (examples, 2) in grey.

    The square goes from -`reach` to `reach` (None: far enough for all real points, or for all samples without any);
    what lies outside stands on the edge.
    """
    background = np.zeros((0, 2)) if real is None else real
    looks = np.where(np.isfinite(looks), looks, 0)
    reach = reach or 1.15 * float(np.abs(background if len(background) else looks).max() or 1)
    return [_scatter(points, background, reach) for points in looks]


def _scatter(points: np.ndarray, real: np.ndarray, reach: float) -> "Image":
    from PIL import Image, ImageDraw

    picture = Image.new("P", (SQUARE, SQUARE), 0)
    pen = ImageDraw.Draw(picture)
    for cloud, name in ((real, "real"), (points, "sample")):
        colour, radius = list(POINT_COLOURS).index(name), POINT_RADIUS[name]
        for x, y in (np.clip(cloud, -reach, reach) / reach + 1) * (SQUARE / 2):
            left, top = round(float(x)) - radius, round(float(SQUARE - y)) - radius
            pen.ellipse((left, top, left + 2 * radius, top + 2 * radius), fill=colour, outline=0)
    return _coloured(picture, [part for colour in POINT_COLOURS.values() for part in colour])


def _coloured(picture: "Image", palette: Sequence[int]) -> "Image":
    coloured = picture.copy()
    coloured.putpalette(list(palette))
    return coloured
