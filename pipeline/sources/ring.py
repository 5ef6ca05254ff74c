"""Draw points from Gaussians on a ring: the smallest data whose modes a generator can lose one by one."""

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
    samples: Count = 8000,
    modes: Count = 8,
    radius: Positive = 2.0,
    deviation: Positive = 0.02,
) -> Examples:
    """`modes` equally likely Gaussians at equal angles: x (samples, 2), y is the mode, counted from the right.

    Radius 2 and deviation 0.02 are those of Metz (2017, "Unrolled generative adversarial networks"). Modes take turns,
    in an order set by the seed, so their numbers differ by one at most. `raw` is not read. Fewer samples than modes:
    InputError.
    """
    if samples < modes:
        raise InputError(f"samples: given {samples}, allowed at least {modes}: one per mode")
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(samples) % modes)
    angles = 2 * np.pi * labels / modes
    centres = radius * np.stack([np.cos(angles), np.sin(angles)], 1)
    points = centres + deviation * random.standard_normal((samples, 2))
    return Examples(points.astype(np.float32), labels.astype(np.int64))
