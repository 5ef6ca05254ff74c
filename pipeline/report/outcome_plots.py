"""Figures of probabilities: what was said against what was seen, and precision over recall."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

from pipeline.report import style
from pipeline.report.style import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TICKS = (0, 0.5, 1)
LIKELIEST, CHEAPEST = "likeliest class", "least cost"  # ways of deciding
FACES = {LIKELIEST: COLOURS["validation"], CHEAPEST: "none"}


class ReliabilityPanel(TypedDict):
    """Mean probability that was `said` and share that was `seen` (bins,), of one variant."""

    title: str
    said: list[float]
    seen: list[float]


class Point(TypedDict):
    """Where one way of deciding stands on the curve."""

    recall: float
    precision: float


class RecallPanel(TypedDict):
    """Precision over recall (thresholds,) of one variant; `base` is the share of the class, `average` the mean."""

    title: str
    recall: list[float]
    precision: list[float]
    base: float
    average: float
    points: dict[str, Point]


def reliability_panels(panels: Sequence[ReliabilityPanel]) -> "list[Figure]":
    """One small figure a variant: dots of bins, of which those on the dotted diagonal say what is seen."""
    figures = []
    with style.applied(small=True):
        for panel in panels:
            figure, axes = _square(panel["title"])
            axes.plot([0, 1], [0, 1], color=COLOURS["ink"], linewidth=1, linestyle=(0, (1, 1.5)))
            axes.plot(panel["said"], panel["seen"], color=COLOURS["training"], linewidth=1.4, marker="o", markersize=4)
            figures.append(figure)
    return figures


def recall_panels(panels: Sequence[RecallPanel]) -> "list[Figure]":
    """One small figure a variant: precision over recall, dotted the share of the class, ways of deciding marked."""
    figures = []
    with style.applied(small=True):
        for panel in panels:
            figure, axes = _square(panel["title"])
            axes.axhline(panel["base"], color=COLOURS["ink"], linewidth=1, linestyle=(0, (1, 1.5)))
            axes.plot(panel["recall"], panel["precision"], color=COLOURS["training"], linewidth=1.6)
            _mark(axes, panel["points"])
            figures.append(figure)
    return figures


def _mark(axes: "Axes", points: Mapping[str, Point]) -> None:
    """A dot for taking the likeliest class, a ring for the threshold of the least cost."""
    for name, point in points.items():
        axes.plot(
            [point["recall"]],
            [point["precision"]],
            "o",
            color=COLOURS["validation"],
            markerfacecolor=FACES[name],
            markersize=6.5,
            markeredgewidth=1.8,
            clip_on=False,
            zorder=5,
        )


def _square(title: str) -> "tuple[Figure, Axes]":
    """Both axes from 0 to 1."""
    figure, axes = style.panel()
    axes.set_title(style.shortened(title), pad=7)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xticks(TICKS, ["0", "0.5", "1"])
    axes.set_yticks(TICKS, ["0", "0.5", "1"])
    axes.grid(axis="y", color=COLOURS["ink"], alpha=0.2, linewidth=0.5)
    axes.tick_params(length=3)
    return figure, axes
