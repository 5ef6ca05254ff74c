"""What a run's errors would cost with the threshold that costs least on validation: test examples decide nothing."""

from dataclasses import dataclass

import numpy as np

from pipeline.scoring.finished_run import FinishedRun
from pipeline.verdicts.topic import PER_ROWS, Costs


@dataclass(frozen=True, kw_only=True)
class RunCost:
    """A run's cost: `by_item` (n,) of its test examples, whose mean is the cost per 1,000 of them.

    `threshold`: from this probability of the class on an example is taken for one. `missed` and `false_alarms` are
    shares of all test examples. `by_argmax` is the cost of the likeliest class, `constant` that of the one answer for
    all that costs less in training.
    """

    threshold: float
    by_item: np.ndarray
    missed: float
    false_alarms: float
    by_argmax: float
    constant: float

    @property
    def value(self) -> float:
        """Per 1,000 test examples."""
        return float(self.by_item.mean())


def of_run(run: FinishedRun, costs: Costs, of: int) -> RunCost:
    """Costs of errors about the class `of`, threshold and all."""
    on_validation, on_test = run.predicted_of_validation[:, of], run.predicted[:, of]
    threshold = cheapest_threshold(run.validation.y == of, on_validation, costs)
    truth, taken = run.test.y == of, on_test >= threshold
    share = float(run.priors[of]) if run.priors is not None else 0.0
    is_none_cheaper = share * costs.missed <= (1 - share) * costs.false_alarm
    return RunCost(
        threshold=threshold,
        by_item=errors_cost(truth, taken, costs),
        missed=float(np.mean(truth & ~taken)),
        false_alarms=float(np.mean(~truth & taken)),
        by_argmax=float(errors_cost(truth, run.predicted.argmax(1) == of, costs).mean()),
        constant=float(errors_cost(truth, np.full(len(truth), not is_none_cheaper), costs).mean()),
    )


def errors_cost(truth: np.ndarray, taken: np.ndarray, costs: Costs) -> np.ndarray:
    """Cost (n,) of each example, times 1,000: of those that are of the class, and of those taken for it."""
    each: np.ndarray = PER_ROWS * (costs.missed * (truth & ~taken) + costs.false_alarm * (~truth & taken))
    return each


def cheapest_threshold(truth: np.ndarray, probabilities: np.ndarray, costs: Costs) -> float:
    """The threshold on `probabilities` (n,) of the class that costs least where `truth` (n,) says who is of it.

    From the threshold on an example is taken for one of the class; above 1 none is. Of equally good ones that next to
    false_alarm / (missed + false_alarm) is taken, the best for probabilities that are right (Elkan, 2001).
    """
    best = costs.false_alarm / (costs.missed + costs.false_alarm)
    values, first = np.unique(probabilities, return_inverse=True)
    found, alarms = (np.bincount(first, weights=part, minlength=len(values)) for part in (truth, ~truth))
    # cost[k]: examples from the k-th value on are taken for the class
    missed = np.concatenate([[0.0], np.cumsum(found)])
    false_alarms = alarms.sum() - np.concatenate([[0.0], np.cumsum(alarms)])
    cost = costs.missed * missed + costs.false_alarm * false_alarms
    low = np.concatenate([[0.0], values])  # a threshold of the k-th choice lies above low[k], and not above high[k]
    high = np.concatenate([values, [np.nextafter(1.0, 2.0)]])
    least = np.isclose(cost, cost.min(), rtol=1e-12, atol=0)
    inner = np.clip(best, np.nextafter(low, 2.0), high)[least]
    return float(inner[np.argmin(np.abs(inner - best))])
