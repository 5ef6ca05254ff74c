"""Pictures of a sweep: best so far, scores over each setting, all settings at once, the two that matter most."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.report import style
from pipeline.report.style import COLOURS
from pipeline.settings.sweep_space import spelled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTHS, TALL = (620, 340), 210  # points: for a window, for a phone
ROOM = 3.0  # times the way from the best score to the median: beyond it a score is drawn at the edge
PALE, FULL = 0.3, 0.95


@dataclass(frozen=True, kw_only=True)
class Point:
    """A trial as it is drawn: `score` None of a bad one; `seeds` are its scores one by one."""

    number: int
    score: float | None
    seeds: tuple[float, ...]
    is_complete: bool
    values: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A setting that was tried: `any` has a choice's values as spelled, in order; else `low` to `high`."""

    path: str
    any: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0
    log: bool = False

    def place(self, values: Mapping[str, Any]) -> float | None:
        """Where a trial's value lies, from 0 to 1 over the range; None where it was not tried. Null is a value."""
        if self.path not in values:
            return None
        value = values[self.path]
        if self.any:
            known = spelled(value) in self.any
            return self.any.index(spelled(value)) / max(1, len(self.any) - 1) if known else None
        low, high, number = (math.log(each) if self.log else each for each in (self.low, self.high, float(value)))
        return min(1.0, max(0.0, (number - low) / (high - low)))


def limits(points: Sequence[Point], *, highest: bool) -> tuple[float, float]:
    """Ends of the axis of scores: from the best on, as far as most trials reach."""
    scores = np.array([value for point in points for value in point.seeds])
    if not len(scores):
        return 0.0, 1.0
    best, middle = (scores.max() if highest else scores.min()), float(np.median(scores))
    far = best + ROOM * (middle - best)
    far = max(far, scores.min()) if highest else min(far, scores.max())
    room = 0.06 * abs(far - best) or 0.5
    return (far - room, best + room) if highest else (best - room, far + room)


def history(points: Sequence[Point], metric: str, *, highest: bool, width: float) -> "Figure":
    """Score of each trial in its order, the best so far, and the untouched variant as a dotted line."""
    with style.applied(small=True):
        figure = style.figure(width, TALL)
        figure.subplots_adjust(left=48 / width, right=1 - 8 / width, bottom=36 / TALL, top=1 - 8 / TALL)
        axes = figure.subplots()
        low, high = limits(points, highest=highest)
        best: list[tuple[int, float]] = []
        for point in points:
            _mark(axes, point.number, point, low, high, highest=highest)
            if point.is_complete and point.score is not None:
                before = best[-1][1] if best else point.score
                best.append((point.number, max(before, point.score) if highest else min(before, point.score)))
        if best:
            steps = [*best, (points[-1].number, best[-1][1])]
            axes.step(*zip(*steps, strict=True), where="post", color=COLOURS["validation"], linewidth=2)
        if points and points[0].score is not None:
            axes.axhline(points[0].score, color=COLOURS["ink"], linewidth=1, linestyle=(0, (1, 1.5)))
        _finish(axes, low, high)
        axes.set_xlabel("trial")
        axes.set_ylabel(metric)
    return figure


def _mark(axes: "Axes", x: float, point: Point, low: float, high: float, *, highest: bool) -> None:
    """A dot for a trial that is complete, a ring for one that was stopped, a cross at the edge for a bad one."""
    edge = low if highest else high
    if point.score is None:
        axes.plot(x, edge, "x", color=COLOURS["ink"], markersize=5, clip_on=False)
        return
    inside = min(max(point.score, low), high)
    fill = COLOURS["training"] if point.is_complete else "none"
    axes.plot(x, inside, "o", color=COLOURS["training"], markerfacecolor=fill, markersize=4.5, clip_on=False)


def _finish(axes: "Axes", low: float, high: float) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.grid(axis="y", color=COLOURS["ink"], alpha=0.2, linewidth=0.5)
    axes.tick_params(length=3)


