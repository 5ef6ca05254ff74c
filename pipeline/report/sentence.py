"""What came out for a user's own data, in a sentence or two that are made of the verdicts and of nothing else."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipeline.contracts import ClaimRow
from pipeline.report.formatting import interval, number
from pipeline.verdicts.topic import Topic

WORDED = re.compile(r"For [^,]+, (?P<words>.+?),? (?:raises|lowers) .+\.")  # as `add` words its claims
MOST_DIGITS = 6
Rows = Sequence[ClaimRow]


class Told(NamedTuple):
    """What claims of one metric and margin came to, by verdict."""

    metric: str
    margin: float
    rises: bool  # where the better variant is ahead
    rows: Rows

    def of(self, verdict: str) -> Rows:
        """The rows of that verdict, the largest difference first."""
        rows = [row for row in self.rows if row["verdict"] == verdict]
        return sorted(rows, key=lambda row: -abs(row["difference"] or 0))


def of_topic(topic: Topic, rows: Rows) -> str:
    """The sentence on a topic of a user's own data; empty where nothing is judged, or it is one of the course's."""
    lower = {claim.name: not claim.higher_is_better for claim in topic.claims}
    if not topic.own or not rows:
        return ""
    said = " ".join(_said(told) for told in _by_metric(rows, lower))
    return f"For your data: {said}{_unlearnt(rows)}"


def _unlearnt(rows: Rows) -> str:
    """Which variants are no better than a constant answer; empty where all are."""
    found = dict.fromkeys(variant for row in rows for variant in row["baseline"])
    if not found:
        return ""
    if found.keys() == {row[side] for row in rows for side in ("better", "worse")}:
        return " No variant is better, by the margin, than one answer for all."
    return f" No better than one answer for all, by the margin: {', '.join(found)}."


def _by_metric(rows: Rows, lower: Mapping[str, bool]) -> list[Told]:
    groups: dict[tuple[str, float, bool], list[ClaimRow]] = {}
    for row in rows:
        groups.setdefault((row["metric"], row["margin"], not lower.get(row["name"], False)), []).append(row)
    return [Told(*key, of_metric) for key, of_metric in groups.items()]


def _said(told: Told) -> str:
    metric, up, down = told.metric.replace("_", " "), *(("raises", "lowers") if told.rises else ("lowers", "raises"))
    shown = [_shown(row, up, metric) for row in told.of("reproduced")]
    shown += [_shown(row, down, metric) for row in told.of("contradicted")]
    small, open_ = (_listed([words(row) for row in told.of(verdict)]) for verdict in ("negligible", "undecided"))
    seeds = sorted({row["seeds"] for row in told.of("undecided")})
    parts = ["; ".join(shown)] if shown else []
    if not told.of("reproduced"):
        parts.insert(0, f"nothing that was tried is shown to {'raise' if told.rises else 'lower'} {metric}")
    other = "else that was tried" if shown else "that was tried"
    if small and not open_:
        parts.append(f"nothing {other} changes it by more than {told.margin:g}: {small}")
    elif small:
        parts.append(f"by no more than {told.margin:g} it is changed by {small}")
    if open_:
        parts.append(f"undecided after {' to '.join(map(str, {seeds[0]: 0, seeds[-1]: 0}))} seeds: {open_}")
    return f"{'. '.join(part[:1].upper() + part[1:] if at else part for at, part in enumerate(parts))}."


def _shown(row: ClaimRow, verb: str, metric: str) -> str:
    """One difference that is beyond the margin, in whatever direction, with its interval and how firm that is."""
    low, high, size = row["ci_low"], row["ci_high"], row["difference"] or 0.0
    digits = _digits(low, high)
    bounds = [bound for bound in (low, high) if bound is not None]
    bounds = sorted(abs(bound) for bound in bounds) if size < 0 else bounds
    inner = f" ({interval(bounds[0], bounds[1], digits)})" if len(bounds) == 2 else ""
    return f"{words(row)} {verb} {metric} by {number(abs(size), digits)}{inner}, {row['firmness']}"


def _digits(low: float | None, high: float | None) -> int:
    """Decimals that an interval's width calls for: two digits of it."""
    width = high - low if low is not None and high is not None else 0.0
    digits = 3
    while 0 < width < 10 ** (1 - digits) and digits < MOST_DIGITS:
        digits += 1
    return digits


def words(row: ClaimRow) -> str:
    """What a claim says that one does, in its own words; else the names of its variants."""
    found = WORDED.fullmatch(row["claim"])
    return found["words"] if found else f"{row['better']} instead of {row['worse']}"


def _listed(parts: Sequence[str]) -> str:
    """ "a, b and c"; of parts that have commas themselves, "a; b; c"."""
    if any("," in part for part in parts):
        return "; ".join(parts)
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
