"""How firm a verdict is: the chance that the same runs with new seeds, judged by the same rule, get the same word."""

from collections.abc import Sequence

import numpy as np

from pipeline.contracts import Firmness
from pipeline.verdicts.differences import (
    MeanDifference,
    RateDifference,
    Tested,
    degrees_of_freedom,
    mean_tests,
    rate_tests,
)
from pipeline.verdicts.evidence import Evidence
from pipeline.verdicts.intervals import Numbers
from pipeline.verdicts.looks import Decisions, Looks, decide

DRAWS = 2000
FIRM, LIKELY = 0.95, 0.8


def shares(
    family: Sequence[Evidence], decisions: Decisions, looks: Looks, *, draws: int = DRAWS, seed: int = 0
) -> Numbers:
    """P(again) of each claim, shape (claims,): the share of `draws` redone families in which it gets the word it has.

    What is true is drawn from what the runs there are leave open under flat priors: sigma^2 = s^2 (n - 1) / chi^2 and
    mu ~ N(d, sigma^2 / n) for means, Beta(x + 1/2, n - x + 1/2) for rates; then as many new pairs as each look has.
    Test examples stay those there are. Claims are drawn apart from each other.
    """
    rng = np.random.default_rng(seed)
    p = np.ones((len(looks.weights), draws, len(family)))
    word = np.zeros(p.shape, np.int8)
    for claim, evidence in enumerate(family):
        for at, tested in enumerate(_redone(evidence, draws, rng)):
            if not evidence.looks[at].barred:
                p[at, :, claim], word[at, :, claim] = tested
    same: Numbers = (decide(p, word, looks.weights).word == decisions.word).mean(0)
    return same


def firmness(again: float) -> Firmness:
    """The word for P(again): firm from .95 on, likely from .8 on, fragile below."""
    return "firm" if again >= FIRM else "likely" if again >= LIKELY else "fragile"


def _redone(evidence: Evidence, draws: int, rng: np.random.Generator) -> list[Tested]:
    """Tests of new pairs at each look that the claim has had, each of shape (draws,)."""
    if not evidence.looks:
        return []
    known, sizes = evidence.latest.difference, [look.difference.n for look in evidence.looks]
    if known.n < 2:
        return [Tested(np.ones(draws), np.zeros(draws, np.int8))] * len(sizes)
    if isinstance(known, RateDifference):
        return _rates_redone(known, sizes, evidence.margin, draws, rng)
    return _means_redone(known, sizes, evidence, draws, rng)


def _means_redone(
    known: MeanDifference, sizes: Sequence[int], evidence: Evidence, draws: int, rng: np.random.Generator
) -> list[Tested]:
    sigma = known.sd * np.sqrt((known.n - 1) / rng.chisquare(known.n - 1, draws))
    mu = known.value + sigma / np.sqrt(known.n) * rng.standard_normal(draws)
    new = mu[:, None] + sigma[:, None] * rng.standard_normal((draws, known.n))
    least, tests = evidence.pairs.step / np.sqrt(12), []
    for n, seen in zip(sizes, evidence.looks, strict=True):
        item_part, items = (getattr(seen.difference, name) for name in ("item_part", "items"))
        sd = np.maximum(new[:, :n].std(1, ddof=1), least) if n > 1 else np.full(draws, np.nan)
        seed_part = sd**2 / max(1, n)
        tests.append(
            mean_tests(
                value=new[:, :n].sum(1) / max(1, n),
                se=np.sqrt(seed_part + item_part),
                df=degrees_of_freedom(seed_part, n, item_part, items),
                pairs=n,
                margin=evidence.margin,
            )
        )
    return tests


def _rates_redone(
    known: RateDifference, sizes: Sequence[int], margin: float, draws: int, rng: np.random.Generator
) -> list[Tested]:
    better, worse = (
        rng.beta(successes + 0.5, known.n - successes + 0.5, draws) for successes in (known.better, known.worse)
    )
    tests, ahead, behind, before = [], np.zeros(draws, int), np.zeros(draws, int), 0
    for n in sizes:
        ahead, behind = ahead + rng.binomial(n - before, better), behind + rng.binomial(n - before, worse)
        table, before = rate_tests(n, margin), n
        tests.append(Tested(table.p[ahead, behind], table.word[ahead, behind]))
    return tests
