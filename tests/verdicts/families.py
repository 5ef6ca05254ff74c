"""Simulated families of claims, judged by the rule itself: what is true is known, so false verdicts can be counted."""

import numpy as np

from pipeline.verdicts.differences import mean_tests, rate_tests
from pipeline.verdicts.looks import Looks, decide

LOOKS = Looks()
SD = 1.0  # of a pair's difference
MARGIN, RATE_MARGIN = 1.0, 0.25


def independent(rng, deltas, shape):
    return rng.normal(0, SD, shape) + deltas[:, None]


def shared_baseline(rng, deltas, shape):
    """Every claim against one arm: differences correlate by a half."""
    arms, baseline = rng.normal(0, SD, shape), rng.normal(0, SD, (shape[0], 1, shape[2]))
    return (arms - baseline) / np.sqrt(2) + deltas[:, None]


def duplicated(rng, deltas, shape):
    """All claims are one and the same."""
    families, claims, pairs = shape
    return np.repeat(rng.normal(0, SD, (families, 1, pairs)), claims, axis=1) + deltas[:, None]


def tied(rng, deltas, shape):
    """Steps half as wide as the spread, dithered so that the mean difference stays what it is."""
    exact = independent(rng, deltas, shape) * 2 / SD
    return np.floor(exact + rng.random(shape)) * SD / 2


def rates(rng, deltas, shape):
    """Both arms solve a run or do not, each with the chance that makes the difference of rates."""
    uniform = rng.random((2, *shape))
    rate = 0.5 + np.stack([deltas, -deltas]) / 2
    return (uniform < rate[:, None, :, None]).astype(int)


def unequal(rng, deltas, shape):
    """Independent; `looks_had` leaves claims behind."""
    return independent(rng, deltas, shape)


WORLDS = (independent, shared_baseline, duplicated, tied, rates, unequal)


def truths(name, claims, margin):
    """True differences: none, at the margin's edges, or of all kinds at once."""
    edge = np.where(np.arange(claims) % 2, 1, -1) * margin
    return {
        "zero": np.zeros(claims),
        "above": edge * 1.001,
        "below": edge * 0.999,
        "mixed": np.resize([0, 1.001, -0.999, 3, 0, -1.001], claims) * margin,
    }[name]


def true_word(deltas, margin):
    """The one word of WORDS that is true of each claim."""
    return np.where(np.abs(deltas) <= margin, 3, np.where(deltas > 0, 1, 2))


def tests(world, data, margin, sizes):
    """(p, word), both (looks, families, claims)."""
    found = []
    for n in sizes:
        if world is rates:
            table, (ahead, behind) = rate_tests(n, margin), data[..., :n].sum(-1)
            found.append((table.p[ahead, behind], table.word[ahead, behind]))
        else:
            first = data[..., :n]
            se = first.std(-1, ddof=1) / np.sqrt(n)
            found.append(mean_tests(value=first.mean(-1), se=se, df=n - 1.0, pairs=n, margin=margin))
    p, word = zip(*found, strict=True)
    return np.stack(p), np.stack(word)


def had(rng, p, word, looks, world, stop):
    """Which looks each claim has: with `stop`, none after its verdict, where it is hopeless or unpaid for."""
    gone = np.zeros(p.shape[1:], bool)
    kept = np.ones(p.shape, bool)
    for look in range(1, len(p)):
        if stop:
            so_far = np.where(kept, p, 1.0)
            so_far[look:] = 1.0
            gone |= decide(so_far, word, looks.weights).word > 0
            gone |= p[look - 1] > 0.6  # futile
            gone |= rng.random(p.shape[1])[:, None] < 0.1  # the budget is spent: a family gets no more seeds
        if world is unequal:
            gone |= (np.arange(p.shape[2]) % 3) < look - 1 + (np.arange(p.shape[2]) % 2)
        kept[look] = ~gone
    return kept


def false_families(world, truth, claims, *, families, looks=LOOKS, weights=None, stop=True, margin=None, seed=0):
    """Share of families in which any claim has a verdict that is not true."""
    rng = np.random.default_rng(seed)
    if margin is None:
        margin = RATE_MARGIN if world is rates else MARGIN
    deltas, sizes = truths(truth, claims, margin), looks.rates if world is rates else looks.means
    if world is rates:
        deltas = np.clip(deltas, -0.99, 0.99)
    data = world(rng, deltas, (families, claims, sizes[-1]))
    p, word = tests(world, data, margin, sizes)
    p = np.where(had(rng, p, word, looks, world, stop), p, 1.0)
    words = decide(p, word, weights or looks.weights).word
    return float(((words > 0) & (words != true_word(deltas, margin))).any(1).mean())
