"""The pairs of runs that a claim compares: values seed by seed, which of them are lost, and what each look sees."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pipeline.errors import InputError
from pipeline.verdicts import crossed, margins
from pipeline.verdicts.crossed import Deviations, Items
from pipeline.verdicts.differences import Difference, MeanDifference, mean_difference, rate_difference
from pipeline.verdicts.topic import Claim

ScoreTable = dict[str, dict[str, dict[int, Mapping[str, Any]]]]  # {variant: {metric: {seed: row of scores.csv}}}
Value = float | None  # of a run; None where it is lost


@dataclass(frozen=True)
class Pairs:
    """A claim's runs of the seeds that both arms have, in the order of seeds: `ahead` > `behind` where it holds.

    Values are in the unit of the claim's margin: natural logs of a ratio. `worst` is what a lost run may have had at
    worst, `step` and `most` the smallest step and the largest size of a difference.
    """

    claim: Claim
    seeds: tuple[int, ...]
    ahead: tuple[Value, ...]
    behind: tuple[Value, ...]
    runs: dict[str, list[str]]
    worst: float
    step: float
    most: float
    deviations: Deviations | None = None
    has_items: bool = False

    def first(self, n: int) -> "Pairs":
        """Those of the first `n` seeds."""
        runs = {side: keys[:n] for side, keys in self.runs.items()}
        return replace(self, seeds=self.seeds[:n], ahead=self.ahead[:n], behind=self.behind[:n], runs=runs)

    @property
    def complete(self) -> tuple[list[float], list[float]]:
        """Values of both arms, lost pairs left out."""
        both = [(a, b) for a, b in zip(self.ahead, self.behind, strict=True) if a is not None and b is not None]
        return [a for a, _ in both], [b for _, b in both]

    @property
    def lost(self) -> int:
        """Pairs with a run that has no value."""
        return sum(a is None or b is None for a, b in zip(self.ahead, self.behind, strict=True))

    @property
    def lost_gaps(self) -> list[float]:
        """Differences of the lost pairs, each lost run at its worst."""
        ahead, behind = ([self._at_worst(value) for value in arm] for arm in (self.ahead, self.behind))
        lost = [None in pair for pair in zip(self.ahead, self.behind, strict=True)]
        return [a - b for a, b, is_lost in zip(ahead, behind, lost, strict=True) if is_lost]

    def difference(self) -> Difference:
        """Over complete pairs."""
        ahead, behind = self.complete
        if self.claim.kind == "rate":
            return rate_difference(ahead, behind)
        difference = mean_difference(ahead, behind, step=self.step, most=self.most)
        rows = [at for at, pair in enumerate(zip(self.ahead, self.behind, strict=True)) if None not in pair]
        if self.deviations is None or len(rows) < 2:
            return difference
        shared = crossed.shared_part(self.deviations, rows)
        return replace(difference, item_part=shared.part, items=shared.items)

    def difference_with_lost(self, known: Difference, side: int) -> Difference:
        """Over all pairs, lost runs at their worst, for a verdict above (side 1), below (-1) or within (0) a margin.

        On the verdict's side none counts as more than the difference that is `known`: an outlier in favour is no reason
        against it.
        """
        if isinstance(known, MeanDifference):
            return self._mean_with_lost(known, side)
        arms = [(self._at_worst(a), self._at_worst(b)) for a, b in zip(self.ahead, self.behind, strict=True)]
        lost = [None in pair for pair in zip(self.ahead, self.behind, strict=True)]
        kept = [
            pair
            for pair, is_lost in zip(arms, lost, strict=True)
            if not (is_lost and side and side * (pair[0] - pair[1]) > side * known.value)
        ]
        return rate_difference([a for a, _ in kept], [b for _, b in kept])

    def _at_worst(self, value: Value) -> float:
        return self.worst if value is None else value

    def _mean_with_lost(self, known: MeanDifference, side: int) -> MeanDifference:
        ahead, behind = self.complete
        lost = [side * min(side * gap, side * known.value) if side else gap for gap in self.lost_gaps]
        gaps = [a - b for a, b in zip(ahead, behind, strict=True)] + lost
        filled = mean_difference(gaps, [0.0] * len(gaps), step=self.step, most=self.most)
        return replace(filled, item_part=known.item_part, items=known.items)


def tabulate(scores: Sequence[Mapping[str, Any]]) -> ScoreTable:
    """Rows of scores.csv by variant, metric and seed. InputError where two are of one run and metric."""
    table: ScoreTable = {}
    for row in scores:
        seeds = table.setdefault(row["variant"], {}).setdefault(row["metric"], {})
        if int(row["seed"]) in seeds:
            run = f"{row['variant']}, {row['metric']}, seed {row['seed']}"
            raise InputError(f"scores: given two rows of {run}, allowed one: have `evaluate` write them anew")
        seeds[int(row["seed"])] = row
    return table


def gather(claim: Claim, table: ScoreTable, items: Items | None = None) -> Pairs:
    """The claim's pairs. InputError: no scores of a variant or metric, or a ratio of values that are not above 0."""
    better, worse = _scores(claim, claim.better, table), _scores(claim, claim.worse, table)
    seeds = tuple(sorted(better.keys() & worse.keys()))
    arms = [tuple(_value(claim, arm[seed]) for seed in seeds) for arm in (better, worse)]
    ahead, behind = arms if claim.higher_is_better else arms[::-1]
    given = _per_item(claim, seeds, ahead, behind, items or {})
    return Pairs(
        claim=claim,
        seeds=seeds,
        ahead=ahead,
        behind=behind,
        runs={"better": [better[s]["run_key"] for s in seeds], "worse": [worse[s]["run_key"] for s in seeds]},
        worst=_worst(claim, [value for arm in arms for value in arm if value is not None]),
        step=_step(claim, arms, given),
        most=_most(claim),
        deviations=crossed.deviations(*given) if given else None,
        has_items=given is not None,
    )


