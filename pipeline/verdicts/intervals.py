"""Intervals and tests over the seeds of one variant or two, so that no number stands on a single run."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats  # type: ignore[import-untyped, unused-ignore]

DRAWN_SIGN_FLIPS = 20_000

Numbers = NDArray[np.float64]


def finite(values: ArrayLike) -> Numbers:
    """One number per seed, shape (seeds,). ValueError for another shape, NaN and infinities."""
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1:
        raise ValueError(
            f"values: given an array of shape {numbers.shape}, allowed one number per seed, shape (seeds,)"
        )
    if not np.isfinite(numbers).all():
        raise ValueError(f"values: given {numbers.tolist()}, allowed finite numbers; leave failed runs out, count them")
    return numbers


def paired(better: ArrayLike, worse: ArrayLike) -> tuple[Numbers, Numbers]:
    """Both arms of pairs, shape (pairs,). ValueError unless all are finite and the arms of one length."""
    ahead, behind = finite(better), finite(worse)
    if len(ahead) != len(behind):
        raise ValueError(f"pairs: given {len(ahead)} and {len(behind)} values, allowed as many of each, seed by seed")
    return ahead, behind


def share_left(level: float) -> float:
    """1 - level, what an interval leaves out. ValueError unless `level` is a share between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"level: given {level}, allowed a share between 0 and 1, such as 0.95")
    return 1 - level


def summary(
    values: ArrayLike, level: float = 0.95, *, step: float = 0.0, low: float = -math.inf, high: float = math.inf
) -> dict[str, float]:
    """Mean, sd (n - 1), t-interval of the mean (Student, 1908) and n of one variant's values, shape (seeds,).

    Keys mean, sd, ci_low, ci_high, n. NaN where undefined: the mean without values, the rest below two. The interval
    stays between `low` and `high`, the metric's range, and allows for values rounded to its `step`: an sd of at least
    step / sqrt(12); with a step of 0 it is a point without any spread. ValueError for NaN and infinities.
    """
    numbers, alpha = finite(values), share_left(level)
    n = len(numbers)
    found = {"mean": float(numbers.mean()) if n else math.nan, "sd": float(numbers.std(ddof=1)) if n > 1 else math.nan}
    if n < 2:
        return found | {"ci_low": math.nan, "ci_high": math.nan, "n": n}
    half = float(-special.stdtrit(n - 1, alpha / 2)) * max(found["sd"], step / math.sqrt(12)) / math.sqrt(n)
    return found | {"ci_low": max(low, found["mean"] - half), "ci_high": min(high, found["mean"] + half), "n": n}


def rate_summary(values: ArrayLike, level: float = 0.95) -> dict[str, float]:
    """As `summary`, of a rate: values 0 or 1, shape (seeds,), with the exact interval (Clopper and Pearson, 1934)."""
    numbers = finite(values)
    low, high = rate_interval(float(numbers.sum()), len(numbers), level)
    return summary(numbers, level) | {"ci_low": low, "ci_high": high}


def rate_interval(successes: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """(low, high) of one rate, exact (Clopper and Pearson, 1934); half successes allowed, NaN where n is 0."""
    alpha = share_left(level)
    if not 0 <= successes <= n:
        raise ValueError(f"successes: given {successes} of {n}, allowed 0 to {n}")
    if n == 0:
        return math.nan, math.nan
    low = float(stats.beta.ppf(alpha / 2, successes, n - successes + 1)) if successes > 0 else 0.0
    high = float(stats.beta.isf(alpha / 2, successes + 1, n - successes)) if successes < n else 1.0
    return low, high


def probability_of_improvement(better: ArrayLike, worse: ArrayLike, level: float = 0.95) -> tuple[float, float, float]:
    """(P(better > worse) for one seed, low, high) over pairs of shape (pairs,), ties half (Bouthillier et al., 2021).

    Clopper-Pearson interval with half successes: a tie varies less than a win or a loss, so the level is kept (at six
    pairs 95 % covers at least 96.7 % whatever the shares of wins and ties). NaN without pairs.
    """
    ahead, behind = paired(better, worse)
    n = len(ahead)
    wins = float((ahead > behind).sum() + (ahead == behind).sum() / 2)
    return (wins / n if n else math.nan, *rate_interval(wins, n, level))


def sign_flip(better: ArrayLike, worse: ArrayLike, seed: int = 0) -> float:
    """Two-sided p of the paired sign-flip test of no difference (Fisher, 1935), shape (pairs,); NaN without pairs.

    Up to 14 pairs every one of the 2 ** pairs signs counts, so p is at least 2 ** (1 - pairs); above that 20,000 drawn
    with `seed`.
    """
    ahead, behind = paired(better, worse)
    n = len(ahead)
    if n < 2:
        return 1.0 if n else math.nan
    result = stats.permutation_test(
        (ahead - behind,),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=DRAWN_SIGN_FLIPS,
        batch=4096,
        rng=np.random.default_rng(seed),
    )
    return float(result.pvalue)
