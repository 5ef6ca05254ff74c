"""What came true of a run's probabilities, counted in fine bins: enough to draw its curves, however many examples."""

from collections.abc import Iterable
from typing import NotRequired, TypedDict

import numpy as np

from pipeline.scoring.expected_cost import RunCost
from pipeline.scoring.finished_run import FinishedRun

REACH, WIDTH = 12.0, 0.02  # of bins of the logit of a probability; one half is the lower end of a bin
DIGITS = 6  # of summed probabilities


class Binned(TypedDict):
    """Of each bin with examples, from low to high: how many, the sum of their probabilities, how many came true."""

    bins: list[int]
    examples: list[int]
    summed: list[float]
    true: list[int]


class CostOfSeed(TypedDict):
    """What one run's errors cost per 1,000 test examples, and how they come about: see expected_cost.RunCost."""

    cost: float
    threshold: float
    missed: float
    false_alarms: float
    by_argmax: float
    constant: float


class Outcomes(TypedDict):
    """Of a run, or of all seeds of a variant: the class `of` against all others, by its probability.

    `taken` are the examples whose likeliest class it is, and those of them that are of it. Of more than two classes
    there is the likeliest one's probability as well, as `confidence`. `costs`, where errors have any, of each seed.
    """

    of: int
    found: Binned
    taken: list[int]
    confidence: NotRequired[Binned]
    costs: list[CostOfSeed]


def of_run(run: FinishedRun, of: int, cost: RunCost | None) -> Outcomes:
    """Outcomes of a run whose model answers with probabilities of classes."""
    predicted, truth = run.predicted, run.test.y == of
    taken = predicted.argmax(1) == of
    outcomes: Outcomes = {
        "of": of,
        "found": binned(predicted[:, of], truth),
        "taken": [int(taken.sum()), int((taken & truth).sum())],
        "costs": [_cost_of_seed(cost)] if cost else [],
    }
    if predicted.shape[1] > 2:
        outcomes["confidence"] = binned(predicted.max(1), predicted.argmax(1) == run.test.y)
    return outcomes


def _cost_of_seed(cost: RunCost) -> CostOfSeed:
    return {
        "cost": cost.value,
        "threshold": cost.threshold,
        "missed": 1000 * cost.missed,
        "false_alarms": 1000 * cost.false_alarms,
        "by_argmax": cost.by_argmax,
        "constant": cost.constant,
    }


def binned(probabilities: np.ndarray, true: np.ndarray) -> Binned:
    """Counts of `probabilities` (n,) and of those that came `true` (n,), bin by bin of their logit."""
    with np.errstate(divide="ignore"):
        logits = np.log(probabilities) - np.log1p(-probabilities)
    at = np.floor((np.clip(logits, -REACH, REACH) + REACH) / WIDTH + 1e-9).astype(int)
    return _counted(at, np.ones(len(at)), probabilities, true)


def _counted(at: np.ndarray, examples: np.ndarray, summed: np.ndarray, true: np.ndarray) -> Binned:
    bins, place = np.unique(at, return_inverse=True)
    counts, sums, hits = (np.bincount(place, weights=part, minlength=len(bins)) for part in (examples, summed, true))
    return {
        "bins": bins.tolist(),
        "examples": counts.astype(int).tolist(),
        "summed": np.round(sums, DIGITS).tolist(),
        "true": hits.astype(int).tolist(),
    }


def pooled(runs: Iterable[Outcomes | None]) -> Outcomes | None:
    """All runs of a variant in one, seeds added up; None where none has any."""
    some = [run for run in runs if run]
    if not some:
        return None
    together: Outcomes = {
        "of": some[0]["of"],
        "found": _added([run["found"] for run in some]),
        "taken": [sum(run["taken"][at] for run in some) for at in (0, 1)],
        "costs": [cost for run in some for cost in run["costs"]],
    }
    if "confidence" in some[0]:
        together["confidence"] = _added([run["confidence"] for run in some])
    return together


def _added(parts: list[Binned]) -> Binned:
    at, examples, summed, true = (
        np.concatenate([part[name] for part in parts]) for name in ("bins", "examples", "summed", "true")
    )
    return _counted(at.astype(int), examples, summed, true)
