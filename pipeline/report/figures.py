"""What of a topic can be seen: curves, scores, series and samples, each with words for those who do not see it."""

import base64
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import paths, plugins
from pipeline.report import plots
from pipeline.report.formatting import number
from pipeline.training import objective
from pipeline.verdicts import intervals
from pipeline.verdicts.topic import Line, Sweep

if TYPE_CHECKING:
    from PIL.Image import Image

WIDTHS = (plots.WIDE, plots.NARROW)
WORDS = {"cross_entropy": "cross-entropy (nats)", "squared_error": "squared error"}
SIDE = 232  # pixels of a picture of points, shown at half of that where pixels are small
PAUSE = 700  # milliseconds between two looks at the samples
GREYS = 16  # of a picture of images: half a byte a pixel
DOTS = {"paper": (255, 255, 255), "real": (168, 175, 184), "sample": (0, 114, 178)}
SHOWN = 20  # classes of which an image is shown
REAL = 600  # training examples behind the samples

Topic = Mapping[str, Any]


def draw(topic: Topic) -> dict[str, Any]:
    """Pictures of a topic as a page needs them; its curves and scores as files too."""
    return {
        "curves": _curves(topic),
        "scores": _scores(topic),
        "sweeps": [found for at, sweep in enumerate(topic["sweeps"]) if (found := _sweep(topic, sweep, at))],
        "series": _series(topic),
        "samples": [found for variant in topic["plan"]["variants"] if (found := _samples(topic, variant))],
        "strips": {card["data"]: found for card in topic["cards"] if (found := _strip(card))},
    }


# Curves


def _curves(topic: Topic) -> list[dict[str, Any]]:
    """A group an objective: its name, and a panel a variant with its picture, its words and its numbers."""
    panels, name = list(_panels(topic)), topic["name"]
    if not panels:
        return []
    plots.save(plots.overfitting_grid(panels), paths.PICTURES / f"{name}_curves.svg")
    drawn = _inlined(plots.overfitting_panels(panels), f"{name}_curves")
    groups: dict[str, list[dict[str, Any]]] = {}
    for panel, picture in zip(panels, drawn, strict=True):
        fit = fitted(panel["curves"])
        told = {"variant": panel["title"], "data": panel["group"], "fit": fit, "svg": picture}
        groups.setdefault(panel["objective"], []).append(told | {"alt": _curve_words(panel, fit)})
    far = {panel["objective"] for panel in panels if plots.reaches_far(_alike(panel, panels))}
    return [{"objective": name, "panels": found, "far": name in far} for name, found in groups.items()]


