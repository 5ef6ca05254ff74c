"""What came out for a user's own data, in a sentence or two that are made of the verdicts and of nothing else."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipeline.report.formatting import decimals, interval, number
from pipeline.result_rows import ClaimRow
from pipeline.verdicts.topic import Topic

WORDED = re.compile(r"For [^,]+, (?P<words>.+?) (?:raises|lowers) .+\.")  # as `add` words its claims
Rows = Sequence[ClaimRow]


class Told(NamedTuple):
    """What claims of one metric and margin came to: those on what was tried, and those on what has to be beaten."""

    metric: str
    margin: float
    verb: str  # of what the better variant does to the metric
    opposite: str
    tried: Rows
    floors: Rows

    def of(self, verdict: str) -> Rows:
        """What was tried and has that verdict, the largest difference first."""
        rows = [row for row in self.tried if row["verdict"] == verdict]
        return sorted(rows, key=lambda row: -abs(row["difference"] or 0))


def of_topic(topic: Topic, rows: Rows) -> str:
    """The sentence on a topic of a user's own data; empty where nothing is judged, or it is one of the course's."""
    lower = {claim.name: not claim.higher_is_better for claim in topic.claims}
    if not topic.own or not rows:
        return ""
    parts = [part for told in _by_metric(rows, lower) for part in _said(told)]
    said = ". ".join(part if at == 0 else part[:1].upper() + part[1:] for at, part in enumerate(parts))
    return f"For your data: {said}.{_unlearnt(rows)}"


def _unlearnt(rows: Rows) -> str:
    """Which variants are no better than a constant answer; empty where none is."""
    found = dict.fromkeys(variant for row in rows for variant in row["baseline"])
    if not found:
        return ""
    if found.keys() == {row[side] for row in rows for side in ("better", "worse")}:
        return " No variant is better, by the margin, than one answer for all."
    return f" No better than one answer for all, by the margin: {', '.join(found)}."


def _by_metric(rows: Rows, lower: Mapping[str, bool]) -> list[Told]:
    groups: dict[tuple[str, float, bool], list[ClaimRow]] = {}
    for row in rows:
        groups.setdefault((row["metric"], row["margin"], lower.get(row["name"], False)), []).append(row)
    return [_told(*key, of_metric) for key, of_metric in groups.items()]


def _told(metric: str, margin: float, is_lower_better: bool, rows: Rows) -> Told:
    verb, opposite = ("lowers", "raises") if is_lower_better else ("raises", "lowers")
    against = compared_with(rows)
    floors = [row for row in rows if row["better"] == against]
    tried = [row for row in rows if row["better"] != against]
    return Told(metric.replace("_", " "), margin, verb, opposite, tried, floors)


def compared_with(rows: Rows) -> str:
    """The variant that most of the claims compare the others with."""
    return Counter(row[side] for row in rows for side in ("worse", "better")).most_common(1)[0][0]


def _said(told: Told) -> list[str]:
    return [*_what_was_tried(told), *(_floor(row, told) for row in told.floors)]


def _what_was_tried(told: Told) -> list[str]:
    if not told.tried:
        return []
    parts = [] if told.of("reproduced") else [f"nothing that was tried is shown to {told.verb[:-1]} {told.metric}"]
    shown = [_shown(row, told) for verdict in ("reproduced", "contradicted") for row in told.of(verdict)]
    parts += ["; ".join(shown)] if shown else []
    small, undecided = (_listed([words(row) for row in told.of(verdict)]) for verdict in ("negligible", "undecided"))
    if small and not undecided:
        else_ = " else" if shown else ""
        parts.append(f"nothing{else_} that was tried changes it by more than {told.margin:g}: {small}")
    elif small:
        parts.append(f"by no more than {told.margin:g} it is changed by {small}")
    if undecided:
        seeds = sorted({row["seeds"] for row in told.of("undecided")})
        many = " to ".join(map(str, dict.fromkeys((seeds[0], seeds[-1]))))
        parts.append(f"undecided after {many} seed{'' if many == '1' else 's'}: {undecided}")
    return parts


def _floor(row: ClaimRow, told: Told) -> str:
    """Whether what all is compared with beats what has to be beaten, such as one answer for all."""
    if row["verdict"] == "undecided":
        return f"undecided is whether {_words(row)} {told.verb} {told.metric}"
    if row["verdict"] == "negligible":
        return f"{_words(row)} changes {told.metric} by no more than {told.margin:g}"
    return _shown(row, told)


def _shown(row: ClaimRow, told: Told) -> str:
    """One difference that is beyond the margin, in whatever direction, with its interval and how firm that is."""
    low, high, size = row["ci_low"], row["ci_high"], row["difference"] or 0.0
    digits = decimals(low, high)
    bounds = [bound for bound in (low, high) if bound is not None]
    bounds = sorted(abs(bound) for bound in bounds) if size < 0 else bounds
    inner = f" ({interval(bounds[0], bounds[1], digits)})" if len(bounds) == 2 else ""
    verb = told.verb if row["verdict"] == "reproduced" else told.opposite
    return f"{_words(row)} {verb} {told.metric} by {number(abs(size), digits)}{inner}, {row['firmness']}"


def words(row: ClaimRow) -> str:
    """What a claim says that one does, in its own words; else the names of its variants."""
    return _words(row).removesuffix(",")


def _words(row: ClaimRow) -> str:
    """With the comma that ends an insertion, for a verb to follow."""
    found = WORDED.fullmatch(row["claim"])
    return found["words"] if found else f"{row['better']} instead of {row['worse']}"


def _listed(parts: Sequence[str]) -> str:
    """ "a, b and c"; of parts that have commas themselves, "a; b; c"."""
    if any("," in part for part in parts):
        return "; ".join(parts)
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
