"""What a notebook calls: a topic's experiment in small, beside its full results."""

import math
import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import paths, plugins
from pipeline.errors import InputError
from pipeline.records import Examples, read_json, read_rows
from pipeline.report.formatting import DASH, VERDICTS, number
from pipeline.scoring.finished_run import FinishedRun
from pipeline.settings import params
from pipeline.training import objective
from pipeline.verdicts.topic import Claim, Topic

MISSING = "no results yet: `make repro` brings them"
UNTESTED = "not tested"

_folders: list[tempfile.TemporaryDirectory[str]] = []  # of saved models; each goes with the process


@dataclass(frozen=True, repr=False)
class Table:
    """Rows of HTML cells below `head`, under a line of text; as plain text where nothing shows HTML."""

    title: str
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()

    def _repr_html_(self) -> str:
        style = ' style="text-align: left; vertical-align: top"'
        head = "".join(f"<th{style}>{cell}</th>" for cell in self.head)
        body = "".join(f"<tr>{''.join(f'<td{style}>{cell}</td>' for cell in row)}</tr>" for row in self.rows)
        return f"<p>{escape(self.title)}</p>" + (f"<table><tr>{head}</tr>{body}</table>" if self.rows else "")

    def __repr__(self) -> str:
        plain = [" | ".join(unescape(re.sub("<[^>]+>", " ", cell)) for cell in row) for row in (self.head, *self.rows)]
        return "\n".join([self.title, *filter(None, plain)])


@dataclass(frozen=True, repr=False)
class Picture:
    """A figure of `pipeline.report.plots`, as SVG."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg


# The experiment in small


def drawn(examples: Examples, *, train: int, validation: int, test: int, seed: int) -> dict[str, Examples]:
    """Three parts of so many examples each, drawn at random, no example in two of them; less where there are fewer.

    Every part gets its share of too few examples. InputError: a part that would be empty.
    """
    sizes = {"train": train, "validation": validation, "test": test}
    share = min(1.0, len(examples) / sum(sizes.values()))
    ends = np.cumsum([int(size * share) for size in sizes.values()])
    parts = np.split(np.random.default_rng(seed).permutation(len(examples))[: ends[-1]], ends[:-1])
    if not all(map(len, parts)):
        raise InputError(f"train, validation, test: given {train}, {validation}, {test}, allowed 1 or more of each")
    return {name: examples.take(rows) for name, rows in zip(sizes, parts, strict=True)}


def run(
    topic: str,
    variant: str,
    parts: Mapping[str, Examples],
    *,
    seed: int,
    build: Mapping[str, Any] | None = None,
    **fit: Any,
) -> FinishedRun:
    """Train one variant as params.yaml has it, on `parts` (train, validation, test), as evaluation would see it.

    The variant's view changes the training part. `build` and `fit` take the place of the variant's own settings; the
    rest is that of the profile smoke, where params.yaml names that one (an epoch at most, then), else of laptop.
    Nothing is written under data/. InputError: no such topic, variant or setting.
    """
    from pipeline.training.run import build as build_model
    from pipeline.training.run import compile_and_fit

    settings = _settings(paths.PARAMS.stat().st_mtime_ns)
    wanted = _wanted(settings, topic, variant, build or {}, fit)
    training, validation = _viewed(settings, wanted, parts["train"], seed), parts["validation"]
    task = plugins.load("tasks", wanted["task"])
    outputs = task.outputs(training, validation)
    model = build_model(wanted, training.x.shape[1:], outputs, seed)
    history = compile_and_fit(task, model, training, validation, wanted["fit"], seed=seed)
    _folders.append(tempfile.TemporaryDirectory())
    folder = Path(_folders[-1].name)
    task.saved(model).save(folder / "model.keras")
    status = "finished" if objective.finite(history[-1]) else "diverged"
    record = {"status": status, "outputs": outputs, "parameters": int(model.count_params())}
    card = _card(settings.data[wanted["data"]].source, parts["train"].y)
    return FinishedRun(wanted, seed, record, history, card, training, parts["test"], folder)


@lru_cache(maxsize=1)
def _settings(changed: int) -> params.Settings:
    """Read anew whenever params.yaml has been `changed`, for reading takes longer than some trainings."""
    settings = params.read()
    return settings if settings.profile in ("smoke", "laptop") else params.read(profile="laptop")


def _wanted(
    settings: params.Settings, topic: str, variant: str, build: Mapping[str, Any], fit: Mapping[str, Any]
) -> Any:
    """The variant's settings with those given in their place."""
    _known("topic", topic, settings.topics)
    _known("variant", variant, settings.topics[topic].variants)
    wanted = settings.topics[topic].variants[variant].settings()
    for block, given in (("build", build), ("fit", fit)):
        for key in given:
            _known(block, key, wanted[block])
        wanted[block] |= given
    if settings.profile == "smoke":
        wanted["fit"]["epochs"] = min(1, wanted["fit"]["epochs"])
    return wanted


def _known(word: str, given: str, allowed: Mapping[str, Any]) -> None:
    if given not in allowed:
        raise InputError(f"{word}: given {given!r}, allowed {', '.join(allowed)}")


def _viewed(settings: params.Settings, wanted: Mapping[str, Any], training: Examples, seed: int) -> Examples:
    for step, options in settings.data[wanted["data"]].views[wanted["view"]].items():
        training, _ = plugins.load("views", step).apply(training, seed, **options)
    return training


