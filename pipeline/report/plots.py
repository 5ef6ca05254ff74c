"""Figures of curves, scores and confusions, drawn so that the same numbers give the same bytes."""

import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.records import write_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito (2008); the grey and both colours stand out at least 3 to 1 on white and on black.
COLOURS = {"ink": "#767676", "training": "#0072b2", "validation": "#d55e00"}
UNSAID = {  # no dates and versions in files that are compared byte by byte
    ".svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    ".png": {"Software": None},
}
SPLITS = {"training": "objective", "validation": "val_objective"}
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
FEW_POINTS = 12  # of a line, up to which each is marked
FAR = 100  # times its upper quartile that an axis reaches in plain steps
WIDE, NARROW = 760, 360  # points, which a page shows as pixels: a desk, a phone
STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 11,
    "axes.titlesize": 11.5,
    "axes.titlelocation": "left",
    "axes.edgecolor": COLOURS["ink"],
    "axes.labelcolor": COLOURS["ink"],
    "axes.titlecolor": COLOURS["ink"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["ink"],
    "ytick.color": COLOURS["ink"],
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "figure.dpi": 72,
    "savefig.transparent": True,
    "svg.fonttype": "none",
    "path.simplify_threshold": 0.3,
    "text.parse_math": False,
}
SMALL = {"axes.titlesize": 10.5, "font.size": 10, "xtick.labelsize": 9.5, "ytick.labelsize": 9.5}

Panel = Mapping[str, Any]