def scatters(points: Sequence[Point], tried: Sequence[Axis], *, highest: bool) -> "list[Figure]":
    """Over each setting the score of every seed of every trial; bad trials as ticks at the edge."""
    low, high = limits(points, highest=highest)
    figures = []
    with style.applied(small=True):
        for axis in tried:
            figure, axes = style.panel()
            axes.set_title(style.shortened(axis.path), pad=7)
            for point in points:
                _scatter(axes, axis, point, low, high, highest=highest)
            _finish(axes, low, high)
            _ticks(axes.xaxis, axis)
            room = 0.06 + _spread(axis) / 2
            axes.set_xlim(-room, 1 + room)
            figures.append(figure)
    return figures


def _scatter(axes: "Axes", axis: Axis, point: Point, low: float, high: float, *, highest: bool) -> None:
    x = axis.place(point.values)
    if x is None:
        return
    x += ((point.number * 0.618) % 1 - 0.5) * _spread(axis)
    if point.score is None:
        axes.plot(x, low if highest else high, "|", color=COLOURS["ink"], markersize=6, clip_on=False)
        return
    inside = np.clip(point.seeds, low, high)
    colour = COLOURS["validation"] if point.number == 0 else COLOURS["training"]
    axes.plot(np.full(len(inside), x), inside, "o", color=colour, markersize=3.5, alpha=0.6, markeredgewidth=0)


def _spread(axis: Axis) -> float:
    """How far from one another trials of one value are drawn, so that they do not lie on one another."""
    return 0.5 / len(axis.any) if axis.any else 0.0


def _ticks(axis: Any, tried: Axis) -> None:
    """Values of the setting, where they lie between 0 and 1."""
    if tried.any:
        shown = [style.shortened(value, 8) for value in tried.any]
        axis.set_ticks([at / max(1, len(shown) - 1) for at in range(len(shown))], shown)
        return
    axis.set_ticks([0, 0.5, 1], [_short(tried, share) for share in (0, 0.5, 1)])


def _short(tried: Axis, share: float) -> str:
    if tried.log:
        return f"{math.exp(math.log(tried.low) + share * (math.log(tried.high) - math.log(tried.low))):.2g}"
    return f"{tried.low + share * (tried.high - tried.low):.3g}"


