"""What a reader can play with on the page: lines over a number, with a slider, from results that are there already."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypedDict

from pipeline.report import lines, thresholds
from pipeline.report.curves import OBJECTIVE_WORDS
from pipeline.report.facts import TopicFacts
from pipeline.report.language import Said, phrase, word
from pipeline.report.series import axes_of, points_of, scores_of
from pipeline.training import objective

DIGITS = 4  # of a number that is drawn
MOST_PLACES = 200  # of a line
TELLING = 0.05  # of the spread of all: two lines that are nowhere so far apart look like one
Values = Sequence[float | None]


class View(TypedDict):
    """One thing to look at: what its axes show, the words of the two parts of each item, and in `drawn` the numbers.

    `drawn` needs no words: {x, log_x, log_y, items: [[name, group, part, part]]}, each part a list of values along x.
    """

    title: Said
    x: Said
    y: Said
    parts: list[Said]
    drawn: dict[str, Any]


def views(facts: TopicFacts) -> list[View]:
    """All that there is of a topic: thresholds, scores over what variants differ in, own curves, training by epoch."""
    return [*_thresholds(facts), *_sweeps(facts), *_series(facts), *_training(facts)]


def _thresholds(facts: TopicFacts) -> Iterator[View]:
    """Of topics that keep what came true of their probabilities."""
    found = {variant: one["found"] for variant, one in facts.outcomes.items() if len(one["found"]["bins"]) > 1}
    if not found:
        return
    items = [[name, "", *map(_all_short, thresholds.recall_and_precision(own))] for name, own in found.items()]
    drawn = _drawn(facts, thresholds.THRESHOLDS, items)
    yield _view(phrase("precision and recall by threshold"), "threshold", "share", ["recall", "precision"], drawn)
    items = [[name, "", _all_short(thresholds.seen(own))] for name, own in found.items()]
    drawn = _drawn(facts, thresholds.TENTHS, items)
    yield _view(phrase("what came true by what was said"), "probability said", "share that came true", ["seen"], drawn)


def _all_short(values: Sequence[float | None]) -> list[float | None]:
    return [None if value is None else _short(value) for value in values]


def _sweeps(facts: TopicFacts) -> Iterator[View]:
    for sweep in facts.topic.sweeps:
        scored = {line.words: scores_of(facts, line) for line in sweep.lines}
        places = sorted({place for points in scored.values() for place in points})
        items = [[name, "", _means(points, places)] for name, points in scored.items() if points]
        if not items:
            continue
        title = phrase("{y} by {x}", y=word(sweep.y), x=word(sweep.x))
        yield _view(title, sweep.x, sweep.y, [sweep.y], _drawn(facts, places, items, words=True))


def _series(facts: TopicFacts) -> Iterator[View]:
    """Curves over one axis and scale share a view, at most two of them."""
    points = points_of(facts.series)
    for names, axes in axes_of(facts.name, points):
        places = sorted({place for (_, name), own in points.items() if name in names for place in own})
        items = [
            [
                variant,
                item["settings"]["data"],
                *(_means(points.get((variant, name), {}), places, axes[0]["log"]) for name in names),
            ]
            for variant, item in facts.plan["variants"].items()
            if any((variant, name) in points for name in names)
        ]
        title = phrase("{y} by {x}", y=word(axes[0]["y"]), x=word(axes[0]["x"]))
        parts = [own["y"] for own in axes]
        yield _view(title, axes[0]["x"], axes[0]["y"], parts, _drawn(facts, places, items, log_y=axes[0]["log"]))


def _training(facts: TopicFacts) -> Iterator[View]:
    """Mean curves of training and validation; a view an objective."""
    by_objective: dict[str, list[list[Any]]] = {}
    most: dict[str, int] = {}
    for variant, item in facts.plan["variants"].items():
        rows = [row for row in facts.curves if row["variant"] == variant and row["objective"]]
        if not rows:
            continue
        named = (name for run in facts.runs[variant] if (name := objective.name(run["history"])))
        name = next(named, "cross_entropy")
        epochs = max(int(row["epoch"]) for row in rows)
        parts = [_by_epoch(rows, split, epochs) for split in ("training", "validation")]
        by_objective.setdefault(name, []).append([variant, item["settings"]["data"], *parts])
        most[name] = max(most.get(name, 0), epochs)
    for name, items in by_objective.items():
        places = [float(at) for at in range(1, most[name] + 1)]
        title = phrase("{y} by epoch of training", y=OBJECTIVE_WORDS[name])
        yield _view(title, "epoch", OBJECTIVE_WORDS[name], ["training", "validation"], _drawn(facts, places, items))


def _by_epoch(rows: Sequence[Mapping[str, str]], split: str, epochs: int) -> list[float | None]:
    values = {int(row["epoch"]): _short(float(row["objective"])) for row in rows if row["split"] == split}
    return [values.get(at) for at in range(1, epochs + 1)]


def _means(points: Mapping[float, Sequence[float]], places: Sequence[float], log: bool = False) -> list[float | None]:
    found = [place for place in places if place in points]
    line = lines.mean_line(found, [points[place] for place in found], log=log)
    means = dict(zip(found, line["mean"], strict=True))
    return [_short(means[place]) if place in means else None for place in places]


def _short(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None


def _view(title: Said, x: str, y: str, parts: Sequence[str], drawn: dict[str, Any]) -> View:
    return {"title": title, "x": word(x), "y": word(y), "parts": [word(part) for part in parts], "drawn": drawn}


def _drawn(
    facts: TopicFacts, places: Sequence[float], items: list[list[Any]], *, log_y: bool = False, words: bool = False
) -> dict[str, Any]:
    """Numbers to draw, of every so many places where there are very many; `words`: items are called by words.

    `pair` are the two to begin with: those of the first claim that has both, if there is such a one on the same data,
    and with lines that one can tell apart.
    """
    step = -(-len(places) // MOST_PLACES)
    thin = [[name, group, *(part[::step] for part in parts)] for name, group, *parts in items]
    log_x = lines.needs_log_axis(places)
    return {
        "x": [_short(place) for place in places[::step]],
        "log_x": log_x,
        "log_y": log_y,
        "words": words,
        "items": thin,
        "pair": _pair(facts, thin),
    }


def _pair(facts: TopicFacts, items: Sequence[Sequence[Any]]) -> list[int]:
    names, groups, parts = [item[0] for item in items], [item[1] for item in items], [item[2:] for item in items]
    arms = [(claim.worse, claim.better) for claim in facts.topic.claims]
    there = [[names.index(one), names.index(other)] for one, other in arms if one in names and other in names]
    apart = _spread(value for part in parts for value in part) * TELLING
    telling = [pair for pair in there if _distance(*(parts[at] for at in pair)) > apart] or there
    alike = [pair for pair in telling if groups[pair[0]] == groups[pair[1]]]
    return next(iter([*alike, *telling]), [0, 1] if len(items) > 1 else [0])


def _spread(every: Iterable[Values]) -> float:
    known = [value for values in every for value in values if value is not None]
    return max(known) - min(known) if known else 0.0


def _distance(one: Sequence[Values], other: Sequence[Values]) -> float:
    """The largest between two items' values at one place; one may have trained for fewer epochs than the other."""
    places = [zip(*both, strict=False) for both in zip(one, other, strict=False)]
    return max((abs(a - b) for values in places for a, b in values if a is not None and b is not None), default=0.0)