@contextmanager
def _style(*, small: bool = False) -> Iterator[None]:
    """Our style alone, whatever the user's own settings of Matplotlib are."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        style: Any = STYLE | (SMALL if small else {})
        matplotlib.rcParams.update(style)
        yield


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width / 72, height / 72))


def overfitting_panels(panels: Sequence[Panel]) -> "list[Figure]":
    """Training and validation objective by epoch, a small figure (200 x 150 points) a variant, for a page to lay out.

    A thin line a seed, thick ones the mean; the dot is the epoch with the lowest mean validation objective, ticks on
    the axis are each seed's own. A panel has `title`, `group`, `curves` (rows of curves.csv: epoch, split, objective)
    and `histories` (those of every seed), either may be empty, and may have the `objective`'s name and `bands`,
    {split: {x, low, high}}; the panels of one group share their vertical axis.
    """
    figures = []
    with _style(small=True):
        for panel in panels:
            figure, axes = _small()
            _draw_panel(axes, panel, _group(panel, panels))
            figures.append(figure)
    return figures


def _small() -> "tuple[Figure, Axes]":
    figure = _figure(200, 150)
    figure.subplots_adjust(left=34 / 200, right=1 - 6 / 200, bottom=20 / 150, top=1 - 24 / 150)
    return figure, figure.subplots()


def series_panels(panels: Sequence[Panel], *, log_x: bool, log_y: bool) -> "list[Figure]":
    """Lines over any axis, a figure (200 x 150 points) a panel, with those of its group in grey behind them.

    A panel has `title`, `group` and `lines`, at most two: x, mean, low and high of shape (points,) each. Those of one
    group share their vertical axis.
    """
    figures = []
    with _style(small=True):
        for panel in panels:
            figure, axes = _small()
            group = _group(panel, panels)
            axes.set_title(_short(panel["title"]), pad=7)
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


def _draw_series(axes: "Axes", panel: Panel, others: Sequence[Panel]) -> None:
    for other in others:
        for line in other["lines"]:
            axes.plot(line["x"], line["mean"], color=COLOURS["ink"], linewidth=0.6, alpha=0.35)
    for line, colour in zip(panel["lines"], (COLOURS["training"], COLOURS["validation"]), strict=False):
        _band(axes, line["x"], line["low"], line["high"], colour)
        marker = "o" if len(line["x"]) <= FEW_POINTS else None
        axes.plot(line["x"], line["mean"], color=colour, linewidth=2, marker=marker, markersize=3)


def _means(panels: Sequence[Panel]) -> np.ndarray:
    """Finite means of all lines."""
    parts = [np.asarray(line["mean"], float) for panel in panels for line in panel["lines"]]
    values: np.ndarray = np.concatenate([np.zeros(0), *parts])
    finite: np.ndarray = values[np.isfinite(values)]
    return finite


def _span(panels: Sequence[Panel], *, log: bool) -> tuple[float, float]:
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
    return f"10{str(round(math.log10(value))).translate(RAISED)}" if value > 0 else ""


def _band(axes: "Axes", x: Any, low: Any, high: Any, colour: str) -> None:
    """A shade between two lines, as far as both are finite."""
    x, low, high = (np.asarray(values, float) for values in (x, low, high))
    there = np.isfinite(low) & np.isfinite(high)
    if there.sum() > 1:
        edge = np.concatenate([x[there], x[there][::-1]]), np.concatenate([low[there], high[there][::-1]])
        axes.fill(*edge, color=colour, alpha=0.2, linewidth=0)


def overfitting_grid(panels: Sequence[Panel]) -> "Figure":
    """`overfitting_panels` as one picture, four in a row, with labels and a key."""
    columns = max(1, min(len(panels), 4))
    rows = max(1, math.ceil(len(panels) / columns))
    width, height = 16 + columns * 266, 58 + rows * 172
    with _style():
        figure = _figure(width, height)
        grid = figure.subplots(rows, columns, squeeze=False)
        edges = {"left": 46 / width, "right": 1 - 8 / width, "bottom": 44 / height, "top": 1 - 66 / height}
        figure.subplots_adjust(**edges, wspace=34 / 232, hspace=58 / 114)
        places = [axes for row in grid for axes in row]
        for at, (axes, panel) in enumerate(zip(places, panels, strict=False)):
            _draw_panel(axes, panel, _group(panel, panels))
            name = panel.get("objective", "cross-entropy")
            _label_outer(axes, name, first=at % columns == 0, last=at + columns >= len(panels))
        for axes in places[len(panels) :]:
            axes.remove()
        _key(figure, columns=min(4, 2 * columns))
    return figure


def _group(panel: Panel, panels: Sequence[Panel]) -> list[Panel]:
    return [other for other in panels if other.get("group") == panel.get("group")]


def _label_outer(axes: "Axes", name: str, *, first: bool, last: bool) -> None:
    if first:
        axes.set_ylabel(name)
    if last:
        axes.set_xlabel("epoch")


def _draw_panel(axes: "Axes", panel: Panel, group: Sequence[Panel]) -> None:
    axes.set_title(_short(panel["title"]), pad=7)
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


def _mark_gap(axes: "Axes", panel: Panel) -> None:
    """A dotted line between the ends of both mean curves."""
    ends = [
        (epochs[-1], values[-1])
        for epochs, values in (_mean(panel["curves"], split) for split in SPLITS)
        if len(epochs)
    ]
    if len(ends) == 2 and all(math.isfinite(value) for _, value in ends):
        axes.plot(*zip(*ends, strict=True), color=COLOURS["ink"], linewidth=1, linestyle=(0, (1, 1.5)))


def _short(title: str, most: int = 34) -> str:
    return title if len(title) <= most else title[: most - 1] + "…"


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


def _mark_best(axes: "Axes", panel: Panel) -> None:
    from matplotlib.transforms import blended_transform_factory

    own = [_lowest(history) for history in panel["histories"]]
    floor = blended_transform_factory(axes.transData, axes.transAxes)
    epochs = sorted({epoch for epoch in own if epoch is not None})
    if epochs:
        axes.vlines(epochs, 0, 0.05, transform=floor, color=COLOURS["validation"], linewidth=1)
    found = best(panel["curves"])
    if found:
        axes.plot(*found, "o", color=COLOURS["validation"], markersize=6, clip_on=False, zorder=5)
        place: dict[str, Any] = {"xytext": (0, 7), "textcoords": "offset points", "ha": "center"}
        axes.annotate(str(found[0]), found, color=COLOURS["validation"], **place)


def _lowest(history: Sequence[Mapping[str, Any]]) -> int | None:
    finite = [row for row in history if math.isfinite(float(row["val_objective"]))]
    return int(min(finite, key=lambda row: float(row["val_objective"]))["epoch"]) if finite else None


def reaches_far(panels: Sequence[Panel]) -> bool:
    """Whether the panels' shared axis needs powers of ten: few values of theirs are a hundred times the others."""
    values = _values(panels)
    return len(values) > 0 and float(values.max()) > FAR * float(np.quantile(values, 0.75)) > 0


def _values(panels: Sequence[Panel]) -> np.ndarray:
    """Finite values of all mean curves, or of all seeds where there is no mean above 0."""
    means = [_mean(panel["curves"], split)[1] for panel in panels for split in SPLITS]
    seeds = [_column(history, name) for panel in panels for history in panel["histories"] for name in SPLITS.values()]
    for parts in (means, seeds):
        values: np.ndarray = np.concatenate([np.zeros(0), *parts])
        values = values[np.isfinite(values)]
        if len(values) and values.max() > 0:
            return values
    return np.zeros(0)


def _scale(axes: "Axes", panels: Sequence[Panel]) -> None:
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