def _scores(claim: Claim, variant: str, table: ScoreTable) -> dict[int, Mapping[str, Any]]:
    """{seed: row} of the claim's metric. InputError where the variant has none."""
    if variant not in table:
        variants = ", ".join(sorted(table)) or "none"
        raise InputError(f"claim {claim.name!r}: variant: given {variant!r}, allowed one with scores: {variants}")
    if claim.metric not in table[variant]:
        metrics = ", ".join(sorted(table[variant]))
        raise InputError(f"claim {claim.name!r}: metric: given {claim.metric!r}, allowed one of {variant!r}: {metrics}")
    return table[variant][claim.metric]


def _value(claim: Claim, row: Mapping[str, Any]) -> Value:
    """A run's score in the claim's unit; None where it has none. A run that diverged has one if its metric says so."""
    if row["value"] in ("", None) or row.get("status") == "failed" or not math.isfinite(float(row["value"])):
        return None
    value = float(row["value"])
    if claim.kind != "ratio":
        return value
    if value <= 0:
        raise InputError(
            f"claim {claim.name!r}: {claim.metric} of {row['variant']}, seed {row['seed']}: given {value},"
            " allowed above 0 for a ratio: compare it as a mean"
        )
    return math.log(value)


def _worst(claim: Claim, values: Sequence[float]) -> float:
    """The end of the metric's range, or the worst that any run had where there is no end."""
    metric = margins.metric(claim.metric)
    end = metric.low if claim.higher_is_better else metric.high
    if claim.kind == "ratio" or not math.isfinite(end):
        return (min if claim.higher_is_better else max)(values, default=math.nan)
    return end


def _step(claim: Claim, arms: Sequence[Sequence[Value]], given: tuple[list[Any], list[Any]] | None) -> float:
    """The least by which two runs differ; of a ratio, its log at the values' geometric mean."""
    metric = margins.metric(claim.metric)
    if given and metric.is_share:
        return float(1 / np.mean([len(part[0]) for arm in given for part in arm if len(part[0])]))
    values = [value for arm in arms for value in arm if value is not None]
    return math.log1p(metric.step / math.exp(np.mean(values))) if claim.kind == "ratio" and values else metric.step


def _most(claim: Claim) -> float:
    metric = margins.metric(claim.metric)
    return metric.high - metric.low if claim.kind != "ratio" else math.inf


def _per_item(
    claim: Claim, seeds: Sequence[int], ahead: Sequence[Value], behind: Sequence[Value], items: Items
) -> tuple[list[Any], list[Any]] | None:
    """Items of both arms seed by seed, those of lost pairs empty; None where any complete pair has none."""
    if claim.kind != "mean":
        return None
    front, back = (claim.better, claim.worse) if claim.higher_is_better else (claim.worse, claim.better)
    nothing = np.array([], np.uint64), np.array([])
    arms: tuple[list[Any], list[Any]] = [], []
    for seed, one, other in zip(seeds, ahead, behind, strict=True):
        lost = one is None or other is None
        pair = [items.get((variant, seed, claim.metric)) for variant in (front, back)]
        if not lost and any(part is None for part in pair):
            return None
        for arm, part in zip(arms, pair, strict=True):
            arm.append(nothing if lost else part)
    return arms if any(len(part[0]) for part in arms[0]) else None
