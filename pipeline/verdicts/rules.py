"""A claim gets its verdict here, from the scores of its two variants over the same seeds."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from pipeline.contracts import Verdict
from pipeline.result_rows import ClaimError, ClaimRow, ClaimSaid, ClaimSeen, ClaimWord
from pipeline.verdicts import again, differences, evidence, forecast, intervals, margins, pairs
from pipeline.verdicts.crossed import Items
from pipeline.verdicts.evidence import Evidence, Look
from pipeline.verdicts.looks import DEFAULT_LOOKS, Decisions, Looks, decide, sequential
from pipeline.verdicts.pairs import Pairs
from pipeline.verdicts.topic import Claim

OF_NO_QUALITY = ("recall_gap",)  # metrics by which a good network may have less, or more, than a constant answer
PRINTED = 0.95  # level of the interval that is shown beside the one that decides

Trivial = Mapping[str, Mapping[str, float]]  # {variant: {metric: what a constant answer gets}}


class Decision(NamedTuple):
    """A verdict, the look it was reached at, and the interval it follows from; `level` is that of the interval.

    `alpha` is what the family leaves this claim, of which the look may use its share; `p` the sequential p-value.
    """

    verdict: Verdict
    at: Look
    look: int
    alpha: float
    p: float
    low: float
    high: float
    level: float


def judge(
    topic: str,
    claims: Sequence[Claim],
    scores: Sequence[Mapping[str, Any]],
    *,
    items: Items | None = None,
    trivial: Trivial | None = None,
    looks: Looks = DEFAULT_LOOKS,
    written_before: Collection[str] = (),
) -> list[ClaimRow]:
    """One row of claims.json per claim, in the order given; `scores` are the topic's rows of scores.csv.

    All looks are taken anew from the scores: look k of a claim sees its first n_k seeds, those that both arms have, in
    their order. `items` are per-item values of runs, {(variant, seed, metric): (ids, values)}: where a claim has them
    for all its pairs, its error is crossed over seeds and items. `trivial` names what a constant answer gets,
    `written_before` the claims that stood as they do before their runs. Undefined numbers are None. InputError for a
    variant or metric without scores, or scores given twice.
    """
    family, decisions = settle(claims, scores, items=items, looks=looks)
    again_shares = again.shares(family, decisions, looks)
    rows = []
    for at, one in enumerate(family):
        decision = _decision(one, decisions, at, looks)
        rows.append(_row(topic, one, decision, float(again_shares[at]), looks, trivial or {}, written_before))
    return rows


def settle(
    claims: Sequence[Claim], scores: Sequence[Mapping[str, Any]], *, items: Items | None, looks: Looks
) -> tuple[list[Evidence], Decisions]:
    """What each claim's looks see, and what they decide: arrays of shape (claims,)."""
    table = pairs.tabulate(scores)
    family = [evidence.collect(pairs.gather(claim, table, items), looks) for claim in claims]
    p, word = evidence.stack(family, looks)
    return family, decide(p, word, looks.weights)


def lacking(claim: Claim, scores: Sequence[Mapping[str, str]]) -> list[str]:
    """The variants of a claim that have no score of its metric yet."""
    scored = {(row["variant"], row["metric"]) for row in scores}
    return [variant for variant in (claim.better, claim.worse) if (variant, claim.metric) not in scored]


def _decision(one: Evidence, decisions: Decisions, at: int, looks: Looks) -> Decision:
    """Of an undecided claim, the interval is that of its latest look; before the first, that of the pairs there are.

    "Negligible" is tested at one side only, so that its interval leaves out twice as much.
    """
    word = differences.WORDS[int(decisions.word[at])]
    number = int(decisions.look[at]) if word != "undecided" else max(0, len(one.looks) - 1)
    seen = one.looks[number] if one.looks else one.latest
    alpha = float(decisions.alpha[at])
    share = looks.weights[number] * alpha * (2 if word == "negligible" else 1)
    low, high = seen.difference.interval(1 - share)
    p = (
        float(sequential([[look.p] for look in one.looks[: number + 1]], looks.weights[: number + 1])[-1, 0])
        if one.looks
        else 1.0
    )
    return Decision(word, seen, number + 1 if one.looks else 0, alpha, p, low, high, 1 - share)