def _card(source: str, labels: np.ndarray) -> dict[str, Any]:
    """What probes look at in the card of prepared data."""
    classes = int(labels.max()) + 1 if labels.ndim == 1 and labels.dtype.kind == "i" else 0
    counts = np.bincount(labels, minlength=classes).tolist() if classes else [len(labels)]
    kind = plugins.constant("sources", source, "KIND")
    return {"source": source, "kind": kind, "classes": classes, "counts": {"train": counts}}


# The full results


def verdicts(topic: str) -> Table:
    """A row a claim of the topic: what was compared, the difference with its interval, and the verdict.

    Sentences and sources come from the topic's module, verdicts from data/report/claims.json, means from data/results.
    The difference is that in favour of the claim; its interval is the one the verdict follows from. A claim that the
    files do not know is "not tested".
    """
    claims = _topic(topic).claims
    judged = {row["name"]: row for row in _read(paths.CLAIMS, []) if row["topic"] == topic}
    means = _read(paths.results(topic) / "metrics.json", {})
    found = Counter(judged[claim.name]["verdict"] if claim.name in judged else UNTESTED for claim in claims)
    told = ", ".join(f"{found[word]} {word}" for word in (*VERDICTS, UNTESTED) if found[word])
    title = f"{len(claims)} claims: {told}" if judged else f"{len(claims)} claims, {MISSING}"
    head = ("claim", "metric", "mean of the one and the other", "difference", "margin", "seeds", "verdict")
    return Table(title, head, [_claim(claim, judged.get(claim.name), means) for claim in claims])


def _claim(claim: Claim, row: Mapping[str, Any] | None, means: Mapping[str, Any]) -> list[str]:
    arms = [f"{arm}: {_mean(means, arm, claim.metric)}" for arm in (claim.better, claim.worse)]
    said = f"{escape(claim.sentence)}<br><small>{escape(claim.source)}</small>"
    compared = [escape(claim.metric), "<br>".join(map(escape, arms))]
    if row is None:
        return [said, *compared, DASH, f"{claim.margin:g}", DASH, UNTESTED]
    seeds = f"{row['seeds']}" + (f" ({row['failed']} left out)" if row["failed"] else "")
    return [said, *compared, _difference(row), f"{row['margin']:g}", seeds, f"<b>{escape(row['verdict'])}</b>"]


def _mean(means: Mapping[str, Any], arm: str, metric: str) -> str:
    return number(means.get(arm, {}).get(metric, {}).get("mean"))


def _difference(row: Mapping[str, Any]) -> str:
    """In favour of the claim, with the interval that the verdict was read from."""
    if row["difference"] is None or row["ci_low"] is None or row["ci_high"] is None:
        return f"{number(row['difference'], sign=True)} (no bounded interval)"
    level = f"{100 * row['level']:.3g} %" if row.get("level") else "interval"
    bounds = f"{number(row['ci_low'], sign=True)} to {number(row['ci_high'], sign=True)}"
    return f"{number(row['difference'], sign=True)}<br><small>{level}: {bounds}</small>"


def scores(topic: str, metric: str, variants: Sequence[str] = ()) -> Picture | Table:
    """Every variant's mean of `metric` with its 95 % interval, and a ring a seed; a sentence without such scores.

    `variants` names some of them, in that order; else all that have the metric are shown.
    """
    from pipeline.report import plots

    found = _read(paths.results(topic) / "metrics.json", {})
    wanted = [name for name in variants or found if metric in found.get(name, {})]
    if not wanted:
        return Table(f"{metric} of {topic}: {MISSING}")
    values = {name: _values(topic, name, metric) for name in wanted}
    rows = [{"variant": name, "group": "", "values": values[name], **found[name][metric]} for name in wanted]
    return Picture(plots.svg(plots.scores(rows, metric), f"{topic}_{metric}"))


def _values(topic: str, variant: str, metric: str) -> list[float]:
    """Finite scores over the seeds."""
    rows = _rows(paths.results(topic) / "scores.csv")
    cells = [row["value"] for row in rows if (row["variant"], row["metric"]) == (variant, metric)]
    return [float(cell) for cell in cells if cell and math.isfinite(float(cell))]


def curves(topic: str, variant: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Epochs and the mean objective over seeds, for "training" and "validation" examples; none without results."""
    rows = [row for row in _rows(paths.results(topic) / "curves.csv") if row["variant"] == variant]
    found: dict[str, dict[int, float]] = {}
    for row in rows:
        if row.get("objective"):
            found.setdefault(row["split"], {})[int(row["epoch"])] = float(row["objective"])
    return {split: (np.array(list(points)), np.array(list(points.values()))) for split, points in found.items()}


def series(topic: str, name: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Each variant's places along the curve `name` and the median over seeds there; none without results."""
    found: dict[str, dict[float, list[float]]] = {}
    for row in _rows(paths.results(topic) / "series.csv"):
        if row["series"] == name:
            found.setdefault(row["variant"], {}).setdefault(float(row["at"]), []).append(float(row["value"]))
    return {
        variant: (np.array(sorted(points)), np.array([np.median(points[at]) for at in sorted(points)]))
        for variant, points in found.items()
    }


def samples(topic: str) -> dict[str, list[str]]:
    """Lines to read that the first seed of each variant wrote; none without results."""
    found: dict[str, list[str]] = _read(paths.results(topic) / "samples.json", {})
    return found


def _topic(name: str) -> Topic:
    topic: Topic = plugins.load("topics", name).TOPIC
    return topic


def _read(file: Path, otherwise: Any) -> Any:
    return read_json(file) if file.exists() else otherwise


def _rows(file: Path) -> list[dict[str, str]]:
    return read_rows(file) if file.exists() else []
