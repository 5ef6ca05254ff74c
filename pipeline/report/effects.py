"""What each variant of a topic changes against the one that all are compared with, on one scale."""

from collections.abc import Mapping, Sequence
from typing import TypedDict, cast

from pipeline.contracts import Verdict
from pipeline.report.claims import DifferenceText, JudgedClaim, difference_text
from pipeline.report.formatting import number
from pipeline.report.language import NumberText, Said, phrase
from pipeline.report.sentence import compared_with, words
from pipeline.result_rows import ClaimRow

FEWEST = 2  # claims that make a comparison
ROOM = 0.04  # of the scale, beyond its outermost mark
BEYOND = 1.6  # margins that a scale reaches at least


class Effect(TypedDict):
    """A variant against the one that all are compared with; `gain` is above 0 where it is better.

    Places of `marks` are percent of the plot's width.
    """

    variant: str
    words: Said
    anchor: str
    verdict: Verdict
    firmness: str
    gain: DifferenceText
    marks: dict[str, float]


class Tick(TypedDict):
    """A number on the scale, and its place in percent of the plot's width."""

    place: float
    text: str


class Comparison(TypedDict):
    """All that is compared with `against` on one metric, and the scale: zero, the band of the margin, ticks."""

    against: str
    metric: str
    margin: float
    lower_is_better: bool
    zero: float
    band: tuple[float, float]
    ticks: list[Tick]
    effects: list[Effect]


def comparisons(rows: Sequence[JudgedClaim]) -> list[Comparison]:
    """One for each metric and margin of which two claims or more share a variant."""
    groups: dict[tuple[str, float, str], list[JudgedClaim]] = {}
    for row in rows:
        groups.setdefault((row["metric"], row["margin"], row["kind"]), []).append(row)
    found = (_comparison(group) for group in groups.values())
    return [comparison for comparison in found if len(comparison["effects"]) >= FEWEST]


def _comparison(group: Sequence[JudgedClaim]) -> Comparison:
    against = compared_with(group)
    rows = [_turned(row, against) for row in group if against in (row["better"], row["worse"])]
    margin = group[0]["margin"]
    marks = [_marks(row) for row in rows]
    every = [mark for of_row in marks for mark in of_row.values()]
    low, high = min([-BEYOND * margin, *every]), max([BEYOND * margin, *every])
    low, high = low - ROOM * (high - low), high + ROOM * (high - low)

    def place(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2)

    return {
        "against": against,
        "metric": group[0]["metric"],
        "margin": margin,
        "lower_is_better": group[0]["lower_is_better"],
        "zero": place(0),
        "band": (place(-margin), round(place(margin) - place(-margin), 2)),
        "ticks": [{"place": place(tick), "text": _tick(tick)} for tick in _ticks(low, high)],
        "effects": [
            _effect(row, {name: place(mark) for name, mark in own.items()})
            for row, own in zip(rows, marks, strict=True)
        ],
    }


def _turned(row: JudgedClaim, against: str) -> ClaimRow:
    """The row as if it claimed that another variant is better than `against`."""
    if row["worse"] == against:
        return row
    difference, low, high = map(_negative, (row["difference"], row["ci_low"], row["ci_high"]))
    sides = {
        "better": row["worse"],
        "worse": row["better"],
        "claim": phrase("claimed to be worse than {variant}", variant=against),
    }
    return cast(ClaimRow, row | sides | {"difference": difference, "ci_low": high, "ci_high": low})


def _negative(value: float | None) -> float | None:
    return None if value is None else -value


def _marks(row: ClaimRow) -> dict[str, float]:
    """Both ends and the middle of an interval; what is undefined is left out."""
    bounds = {"low": row["ci_low"], "at": row["difference"], "high": row["ci_high"]}
    return {name: value for name, value in bounds.items() if value is not None}


def _ticks(low: float, high: float) -> list[float]:
    """About six round numbers within the scale."""
    from matplotlib.ticker import MaxNLocator

    values = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(low, high)
    return [round(float(value), 9) + 0.0 for value in values if low < value < high]


def _tick(value: float) -> str:
    return number(value, 0) if value == 0 else NumberText(f"{value:+g}".replace("-", "\u2212"))


def _effect(row: ClaimRow, marks: Mapping[str, float]) -> Effect:
    return {
        "variant": row["better"],
        "words": words(row),
        "anchor": f"{row['topic']}/{row['name']}",
        "verdict": row["verdict"],
        "firmness": row["firmness"] or "",
        "gain": difference_text(row),
        "marks": dict(marks),
    }