def scores(rows: Sequence[Panel], metric: str, width: float = WIDE) -> "Figure":
    """Every variant's mean of `metric` with its 95 % interval, and a ring a seed beneath it.

    A row has `variant`, `group`, `values` (seeds,), `mean`, `ci_low`, `ci_high` (None where undefined) and `failed`;
    rows of one group (a data set) stand under its name.
    """
    lines = _lines(rows)
    total = 34 * len(lines) + 52
    with _style():
        figure = _figure(width, total)
        axes = figure.subplots()
        left = min(0.4 * width, 12 + 6.9 * max([len(row["variant"]) for row in rows], default=1))
        edges = {"left": left / width, "right": 1 - 96 / width, "bottom": 46 / total, "top": 1 - 6 / total}
        figure.subplots_adjust(**edges)
        for at, line in enumerate(lines):
            _draw_group(axes, line, at) if isinstance(line, str) else _draw_scores(axes, line, at)
        axes.set_ylim(len(lines) - 0.4, -0.6)
        axes.set_xlabel(metric)
        _finish_scores(axes)
    return figure


def _lines(rows: Sequence[Panel]) -> list[Any]:
    """Rows with the name of each group before its first, unless there is but one group."""
    groups = list(dict.fromkeys(row["group"] for row in rows))
    if len(groups) < 2:
        return list(rows)
    return [line for group in groups for line in [group, *(row for row in rows if row["group"] == group)]]


def _draw_group(axes: "Axes", name: str, at: int) -> None:
    axes.text(0, at + 0.25, name, transform=axes.get_yaxis_transform(), fontweight="bold", va="center")
    if at:
        axes.axhline(at - 0.4, color=COLOURS["ink"], linewidth=0.5, alpha=0.5)


def _draw_scores(axes: "Axes", row: Panel, at: int) -> None:
    place, ink, blue = axes.get_yaxis_transform(), COLOURS["ink"], COLOURS["training"]
    axes.text(-0.015, at, _short(row["variant"], 30), transform=place, ha="right", va="center")
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
    said = "no score" if row["mean"] is None else f"{row['mean']:.3f}"
    said += f", {row['failed']} failed" if row["failed"] else ""
    axes.text(1.02, at, said, transform=place, va="center", color=ink)


def _finish_scores(axes: "Axes") -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.margins(x=0.04)
    axes.grid(axis="x", color=COLOURS["ink"], alpha=0.25, linewidth=0.5)
    axes.tick_params(length=3)


def save(figure: "Figure", path: Path) -> None:
    """Write `figure` as the suffix of `path` says (.png or .svg), the same bytes each time, and clear it.

    ValueError for another suffix.
    """
    if path.suffix not in UNSAID:
        raise ValueError(f"picture: given {path.name!r}, allowed a name that ends in .png or .svg")
    write_bytes(path, svg(figure, path.name).encode() if path.suffix == ".svg" else _bytes(figure, path.name))
    figure.clear()


def svg(figure: "Figure", name: str) -> str:
    """`figure` as SVG; `name` keeps its ids apart from those of other pictures in one page."""
    return _lean(_bytes(figure, f"{Path(name).stem}.svg").decode())


def _bytes(figure: "Figure", name: str) -> bytes:
    import matplotlib

    suffix, buffer = Path(name).suffix, io.BytesIO()
    with _style():
        matplotlib.rcParams["svg.hashsalt"] = name
        figure.savefig(buffer, format=suffix[1:], dpi=144 if suffix == ".png" else 72, metadata=UNSAID[suffix])
    return buffer.getvalue()


def _lean(text: str) -> str:
    """The picture in a third of the bytes: no ids that nothing refers to, no layout, paths to a tenth of a point.

    Nor has it groups without a purpose, or shapes that are neither filled nor drawn.
    """
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', text))
    text = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in used else "", text)
    text = re.sub(r' transform="rotate\(-0 [^"]*"', "", text)
    text = re.sub(r'(?<= [xy]=")-?\d+\.\d+', lambda found: _tenths(float(found[0])), text)
    text = re.sub(r'(?<= d=")[^"]+', lambda found: _short_path(found[0]), text)
    text = re.sub(r">\s+<", "><", text).replace("<defs></defs>", "")
    text = re.sub(r'<path d="[^"]*" style="fill: none"/>', "", text)
    if "<g " not in text:
        text = re.sub(r"</?g>", "", text)
    return re.sub(r"(<path|<text|</svg)", r"\n\1", text)


def _tenths(number: float) -> str:
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else re.sub(r"^(-?)0\.", r"\1.", text)


def _short_path(path: str) -> str:
    """A path of straight lines by steps from point to point; others with plain numbers in tenths."""
    parts = re.findall(r"([A-Za-z])([^A-Za-z]*)", path)
    if not {letter for letter, _ in parts} <= {"M", "L", "z"}:
        return " ".join(letter + " ".join(_tenths(float(number)) for number in rest.split()) for letter, rest in parts)
    short, here = [], (0, 0)
    for letter, rest in parts:
        if letter == "z":
            short.append("z")
            continue
        x, y = (round(10 * float(number)) for number in rest.split())
        step = (x, y) if letter == "M" else (x - here[0], y - here[1])
        short.append({"M": "M", "L": "l"}[letter] + " ".join(_tenths(part / 10) for part in step))
        here = (x, y)
    return "".join(short).replace(" -", "-")
