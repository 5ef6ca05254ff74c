"""Draw a rare and a frequent class from two Gaussians whose true probabilities are known, beside columns of noise."""

from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.number_types import Count, Positive, Whole
from pipeline.records import Examples

KIND = "table"
LABELS = "class"
SPLIT = "given"
DISTANCE = 3.0  # between the two means, in standard deviations: of equal classes, 93.3 % can be told apart


def load(
    raw: Path,
    seed: int,
    *,
    train: Count = 1000,
    validation: Count = 1000,
    test: Count = 10000,
    ratio: Positive = 1.0,
    informative: Count = 2,
    noise: Whole = 0,
) -> dict[str, Examples]:
    """Three parts of so many examples: x (examples, informative + noise), y 1 for one example in 1 + `ratio`, else 0.

    Class 0 is a standard normal in every column, class 1 the same 3 / sqrt(informative) higher in each informative one,
    so that log p(x | 1) / p(x | 0) = 3 x.sum() / sqrt(informative) - 4.5, summed over those. A part depends on `seed`
    and its own size alone. `raw` is not read. InputError: a part with fewer than 2 examples of the rare class.
    """
    sizes = {"train": train, "validation": validation, "test": test}
    rare = {part: round(size / (1 + ratio)) for part, size in sizes.items()}
    for part, count in rare.items():
        if not 2 <= count <= sizes[part] - 2:
            raise InputError(
                f"{part}: given {sizes[part]} examples at {ratio:g} to 1, {count} of the rare class, allowed 2 or more"
                " of each class"
            )
    return {
        part: _drawn(np.random.default_rng([seed, place]), size, rare[part], informative, noise)
        for place, (part, size) in enumerate(sizes.items())
    }


def _drawn(random: np.random.Generator, size: int, rare: int, informative: int, noise: int) -> Examples:
    labels = random.permutation(np.arange(size) < rare).astype(np.int64)
    inputs = random.standard_normal((size, informative + noise), np.float32)
    inputs[:, :informative] += labels[:, None] * np.float32(DISTANCE / np.sqrt(informative))
    return Examples(inputs, labels)
