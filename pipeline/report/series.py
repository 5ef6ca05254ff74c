"""Lines over a number, drawn and in words: scores over what variants differ in, and the curves of a topic's own."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

from pipeline import paths, plugins
from pipeline.report import plots, svg
from pipeline.report.facts import TopicFacts, finite_scores
from pipeline.report.formatting import number
from pipeline.report.language import NumberText, Said, listed, phrase, word
from pipeline.report.lines import mean_line, needs_log_axis
from pipeline.report.plots import Line as PlotLine
from pipeline.report.plots import LinePanel
from pipeline.verdicts.topic import Line, Sweep

Points = Mapping[float, Sequence[float]]  # {place along the axis: values of the seeds}


class SweepPicture(TypedDict):
    """Scores over a number in which variants differ, with the words of axes and lines, and all of it in words."""

    x: str
    y: str
    lines: list[str]
    log_x: bool
    svg: str
    alt: str


class SeriesPicture(TypedDict):
    """A variant's curves of the topic's own, and what they show in words."""

    variant: str
    svg: str
    alt: str


class SeriesGroup(TypedDict):
    """One or two curves over the same axis: what their axes show, and one picture per variant."""

    x: str
    y: list[str]
    log: bool
    log_x: bool
    panels: list[SeriesPicture]


class Axes(TypedDict):
    """What a curve of the topic's own is over, what it is, and whether that spans orders of magnitude."""

    x: str
    y: str
    log: bool


# Sweeps


def sweep_pictures(facts: TopicFacts) -> list[SweepPicture]:
    """One picture per sweep of the topic that has any scores."""
    pictures = (_sweep(facts, sweep, at) for at, sweep in enumerate(facts.topic.sweeps))
    return [picture for picture in pictures if picture]


def _sweep(facts: TopicFacts, sweep: Sweep, number: int) -> SweepPicture | None:
    scored = {line.words: points for line in sweep.lines if (points := scores_of(facts, line))}
    if not scored:
        return None
    lines = [mean_line(list(points), list(points.values())) for points in scored.values()]
    log_x = needs_log_axis([x for line in lines for x in line["x"]])
    panel: LinePanel = {"title": "", "group": sweep.x, "lines": lines}
    (picture,) = svg.inlined(plots.series_panels([panel], log_x=log_x, log_y=False), f"{facts.name}_sweep_{number}")
    axes: list[Axes] = [{"x": sweep.x, "y": words, "log": False} for words in scored]
    return {
        "x": sweep.x,
        "y": sweep.y,
        "lines": list(scored),
        "log_x": log_x,
        "svg": picture,
        "alt": _in_words(panel | {"title": sweep.y}, axes),
    }


def scores_of(facts: TopicFacts, line: Line) -> Points:
    """Scores of the variants that have any, in order of the number."""
    numbers = sorted(line.variants.items())
    return {x: values for x, name in numbers if (values := finite_scores(facts.scores, name, line.metric))}


# Series


def series_pictures(facts: TopicFacts) -> list[SeriesGroup]:
    """One group per pair of series over one axis; each has one picture per variant."""
    points = points_of(facts.series)
    return [_group(facts, names, axes, points) for names, axes in axes_of(facts.name, points)]


def axes_of(topic: str, points: Mapping[tuple[str, str], Points]) -> list[tuple[list[str], list[Axes]]]:
    """Names of series that share a picture, one or two together, and what their axes show."""
    axes = {name: _axes(topic, name) for name in dict.fromkeys(name for _, name in points)}
    return [(pair, [axes[name] for name in pair]) for pair in _pairs(axes)]


def points_of(rows: Sequence[Mapping[str, str]]) -> dict[tuple[str, str], Points]:
    """{(variant, series): points} of rows of series.csv."""
    points: dict[tuple[str, str], dict[float, list[float]]] = {}
    for row in rows:
        if row["value"] != "":
            line = points.setdefault((row["variant"], row["series"]), {})
            line.setdefault(float(row["at"]), []).append(float(row["value"]))
    return dict(points)


def _axes(topic: str, name: str) -> Axes:
    """As SERIES in the topic's probes.py says, else by the name alone."""
    plain: Axes = {"x": "at", "y": name.replace("_", " "), "log": False}
    if not (paths.PACKAGE / "topics" / topic / "probes.py").exists():
        return plain
    declared: Mapping[str, Axes] = plugins.constant("topics", f"{topic}/probes", "SERIES", {})
    return declared.get(name, plain)  # read, not imported: probes bring models, and models bring TensorFlow


def _pairs(axes: Mapping[str, Axes]) -> list[list[str]]:
    """Names of series over the same axis and scale, at most two together."""
    pairs: list[list[str]] = []
    for name, own in axes.items():
        for pair in pairs:
            other = axes[pair[0]]
            if len(pair) < 2 and (other["x"], other["log"]) == (own["x"], own["log"]):
                pair.append(name)
                break
        else:
            pairs.append([name])
    return pairs


def _group(
    facts: TopicFacts, names: Sequence[str], axes: Sequence[Axes], points: Mapping[tuple[str, str], Points]
) -> SeriesGroup:
    log = axes[0]["log"]
    panels = _panels(facts, names, points, log=log)
    log_x = needs_log_axis([x for panel in panels for line in panel["lines"] for x in line["x"]])
    pictures = svg.inlined(plots.series_panels(panels, log_x=log_x, log_y=log), f"{facts.name}_{names[0]}")
    shown: list[SeriesPicture] = [
        {"variant": panel["title"], "svg": picture, "alt": _in_words(panel, axes)}
        for panel, picture in zip(panels, pictures, strict=True)
    ]
    return {"x": axes[0]["x"], "y": [each["y"] for each in axes], "log": log, "log_x": log_x, "panels": shown}


def _panels(
    facts: TopicFacts, names: Sequence[str], points: Mapping[tuple[str, str], Points], *, log: bool
) -> list[LinePanel]:
    """One panel per variant that has any of the series `names`."""
    panels: list[LinePanel] = []
    for variant, item in facts.plan["variants"].items():
        own = [points[variant, name] for name in names if (variant, name) in points]
        lines = [mean_line(sorted(line), [line[x] for x in sorted(line)], log=log) for line in own]
        if lines:
            panels.append({"title": variant, "group": item["settings"]["data"], "lines": lines})
    return panels


def _in_words(panel: LinePanel, axes: Sequence[Axes]) -> Said:
    parts = []
    for line, own in zip(panel["lines"], axes, strict=False):
        first, last = (_point_in_words(line, own, at) for at in (0, -1))
        parts.append(
            phrase("{y} {point}", y=word(own["y"]), point=listed([first, last] if len(line["x"]) > 1 else [first]))
        )
    return phrase("{title}: {parts}.", title=word(panel["title"]), parts=listed(parts, "; "))


def _point_in_words(line: PlotLine, axes: Axes, at: int) -> Said:
    place = NumberText(f"{line['x'][at]:g}")
    return phrase("{value} at {axis} {place}", value=number(line["mean"][at]), axis=word(axes["x"]), place=place)
