"""Replace training labels by random ones: what can be learnt from them is learnt by heart."""

from typing import Any

import numpy as np

from pipeline.errors import InputError
from pipeline.number_types import Share
from pipeline.records import Examples

KINDS = ("image", "signal", "table", "sequence", "text", "points")
DRAWS = 100  # tries to draw every class at least once


def apply(examples: Examples, seed: int, *, kept: Share = 0.0) -> tuple[Examples, dict[str, Any]]:
    """Inputs as they are, each with a class drawn uniformly from all classes (Zhang et al., 2017, table 1).

    A share `kept` of the examples, drawn by chance, keeps its label (partly corrupted labels in their section 2). The
    draw knows nothing of the inputs and is made anew until every class occurs. Notes: how many labels were drawn, and
    how many of them happen to be the true ones. InputError: labels that are not one class per example, or too few
    examples to draw every class.
    """
    labels = examples.y
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise InputError(f"relabel: given labels {labels.dtype} of shape {labels.shape}, allowed one class per example")
    classes, random = np.unique(labels), np.random.default_rng(seed)
    for _ in range(DRAWS):
        drawn = random.choice(classes, len(labels))
        rows = random.permutation(len(labels))[round(kept * len(labels)) :] if kept else np.arange(len(labels))
        changed = labels.copy()
        changed[rows] = drawn[rows]
        if len(np.unique(changed)) == len(classes):
            notes = {"drawn": len(rows), "true_by_chance": int(np.sum(changed[rows] == labels[rows]))}
            return Examples(examples.x, changed), notes
    raise InputError(
        f"relabel: given {len(labels)} examples of {len(classes)} classes, allowed about 10 per class or more:"
        " a random draw must hit every class"
    )
