"""What prepared data are, told in a card: origin, shapes, counts, scaling, and digests to know them by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.preparation.split import PARTS, is_classes
from pipeline.records import Examples, digest_of

if TYPE_CHECKING:
    from pipeline.contracts import DataCard, Source
    from pipeline.settings.params import DataSettings


def describe(
    settings: DataSettings,
    draw: int,
    source: Source,
    parts: Mapping[str, Examples],
    views: Mapping[str, Examples],
    notes: Mapping[str, dict[str, Any]],
    scaling: dict[str, Any],
    *,
    key: str,
    raw: dict[str, str],
) -> DataCard:
    """What card.json says of a draw, whose training part stands in `views` as each view has left it.

    `key` is of what it was made from, `raw` has the digests of raw files.
    """
    labels = parts["train"].y
    classes = len(np.unique(labels)) if is_classes(labels) else 0
    return {
        "key": key,
        "data": settings.name,
        "draw": draw,
        "source": settings.source,
        "kind": settings.kind,
        "labels": settings.labels,
        "shape": list(parts["train"].x.shape[1:]),
        "classes": classes,
        "split": {part: len(parts[part]) for part in PARTS} | {"seed": settings.split.seed + draw},
        "counts": {part: _counts(parts[part].y, classes) for part in PARTS},
        "duplicates_across_splits": _duplicates(parts),
        "views": {
            view: {
                "counts": _counts(examples.y, classes),
                "examples": len(examples),
                "digest": digest_of(examples),
                "steps": notes[view],
            }
            for view, examples in views.items()
        },
        "digests": {part: digest_of(parts[part]) for part in PARTS},
        "scale": scaling,
        "raw": raw,
    }


def _counts(labels: np.ndarray, classes: int) -> list[int]:
    """Examples of each class; where there are no classes, one number: of all."""
    return np.bincount(labels, minlength=classes).tolist() if classes else [len(labels)]


def _duplicates(parts: Mapping[str, Examples]) -> int:
    """Different inputs that occur in more than one part: real tables hold repeated rows."""
    train, validation, test = ({row.tobytes() for row in parts[part].x} for part in PARTS)
    return len((train & validation) | (train & test) | (validation & test))
