"""Draw real points of a ring and those of a generator at rest: two known densities for a discriminator to tell."""

from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.number_types import Count
from pipeline.records import Examples

KIND = "points"
LABELS = "class"
SPLIT = "drawn"

MODES, RADIUS, DEVIATION = 8, 2.0, 0.3  # of the real points
SPREAD = 1.5  # of the generated ones


def load(raw: Path, seed: int, *, samples: Count = 8000) -> Examples:
    """x (samples, 2); y is 1 for real points, 0 for generated ones, which take turns in an order set by the seed.

    Real points: eight equally likely Gaussians of standard deviation 0.3 on a circle of radius 2. Generated ones:
    G(z) = 1.5 z with Gaussian z, the simplest generator there is, at rest. Both densities are known, and with them the
    best discriminator, p / (p + q) (Goodfellow, 2014, proposition 1). `raw` is not read. InputError: fewer than 2.
    """
    if samples < 2:
        raise InputError(f"samples: given {samples}, allowed at least 2: one real, one generated")
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(samples) % 2)
    angles = 2 * np.pi * random.integers(MODES, size=samples) / MODES
    centres = RADIUS * np.stack([np.cos(angles), np.sin(angles)], 1)
    noise = random.standard_normal((samples, 2))
    points = np.where(labels[:, None] == 1, centres + DEVIATION * noise, SPREAD * noise)
    return Examples(points.astype(np.float32), labels.astype(np.int64))
