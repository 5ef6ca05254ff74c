"""Replace training labels by random ones: what can be learnt from them is learnt by heart."""

from typing import Any

import numpy as np

from pipeline.errors import InputError
from pipeline.records import Examples

KINDS = ("image", "signal", "table", "sequence", "text", "points")
DRAWS = 100  # tries to draw every class at least once


def apply(examples: Examples, seed: int) -> tuple[Examples, dict[str, Any]]:
    """Inputs as they are, each with a class drawn uniformly from all classes (Zhang et al., 2017, table 1).

    The draw knows nothing of the inputs and is made anew until every class occurs. Notes: how many labels were drawn,
    and how many of them happen to be the true ones. InputError: labels that are not one class per example, or too few
    examples to draw every class.
    """
    labels = examples.y
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise InputError(f"relabel: given labels {labels.dtype} of shape {labels.shape}, allowed one class per example")
    classes, random = np.unique(labels), np.random.default_rng(seed)
    for _ in range(DRAWS):
        drawn = random.choice(classes, len(labels))
        if len(np.unique(drawn)) == len(classes):
            notes = {"drawn": len(drawn), "true_by_chance": int(np.sum(drawn == labels))}
            return Examples(examples.x, drawn.astype(labels.dtype)), notes
    raise InputError(
        f"relabel: given {len(labels)} examples of {len(classes)} classes, allowed about 10 per class or more:"
        " a random draw must hit every class"
    )
