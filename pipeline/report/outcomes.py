"""What came true of a topic's probabilities: reliability diagrams, precision-recall curves, and what errors cost."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple, TypedDict

import numpy as np

from pipeline.report import class_names, outcome_plots, svg
from pipeline.report.facts import TopicFacts
from pipeline.report.formatting import number
from pipeline.report.language import Said, listed, phrase, word
from pipeline.report.outcome_plots import Point, RecallPanel, ReliabilityPanel
from pipeline.result_rows import MetricSummary
from pipeline.settings.claims import LOWER
from pipeline.verdicts.topic import COST, PER_ROWS

BINS = 10  # of equal mass
MOST_POINTS = 200  # of a curve
MOST_SHOWN = 3  # variants


class OutcomePicture(TypedDict):
    """A variant's picture, what it shows in words, and lines below it."""

    variant: str
    svg: str
    alt: str
    captions: list[Said]


class Calibration(TypedDict):
    """A variant's error of calibration, and what it says and what is seen on average, all shares."""

    variant: str
    error: float
    said: float
    seen: float
    examples: int


class CostOfVariant(TypedDict):
    """A variant's cost per 1,000 test examples over the seeds, and the means of how it comes about.

    `threshold` is the median over the seeds; `by_argmax` the cost of taking the likeliest class.
    """

    variant: str
    cost: MetricSummary
    threshold: float
    missed: float
    false_alarms: float
    by_argmax: float


class Costs(TypedDict):
    """What errors of a topic cost, and its variants; `constant`: what the one best answer for all costs."""

    missed: float
    false_alarm: float
    of: str
    constant: float
    variants: list[CostOfVariant]
    least: CostOfVariant
    beats_constant: bool  # whether the interval of the least cost lies below that of one answer for all


class Outcomes(TypedDict):
    """All that a page shows of a topic's probabilities; `of` is the class that they are about."""

    of: str
    many: bool  # more than two classes: reliability is of the likeliest
    share: float
    reliability: list[OutcomePicture]
    recall: list[OutcomePicture]
    calibration: list[Calibration]
    costs: Costs | None


class Bins(NamedTuple):
    """Examples, mean probability and share that came true, of each bin (bins,)."""

    examples: np.ndarray
    said: np.ndarray
    seen: np.ndarray


def draw(facts: TopicFacts) -> Outcomes | None:
    """None where no probabilities of the topic were kept."""
    if not facts.outcomes:
        return None
    first = next(iter(facts.outcomes.values()))
    shown = _shown(facts)
    return {
        "of": _name(facts, first["of"]),
        "many": "confidence" in first,
        "share": sum(first["found"]["true"]) / sum(first["found"]["examples"]),
        "reliability": _reliability(facts, shown),
        "recall": _recall(facts, shown),
        "calibration": [_calibration(variant, _asked(one)) for variant, one in facts.outcomes.items()],
        "costs": _costs(facts),
    }


def _name(facts: TopicFacts, code: int) -> str:
    """Of a class: by its name, if the data have any."""
    names = next((names for card in facts.cards if (names := class_names.of_card(card))), [])
    return class_names.shown(names)[code] if code < len(names) else phrase("class {code}", code=code)


def _shown(facts: TopicFacts) -> list[str]:
    """A few variants: what all are compared with, the best of the first metric, the best of another kind of model."""
    kept = [variant for variant, one in facts.outcomes.items() if len(one["found"]["bins"]) > 1]
    first = next((row["worse"] for row in facts.judgements if row["worse"] in kept), None) or next(iter(kept), "")
    order = sorted((variant for variant in kept if variant != first), key=lambda variant: _rank(facts, variant))
    model = {variant: item["settings"]["model"] for variant, item in facts.plan["variants"].items()}
    other = [variant for variant in order if model[variant] != model[first]]
    chosen = [first, *order[:1], *(other[:1] or order[1:2])]
    return [variant for variant in dict.fromkeys(chosen) if variant][:MOST_SHOWN]


def _rank(facts: TopicFacts, variant: str) -> float:
    """Lower is better: mean of the topic's first metric, turned where higher is better."""
    metric = facts.plan["metrics"][0]
    summary = facts.metrics.get(variant, {}).get(metric)
    if summary is None or summary["mean"] is None:
        return float("inf")
    return summary["mean"] if metric in LOWER else -summary["mean"]


# Reliability


def _asked(outcomes: Mapping[str, Any]) -> Mapping[str, Any]:
    """The probabilities whose reliability is shown: of two classes that of one, of more that of the likeliest."""
    asked: Mapping[str, Any] = outcomes.get("confidence", outcomes["found"])
    return asked


def equal_mass(binned: Mapping[str, Any], bins: int = BINS) -> Bins:
    """At most so many bins, each with as many examples as can be, in order of probability."""
    examples, said, true = (np.array(binned[name], float) for name in ("examples", "summed", "true"))
    middle = np.cumsum(examples) - examples / 2
    at = np.minimum((bins * middle / max(1.0, examples.sum())).astype(int), bins - 1)
    counts, sums, hits = (np.bincount(at, weights=part, minlength=bins) for part in (examples, said, true))
    some = counts > 0
    return Bins(counts[some], sums[some] / counts[some], hits[some] / counts[some])


def calibration_error(bins: Bins) -> float:
    """Expected calibration error: how far what is said is from what is seen, weighted by examples (Naeini, 2015)."""
    return float(np.average(np.abs(bins.said - bins.seen), weights=bins.examples))


def _calibration(variant: str, binned: Mapping[str, Any]) -> Calibration:
    bins, examples = equal_mass(binned), sum(binned["examples"])
    said, seen = sum(binned["summed"]) / examples, sum(binned["true"]) / examples
    return {"variant": variant, "error": calibration_error(bins), "said": said, "seen": seen, "examples": examples}


