"""What more seeds would bring an undecided claim: the chance that the last look decides, and why it is open."""

import math

import numpy as np
from scipy import special, stats  # type: ignore[import-untyped, unused-ignore]

from pipeline.contracts import OpenReason
from pipeline.verdicts.differences import Difference, MeanDifference, RateDifference, rate_tests
from pipeline.verdicts.evidence import Evidence
from pipeline.verdicts.intervals import Numbers

FUTILE = 0.10  # chance that the last look decides, below which more seeds are not worth their time
FAR = 1000  # pairs that a difference would take, if it stays as it is, beyond which it counts as lying on the margin


def decided_by_last(evidence: Evidence, *, alpha: float, weight: float) -> float | None:
    """Chance that the last look decides, given the pairs there are; `weight` of the level `alpha` is that look's.

    0 for a claim that has had it; None below two pairs. Future pairs are foretold under flat priors; test examples stay
    those there are.
    """
    known = evidence.latest.difference
    if len(evidence.looks) == len(evidence.sizes):
        return 0.0
    if known.n < 2:
        return None
    last = evidence.sizes[-1] - evidence.latest.pairs.lost
    if isinstance(known, RateDifference):
        return _rates_decided(known, last, evidence.margin, alpha * weight)
    return _mean_decided(known, last, evidence.margin, alpha * weight)


def _mean_decided(known: MeanDifference, last: int, margin: float, alpha: float) -> float:
    """d_last ~ d + s sqrt(1/n - 1/last) t_(n-1), tested as if s stayed (Spiegelhalter et al., 1986)."""
    then = known.resized(last)
    if known.sd == 0:
        return float(then.tested(margin).p < alpha)
    scale = known.sd * math.sqrt(1 / known.n - 1 / last)
    two_sided, one_sided = (-special.stdtrit(then.df, share) * then.se for share in (alpha / 2, alpha))

    def below(bound: float) -> float:
        return float(special.stdtr(known.n - 1, (bound - known.value) / scale))

    outside = 1 - below(margin + two_sided) + below(-margin - two_sided)
    room = margin - one_sided
    return outside + (below(room) - below(-room) if room > 0 else 0.0)


def _rates_decided(known: RateDifference, last: int, margin: float, alpha: float) -> float:
    """Successes to come are beta-binomial, from Beta(x + 1/2, n - x + 1/2), in each arm by itself."""
    decides = rate_tests(last, margin).p < alpha
    chances = []
    for successes in (known.better, known.worse):
        to_come = np.arange(last - known.n + 1)
        total = np.zeros(last + 1)
        total[successes + to_come] = stats.betabinom.pmf(
            to_come, last - known.n, successes + 0.5, known.n - successes + 0.5
        )
        chances.append(total)
    better, worse = chances
    return float(better @ decides @ worse)


def reason(evidence: Evidence, chance: float | None, *, alpha: float) -> OpenReason:
    """Why a claim is undecided; `alpha` is what its latest look is held to, `chance` what `decided_by_last` says."""
    seen = evidence.latest
    if not evidence.looks or chance is None:
        return "first look not reached"
    if seen.pairs.lost and (seen.turned or seen.p_complete < alpha <= seen.p):
        return "a lost run could turn it"
    if seen.barred:
        return "skewed: ten pairs or a rate" if chance >= FUTILE else "skewed, and more pairs would hardly decide"
    if chance >= FUTILE:
        return "more pairs may decide"
    if _distance(seen.difference, evidence.margin) <= _far_width(seen.difference, alpha):
        return "the difference lies on the margin"
    if _by_items(seen.difference, evidence.margin, alpha):
        return "too few test examples"
    return "last look" if len(evidence.looks) == len(evidence.sizes) else "more pairs than the last look has"


def _distance(difference: Difference, margin: float) -> float:
    return abs(abs(difference.value) - margin)


def _far_width(difference: Difference, alpha: float) -> float:
    """Half the width of the interval over seeds that FAR pairs would leave."""
    if isinstance(difference, RateDifference):
        rates = np.array([difference.better, difference.worse]) / difference.n
        sd = math.sqrt(float(np.sum(rates * (1 - rates))))
    else:
        sd = difference.sd
    return float(-special.stdtrit(FAR - 1, alpha / 2)) * sd / math.sqrt(FAR)


def _by_items(difference: Difference, margin: float, alpha: float) -> bool:
    """Whether no number of seeds would decide on these test examples."""
    if not isinstance(difference, MeanDifference) or not difference.item_part:
        return False
    endless = difference.resized(10**9)
    width: Numbers = -special.stdtrit(endless.df, alpha / 2) * endless.se
    return bool(_distance(difference, margin) <= width)
