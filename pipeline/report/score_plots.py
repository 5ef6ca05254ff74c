"""Figures of scores: one line per variant, with its mean, interval and seeds."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from pipeline.report import metric_words, style
from pipeline.report.formatting import DASH
from pipeline.report.language import Voice, listed, phrase
from pipeline.report.style import COLOURS
from pipeline.result_rows import MetricSummary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CROSS = "\u2715"  # runs that failed
WIDE, NARROW = 760, 360  # points, which a page shows as pixels: a desk, a phone


class ScoreRow(TypedDict):
    """One variant's scores (seeds,) and their mean with its 95 % interval (None where undefined)."""

    variant: str
    group: str
    values: list[float]
    mean: float | None
    ci_low: float | None
    ci_high: float | None
    failed: int


def scores(rows: Sequence[ScoreRow], metric: str, width: float = WIDE, voice: Voice | None = None) -> "Figure":
    """Every variant's mean of `metric` with its 95 % interval, and one ring per seed beneath it.

    Rows of one group (a data set) stand under its name; `width` is in points. What it says is in the voice's language;
    without one it has no words, and the metric goes by its key: both languages of the page share the picture.
    """
    lines = _lines(rows)
    total = 34 * len(lines) + 52
    with style.applied():
        figure = style.figure(width, total)
        axes = figure.subplots()
        left = min(0.4 * width, 12 + 6.9 * max([len(row["variant"]) for row in rows], default=1))
        edges = {"left": left / width, "right": 1 - 96 / width, "bottom": 46 / total, "top": 1 - 6 / total}
        figure.subplots_adjust(**edges)
        for at, line in enumerate(lines):
            _draw_group(axes, line, at) if isinstance(line, str) else _draw_scores(axes, line, at, voice)
        axes.set_ylim(len(lines) - 0.4, -0.6)
        axes.set_xlabel(metric_words.words(metric, voice.language).name if voice else metric)
        _finish_scores(axes)
    return figure


def score_row(variant: str, summary: MetricSummary, values: list[float], group: str = "") -> ScoreRow:
    """A row of `scores` from a variant's entry in metrics.json and its values (seeds,)."""
    return {
        "variant": variant,
        "group": group,
        "values": values,
        "mean": summary["mean"],
        "ci_low": summary["ci_low"],
        "ci_high": summary["ci_high"],
        "failed": summary["failed"],
    }


def _lines(rows: Sequence[ScoreRow]) -> list[ScoreRow | str]:
    """Rows with the name of each group before its first, unless there is but one group."""
    groups = list(dict.fromkeys(row["group"] for row in rows))
    if len(groups) < 2:
        return list(rows)
    lines: list[ScoreRow | str] = []
    for group in groups:
        lines += [group, *(row for row in rows if row["group"] == group)]
    return lines


def _draw_group(axes: "Axes", name: str, at: int) -> None:
    axes.text(0, at + 0.25, name, transform=axes.get_yaxis_transform(), fontweight="bold", va="center")
    if at:
        axes.axhline(at - 0.4, color=COLOURS["ink"], linewidth=0.5, alpha=0.5)


def _draw_scores(axes: "Axes", row: ScoreRow, at: int, voice: Voice | None) -> None:
    place, ink, blue = axes.get_yaxis_transform(), COLOURS["ink"], COLOURS["training"]
    axes.text(-0.015, at, style.shortened(row["variant"], 30), transform=place, ha="right", va="center")
    ring: dict[str, Any] = {
        "linestyle": "none",
        "marker": "o",
        "markersize": 4,
        "markerfacecolor": "none",
        "markeredgewidth": 0.8,
    }
    axes.plot(row["values"], [at + 0.27] * len(row["values"]), color=ink, alpha=0.9, **ring)
    if row["ci_low"] is not None and row["ci_high"] is not None:
        axes.plot([row["ci_low"], row["ci_high"]], [at, at], color=blue, linewidth=2.2, solid_capstyle="butt")
    if row["mean"] is not None:
        axes.plot([row["mean"]], [at], "o", color=blue, markersize=6.5)
    axes.text(1.02, at, _label(row, voice), transform=place, va="center", color=ink)


def _label(row: ScoreRow, voice: Voice | None) -> str:
    """The mean, and how many runs failed; without a voice in signs, which every reader understands."""
    mean, failed = row["mean"], row["failed"]
    if voice is None:
        return (DASH if mean is None else f"{mean:.3f}") + (f", {CROSS} {failed}" if failed else "")
    told = phrase("no score") if mean is None else f"{mean:.3f}"  # numbers of a picture are written by `shown`
    return str(voice.say(listed([told, phrase("{count} failed", count=failed)]) if failed else told))


def _finish_scores(axes: "Axes") -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.04)
    axes.grid(axis="x", color=COLOURS["ink"], alpha=0.25, linewidth=0.5)
    axes.tick_params(length=3)