def _reliability(facts: TopicFacts, shown: Sequence[str]) -> list[OutcomePicture]:
    bins = {variant: equal_mass(_asked(facts.outcomes[variant])) for variant in shown}
    panels: list[ReliabilityPanel] = [
        {"title": variant, "said": own.said.tolist(), "seen": own.seen.tolist()} for variant, own in bins.items()
    ]
    pictures = svg.inlined(outcome_plots.reliability_panels(panels), f"{facts.name}_reliability")
    return [
        {
            "variant": variant,
            "svg": picture,
            "alt": _reliability_in_words(variant, own),
            "captions": [phrase("calibration error {error}", error=number(calibration_error(own)))],
        }
        for (variant, own), picture in zip(bins.items(), pictures, strict=True)
    ]


def _reliability_in_words(variant: str, bins: Bins) -> Said:
    pairs = zip(bins.said, bins.seen, strict=True)
    told = [phrase("{said} % said and {seen} % seen", said=_percent(said), seen=_percent(seen)) for said, seen in pairs]
    return phrase(
        "Reliability of {variant}: {pairs}. Expected calibration error {error}.",
        variant=variant,
        pairs=listed(told),
        error=number(calibration_error(bins)),
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


# Precision and recall


def _recall(facts: TopicFacts, shown: Sequence[str]) -> list[OutcomePicture]:
    panels = [_recall_panel(variant, facts.outcomes[variant]) for variant in shown]
    pictures = svg.inlined(outcome_plots.recall_panels(panels), f"{facts.name}_recall")
    return [
        {
            "variant": panel["title"],
            "svg": picture,
            "alt": _recall_in_words(panel),
            "captions": _points_in_words(panel),
        }
        for panel, picture in zip(panels, pictures, strict=True)
    ]


def _recall_panel(variant: str, outcomes: Mapping[str, Any]) -> RecallPanel:
    recall, precision = curve(outcomes["found"])
    positives, examples = sum(outcomes["found"]["true"]), sum(outcomes["found"]["examples"])
    taken, hits = outcomes["taken"]
    points = {outcome_plots.LIKELIEST: _point(hits, taken, positives)}
    if outcomes["costs"]:
        missed, alarms = (_mean(outcomes["costs"], name) * examples / PER_ROWS for name in ("missed", "false_alarms"))
        points[outcome_plots.CHEAPEST] = _point(positives - missed, positives - missed + alarms, positives)
    thin = np.unique(np.linspace(0, len(recall) - 1, MOST_POINTS).astype(int))
    return {
        "title": variant,
        "recall": recall[thin].tolist(),
        "precision": precision[thin].tolist(),
        "base": positives / max(1, examples),
        "average": average_precision(recall, precision),
        "points": {name: point for name, point in points.items() if point},
    }


def curve(binned: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Recall and precision (thresholds,), from the highest threshold to the lowest."""
    taken, hits = (np.cumsum(binned[name][::-1]).astype(float) for name in ("examples", "true"))
    return hits / max(1.0, hits[-1]), hits / taken


def average_precision(recall: np.ndarray, precision: np.ndarray) -> float:
    """Mean of precision over recall, as scikit-learn has it: no line is drawn between two thresholds."""
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def _point(hits: float, taken: float, positives: float) -> Point | None:
    """None where no example is taken for the class: then there is no precision."""
    return {"recall": hits / positives, "precision": hits / taken} if taken > 0 and positives else None


def _recall_in_words(panel: RecallPanel) -> Said:
    return phrase(
        "Precision over recall of {variant}: average precision {average}, {base} % of examples are of the class."
        " {points}.",
        variant=panel["title"],
        average=number(panel["average"]),
        base=number(100 * panel["base"], 1),
        points=listed(_points_in_words(panel), "; "),
    )


def _points_in_words(panel: RecallPanel) -> list[Said]:
    told = [
        phrase(
            "{name}: {found} % found, {right} % of alarms right",
            name=word(name),
            found=_percent(point["recall"]),
            right=_percent(point["precision"]),
        )
        for name, point in panel["points"].items()
    ]
    return told if outcome_plots.LIKELIEST in panel["points"] else [phrase("never the likeliest class"), *told]


# Costs


def _costs(facts: TopicFacts) -> Costs | None:
    costs, seeds = facts.topic.costs, {variant: one["costs"] for variant, one in facts.outcomes.items() if one["costs"]}
    if costs is None or not seeds:
        return None
    variants = [_cost(variant, facts.metrics[variant][COST], of_seeds) for variant, of_seeds in seeds.items()]
    constant = _mean(max(seeds.values(), key=len), "constant")
    least = min(variants, key=lambda row: _mean(seeds[row["variant"]], "cost"))
    highest = least["cost"]["ci_high"]
    return {
        "missed": costs.missed,
        "false_alarm": costs.false_alarm,
        "of": _name(facts, next(iter(facts.outcomes.values()))["of"]),
        "constant": constant,
        "variants": variants,
        "least": least,
        "beats_constant": highest is not None and highest < constant,
    }


def _cost(variant: str, summary: MetricSummary, seeds: Sequence[Mapping[str, float]]) -> CostOfVariant:
    return {
        "variant": variant,
        "cost": summary,
        "threshold": median(one["threshold"] for one in seeds),
        "missed": _mean(seeds, "missed"),
        "false_alarms": _mean(seeds, "false_alarms"),
        "by_argmax": _mean(seeds, "by_argmax"),
    }


def _mean(seeds: Sequence[Mapping[str, float]], name: str) -> float:
    return sum(one[name] for one in seeds) / len(seeds)
