"""Values of several seeds as one line of means with its 95 % interval."""

import math
from collections.abc import Sequence

import numpy as np

from pipeline.report.plots import Line
from pipeline.verdicts import intervals


def mean_line(x: Sequence[float], values: Sequence[Sequence[float]], *, log: bool = False) -> Line:
    """Means and t-intervals of finite values (points, seeds); of the logarithms of those above 0 where `log` is set."""
    line: Line = {"x": list(x), "mean": [], "low": [], "high": []}
    for at_point in values:
        usable = [value for value in at_point if math.isfinite(value) and (value > 0 or not log)]
        summary = intervals.summary(np.log(usable) if log else usable)
        mean, low, high = (summary[name] for name in ("mean", "ci_low", "ci_high"))
        line["mean"].append(_power_of_e(mean) if log else mean)
        line["low"].append(_power_of_e(low) if log else low)
        line["high"].append(_power_of_e(high) if log else high)
    return line


def _power_of_e(exponent: float) -> float:
    return math.exp(min(exponent, 700.0))  # math.exp raises OverflowError above 709


def needs_log_axis(x: Sequence[float]) -> bool:
    """Whether an axis is better read in powers of ten: all above 0, over more than ten times, with gaps that grow."""
    ticks = sorted(set(x))
    if len(ticks) < 3 or ticks[0] <= 0 or ticks[-1] < 10 * ticks[0]:
        return False
    return ticks[-1] - ticks[-2] > 5 * (ticks[1] - ticks[0])