def parallel(points: Sequence[Point], tried: Sequence[Axis], metric: str, *, highest: bool, width: float) -> "Figure":
    """A line a trial over all settings to its score: those of the best tenth in colour, the untouched one dotted."""
    low, high = limits(points, highest=highest)
    good = sorted((point for point in points if point.score is not None), key=lambda point: point.score or 0.0)
    ranked = good[::-1] if highest else good
    best = {point.number for point in ranked[: max(3, len(ranked) // 10)]}
    with style.applied(small=True):
        figure = style.figure(width, TALL)
        figure.subplots_adjust(left=44 / width, right=1 - 44 / width, bottom=34 / TALL, top=1 - 18 / TALL)
        axes = figure.subplots()
        for point in reversed(ranked):
            _parallel_line(axes, point, tried, (low, high), is_best=point.number in best)
        for at, axis in enumerate(tried):
            axes.axvline(at, color=COLOURS["ink"], linewidth=0.6)
            for y, text in ((-0.03, _end(axis, 0)), (1.03, _end(axis, -1))):
                axes.text(at, y, text, ha="center", va="top" if y < 0 else "bottom", fontsize=9)
        axes.axvline(len(tried), color=COLOURS["ink"], linewidth=0.6)
        for y, value in ((-0.03, low), (1.03, high)):
            axes.text(len(tried), y, f"{value:.3g}", ha="center", va="top" if y < 0 else "bottom", fontsize=9)
        names = [*(axis.path.rpartition(".")[2] for axis in tried), metric]
        axes.set_xticks(range(len(names)), [narrow(name) for name in names])
        axes.tick_params(axis="x", length=0, pad=16)
        axes.set_yticks([])
        axes.set_ylim(0, 1)
        for spine in axes.spines.values():
            spine.set_visible(False)
    return figure


def narrow(name: str) -> str:
    """A name as there is room for it below an axis that stands between others."""
    return style.shortened(name, 18)


def _end(axis: Axis, which: int) -> str:
    if axis.any:
        return style.shortened(axis.any[which], 10)
    return f"{(axis.low, axis.high)[which]:.3g}"


def _parallel_line(
    axes: "Axes", point: Point, tried: Sequence[Axis], span: tuple[float, float], *, is_best: bool
) -> None:
    places = [axis.place(point.values) for axis in tried]
    score = (min(max(point.score or 0.0, span[0]), span[1]) - span[0]) / (span[1] - span[0])
    heights = [math.nan if place is None else place for place in (*places, score)]
    look: dict[str, Any] = {"color": COLOURS["ink"], "alpha": PALE, "linewidth": 0.8}
    if is_best:
        look = {"color": COLOURS["training"], "alpha": FULL, "linewidth": 1.6}
    if point.number == 0:
        look = {"color": COLOURS["validation"], "linestyle": (0, (2, 1.5)), "linewidth": 1.4}
    axes.plot(range(len(heights)), heights, **look)


def plane(points: Sequence[Point], across: Axis, up: Axis, *, highest: bool) -> "Figure":
    """Trials over two settings: the better the score, the larger and darker the dot; bad ones are crosses."""
    low, high = limits(points, highest=highest)
    width, height = 300, 230
    with style.applied(small=True):
        figure = style.figure(width, height)
        figure.subplots_adjust(left=60 / width, right=1 - 12 / width, bottom=38 / height, top=1 - 8 / height)
        axes = figure.subplots()
        for point in points:
            x, y = across.place(point.values), up.place(point.values)
            if x is None or y is None:
                continue
            if point.score is None:
                axes.plot(x, y, "x", color=COLOURS["ink"], markersize=5, alpha=0.7)
                continue
            share = (min(max(point.score, low), high) - low) / (high - low)
            good = share if highest else 1 - share
            colour = COLOURS["validation"] if point.number == 0 else COLOURS["training"]
            axes.plot(x, y, "o", color=colour, markersize=3 + 7 * good, alpha=0.15 + 0.75 * good, markeredgewidth=0)
        _ticks(axes.xaxis, across)
        _ticks(axes.yaxis, up)
        axes.set(xlabel=across.path, ylabel=up.path, xlim=(-0.06, 1.06), ylim=(-0.06, 1.06))
        axes.tick_params(length=3)
    return figure


def slopes(pairs: Sequence[tuple[str, float, float]], metric: str) -> "Figure":
    """(name, score in the search, score on fresh seeds) of each finalist: lines that fall back were lucky."""
    width, height = 300, 230
    with style.applied(small=True):
        figure = style.figure(width, height)
        figure.subplots_adjust(left=56 / width, right=1 - 84 / width, bottom=30 / height, top=1 - 8 / height)
        axes = figure.subplots()
        for name, search, fresh in pairs:
            colour = COLOURS["training"] if name.startswith("trial") else COLOURS["validation"]
            axes.plot([0, 1], [search, fresh], "o-", color=colour, linewidth=1.6, markersize=4)
        heights = _apart([fresh for _, _, fresh in pairs], axes.get_ylim())
        for (name, _, _), y in zip(pairs, heights, strict=True):
            axes.text(1.08, y, style.shortened(name, 14), va="center", fontsize=9)
        axes.set_xticks([0, 1], ["search", "fresh seeds"])
        axes.set_xlim(-0.15, 1.15)
        axes.set_ylabel(metric)
        axes.tick_params(length=3)
    return figure


def _apart(heights: Sequence[float], span: tuple[float, float]) -> list[float]:
    """The heights, moved apart so far that a line of text fits between them."""
    least, placed = (span[1] - span[0]) * 0.065, [0.0] * len(heights)
    below = -math.inf
    for at in sorted(range(len(heights)), key=lambda each: heights[each]):
        placed[at] = below = max(heights[at], below + least)
    return placed
