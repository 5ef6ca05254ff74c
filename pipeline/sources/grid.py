"""Draw points from Gaussians on a square grid: more modes than a ring has, and one of them in the middle."""

from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.number_types import Count, Positive
from pipeline.records import Examples

KIND = "points"
LABELS = "class"
SPLIT = "drawn"


def load(
    raw: Path,
    seed: int,
    *,
    samples: Count = 10000,
    side: Count = 5,
    spacing: Positive = 2.0,
    deviation: Positive = 0.05,
) -> Examples:
    """side x side equally likely Gaussians around 0: x (samples, 2), y is the mode, row by row from the lower left.

    Five per side, 2 apart, is the grid of Srivastava (2017, "VEEGAN"). Modes take turns, in an order set by the seed,
    so their numbers differ by one at most. `raw` is not read. Fewer samples than modes: InputError.
    """
    modes = side * side
    if samples < modes:
        raise InputError(f"samples: given {samples}, allowed at least {modes}: one per mode")
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(samples) % modes)
    centres = spacing * (np.stack([labels % side, labels // side], 1) - (side - 1) / 2)
    points = centres + deviation * random.standard_normal((samples, 2))
    return Examples(points.astype(np.float32), labels.astype(np.int64))
