"""The claims of a topic as its page shows them: rows of claims.json in words and as marks of a forest plot."""

from typing import Literal, TypedDict, get_args

from pipeline.contracts import Language
from pipeline.report import formatting, metric_words
from pipeline.report.facts import TopicFacts
from pipeline.report.formatting import number
from pipeline.report.language import Said, Voice, both, either, phrase
from pipeline.result_rows import ClaimRow, MetricSummary
from pipeline.verdicts.rules import lacking
from pipeline.verdicts.topic import Claim, Topic

RUN_KEY_DIGITS = 10  # enough to name a run

Side = Literal["better", "worse"]
SIDES: tuple[Side, ...] = get_args(Side)


class DifferenceText(TypedDict):
    """A claim's difference and its interval in words."""

    value: str
    interval: str


class Arm(TypedDict):
    """One of a claim's two variants: its mean over the seeds with its interval, and the keys of its runs."""

    side: Side
    variant: str
    mean: float | None
    interval: str
    run_keys: list[str]


class JudgedClaim(ClaimRow):
    """A row of claims.json with what a reader sees of it; places of `forest` are percent of the plot's width.

    `sentences` are what it claims in each language; `size` is its difference in margins.
    """

    sentences: dict[Language, str]
    size: float
    difference_text: DifferenceText
    probability_text: str
    forest: dict[str, float]
    arms: list[Arm]
    lower_is_better: bool
    is_rate: bool


class WaitingClaim(TypedDict):
    """A claim without a verdict, and what it waits for."""

    claim: Claim
    sentences: dict[Language, str]
    reason: Said


def judged(facts: TopicFacts) -> list[JudgedClaim]:
    """One entry per row of claims.json, in their order."""
    claims = {claim.name: claim for claim in facts.topic.claims}
    return [
        {
            **row,
            "sentences": sentences(claims[row["name"]]),
            "size": abs(row["difference"] or 0.0) / row["margin"],
            "difference_text": difference_text(row),
            "probability_text": _probability_text(row),
            "forest": forest(row),
            "arms": [_arm(side, row, facts.metrics.get(row[side], {}).get(row["metric"])) for side in SIDES],
            "lower_is_better": not claims[row["name"]].higher_is_better,
            "is_rate": claims[row["name"]].kind == "rate",
        }
        for row in facts.judgements
    ]


def waiting(facts: TopicFacts) -> list[WaitingClaim]:
    """The claims that have no row in claims.json."""
    names = {row["name"] for row in facts.judgements}
    return [
        {"claim": claim, "sentences": sentences(claim), "reason": _reason(claim, facts)}
        for claim in facts.topic.claims
        if claim.name not in names
    ]


def _reason(claim: Claim, facts: TopicFacts) -> Said:
    absent = [variant for variant in (claim.better, claim.worse) if variant not in facts.plan["variants"]]
    if absent:
        return phrase("no variant {names} in params.yaml", names=either(absent))
    variants = lacking(claim, facts.scores)
    return (
        phrase("no {metric} of {names}", metric=claim.metric, names=both(variants))
        if variants
        else phrase("no verdict")
    )


def sentences(claim: Claim) -> dict[Language, str]:
    """What is claimed, in each language; in English where neither the topic nor the catalogue translates it."""
    return {"en": claim.sentence, "es": claim.frase or Voice("es").known(claim.sentence)}


def questions(topic: Topic) -> dict[Language, str]:
    """What a topic asks, likewise."""
    return {"en": topic.question, "es": topic.pregunta or Voice("es").known(topic.question)}


def of_its_runs(score: MetricSummary, row: ClaimRow, side: Side) -> MetricSummary:
    """An arm's mean over the runs that the verdict is of; with its interval if these are all there are."""
    if score["n"] == row["seeds"] - row["failed"]:
        return score
    return {**score, "mean": row["means"][side], "ci_low": None, "ci_high": None}


def _arm(side: Side, row: ClaimRow, score: MetricSummary | None) -> Arm:
    own, digits = of_its_runs(score, row, side) if score else None, metric_words.digits(row["metric"])
    return {
        "side": side,
        "variant": row[side],
        "mean": own["mean"] if own else row["means"][side],
        "interval": formatting.spread(own["ci_low"], own["ci_high"], digits) if own else "",
        "run_keys": [str(key)[:RUN_KEY_DIGITS] for key in row["runs"][side]],
    }


def forest(row: ClaimRow) -> dict[str, float]:
    """Places of low, at and high, and half the width of the margin's band, in percent of the plot's width.

    Zero is in the middle and each claim has its own scale, as claims differ in unit and by orders of magnitude.
    """
    bounds = {"low": row["ci_low"], "at": row["difference"], "high": row["ci_high"]}
    marks = {name: value for name, value in bounds.items() if value is not None}
    reach = 1.12 * max(1.5 * row["margin"], *(abs(value) for value in marks.values()), 1e-9)
    places = {name: round(50 + 50 * value / reach, 2) for name, value in marks.items()}
    return places | {"band": round(50 * row["margin"] / reach, 2)}


def difference_text(row: ClaimRow) -> DifferenceText:
    """The difference and its interval, with as many decimals as the interval's width calls for."""
    low, high = row["ci_low"], row["ci_high"]
    if row["difference"] is None:
        return {"value": phrase("none"), "interval": phrase("no pair of runs to compare")}
    if low is None or high is None:
        return {
            "value": number(row["difference"], sign=True),
            "interval": phrase("no bounded interval from so few pairs"),
        }
    digits = formatting.decimals(low, high)
    bounds = phrase(
        "{interval} ({level})", interval=formatting.interval(low, high, digits), level=formatting.level(row)
    )
    return {"value": number(row["difference"], digits, sign=True), "interval": bounds}


def _probability_text(row: ClaimRow) -> str:
    """P(better wins on one seed) with its interval."""
    if row["probability_better"] is None:
        return phrase("none")
    middle = number(row["probability_better"], 2)
    bounds = formatting.interval(row["probability_low"], row["probability_high"], 2)
    return phrase("{value} ({interval})", value=middle, interval=bounds) if bounds else middle