def _row(
    topic: str,
    one: Evidence,
    decision: Decision,
    again_share: float,
    looks: Looks,
    trivial: Trivial,
    written_before: Collection[str],
) -> ClaimRow:
    claim, seen = one.pairs.claim, decision.at
    return {
        "topic": topic,
        **_said(claim),
        "margin": one.margin,
        **_seen(seen),
        **_word(one, decision, again_share, looks),
        "baseline": _no_better_than_trivial(claim, seen, trivial),
        "written_before": claim.name in written_before,
    }


def _said(claim: Claim) -> ClaimSaid:
    return {
        "claim": claim.sentence,
        "name": claim.name,
        "chapter": claim.chapter,
        "source": claim.cited,
        "published": claim.published,
        "pilot": claim.pilot,
        "expects": claim.expects,
        "metric": claim.metric,
        "kind": claim.kind,
        "better": claim.better,
        "worse": claim.worse,
    }


def _seen(seen: Look) -> ClaimSeen:
    ahead, behind = seen.pairs.complete
    low, high = seen.difference.interval(PRINTED)
    probability, probability_low, probability_high = intervals.probability_of_improvement(ahead, behind)
    return {
        "seeds": len(seen.pairs.seeds),
        "failed": seen.pairs.lost,
        "difference": _finite(seen.difference.value),
        "ci95_low": _finite(low),
        "ci95_high": _finite(high),
        "variance": "seeds and items" if seen.pairs.has_items else "seeds",
        "skewed": seen.skewed,
        "effect_size": _finite(differences.effect_size(ahead, behind)),
        "p_no_difference": _finite(intervals.sign_flip(ahead, behind)),
        "probability_better": _finite(probability),
        "probability_low": _finite(probability_low),
        "probability_high": _finite(probability_high),
        "means": _means(seen.pairs),
        **_error(seen.difference),
        "runs": seen.pairs.runs,
    }


def _means(of: Pairs) -> dict[str, float | None]:
    """Of both sides over complete pairs, in the metric's unit."""
    front, back = ("better", "worse") if of.claim.higher_is_better else ("worse", "better")
    found: dict[str, float | None] = {}
    for side, values in zip((front, back), of.complete, strict=True):
        mean = math.fsum(values) / len(values) if values else math.nan
        found[side] = _finite(math.exp(mean) if of.claim.kind == "ratio" else mean)
    return found


def _error(difference: differences.Difference) -> ClaimError:
    """What the interval of a mean is made of."""
    if not isinstance(difference, differences.MeanDifference) or difference.n < 2:
        return {"sd": None, "df": None, "item_part": None, "items": None}
    return {
        "sd": _finite(difference.sd),
        "df": _finite(difference.df),
        "item_part": difference.item_part,
        "items": difference.items,
    }


def _word(one: Evidence, decision: Decision, again_share: float, looks: Looks) -> ClaimWord:
    decided = decision.verdict != "undecided"
    chance = None if decided else forecast.decided_by_last(one, alpha=decision.alpha, weight=looks.weights[-1])
    return {
        "look": decision.look,
        "ci_low": _finite(decision.low),
        "ci_high": _finite(decision.high),
        "level": decision.level,
        "p_value": decision.p,
        "verdict": decision.verdict,
        "as_expected": decision.verdict == one.pairs.claim.expects if decided else None,
        "again": round(again_share, 3) if decided else None,
        "firmness": again.firmness(again_share) if decided else None,
        "decided_by_last": None if chance is None else round(chance, 3),
        "reason": None if decided else forecast.reason(one, chance, alpha=1 - decision.level),
    }


def _no_better_than_trivial(claim: Claim, seen: Look, trivial: Trivial) -> list[str]:
    """The variants whose mean does not beat what a constant answer gets, by the least that matters of the metric."""
    own = margins.metric(claim.metric).margin
    margin = claim.smallest_difference if own is None or claim.kind == "ratio" else own
    front, back = (claim.better, claim.worse) if claim.higher_is_better else (claim.worse, claim.better)
    values = {front: seen.pairs.ahead, back: seen.pairs.behind}
    found = []
    for variant in (claim.better, claim.worse):
        constant = trivial.get(variant, {}).get(claim.metric)
        scored = [value for value in values[variant] if value is not None]
        if constant is None or not scored or claim.metric in OF_NO_QUALITY:
            continue
        level = math.log(constant) if claim.kind == "ratio" else constant
        ahead = (sum(scored) / len(scored) - level) * (1 if claim.higher_is_better else -1)
        if ahead <= margin:
            found.append(variant)
    return found


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
