"""A claim gets its verdict here, from the scores of its two variants over the same seeds."""

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pipeline.contracts import ClaimRow, Verdict
from pipeline.errors import InputError
from pipeline.verdicts import intervals
from pipeline.verdicts.intervals import MeanDifference, RateDifference
from pipeline.verdicts.topic import Claim

FAMILY_ERROR = 0.05  # share of topics without any true difference that may get a false verdict
MOST_SEEDS = 1000

Difference = MeanDifference | RateDifference
ScoreTable = dict[str, dict[str, dict[int, Mapping[str, Any]]]]  # {variant: {metric: {seed: row of scores.csv}}}


class Decision(NamedTuple):
    """A verdict and the interval it follows from; `level` is that of the interval."""

    verdict: Verdict
    low: float
    high: float
    level: float


@dataclass(frozen=True)
class Pairs:
    """A claim's runs of each seed: values of complete pairs, `ahead` > `behind` where it holds, and all run keys."""

    ahead: list[float]
    behind: list[float]
    failed: int
    runs: dict[str, list[str]]


def judge(topic: str, claims: Sequence[Claim], scores: Sequence[Mapping[str, Any]]) -> list[ClaimRow]:
    """One row of claims.json per claim, in the order given; `scores` are the topic's rows of scores.csv.

    Intervals are at the level that Holm's step-down over all `claims` asks for (`level`); p_value and probability_* are
    one claim's own, at 95 %. `seeds` counts all pairs, `failed` those left out because a run has no finite value.
    Undefined numbers are None. InputError for a variant or metric without scores, or scores given twice.
    """
    table = _tabulate(scores)
    pairs = [_pair(claim, table) for claim in claims]
    differences = [_difference(claim, pair) for claim, pair in zip(claims, pairs, strict=True)]
    decisions = decide(differences, [claim.margin for claim in claims])
    return [
        _row(topic, claim, pair, difference, decision)
        for claim, pair, difference, decision in zip(claims, pairs, differences, decisions, strict=True)
    ]


def decide(
    differences: Sequence[Difference], margins: Sequence[float], family_error: float = FAMILY_ERROR
) -> list[Decision]:
    """Verdicts of one family of claims, at most `family_error` of such families with any false one (Holm, 1979).

    A claim is tested at the smallest alpha at which its interval would decide, so that each verdict follows from the
    interval reported with it.
    """
    pairs = list(zip(differences, margins, strict=True))
    alphas = intervals.holm([difference.decides_at(margin) for difference, margin in pairs], family_error)
    decisions = []
    for (difference, margin), alpha in zip(pairs, alphas, strict=True):
        low, high = difference.interval(1 - alpha)
        decisions.append(Decision(verdict(low, high, margin), low, high, 1 - alpha))
    return decisions


def verdict(low: float, high: float, margin: float) -> Verdict:
    """The word for an interval (in favour of the claim) against the smallest difference of interest; NaN: undecided."""
    if low > margin:
        return "reproduced"
    if high < -margin:
        return "contradicted"
    if -margin <= low and high <= margin:
        return "negligible"
    return "undecided"


def seeds_needed(difference: Difference, margin: float, level: float) -> int | None:
    """Fewest complete pairs whose interval would decide if mean and spread stayed as seen; None above 1,000."""
    if difference.n < 2:
        return None
    sizes = range(difference.n + 1, MOST_SEEDS + 1)
    first = bisect_left(sizes, True, key=lambda n: difference.resized(n).decides_at(margin) < 1 - level)
    return sizes[first] if first < len(sizes) else None


def lacking(claim: Claim, scores: Sequence[Mapping[str, str]]) -> list[str]:
    """The variants of a claim that have no score of its metric yet."""
    scored = {(row["variant"], row["metric"]) for row in scores}
    return [variant for variant in (claim.better, claim.worse) if (variant, claim.metric) not in scored]


def _tabulate(scores: Sequence[Mapping[str, Any]]) -> ScoreTable:
    table: ScoreTable = {}
    for row in scores:
        seeds = table.setdefault(row["variant"], {}).setdefault(row["metric"], {})
        if int(row["seed"]) in seeds:
            run = f"{row['variant']}, {row['metric']}, seed {row['seed']}"
            raise InputError(f"scores: given two rows of {run}, allowed one: have `evaluate` write them anew")
        seeds[int(row["seed"])] = row
    return table


def _scores(claim: Claim, variant: str, table: ScoreTable) -> dict[int, Mapping[str, Any]]:
    """{seed: row} of the claim's metric. InputError where the variant has none."""
    if variant not in table:
        variants = ", ".join(sorted(table)) or "none"
        raise InputError(f"claim {claim.name!r}: variant: given {variant!r}, allowed one with scores: {variants}")
    if claim.metric not in table[variant]:
        metrics = ", ".join(sorted(table[variant]))
        raise InputError(f"claim {claim.name!r}: metric: given {claim.metric!r}, allowed one of {variant!r}: {metrics}")
    return table[variant][claim.metric]


def _value(claim: Claim, row: Mapping[str, Any] | None) -> float | None:
    """A run's score; None where the run failed. For a rate, failing is an outcome and its value counts."""
    if row is None or row["value"] in ("", None):
        return None
    if claim.kind == "mean" and row.get("status", "finished") != "finished":
        return None
    value = float(row["value"])
    return value if math.isfinite(value) else None


def _pair(claim: Claim, table: ScoreTable) -> Pairs:
    rows = {"better": _scores(claim, claim.better, table), "worse": _scores(claim, claim.worse, table)}
    seeds = sorted(rows["better"].keys() | rows["worse"].keys())
    runs = {side: [arm[seed]["run_key"] for seed in seeds if seed in arm] for side, arm in rows.items()}
    better = [_value(claim, rows["better"].get(seed)) for seed in seeds]
    worse = [_value(claim, rows["worse"].get(seed)) for seed in seeds]
    ahead, behind = (better, worse) if claim.higher_is_better else (worse, better)
    complete = [(a, b) for a, b in zip(ahead, behind, strict=True) if a is not None and b is not None]
    return Pairs([a for a, _ in complete], [b for _, b in complete], len(seeds) - len(complete), runs)


def _difference(claim: Claim, pairs: Pairs) -> Difference:
    if claim.kind == "rate":
        return intervals.rate_difference(pairs.ahead, pairs.behind)
    return intervals.mean_difference(pairs.ahead, pairs.behind)


def _row(topic: str, claim: Claim, pairs: Pairs, difference: Difference, decision: Decision) -> ClaimRow:
    probability, probability_low, probability_high = intervals.probability_of_improvement(pairs.ahead, pairs.behind)
    undecided = decision.verdict == "undecided"
    return {
        "topic": topic,
        "claim": claim.sentence,
        "name": claim.name,
        "chapter": claim.chapter,
        "source": claim.source,
        "metric": claim.metric,
        "better": claim.better,
        "worse": claim.worse,
        "margin": claim.margin,
        "seeds": difference.n + pairs.failed,
        "failed": pairs.failed,
        "difference": _finite(difference.value),
        "ci_low": _finite(decision.low),
        "ci_high": _finite(decision.high),
        "level": decision.level,
        "effect_size": _finite(intervals.effect_size(pairs.ahead, pairs.behind)),
        "p_value": _finite(intervals.sign_flip(pairs.ahead, pairs.behind)),
        "probability_better": _finite(probability),
        "probability_low": _finite(probability_low),
        "probability_high": _finite(probability_high),
        "verdict": decision.verdict,
        "seeds_needed": seeds_needed(difference, claim.margin, decision.level) if undecided else None,
        "runs": pairs.runs,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
