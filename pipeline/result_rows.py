"""Rows of the files in data/results and of claims.json: scores, curves, means, verdicts."""

from typing import Literal, TypedDict

from pipeline.contracts import Firmness, OpenReason, Status, Verdict


class ScoreRow(TypedDict):
    """One row of scores.csv: one metric of one run; no value where the metric says nothing of it."""

    variant: str
    seed: int
    metric: str
    value: float | None
    status: Status
    run_key: str


class SeriesRow(TypedDict):
    """One row of series.csv: one point of a curve of one run."""

    variant: str
    seed: int
    series: str
    at: float
    value: float


class CurveRow(TypedDict):
    """One row of curves.csv: one epoch and split of a variant, means over its finished runs; None: no such column."""

    variant: str
    epoch: int
    split: str
    objective: float | None
    accuracy: float | None


class MetricSummary(TypedDict):
    """One metric of one variant over its seeds, in metrics.json; None where undefined."""

    mean: float | None
    sd: float | None
    ci_low: float | None
    ci_high: float | None
    n: int
    failed: int


class ClaimSaid(TypedDict):
    """The fields of a row of claims.json that repeat what the claim says; `claim` is its sentence."""

    claim: str
    name: str
    chapter: str
    source: str
    published: str
    pilot: str
    expects: Verdict
    metric: str
    kind: Literal["mean", "rate", "ratio"]
    better: str
    worse: str


class ClaimError(TypedDict):
    """The fields that say what the error of a mean is made of; None of a rate."""

    sd: float | None
    df: float | None
    item_part: float | None
    items: int | None


class ClaimSeen(ClaimError):
    """The fields that say what one look saw, whatever followed from it."""

    seeds: int
    failed: int
    difference: float | None
    ci95_low: float | None
    ci95_high: float | None
    variance: Literal["seeds", "seeds and items"]
    skewed: bool
    effect_size: float | None
    p_no_difference: float | None
    probability_better: float | None
    probability_low: float | None
    probability_high: float | None
    means: dict[str, float | None]
    runs: dict[str, list[str]]


class ClaimWord(TypedDict):
    """The fields that give the verdict, the interval it follows from, and how far it holds."""

    look: int
    ci_low: float | None
    ci_high: float | None
    level: float
    p_value: float
    verdict: Verdict
    as_expected: bool | None
    again: float | None
    firmness: Firmness | None
    decided_by_last: float | None
    reason: OpenReason | None


class ClaimRow(ClaimSaid, ClaimSeen, ClaimWord):
    """One row of claims.json; `claim` is its sentence, numbers are None where undefined.

    `seeds`, `failed` (pairs left out), `runs`, `difference` and the intervals are those of one `look`, counted from
    1: the one that decided, or the latest; 0 before the first. `ci_low` to `ci_high`, at `level`, is the interval
    that the verdict follows from, `ci95_...` that at 95 %. `p_value` is sequential, of the test against the margin
    that gives the word; `p_no_difference` that of sign flips. `again` is the chance of the same word from new
    seeds, `decided_by_last` that of any word by the last look. `baseline` names the variants that are no better
    than a constant answer. `means` are those of the two sides over these runs, geometric ones of a ratio. `sd` is
    that of the differences, `df` the degrees of freedom of their mean, to whose squared error `item_part` comes
    from sampling `items` test examples; None of a rate. `written_before`: the claim stood as it does now before any
    run of one of its sides. Of a ratio, margin, difference and intervals are natural logs.
    """

    topic: str
    margin: float
    baseline: list[str]
    written_before: bool
