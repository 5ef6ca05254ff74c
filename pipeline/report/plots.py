"""Figures of lines with their intervals: training curves by epoch, and series over any axis."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, TypeVar

import numpy as np

from pipeline.contracts import History
from pipeline.report import style
from pipeline.report.style import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SPLITS = {"training": "objective", "validation": "val_objective"}
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
MOST_MARKED_POINTS = 12  # of a line
MOST_LINEAR_REACH = 100  # times its upper quartile that an axis reaches in plain steps


class Line(TypedDict):
    """A line with its 95 % interval, each list of shape (points,); NaN where undefined."""

    x: list[float]
    mean: list[float]
    low: list[float]
    high: list[float]


class CurvePanel(TypedDict):
    """One variant's training: `curves` are its rows of curves.csv, `histories` (epoch, objective, val_objective) those
    of each seed, either may be empty; `bands` {split: interval of the mean}. Panels of a `group` share their axis."""

    title: str
    group: str
    objective: NotRequired[str]
    curves: Sequence[Mapping[str, Any]]
    histories: Sequence[History]
    bands: NotRequired[dict[str, Line]]


class LinePanel(TypedDict):
    """At most two lines over any axis; panels of a `group` share their vertical one."""

    title: str
    group: str
    lines: list[Line]


Panel = TypeVar("Panel", CurvePanel, LinePanel)


def overfitting_panels(panels: Sequence[CurvePanel]) -> "list[Figure]":
    """Training and validation objective by epoch, one small figure per variant, for a page to lay out.

    Thin lines are seeds, thick ones the mean; the dot is the epoch with the lowest mean validation objective, ticks on
    the axis are each seed's own.
    """
    figures = []
    with style.applied(small=True):
        for panel in panels:
            figure, axes = style.panel()
            _draw_panel(axes, panel, group_of(panel, panels))
            figures.append(figure)
    return figures


def series_panels(panels: Sequence[LinePanel], *, log_x: bool, log_y: bool) -> "list[Figure]":
    """Lines over any axis, one small figure per panel, with those of its group in grey behind them."""
    figures = []
    with style.applied(small=True):
        for panel in panels:
            figure, axes = style.panel()
            group = group_of(panel, panels)
            axes.set_title(style.shortened(panel["title"]), pad=7)
            if log_x:
                axes.set_xscale("log")
            log = log_y and bool((_means(group) > 0).any())
            if log:
                axes.set_yscale("log")
            _draw_series(axes, panel, [other for other in group if other is not panel])
            axes.set_ylim(*_span(group, log=log))
            _mark_series(axes, log_x=log_x, log_y=log)
            figures.append(figure)
    return figures


def _draw_series(axes: "Axes", panel: LinePanel, others: Sequence[LinePanel]) -> None:
    for other in others:
        for line in other["lines"]:
            axes.plot(line["x"], line["mean"], color=COLOURS["ink"], linewidth=0.6, alpha=0.35)
    for line, colour in zip(panel["lines"], (COLOURS["training"], COLOURS["validation"]), strict=False):
        _band(axes, line["x"], line["low"], line["high"], colour)
        marker = "o" if len(line["x"]) <= MOST_MARKED_POINTS else None
        axes.plot(line["x"], line["mean"], color=colour, linewidth=2, marker=marker, markersize=3)


def _means(panels: Sequence[LinePanel]) -> np.ndarray:
    """Finite means of all lines."""
    parts = [np.asarray(line["mean"], float) for panel in panels for line in panel["lines"]]
    values = np.concatenate([np.zeros(0), *parts])
    finite: np.ndarray = values[np.isfinite(values)]
    return finite


def _span(panels: Sequence[LinePanel], *, log: bool) -> tuple[float, float]:
    """Ends of a vertical axis that holds all means, and their bands as far as those are not much wider."""
    values = _means(panels)
    if log:
        return float(values[values > 0].min()) / 2, float(values.max()) * 2
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    room = 0.08 * (high - low) or 0.5
    return (0.0 if low >= 0 else low - room), high + room


def _mark_series(axes: "Axes", *, log_x: bool, log_y: bool) -> None:
    _mark_axis(axes.xaxis, log=log_x, integer=True)
    _mark_axis(axes.yaxis, log=log_y, integer=False)
    axes.grid(axis="y", color=COLOURS["ink"], alpha=0.2, linewidth=0.5)
    axes.tick_params(length=3)


def _power(value: float, _at: int | None = None) -> str:
    """A tick of a logarithmic axis: plain where it is short, else a power of ten."""
    if 0.01 <= value < 10_000:
        return f"{value:g}"
    return f"10{str(round(math.log10(value))).translate(SUPERSCRIPTS)}" if value > 0 else ""


def _band(axes: "Axes", x: Any, low: Any, high: Any, colour: str) -> None:
    """A shade between two lines, as far as both are finite."""
    x, low, high = (np.asarray(values, float) for values in (x, low, high))
    bounded = np.isfinite(low) & np.isfinite(high)
    if bounded.sum() > 1:
        edge = np.concatenate([x[bounded], x[bounded][::-1]]), np.concatenate([low[bounded], high[bounded][::-1]])
        axes.fill(*edge, color=colour, alpha=0.2, linewidth=0)


def overfitting_grid(panels: Sequence[CurvePanel]) -> "Figure":
    """`overfitting_panels` as one picture, four in a row, with labels and a key."""
    columns = max(1, min(len(panels), 4))
    rows = max(1, math.ceil(len(panels) / columns))
    width, height = 16 + columns * 266, 58 + rows * 172
    with style.applied():
        figure = style.figure(width, height)
        grid = figure.subplots(rows, columns, squeeze=False)
        edges = {"left": 46 / width, "right": 1 - 8 / width, "bottom": 44 / height, "top": 1 - 66 / height}
        figure.subplots_adjust(**edges, wspace=34 / 232, hspace=58 / 114)
        places = [axes for row in grid for axes in row]
        for at, (axes, panel) in enumerate(zip(places, panels, strict=False)):
            _draw_panel(axes, panel, group_of(panel, panels))
            name = panel.get("objective", "cross-entropy")
            _label_outer(axes, name, first=at % columns == 0, last=at + columns >= len(panels))
        for axes in places[len(panels) :]:
            axes.remove()
        _key(figure, columns=min(4, 2 * columns))
    return figure


def group_of(panel: Panel, panels: Sequence[Panel]) -> list[Panel]:
    """The panels that share the vertical axis of `panel`, itself among them."""
    return [other for other in panels if other["group"] == panel["group"]]


def _label_outer(axes: "Axes", name: str, *, first: bool, last: bool) -> None:
    if first:
        axes.set_ylabel(name)
    if last:
        axes.set_xlabel("epoch")


def _draw_panel(axes: "Axes", panel: CurvePanel, group: Sequence[CurvePanel]) -> None:
    axes.set_title(style.shortened(panel["title"]), pad=7)
    _scale(axes, group)
    drawn = False
    for split, column in SPLITS.items():
        if band := panel.get("bands", {}).get(split):
            _band(axes, band["x"], band["low"], band["high"], COLOURS[split])
        for history in panel["histories"]:
            epochs, values = _column(history, "epoch"), _column(history, column)
            axes.plot(epochs, values, color=COLOURS[split], linewidth=0.6, alpha=0.45)
            drawn = drawn or bool(np.isfinite(values).any())
        epochs, values = _mean(panel["curves"], split)
        marker = "o" if len(epochs) == 1 else None  # a line of one epoch has no length
        axes.plot(epochs, values, color=COLOURS[split], linewidth=2, marker=marker, markersize=4)
        drawn = drawn or bool(np.isfinite(values).any())
    _mark_gap(axes, panel)
    _mark_best(axes, panel)
    _count_epochs(axes)
    if not drawn:
        axes.text(0.5, 0.5, "no epoch finished", transform=axes.transAxes, ha="center", va="center")
        axes.set_xticks([])


def _mark_gap(axes: "Axes", panel: CurvePanel) -> None:
    """A dotted line between the ends of both mean curves."""
    ends = [
        (epochs[-1], values[-1])
        for epochs, values in (_mean(panel["curves"], split) for split in SPLITS)
        if len(epochs)
    ]
    if len(ends) == 2 and all(math.isfinite(value) for _, value in ends):
        axes.plot(*zip(*ends, strict=True), color=COLOURS["ink"], linewidth=1, linestyle=(0, (1, 1.5)))


def _column(history: Sequence[Mapping[str, Any]], name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in history])


def _mean(curves: Sequence[Mapping[str, Any]], split: str) -> tuple[np.ndarray, np.ndarray]:
    """Epochs and mean objective of one split, in order of epoch."""
    rows = sorted((row for row in curves if row["split"] == split), key=lambda row: int(row["epoch"]))
    return np.array([int(row["epoch"]) for row in rows]), _column(rows, "objective")


def best(curves: Sequence[Mapping[str, Any]]) -> tuple[int, float] | None:
    """(epoch, value) of the lowest mean validation objective; None without a finite one."""
    epochs, values = _mean(curves, "validation")
    if not np.isfinite(values).any():
        return None
    at = int(np.nanargmin(np.where(np.isfinite(values), values, np.nan)))
    return int(epochs[at]), float(values[at])


def _mark_best(axes: "Axes", panel: CurvePanel) -> None:
    from matplotlib.transforms import blended_transform_factory

    own = [_lowest(history) for history in panel["histories"]]
    floor = blended_transform_factory(axes.transData, axes.transAxes)
    epochs = sorted({epoch for epoch in own if epoch is not None})
    if epochs:
        axes.vlines(epochs, 0, 0.05, transform=floor, color=COLOURS["validation"], linewidth=1)
    lowest = best(panel["curves"])
    if lowest:
        axes.plot(*lowest, "o", color=COLOURS["validation"], markersize=6, clip_on=False, zorder=5)
        place: dict[str, Any] = {"xytext": (0, 7), "textcoords": "offset points", "ha": "center"}
        axes.annotate(str(lowest[0]), lowest, color=COLOURS["validation"], **place)


def _lowest(history: Sequence[Mapping[str, Any]]) -> int | None:
    finite = [row for row in history if math.isfinite(float(row["val_objective"]))]
    return int(min(finite, key=lambda row: float(row["val_objective"]))["epoch"]) if finite else None


def reaches_far(panels: Sequence[CurvePanel]) -> bool:
    """Whether the panels' shared axis needs powers of ten: few values of theirs are a hundred times the others."""
    values = _values(panels)
    return len(values) > 0 and float(values.max()) > MOST_LINEAR_REACH * float(np.quantile(values, 0.75)) > 0


