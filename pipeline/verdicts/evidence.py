"""What each look at a claim sees: its difference, the test against the margin, and what stands in a verdict's way."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats  # type: ignore[import-untyped, unused-ignore]

from pipeline.verdicts.differences import CONTRADICTED, REPRODUCED, Difference
from pipeline.verdicts.looks import Looks
from pipeline.verdicts.pairs import Pairs

ENOUGH_WHEN_SKEWED = 10  # pairs; below, a t-interval of skewed differences errs far more often than it says
SKEWED = 2.0  # standard errors of the skewness of as many normal differences
UNLIKE = 4.0  # times the other arm's sd


@dataclass(frozen=True)
class Look:
    """One look at a claim: the `pairs` of its seeds, and their `difference`.

    `p` is the smallest alpha that decides, `word` the place in WORDS of what it then says. `skewed` differences of few
    pairs, and lost runs that at their worst would leave another word (`turned`), have a p of 1.
    """

    pairs: Pairs
    difference: Difference
    p: float
    word: int
    skewed: bool
    turned: bool
    p_complete: float  # of complete pairs alone, lost runs and skewness left aside

    @property
    def barred(self) -> bool:
        """Whether it may not decide, whatever its difference."""
        return self.turned or (self.skewed and self.difference.n < ENOUGH_WHEN_SKEWED)


@dataclass(frozen=True)
class Evidence:
    """Of one claim: all pairs there are, the looks it has had in their order, and the pairs each look takes."""

    pairs: Pairs
    looks: tuple[Look, ...]
    sizes: tuple[int, ...]

    @property
    def margin(self) -> float:
        """The claim's smallest difference of interest."""
        return self.pairs.claim.smallest_difference

    @property
    def latest(self) -> Look:
        """The last look it has had; before the first one, what there is."""
        return self.looks[-1] if self.looks else look(self.pairs, self.margin)


def collect(pairs: Pairs, looks: Looks) -> Evidence:
    """All looks that a claim has had: those whose number of seeds both arms have, failed runs included."""
    sizes, margin = looks.sizes(pairs.claim.kind), pairs.claim.smallest_difference
    had = [n for n in sizes if n <= len(pairs.seeds)]
    return Evidence(pairs, tuple(look(pairs.first(n), margin) for n in had), sizes)


def look(pairs: Pairs, margin: float) -> Look:
    """What these pairs show against a margin."""
    difference = pairs.difference()
    p, word = _test(difference, margin)
    p_complete, turned = p, False
    if pairs.lost and difference.n > 1:
        side = {REPRODUCED: 1, CONTRADICTED: -1}.get(word, 0)
        p_filled, word_filled = _test(pairs.difference_with_lost(difference, side), margin)
        turned, p = word_filled != word, max(p, p_filled)
    skewed = pairs.claim.kind != "rate" and is_skewed(*pairs.complete, floor=pairs.step / math.sqrt(12))
    found = Look(pairs, difference, p, word, skewed, turned, p_complete)
    return replace(found, p=1.0, word=0) if found.barred or difference.n < 2 else found


def _test(difference: Difference, margin: float) -> tuple[float, int]:
    tested = difference.tested(margin)
    return float(tested.p), int(tested.word)


def is_skewed(ahead: Sequence[float], behind: Sequence[float], *, floor: float = 0.0) -> bool:
    """Whether differences look skewed, or one arm's sd is over four times the other's; `floor` is the least sd counted.

    Skewness is far from 0 where it is over two standard errors of that of as many normal numbers (Fisher, 1930).
    Differences of no more than the floor's spread, and fewer than three, are not.
    """
    n = len(ahead)
    if n < 3:
        return False
    sds = sorted(max(float(np.std(arm, ddof=1)), floor) for arm in (ahead, behind))
    differences = np.subtract(ahead, behind)
    error = math.sqrt(6 * (n - 2) / ((n + 1) * (n + 3)))
    spread = float(np.std(differences)) > max(floor, 1e-12 * float(np.abs([ahead, behind]).max()))
    bent = spread and abs(float(stats.skew(differences))) > SKEWED * error
    return bent or (sds[1] > floor and sds[1] > UNLIKE * sds[0])


def stack(family: Sequence[Evidence], looks: Looks) -> tuple[np.ndarray, np.ndarray]:
    """p and words of all claims at all looks, both of shape (looks, claims); a look not had has 1 and undecided."""
    p = np.ones((len(looks.weights), len(family)))
    word = np.zeros(p.shape, np.int8)
    for claim, evidence in enumerate(family):
        for at, seen in enumerate(evidence.looks):
            p[at, claim], word[at, claim] = seen.p, seen.word
    return p, word
