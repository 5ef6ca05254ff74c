"""Decide by what errors cost: from the threshold on that costs least on the validation part of the run that answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline import prepared
from pipeline.prediction.chosen import Chosen
from pipeline.scoring import expected_cost
from pipeline.settings.costs import class_of
from pipeline.verdicts.topic import Costs

COLUMN = "predicted by cost"


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """From the probability `value` of class `of` on, before calibration, an example is taken for one of it."""

    of: int
    value: float

    def answers(self, predicted: np.ndarray, class_names: Sequence[str]) -> list[str]:
        """The class of each example by its probabilities (examples, 2), before calibration."""
        taken = predicted[:, self.of] >= self.value
        return [class_names[self.of if is_of else 1 - self.of] for is_of in taken.tolist()]

    def said(self, class_names: Sequence[str]) -> str:
        """In a line."""
        told = f"{class_names[self.of]} from a raw p({class_names[self.of]}) of {self.value:.4g} on"
        return f"{COLUMN}: {told}, which costs least in validation; `predicted` is the likelier class"


def threshold(costs: Costs, chosen: Chosen, answer: "Callable[[np.ndarray], np.ndarray]") -> Threshold:
    """The threshold of a run, whose model answers inputs with probabilities (examples, 2). See expected_cost.

    InputError: the validation examples are not those that the card of the data tells.
    """
    of = class_of(costs, chosen.card, chosen.run["topic"])
    validation = prepared.validation(chosen.data.name, chosen.run["draw"], chosen.card["digests"]["validation"])
    probabilities = answer(validation.x)[:, of]
    return Threshold(of=of, value=expected_cost.cheapest_threshold(validation.y == of, probabilities, costs))