def _alike(panel: Mapping[str, Any], panels: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [other for other in panels if other["group"] == panel["group"]]


def _panels(topic: Topic) -> Iterator[dict[str, Any]]:
    """What the curves of each variant are drawn from; a variant without an objective has none."""
    for variant, item in topic["plan"]["variants"].items():
        runs = topic["runs"][variant]
        name = next((found for run in runs if (found := objective.name(run["history"]))), None)
        curves = [row for row in topic["curves"] if row["variant"] == variant]
        histories = [objective.curve(run["history"]) for run in runs]
        if any(histories) or (curves and any(row["objective"] for row in curves)):
            yield {
                "title": variant,
                "group": item["settings"]["data"],
                "objective": WORDS[name or "cross_entropy"],
                "curves": curves,
                "histories": histories,
                "bands": _bands([history for run, history in zip(runs, histories, strict=True) if _sound(run)]),
            }


def _sound(run: Mapping[str, Any]) -> bool:
    return bool(run["status"] == "finished" and run["history"])


def _bands(histories: Sequence[Sequence[Mapping[str, float]]]) -> dict[str, dict[str, list[float]]]:
    """{split: x, low and high}: 95 % t-intervals of the mean over finished runs, as far as all of them went."""
    epochs = min(map(len, histories), default=0)
    if len(histories) < 2:
        return {}
    return {
        split: _line(
            [float(at + 1) for at in range(epochs)], [[one[at][column] for one in histories] for at in range(epochs)]
        )
        for split, column in plots.SPLITS.items()
    }


def _line(x: Sequence[float], values: Sequence[Sequence[float]], *, log: bool = False) -> dict[str, list[float]]:
    """x, mean, low and high of values (points, seeds); of the logarithms of those above 0 where `log` is set."""
    line: dict[str, list[float]] = {"x": list(x), "mean": [], "low": [], "high": []}
    for point in values:
        sound = [value for value in point if math.isfinite(value) and (value > 0 or not log)]
        told = intervals.summary(np.log(sound) if log else sound)
        for key, name in (("mean", "mean"), ("low", "ci_low"), ("high", "ci_high")):
            line[key].append(math.exp(min(told[name], 700.0)) if log else told[name])
    return line


def fitted(curves: Sequence[Mapping[str, str]]) -> dict[str, Any] | None:
    """Best and last epoch of the mean curves of one variant (rows of curves.csv); None without a finite objective."""
    found = plots.best(curves)
    if found is None:
        return None
    last = {row["split"]: row for row in sorted(curves, key=lambda row: int(row["epoch"]))}
    training, validation = (float(last[split]["objective"]) for split in ("training", "validation"))
    ends = {"epochs": int(last["validation"]["epoch"]), "training": training, "validation": validation}
    return {"epoch": found[0], "best": found[1], "gap": round(validation - training, 4) + 0.0, **ends}


def _curve_words(panel: Mapping[str, Any], fit: Mapping[str, Any] | None) -> str:
    head = f"Training and validation curves of {panel['title']}, {panel['objective']} by epoch"
    if fit is None:
        return f"{head}: no mean curve."
    return (
        f"{head}: validation is lowest, {number(fit['best'])}, in epoch {fit['epoch']} of {fit['epochs']};"
        f" at the end training is {number(fit['training'])} and validation {number(fit['validation'])}."
    )


# Scores


def _scores(topic: Topic) -> list[str]:
    """The scores of the first metric that any variant has, wide and narrow."""
    rows, metric = score_rows(topic)
    if not rows:
        return []
    plots.save(plots.scores(rows, metric), paths.PICTURES / f"{topic['name']}_scores.svg")
    return _inlined([plots.scores(rows, metric, width) for width in WIDTHS], f"{topic['name']}_scores")


def score_rows(topic: Topic) -> tuple[list[dict[str, Any]], str]:
    """Rows of `plots.scores` for the topic's first metric, and that metric."""
    metric, rows = topic["plan"]["metrics"][0], []
    for variant, item in topic["plan"]["variants"].items():
        found = topic["metrics"].get(variant, {}).get(metric)
        if found:
            values = _values(topic, variant, metric)
            rows.append({"variant": variant, "group": item["settings"]["data"], "values": values, **found})
    return rows, metric


def _values(topic: Topic, variant: str, metric: str) -> list[float]:
    """Finite scores of a variant's runs; none where there is no such variant or metric."""
    values = [row["value"] for row in topic["scores"] if (row["variant"], row["metric"]) == (variant, metric)]
    return [float(value) for value in values if value and math.isfinite(float(value))]


def _sweep(topic: Topic, sweep: Sweep, number: int) -> dict[str, Any] | None:
    """Scores over a number in which variants differ: the picture, what its lines are, and all of it in words."""
    found = {each.words: points for each in sweep.lines if (points := _swept(topic, each))}
    if not found:
        return None
    lines = [_line(list(points), list(points.values())) for points in found.values()]
    log_x = _uneven([at for points in found.values() for at in points])
    panel = {"title": sweep.y, "group": sweep.x, "lines": lines}
    drawn = plots.series_panels([panel], log_x=log_x, log_y=False)
    (picture,) = _inlined(drawn, f"{topic['name']}_sweep_{number}")
    told = [{"x": sweep.x, "y": words} for words in found]
    shown = {"x": sweep.x, "y": sweep.y, "lines": list(found), "log_x": log_x}
    return shown | {"svg": picture, "alt": _series_words(panel, told)}


def _swept(topic: Topic, line: Line) -> dict[float, list[float]]:
    """{number: scores of the seeds} of the variants that have any, in order."""
    return {at: values for at, name in sorted(line.variants.items()) if (values := _values(topic, name, line.metric))}


# Series


def _series(topic: Topic) -> list[dict[str, Any]]:
    """A group a pair of series over one axis: their words, and a panel a variant."""
    points = _points(topic["series"])
    if not points:
        return []
    names = list(dict.fromkeys(name for _, name in points))
    return [
        _series_group(topic, pair, [_described(topic["name"], name) for name in pair], points)
        for pair in _pairs(topic["name"], names)
    ]


def _points(rows: Sequence[Mapping[str, str]]) -> dict[tuple[str, str], dict[float, list[float]]]:
    """{(variant, series): {at: values of the seeds}} of rows of series.csv."""
    points: dict[tuple[str, str], dict[float, list[float]]] = {}
    for row in rows:
        if row["value"] != "":
            of = points.setdefault((row["variant"], row["series"]), {})
            of.setdefault(float(row["at"]), []).append(float(row["value"]))
    return points


def _described(topic: str, name: str) -> Mapping[str, Any]:
    """What a series is over (`x`), what it is (`y`) and whether it spans orders of magnitude (`log`)."""
    plain = {"x": "at", "y": name.replace("_", " "), "log": False}
    if not (paths.PACKAGE / "topics" / topic / "probes.py").exists():
        return plain
    told: Mapping[str, Any] = plugins.constant("topics", f"{topic}/probes", "SERIES", {}).get(name, plain)
    return told  # read, not imported: probes bring models, and models bring TensorFlow


def _pairs(topic: str, names: Sequence[str]) -> list[list[str]]:
    """Names of series over the same axis and scale, at most two together."""
    pairs: list[list[str]] = []
    for name in names:
        told = _described(topic, name)
        for pair in pairs:
            other = _described(topic, pair[0])
            if len(pair) < 2 and (other["x"], other["log"]) == (told["x"], told["log"]):
                pair.append(name)
                break
        else:
            pairs.append([name])
    return pairs


def _series_group(
    topic: Topic,
    names: Sequence[str],
    told: Sequence[Mapping[str, Any]],
    points: Mapping[tuple[str, str], Mapping[float, Sequence[float]]],
) -> dict[str, Any]:
    log = bool(told[0]["log"])
    panels = []
    for variant, item in topic["plan"]["variants"].items():
        of = [points.get((variant, name), {}) for name in names]
        lines = [_line(sorted(found), [found[at] for at in sorted(found)], log=log) for found in of if found]
        if lines:
            panels.append({"title": variant, "group": item["settings"]["data"], "lines": lines})
    log_x = _uneven([at for panel in panels for line in panel["lines"] for at in line["x"]])
    drawn = plots.series_panels(panels, log_x=log_x, log_y=log)
    pictures = _inlined(drawn, f"{topic['name']}_{names[0]}")
    shown = [
        {"variant": panel["title"], "svg": picture, "alt": _series_words(panel, told)}
        for panel, picture in zip(panels, pictures, strict=True)
    ]
    return {"x": told[0]["x"], "y": [each["y"] for each in told], "log": log, "log_x": log_x, "panels": shown}


def _uneven(x: Sequence[float]) -> bool:
    """Whether an axis is better read in powers of ten: all above 0, over more than ten times, with gaps that grow."""
    there = sorted(set(x))
    if len(there) < 3 or there[0] <= 0 or there[-1] < 10 * there[0]:
        return False
    return there[-1] - there[-2] > 5 * (there[1] - there[0])


def _series_words(panel: Mapping[str, Any], told: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for line, each in zip(panel["lines"], told, strict=False):
        first, last = (f"{number(line['mean'][at])} at {each['x']} {line['x'][at]:g}" for at in (0, -1))
        parts.append(f"{each['y']} {first}" + (f", {last}" if len(line["x"]) > 1 else ""))
    return f"{panel['title']}: {'; '.join(parts)}."


# SVG as part of a page


def _inlined(figures: Sequence[Any], name: str) -> list[str]:
    return [inline(plots.svg(figure, f"{name}_{at}")) for at, figure in enumerate(figures)]


def inline(svg: str) -> str:
    """An SVG file's picture as part of an HTML page: no prologue, colours that follow the page's theme."""
    svg = re.sub(r"<(metadata|style).*?</\1>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r' (?:xmlns(?::xlink)?|version)="[^"]*"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)
    svg = svg.replace("font-family: 'DejaVu Sans', sans-serif; ", "").replace("; ", ";").replace(": ", ":")
    for name, colour in plots.COLOURS.items():
        svg = svg.replace(colour, f"var(--plot-{name})")
    return svg.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1).strip()


# Images and points


def _strip(card: Mapping[str, Any]) -> dict[str, Any] | None:
    """A training image of each of the first classes, side by side; None for data that is not images, or not there."""
    file = paths.fit_split(card["data"], "plain")
    if card.get("kind") != "image" or not file.exists():
        return None
    with np.load(file, allow_pickle=False) as arrays:
        x, y = arrays["x"], arrays["y"]
    if x.ndim != 4:
        return None
    classes, first = np.unique(y, return_index=True)
    row = x[first[:SHOWN]][None]
    picture = _grids(row, columns=row.shape[1])[0]
    words = (
        f"A training image of each of {row.shape[1]} classes ({' '.join(map(str, classes[:SHOWN]))}) of {card['data']}"
    )
    return {"src": _png([picture]), "size": picture.size, "alt": words}


def _samples(topic: Topic, variant: str) -> dict[str, Any] | None:
    """The last samples of a variant's first seed as a picture, and all looks at them as one that moves."""
    plan = topic["plan"]
    file = paths.run(topic["name"], variant, plan["seeds"][0]) / "samples.npz"
    if not file.exists():
        return None
    with np.load(file, allow_pickle=False) as arrays:
        epochs, times = arrays["epochs"], arrays["images"]
    data = plan["variants"][variant]["settings"]["data"]
    frames = _scatters(times, data) if times.ndim == 3 else _grids(times)
    said = f"{times.shape[1]} samples of {variant}, seed {plan['seeds'][0]}"
    return {
        "variant": variant,
        "data": data,
        "epochs": [int(epoch) for epoch in epochs],
        "still": _png(frames[-1:]),
        "moving": _png(frames),
        "size": frames[-1].size,
        "alt": f"{said}, after epoch {epochs[-1]}",
        "alt_moving": f"{said}, after epochs {', '.join(map(str, epochs))} in turn",
    }


def _grids(times: np.ndarray, columns: int = 8) -> list["Image"]:
    """Images (times, samples, height, width, 1) as one picture a time, `columns` in a row, in shades of grey."""
    from PIL import Image

    times = np.where(np.isfinite(times), times, 0)
    low, high = float(times.min()), float(times.max())
    levels = np.rint((GREYS - 1) * (times - low) / ((high - low) or 1)).astype(np.uint8)
    rows, (height, width) = len(levels[0]) // columns, levels.shape[2:4]
    tiles = levels[:, : rows * columns, :, :, 0].reshape(-1, rows, columns, height, width).transpose(0, 1, 3, 2, 4)
    grey = [level for at in range(GREYS) for level in 3 * [round(255 * at / (GREYS - 1))]]
    return [_palette(Image.fromarray(tile.reshape(rows * height, columns * width)), grey) for tile in tiles]


def _palette(picture: "Image", colours: Sequence[int]) -> "Image":
    picture = picture.copy()
    picture.putpalette(list(colours))
    return picture


def _scatters(times: np.ndarray, data: str) -> list["Image"]:
    """Points (times, samples, 2) as one picture a time, before training examples in grey where those are kept."""
    file = paths.fit_split(data, "plain")
    real = np.zeros((0, 2))
    if file.exists():
        with np.load(file, allow_pickle=False) as arrays:
            real = arrays["x"][:REAL] if arrays["x"].shape[1:] == times.shape[2:] else real
    times = np.where(np.isfinite(times), times, 0)
    reach = 1.15 * float(np.abs(real if len(real) else times).max() or 1)
    return [_scatter(points, real, reach) for points in times]


def _scatter(points: np.ndarray, real: np.ndarray, reach: float) -> "Image":
    from PIL import Image, ImageDraw

    picture = Image.new("P", (2 * SIDE, 2 * SIDE), 0)
    pen = ImageDraw.Draw(picture)
    for cloud, colour, radius in ((real, 1, 3), (points, 2, 6)):
        for x, y in (np.clip(cloud, -reach, reach) / reach + 1) * SIDE:
            at = (round(float(x)), round(float(2 * SIDE - y)))
            pen.ellipse((at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius), fill=colour, outline=0)
    return _palette(picture, [part for colour in DOTS.values() for part in colour])


def _png(frames: Sequence["Image"]) -> str:
    """Pictures of one palette as the address of a PNG; several show one after another, the last one longest."""
    buffer, first = io.BytesIO(), frames[0]
    bits = 4 if len(first.getpalette() or ()) > 3 * len(DOTS) else 2
    options: dict[str, Any] = {"format": "PNG", "bits": bits, "optimize": True}
    if len(frames) > 1:
        pauses = [PAUSE] * (len(frames) - 1) + [3 * PAUSE]
        options |= {"save_all": True, "append_images": list(frames[1:]), "duration": pauses, "loop": 0}
    first.save(buffer, **options)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
