"""What sweeps have come to, for the page: read from data/sweeps, drawn, and told in words."""

import contextlib
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline import paths
from pipeline.contracts import Language
from pipeline.errors import InputError
from pipeline.records import read_json
from pipeline.report import metric_words, svg, sweep_plots
from pipeline.report.formatting import render
from pipeline.report.language import NumberText, Said, Voice, listed, phrase, word
from pipeline.report.sweep_plots import WIDTHS, Axis, Point
from pipeline.settings.sweep_space import spelled

ENDS = {
    "complete": word("scored with every seed"),
    "stopped": word("stopped, as they fell behind"),
    "diverged": word("diverged"),
    "failed": word("failed"),
    "refused": word("refused before they ran"),
}
Summary = Mapping[str, Any]  # sweep.json: outputs.summarise says what is in it


@dataclass(frozen=True, kw_only=True)
class SweepPage:
    """A sweep as the templates show it; `finals` None while it goes on. Its pictures are drawn in English, once."""

    summary: Summary
    ends: Said
    words: Mapping[str, Said]
    minutes: NumberText
    bad: list[dict[str, Any]]
    pictures: dict[str, list[str]]
    importance: list[tuple[str, float]]
    block: str
    best: dict[str, Any] | None
    error: NumberText  # per cent that the comparison on test data may use

    def shown(self, picture: str, voice: Voice) -> str:
        """A picture as the voice says it: its words, which are few and known, and its numbers."""
        words = _words(self.summary, voice)
        told = re.sub(r"(?<=>)[^<>]+(?=</text>)", lambda found: words.get(found[0], found[0]), picture)
        return voice.shown(told)


def read(names: Iterable[str]) -> list[SweepPage]:
    """These sweeps under data/sweeps; one whose files are damaged is left out."""
    found = []
    for name in names:
        with contextlib.suppress(InputError, OSError, ValueError, KeyError, TypeError):
            found.append(of(name))
    return found


def of(name: str) -> SweepPage:
    """The page of one sweep, from its files."""
    folder = paths.sweep(name)
    summary: dict[str, Any] = read_json(folder / "sweep.json")
    lines = (folder / "trials.jsonl").read_text("utf-8").splitlines()
    told: list[dict[str, Any]] = [json.loads(line) for line in lines]
    points = [_point(trial, summary) for trial in told]
    return SweepPage(
        summary=summary,
        ends=listed([phrase("{count} {end}", count=count, end=ENDS[end]) for end, count in summary["ends"].items()]),
        words=ENDS,
        minutes=NumberText(f"{summary['seconds'] / 60:.1f}"),
        bad=[trial for trial in told if trial["reason"]],
        pictures=_pictures(name, summary, points),
        importance=sorted((summary.get("importance") or {}).items(), key=lambda item: -item[1]),
        block=_block(summary),
        best=summary["best"],
        error=NumberText(f"{100 * ((summary['finals'] or {}).get('error') or 0):.3g}"),
    )


def page(name: str, language: Language = "en") -> str:
    """A page of one sweep alone."""
    own = {"metric": lambda metric: metric_words.words(metric, language)}
    return render("sweep.html.j2", {"sweeps": [of(name)]}, Voice(language), **own)


def _words(summary: Summary, voice: Voice) -> dict[str, str]:
    """{English: as the voice says it} of all words in the pictures of a sweep; settings and variants are no words."""
    english, own = (metric_words.words(summary["metric"], language).name for language in ("en", voice.language))
    finalists = [each["trial"] for each in (summary["finals"] or {}).get("finalists", [])]
    said = [word("trial"), word("search"), word("fresh seeds")]
    said += [phrase("trial {trial}", trial=at) for at in finalists]
    shortened = {sweep_plots.narrow(english): sweep_plots.narrow(own), english: own}
    return shortened | {str(each): str(voice.say(each)) for each in said}


def _point(trial: Mapping[str, Any], summary: Summary) -> Point:
    return Point(
        number=trial["number"],
        score=trial["score"],
        seeds=tuple(trial["scores"].values()),
        is_complete=trial["end"] == "complete",
        values=summary["own"] if trial["number"] == 0 else trial["values"],
    )


def _axis(row: Mapping[str, Any]) -> Axis:
    if "any" in row:
        return Axis(path=row["path"], any=tuple(map(spelled, row["any"])))
    return Axis(path=row["path"], low=row["low"], high=row["high"], log=row["log"])


def _pictures(name: str, summary: Summary, points: Sequence[Point]) -> dict[str, list[str]]:
    """{what it shows: SVG} of all that there is something to show of."""
    metric, highest = metric_words.words(summary["metric"], "en").name, summary["highest"]
    tried = [_axis(row) for row in summary["space"]]
    figures = {
        "history": [sweep_plots.history(points, metric, highest=highest, width=each) for each in WIDTHS],
        "scatters": sweep_plots.scatters(points, tried, highest=highest),
        "parallel": [sweep_plots.parallel(points, tried, metric, highest=highest, width=each) for each in WIDTHS],
        "plane": [],
        "slopes": [],
    }
    strongest = _strongest(summary, tried, points)
    if len(strongest) == 2:
        figures["plane"] = [sweep_plots.plane(points, *strongest, highest=highest)]
    pairs = _pairs(summary)
    if pairs:
        figures["slopes"] = [sweep_plots.slopes(pairs, metric)]
    return {what: svg.inlined(drawn, f"sweep_{name}_{what}") for what, drawn in figures.items()}


def _pairs(summary: Summary) -> list[tuple[str, float, float]]:
    finalists = (summary["finals"] or {}).get("finalists", [])
    named = ((summary["variant"] if each["trial"] == 0 else f"trial {each['trial']}", each) for each in finalists)
    return [
        (name, each["search"], each["fresh"]) for name, each in named if None not in (each["search"], each["fresh"])
    ]


def _strongest(summary: Summary, tried: Sequence[Axis], points: Sequence[Point]) -> list[Axis]:
    """The two settings that scores follow most: by importance where it is known, else by how they vary together."""
    known = summary.get("importance") or {axis.path: _strength(axis, points) for axis in tried}
    return sorted(tried, key=lambda axis: -known.get(axis.path, 0.0))[:2]


def _strength(axis: Axis, points: Sequence[Point]) -> float:
    """Share of the variance of scores' ranks that a parabola over the setting, or its values, explain."""
    import numpy as np
    from scipy import stats  # type: ignore[import-untyped, unused-ignore]

    seen = [
        (place, point.score)
        for point in points
        if point.score is not None and (place := axis.place(point.values)) is not None
    ]
    if len(seen) < 4:
        return 0.0
    x = np.array([place for place, _ in seen])
    ranks = stats.rankdata([score for _, score in seen])
    columns = [x == value for value in np.unique(x)] if axis.any else [np.ones_like(x), x, x**2]
    design = np.stack([np.asarray(column, float) for column in columns], 1)
    fitted = design @ np.linalg.lstsq(design, ranks, rcond=None)[0]
    return float(1 - np.var(ranks - fitted) / np.var(ranks)) if np.var(ranks) else 0.0


def _block(summary: Summary) -> str:
    """The chosen settings as lines of params.yaml; empty without."""
    adoption = (summary["finals"] or {}).get("adoption")
    if not adoption:
        return ""
    from ruamel.yaml import YAML

    yaml, out = YAML(), io.StringIO()
    yaml.representer.add_representer(type(None), lambda of, _: of.represent_scalar("tag:yaml.org,2002:null", "null"))
    yaml.dump(adoption["block"], out)
    return out.getvalue()
