"""When a family of claims is looked at, and what each look decides: no claim is judged whenever it looks well."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.errors import InputError
from pipeline.verdicts.differences import Codes
from pipeline.verdicts.intervals import Numbers
from pipeline.verdicts.margins import Comparison

FAMILY_ERROR = 0.05  # share of families that may get any false verdict


@dataclass(frozen=True, kw_only=True)
class Looks:
    """How many pairs each look takes, means (and ratios) and rates apart, and the share of alpha that it may use.

    `weights` add up to 1, which keeps the error whenever and for whatever reason a claim gets no more pairs (Jennison
    and Turnbull, 1989). InputError where the numbers make no sense.
    """

    means: tuple[int, ...] = (6, 12, 24)
    rates: tuple[int, ...] = (9, 18, 36)
    weights: tuple[float, ...] = (0.8, 0.1, 0.1)

    def __post_init__(self) -> None:
        if min(self.weights, default=0) <= 0 or abs(sum(self.weights) - 1) > 1e-9:
            raise InputError(f"looks: weights: given {list(self.weights)}, allowed shares above 0 that add up to 1")
        for word, sizes in (("means", self.means), ("rates", self.rates)):
            if len(sizes) != len(self.weights) or list(sizes) != sorted(set(sizes)) or sizes[0] < 2:
                raise InputError(
                    f"looks: {word}: given {list(sizes)}, allowed {len(self.weights)} rising numbers of pairs, from 2"
                    " on, one for each weight"
                )

    def sizes(self, kind: Comparison) -> tuple[int, ...]:
        """Pairs at each look of a claim of this kind."""
        return self.rates if kind == "rate" else self.means


DEFAULT_LOOKS = Looks()


class Decisions(NamedTuple):
    """Of each claim of a family: place in WORDS, look that decided (from 0), the family's alpha for it.

    Of an undecided claim, `look` is the one at which it came nearest, and `alpha` what it is held to now. All of shape
    (..., claims).
    """

    word: Codes
    look: NDArray[np.intp]
    alpha: Numbers


def sequential(p: ArrayLike, weights: Sequence[float]) -> Numbers:
    """Sequential p-values at each look, shape (looks, ...): the least p / weight so far, at most 1.

    Valid at every look, since the chance that any p at look j is below weight_j times alpha is at most alpha.
    """
    scaled = np.asarray(p) / np.reshape(np.asarray(weights), (-1,) + (1,) * (np.ndim(p) - 1))
    least: Numbers = np.minimum(1.0, np.minimum.accumulate(scaled, axis=0))
    return least


def decide(p: Numbers, word: Codes, weights: Sequence[float], family_error: float = FAMILY_ERROR) -> Decisions:
    """The verdicts of families, look after look: Holm over their sequential p-values (Tamhane et al., 2021).

    `p` and `word` have shape (looks, ..., claims); a look that a claim has not had has a p of 1. A word once given
    stays, whatever later looks show; it is that of the look with the least p / weight at the time.
    """
    q, shape = sequential(p, weights), p.shape[1:]
    found = Decisions(np.zeros(shape, np.int8), np.zeros(shape, np.intp), np.zeros(shape))
    scaled = p / np.reshape(np.asarray(weights), (-1,) + (1,) * (p.ndim - 1))
    for look in range(len(q)):
        levels, nearest = holm(q[look], family_error), scaled[: look + 1].argmin(0)
        open_ = found.word == 0
        decided = open_ & (q[look] < levels)
        words = np.take_along_axis(word, nearest[None], 0)[0]
        found = Decisions(
            np.where(decided, words, found.word),
            np.where(open_, nearest, found.look),
            np.where(open_, levels, found.alpha),
        )
    return found


def holm(p: ArrayLike, alpha: float = FAMILY_ERROR) -> Numbers:
    """The level each of a family's tests is held to, in the order given (Holm, 1979); p has shape (..., tests).

    The smallest p is held to alpha / M, the next to alpha / (M - 1), and so on; from the first that is not below its
    level on, all are held to that same level. So p < level exactly where Holm rejects. ValueError outside 0 to 1.
    """
    values = np.asarray(p, dtype=float)
    others = values[~((values >= 0) & (values <= 1))]
    if others.size:
        raise ValueError(f"p: given {others.flat[0]}, allowed 0 to 1")
    order = values.argsort(-1, kind="stable")
    steps = alpha / np.arange(values.shape[-1], 0, -1)
    passed = np.logical_and.accumulate(np.take_along_axis(values, order, -1) < steps, axis=-1)
    rejected = passed.sum(-1, keepdims=True)
    held = np.minimum(np.arange(values.shape[-1]), rejected)
    levels = np.empty_like(values)
    np.put_along_axis(levels, order, np.append(steps, 0.0)[held], -1)
    return levels
