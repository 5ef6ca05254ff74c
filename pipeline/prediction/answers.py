"""What a model answers, in words and numbers that a user reads: names of classes with probabilities, or numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.scoring import temperature

PREDICTED = "predicted"


def columns(
    predicted: np.ndarray, class_names: Sequence[str], calibrated: float | None, *, raw: bool = False
) -> dict[str, list[Any]]:
    """{column: values} of what a task predicts: numbers (n,), or probabilities (n, classes) as the model gives them.

    Probabilities p(class) are those after the temperature, if there is one; with `raw` those before stand beside them.
    """
    if predicted.ndim == 1:
        return {PREDICTED: predicted.tolist()}
    found: dict[str, list[Any]] = {PREDICTED: [class_names[code] for code in predicted.argmax(1).tolist()]}
    shown = predicted if calibrated is None else temperature.apply(predicted, calibrated)
    found |= {f"p({name})": shown[:, code].tolist() for code, name in enumerate(class_names)}
    if raw:
        found |= {f"raw p({name})": predicted[:, code].tolist() for code, name in enumerate(class_names)}
    return found


def names(card: Any) -> list[str]:
    """The classes of a data card in the order of their codes, by name or else by code."""
    return list(card.get("class_names") or map(str, range(card["classes"])))
