"""Which variants get more seeds: those whose claims are most likely to be decided by them, for each second of work."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.verdicts import forecast, pairs, rules
from pipeline.verdicts.crossed import Items
from pipeline.verdicts.looks import DEFAULT_LOOKS, Looks
from pipeline.verdicts.topic import Claim


@dataclass(frozen=True)
class Candidate:
    """An undecided claim with a look to come: the seeds that look takes, and the chance that the last one decides."""

    claim: Claim
    seeds: int
    chance: float

    @property
    def arms(self) -> tuple[str, str]:
        """Its two variants."""
        return self.claim.better, self.claim.worse


def next_pairs(
    claims: Sequence[Claim],
    scores: Sequence[Mapping[str, Any]],
    seconds: Mapping[str, float],
    *,
    budget_s: float,
    looks: Looks = DEFAULT_LOOKS,
    items: Items | None = None,
) -> dict[str, int]:
    """{variant: seeds it is to have in all}, for those that are to have more; the claims are one topic's family.

    A claim goes on to its next look unless it is futile: a chance below .10 that the last look decides. Claims go in
    the order of that chance for each second of the runs to be made, a run that several open claims wait for being
    counted in equal parts, until none is left that the rest of `budget_s` pays for. `seconds` are those of one run. A
    first look counts as certain to decide. InputError as `rules.judge`.
    """
    waiting = _candidates(claims, scores, looks, items)
    table = pairs.tabulate(scores)
    have = {variant: min(len(seeds) for seeds in table[variant].values()) for variant in table}
    given: dict[str, int] = {}
    while waiting:
        worth = [one.chance / max(1e-9, _fair(one, waiting, have | given, seconds)) for one in waiting]
        chosen = waiting.pop(worth.index(max(worth)))
        cost = sum(_missing(chosen, arm, have | given) * seconds[arm] for arm in chosen.arms)
        if cost <= budget_s:
            budget_s -= cost
            given |= {arm: chosen.seeds for arm in chosen.arms if _missing(chosen, arm, have | given)}
    return given


def _candidates(
    claims: Sequence[Claim], scores: Sequence[Mapping[str, Any]], looks: Looks, items: Items | None
) -> list[Candidate]:
    family, decisions = rules.settle(claims, scores, items=items, looks=looks)
    found = []
    for at, evidence in enumerate(family):
        if decisions.word[at] or len(evidence.looks) == len(evidence.sizes):
            continue
        chance = forecast.decided_by_last(evidence, alpha=float(decisions.alpha[at]), weight=looks.weights[-1])
        if not evidence.looks:
            chance = 1.0
        if chance is not None and chance >= forecast.FUTILE:
            found.append(Candidate(evidence.pairs.claim, evidence.sizes[len(evidence.looks)], chance))
    return found


def _missing(candidate: Candidate, arm: str, have: Mapping[str, int]) -> int:
    return max(0, candidate.seeds - have[arm])


def _fair(
    candidate: Candidate, waiting: Iterable[Candidate], have: Mapping[str, int], seconds: Mapping[str, float]
) -> float:
    """Seconds of the runs that a candidate waits for, each divided by the candidates that wait for it too."""
    total = 0.0
    for arm in candidate.arms:
        needs = [one.seeds for one in waiting if arm in one.arms]
        for seed in range(have[arm], candidate.seeds):
            total += seconds[arm] / sum(seeds > seed for seeds in needs)
    return total
