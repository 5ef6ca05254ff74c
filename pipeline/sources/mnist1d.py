"""Generate MNIST-1D: ten short outlines, moved, stretched, bent and noisy, that only locality tells apart easily."""

from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.number_types import Count
from pipeline.records import Examples

KIND = "signal"
LABELS = "class"
SPLIT = "drawn"

# Heights of the ten digits' outlines at 12 positions (Greydanus & Kobak, 2024).
OUTLINES = (
    (5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5),
    (5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5),
    (5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5),
    (5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5),
    (5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5),
    (5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5),
    (5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5),
    (5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5),
)
DIGITS, OUTLINE = len(OUTLINES), len(OUTLINES[0])
PADDING = (36, 60)  # zeros behind the outline, both ends possible
CANVAS = OUTLINE + PADDING[1]  # samples before the last resampling
LENGTH = 40  # samples of a finished signal
SHIFT = 48  # shifts of 0 to 47 canvas samples, wrapping round
SCALE, SHEAR, BACKGROUND, NOISE = 0.4, 0.75, 0.25, 0.02


def load(raw: Path, seed: int, *, samples: Count = 6000, shuffled: bool = False) -> Examples:
    """MNIST-1D after the recipe of Greydanus & Kobak (2024, "Scaling down deep learning with MNIST-1D").

    x has shape (samples, 40, 1), unscaled (about -0.7 to 0.7, deviation 0.16); digits take turns, so classes differ by
    one example at most. `shuffled` puts the 40 positions into another order, the same for all and set by the seed
    alone: the same signals without locality. `raw` is not read. Fewer than 10 samples: InputError.
    """
    if samples < DIGITS:
        raise InputError(f"samples: given {samples}, allowed at least {DIGITS}: one per digit")
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(samples) % DIGITS)
    signals = _sheared(_noisy(*_placed(_templates()[labels], random), random), random) @ _resampling(CANVAS, LENGTH)
    if shuffled:
        signals = signals[:, np.random.default_rng([seed, LENGTH]).permutation(LENGTH)]
    return Examples(signals[:, :, None].astype(np.float32), labels.astype(np.int64))


def _templates() -> np.ndarray:
    """(10, 12): each outline standardised, then moved so that it starts at 0, then cut to a sixth of its height."""
    heights = np.array(OUTLINES)
    heights = (heights - heights.mean(1, keepdims=True)) / heights.std(1, keepdims=True)
    templates: np.ndarray = (heights - heights[:, :1]) / 6
    return templates


def _placed(outlines: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Outlines (n, 12) padded, dilated, scaled and moved on a canvas (n, 72), and the mask of where they lie."""
    count = len(outlines)
    padded = OUTLINE + random.integers(PADDING[0], PADDING[1] + 1, count)
    ends = np.pad(outlines, ((0, 0), (0, 2)))  # from its last height an outline falls to 0 within one step
    place = np.linspace(0, padded - 1, CANVAS, axis=1)  # (n, 72), in steps of the outline
    left = np.minimum(place.astype(int), OUTLINE)
    rows = np.arange(count)[:, None]
    rise = ends[rows, left + 1] - ends[rows, left]
    canvas = np.where(place < OUTLINE, ends[rows, left] + (place - left) * rise, 0)
    canvas *= 1 + SCALE * random.uniform(-0.5, 0.5, (count, 1))
    turned = (np.arange(CANVAS) - random.integers(SHIFT, size=(count, 1))) % CANVAS
    return canvas[rows, turned], (place < OUTLINE)[rows, turned]


def _noisy(canvas: np.ndarray, drawn: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Smooth noise where there is no outline, and a little white noise everywhere."""
    from scipy.ndimage import gaussian_filter1d

    smooth = gaussian_filter1d(BACKGROUND * random.standard_normal(canvas.shape), 2, axis=1)
    return np.where(drawn, canvas, smooth) + NOISE * random.standard_normal(canvas.shape)


def _sheared(canvas: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A straight slope taken off each signal."""
    slope = SHEAR * random.uniform(-0.5, 0.5, (len(canvas), 1))
    return canvas - slope * np.linspace(-0.5, 0.5, canvas.shape[1])


def _resampling(before: int, after: int) -> np.ndarray:
    """Matrix (before, after) that interpolates linearly between equally spaced samples."""
    place = np.linspace(0, before - 1, after)
    weights: np.ndarray = np.maximum(0, 1 - np.abs(place - np.arange(before)[:, None]))
    return weights
