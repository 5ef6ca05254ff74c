"""Pictures for MLflow that are made of pixels: samples as they change, confusion matrices side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.report import class_names, pixels

if TYPE_CHECKING:
    from PIL.Image import Image

SHADES = 256  # of grey in a sheet of samples
CELL, GAP, ACROSS = 26, 30, 4  # pixels of a cell and around a matrix; matrices in a row
SIGN = 7  # pixels of a letter in the name of a class
PAUSE = 700  # milliseconds between two looks at the samples
INK, SEA = (40, 40, 40), (0, 114, 178)


def sheets(times: np.ndarray) -> "list[Image]":
    """A picture for each look at samples: images (times, samples, height, width, 1), or points (times, samples, 2).

    Brightness and scale are the same in all of them. ValueError for samples of another shape.
    """
    shape = times.shape[2:]
    if len(shape) == 3 and shape[-1] == 1:
        return [_doubled(picture) for picture in pixels.grids(times, shades=SHADES)]
    if shape == (2,):
        return pixels.scatters(times, reach=_reach(times[-1]))
    raise ValueError(f"samples: given shape {shape}, allowed images (height, width, 1) or points (2,)")


def _doubled(picture: "Image") -> "Image":
    return picture.resize((2 * picture.width, 2 * picture.height))  # of a palette's pixels each is repeated


def _reach(points: np.ndarray) -> float:
    """As far as all but the outermost points lie, and a little more."""
    return 1.1 * float(np.quantile(np.abs(np.nan_to_num(points)), 0.98)) or 1.0


def animate(frames: "Sequence[Image]", path: Path) -> None:
    """All looks at the samples one after another, over and over, as a GIF."""
    first, *others = frames
    path.parent.mkdir(parents=True, exist_ok=True)
    first.save(path, save_all=True, append_images=others, duration=PAUSE, loop=0)


def has_confusions(matrices: Mapping[str, Sequence[Sequence[float]]]) -> bool:
    """Whether any of the matrices has a count in it."""
    return any(any(map(any, rows)) for rows in matrices.values())


def confusions(
    matrices: Mapping[str, Sequence[Sequence[float]]], names: Mapping[str, Sequence[str]] | None = None
) -> "Image | None":
    """Counts of every variant, rows true and columns predicted, shaded by the share of the true class, side by side.

    `names` are those of a variant's classes: a row has its code and name before it, and a column its code above it.
    Empty matrices are left out; None if none is left.
    """
    from PIL import Image, ImageDraw

    kept = {name: np.asarray(rows, float) for name, rows in matrices.items() if any(map(any, rows))}
    if not kept:
        return None
    heads = {name: class_names.shown((names or {}).get(name, ())) for name in kept}
    left = GAP + SIGN * max(len(head) + 3 for each in heads.values() for head in each) if any(heads.values()) else GAP
    above = GAP + (CELL // 2 if any(heads.values()) else 0)
    side = max(max(len(counts) for counts in kept.values()) * CELL, 6 * CELL)
    across, down = min(ACROSS, len(kept)), -(-len(kept) // ACROSS)
    picture = Image.new("RGB", (across * (side + left) + GAP, down * (side + above + 10) + GAP), "white")
    pen = ImageDraw.Draw(picture)
    for at, (name, counts) in enumerate(kept.items()):
        corner = (left + at % ACROSS * (side + left), above + at // ACROSS * (side + above + 10))
        _confusion(pen, counts, name, corner, side // len(counts), raised=above - GAP + 19)
        _name_classes(pen, heads[name], corner, side // len(counts))
    return picture


def _name_classes(pen: "object", heads: Sequence[str], corner: tuple[int, int], cell: int) -> None:
    """The code and name of each class before its row, and its code above its column."""
    from PIL import ImageFont

    font = ImageFont.load_default(min(11, cell // 2))
    for code, head in enumerate(heads):
        row, column = corner[1] + code * cell + cell // 2 - 1, corner[0] + code * cell + cell // 2 - 1
        pen.text((corner[0] - 4, row), f"{head} {code}", fill=INK, font=font, anchor="rm")  # type: ignore[attr-defined]
        pen.text((column, corner[1] - 3), str(code), fill=INK, font=font, anchor="mb")  # type: ignore[attr-defined]


def _confusion(
    pen: "object", counts: np.ndarray, name: str, corner: tuple[int, int], cell: int, *, raised: int
) -> None:
    from PIL import ImageFont

    font, small = ImageFont.load_default(14), ImageFont.load_default(min(11, cell // 2))
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    pen.text((corner[0], corner[1] - raised), name, fill=INK, font=font)  # type: ignore[attr-defined]
    for (row, column), share in np.ndenumerate(shares):
        x, y = corner[0] + column * cell, corner[1] + row * cell
        shade = tuple(round(255 + (part - 255) * float(share)) for part in SEA)
        box = [x, y, x + cell - 2, y + cell - 2]
        pen.rectangle(box, fill=shade if share else (246, 246, 246))  # type: ignore[attr-defined]
        if counts[row, column]:
            said, colour = f"{counts[row, column]:g}", "white" if share > 0.5 else INK
            middle = (x + cell / 2 - 1, y + cell / 2 - 1)
            pen.text(middle, said, fill=colour, font=small, anchor="mm")  # type: ignore[attr-defined]
