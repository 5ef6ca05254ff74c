"""What came out for a user's own data, in a sentence or two that are made of the verdicts and of nothing else."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipeline.report.formatting import decimals, interval, number, plain
from pipeline.report.language import Said, both, capital, listed, phrase, word
from pipeline.result_rows import ClaimRow
from pipeline.verdicts.topic import Topic

WORDED = re.compile(r"For [^,]+, (?P<words>.+?) (?:raises|lowers) .+\.")  # as `add` words its claims
Rows = Sequence[ClaimRow]


class Told(NamedTuple):
    """What claims of one metric and margin came to: those on what was tried, and those on what has to be beaten."""

    metric: Said
    margin: float
    is_lower_better: bool
    tried: Rows
    floors: Rows

    def of(self, verdict: str) -> Rows:
        """What was tried and has that verdict, the largest difference first."""
        rows = [row for row in self.tried if row["verdict"] == verdict]
        return sorted(rows, key=lambda row: -abs(row["difference"] or 0))


def of_topic(topic: Topic, rows: Rows) -> Said | str:
    """The sentence on a topic of a user's own data; empty where nothing is judged, or it is one of the course's."""
    lower = {claim.name: not claim.higher_is_better for claim in topic.claims}
    if not topic.own or not rows:
        return ""
    parts = [part for told in _by_metric(rows, lower) for part in _said(told)]
    said = listed([part if at == 0 else capital(part) for at, part in enumerate(parts)], ". ")
    return phrase("For your data: {said}.{unlearnt}", said=said, unlearnt=_unlearnt(rows))


def _unlearnt(rows: Rows) -> Said | str:
    """Which variants are no better than a constant answer; empty where none is."""
    found = dict.fromkeys(variant for row in rows for variant in row["baseline"])
    if not found:
        return ""
    if found.keys() == {row[side] for row in rows for side in ("better", "worse")}:
        return phrase(" No variant is better, by the margin, than one answer for all.")
    return phrase(" No better than one answer for all, by the margin: {names}.", names=", ".join(found))


def _by_metric(rows: Rows, lower: Mapping[str, bool]) -> list[Told]:
    groups: dict[tuple[str, float, bool], list[ClaimRow]] = {}
    for row in rows:
        groups.setdefault((row["metric"], row["margin"], lower.get(row["name"], False)), []).append(row)
    return [_told(*key, of_metric) for key, of_metric in groups.items()]


def _told(metric: str, margin: float, is_lower_better: bool, rows: Rows) -> Told:
    against = compared_with(rows)
    floors = [row for row in rows if row["better"] == against]
    tried = [row for row in rows if row["better"] != against]
    return Told(word(metric.replace("_", " ")), margin, is_lower_better, tried, floors)


def compared_with(rows: Rows) -> str:
    """The variant that most of the claims compare the others with."""
    return Counter(row[side] for row in rows for side in ("worse", "better")).most_common(1)[0][0]


def _said(told: Told) -> list[Said]:
    return [*_what_was_tried(told), *(_floor(row, told) for row in told.floors)]


def _what_was_tried(told: Told) -> list[Said]:
    if not told.tried:
        return []
    parts = [] if told.of("reproduced") else [_nothing_helps(told)]
    shown = [_shown(row, told) for verdict in ("reproduced", "contradicted") for row in told.of(verdict)]
    parts += [listed(shown, "; ")] if shown else []
    small, undecided = ([words(row) for row in told.of(verdict)] for verdict in ("negligible", "undecided"))
    if small:
        parts.append(_small(told, _listed(small), is_all=not undecided, is_rest=bool(shown)))
    if undecided:
        seeds = sorted({row["seeds"] for row in told.of("undecided")})
        parts.append(_undecided(seeds[0], seeds[-1], _listed(undecided)))
    return parts


def _nothing_helps(told: Told) -> Said:
    if told.is_lower_better:
        return phrase("nothing that was tried is shown to lower {metric}", metric=told.metric)
    return phrase("nothing that was tried is shown to raise {metric}", metric=told.metric)


def _small(told: Told, names: Said, *, is_all: bool, is_rest: bool) -> Said:
    """What changes the metric by no more than the margin: all that is left (`is_all`), after others (`is_rest`)."""
    values = {"margin": plain(told.margin), "names": names}
    if not is_all:
        return phrase("by no more than {margin} it is changed by {names}", **values)
    if is_rest:
        return phrase("nothing else that was tried changes it by more than {margin}: {names}", **values)
    return phrase("nothing that was tried changes it by more than {margin}: {names}", **values)


def _undecided(fewest: int, most: int, names: Said) -> Said:
    if most == 1:
        return phrase("undecided after 1 seed: {names}", names=names)
    count = str(most) if fewest == most else phrase("{low} to {high}", low=fewest, high=most)
    return phrase("undecided after {count} seeds: {names}", count=count, names=names)


def _floor(row: ClaimRow, told: Told) -> Said:
    """Whether what all is compared with beats what has to be beaten, such as one answer for all."""
    values = {"what": _words(row), "metric": told.metric}
    if row["verdict"] == "undecided" and told.is_lower_better:
        return phrase("undecided is whether {what} lowers {metric}", **values)
    if row["verdict"] == "undecided":
        return phrase("undecided is whether {what} raises {metric}", **values)
    if row["verdict"] == "negligible":
        return phrase("{what} changes {metric} by no more than {margin}", **values, margin=plain(told.margin))
    return _shown(row, told)


def _shown(row: ClaimRow, told: Told) -> Said:
    """One difference that is beyond the margin, in whatever direction, with its interval and how firm that is."""
    low, high, size = row["ci_low"], row["ci_high"], row["difference"] or 0.0
    digits = decimals(low, high)
    bounds = [bound for bound in (low, high) if bound is not None]
    bounds = sorted(abs(bound) for bound in bounds) if size < 0 else bounds
    by: str = number(abs(size), digits)
    if len(bounds) == 2:
        by = phrase("{value} ({interval})", value=by, interval=interval(bounds[0], bounds[1], digits))
    values = {"what": _words(row), "metric": told.metric, "size": by, "firmness": word(str(row["firmness"]))}
    if (row["verdict"] == "reproduced") == told.is_lower_better:
        return phrase("{what} lowers {metric} by {size}, {firmness}", **values)
    return phrase("{what} raises {metric} by {size}, {firmness}", **values)


def words(row: ClaimRow) -> Said:
    """What a claim says that one does, in its own words; else the names of its variants."""
    found = WORDED.fullmatch(row["claim"])
    return word(found["words"].removesuffix(",")) if found else _instead(row)


def _words(row: ClaimRow) -> Said:
    """With the comma that ends an insertion, for a verb to follow."""
    found = WORDED.fullmatch(row["claim"])
    return word(found["words"]) if found else _instead(row)


def _instead(row: ClaimRow) -> Said:
    return phrase("{better} instead of {worse}", better=row["better"], worse=row["worse"])


def _listed(parts: Sequence[Said]) -> Said:
    """ "a, b and c"; of parts that have commas themselves, "a; b; c"."""
    return listed(parts, "; ") if any("," in part for part in parts) else both(parts)
