"""Pictures for MLflow that are made of pixels: samples as they change, confusion matrices side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

COLUMNS = 8  # of a sheet of samples
CELL, GAP, ACROSS = 26, 30, 4  # pixels of a cell and around a matrix; matrices in a row
SIDE, DOT = 320, 3  # pixels of a picture of points, and of half a point
PAUSE = 700  # milliseconds between two looks at the samples
INK, SEA, GREY = (40, 40, 40), (0, 114, 178), (225, 225, 225)


def sheets(times: np.ndarray) -> "list[Image]":
    """A picture for each look at samples: images (times, samples, height, width, 1), or points (times, samples, 2).

    Brightness and scale are the same in all of them. ValueError for samples of another shape.
    """
    shape, times = times.shape[2:], np.nan_to_num(times)
    if len(shape) == 3 and shape[-1] == 1:
        low, high = float(times.min()), float(times.max())
        levels = np.rint(255 * (times - low) / ((high - low) or 1)).astype(np.uint8)
        return [_sheet(look[..., 0]) for look in levels]
    if shape == (2,):
        reach = 1.1 * float(np.quantile(np.abs(times[-1]), 0.98)) or 1.0
        return [_scatter(look, reach) for look in times]
    raise ValueError(f"samples: given shape {shape}, allowed images (height, width, 1) or points (2,)")


def _sheet(images: np.ndarray) -> "Image":
    from PIL import Image

    rows, (height, width) = len(images) // COLUMNS, images.shape[1:]
    tiles = images[: rows * COLUMNS].reshape(rows, COLUMNS, height, width).transpose(0, 2, 1, 3)
    picture = Image.fromarray(tiles.reshape(rows * height, COLUMNS * width))
    return picture.resize((2 * picture.width, 2 * picture.height), Image.Resampling.NEAREST)


def _scatter(points: np.ndarray, reach: float) -> "Image":
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (SIDE, SIDE), "white")
    pen = ImageDraw.Draw(picture)
    pen.line([(SIDE / 2, 0), (SIDE / 2, SIDE)], fill=GREY)
    pen.line([(0, SIDE / 2), (SIDE, SIDE / 2)], fill=GREY)
    for x, y in (np.clip(points / reach, -1, 1) * [1, -1] + 1) * SIDE / 2:
        pen.ellipse([x - DOT, y - DOT, x + DOT, y + DOT], fill=SEA)
    return picture


def animate(frames: "Sequence[Image]", path: Path) -> None:
    """All looks at the samples one after another, over and over, as a GIF."""
    first, *others = (frame.convert("L" if frame.mode == "L" else "P") for frame in frames)
    path.parent.mkdir(parents=True, exist_ok=True)
    first.save(path, save_all=True, append_images=others, duration=PAUSE, loop=0)


def confusions(matrices: Mapping[str, Sequence[Sequence[float]]]) -> "Image | None":
    """Counts of every variant, rows true and columns predicted, shaded by the share of the true class, side by side.

    Empty matrices are left out; None if none is left.
    """
    from PIL import Image, ImageDraw

    kept = {name: np.asarray(rows, float) for name, rows in matrices.items() if any(map(any, rows))}
    if not kept:
        return None
    side = max(max(len(counts) for counts in kept.values()) * CELL, 6 * CELL)
    across, down = min(ACROSS, len(kept)), -(-len(kept) // ACROSS)
    picture = Image.new("RGB", (across * (side + GAP) + GAP, down * (side + GAP + 10) + GAP), "white")
    pen = ImageDraw.Draw(picture)
    for at, (name, counts) in enumerate(kept.items()):
        corner = (GAP + at % ACROSS * (side + GAP), GAP + at // ACROSS * (side + GAP + 10))
        _confusion(pen, counts, name, corner, side // len(counts))
    return picture


def _confusion(pen: "object", counts: np.ndarray, name: str, corner: tuple[int, int], cell: int) -> None:
    from PIL import ImageFont

    font, small = ImageFont.load_default(14), ImageFont.load_default(min(11, cell // 2))
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    pen.text((corner[0], corner[1] - 19), name, fill=INK, font=font)  # type: ignore[attr-defined]
    for (row, column), share in np.ndenumerate(shares):
        x, y = corner[0] + column * cell, corner[1] + row * cell
        shade = tuple(round(255 + (part - 255) * float(share)) for part in SEA)
        box = [x, y, x + cell - 2, y + cell - 2]
        pen.rectangle(box, fill=shade if share else (246, 246, 246))  # type: ignore[attr-defined]
        if counts[row, column]:
            said, colour = f"{counts[row, column]:g}", "white" if share > 0.5 else INK
            middle = (x + cell / 2 - 1, y + cell / 2 - 1)
            pen.text(middle, said, fill=colour, font=small, anchor="mm")  # type: ignore[attr-defined]