def _values(panels: Sequence[CurvePanel]) -> np.ndarray:
    """Finite values of all mean curves, or of all seeds where there is no mean above 0."""
    means = [_mean(panel["curves"], split)[1] for panel in panels for split in SPLITS]
    seeds = [_column(history, name) for panel in panels for history in panel["histories"] for name in SPLITS.values()]
    for parts in (means, seeds):
        values = np.concatenate([np.zeros(0), *parts])
        finite: np.ndarray = values[np.isfinite(values)]
        if len(finite) and finite.max() > 0:
            return finite
    return np.zeros(0)


def _scale(axes: "Axes", panels: Sequence[CurvePanel]) -> None:
    """A vertical axis from 0 that holds all values; in powers of ten, from the lowest, where it needs them."""
    values = _values(panels)
    if reaches_far(panels):
        axes.set_yscale("log")
        axes.set_ylim(float(values[values > 0].min()) / 2, float(values.max()) * 2)
    else:
        axes.set_ylim(0, float(values.max()) * 1.12 if len(values) else 1.0)


def _count_epochs(axes: "Axes") -> None:
    from matplotlib.ticker import MaxNLocator

    _mark_axis(axes.yaxis, log=axes.get_yscale() == "log", integer=False)
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.grid(axis="y", color=COLOURS["ink"], alpha=0.2, linewidth=0.5)
    axes.tick_params(length=3)


def _mark_axis(axis: Any, *, log: bool, integer: bool) -> None:
    """About four ticks, in powers of ten where the axis is logarithmic."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    axis.set_major_locator(LogLocator(numticks=5) if log else MaxNLocator(4, integer=integer))
    axis.set_minor_locator(NullLocator())
    if log:
        axis.set_major_formatter(FuncFormatter(_power))


def _key(figure: "Figure", columns: int) -> None:
    from matplotlib.lines import Line2D

    validation, ink = COLOURS["validation"], COLOURS["ink"]
    handles = [
        Line2D([], [], color=COLOURS["training"], linewidth=2, label="training"),
        Line2D([], [], color=validation, linewidth=2, label="validation"),
        Line2D([], [], color=ink, linewidth=0.7, label="thin: one seed"),
        Line2D([], [], color=validation, marker="o", linestyle="none", markersize=6, label="best epoch"),
    ]
    figure.legend(
        handles=handles, loc="upper left", ncols=columns, frameon=False, borderaxespad=0.3, labelcolor="linecolor"
    )
