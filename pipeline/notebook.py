"""What a notebook calls: a topic's experiment in small, beside its full results."""

import contextlib
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

from pipeline import freshness, paths, plugins
from pipeline.contracts import Language
from pipeline.errors import InputError
from pipeline.raw_data import RawData
from pipeline.records import Examples, read_json_or, read_rows_or_none
from pipeline.report import claims as claim_texts
from pipeline.report import formatting, metric_words, pilots
from pipeline.report.formatting import DASH, UNTESTED, VERDICTS, number, plain
from pipeline.report.language import Said, Voice, listed, phrase, word
from pipeline.result_rows import ClaimRow
from pipeline.scoring.finished_run import FinishedRun
from pipeline.settings import params
from pipeline.settings.plan import current
from pipeline.stages.judge import judged
from pipeline.training import objective
from pipeline.verdicts.topic import Claim, load, said_of

MISSING = word("no results yet: `make repro` brings them")
PUBLISHED = word("published results, as there are no present ones of your own (`make repro` makes them)")
ALL = (*VERDICTS, UNTESTED)
ONE, SEVERAL = ({name: f"{many} {name}" for name in ALL} for many in ("1", "{count}"))

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
    """A figure as SVG."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg


# The experiment in small


def drawn(examples: Examples | RawData, *, train: int, validation: int, test: int, seed: int) -> dict[str, Examples]:
    """Three disjoint parts of so many examples each, drawn at random; too few are shared out in proportion.

    Of a table its columns of numbers are taken as they stand. InputError: a part that would be empty, or a table with
    other columns or without some numbers.
    """
    examples = _numbers(examples) if isinstance(examples, RawData) else examples
    sizes = {"train": train, "validation": validation, "test": test}
    share = min(1.0, len(examples) / sum(sizes.values()))
    ends = np.cumsum([int(size * share) for size in sizes.values()])
    parts = np.split(np.random.default_rng(seed).permutation(len(examples))[: ends[-1]], ends[:-1])
    if not all(map(len, parts)):
        raise InputError(f"train, validation, test: given {train}, {validation}, {test}, allowed 1 or more of each")
    return {name: examples.take(rows) for name, rows in zip(sizes, parts, strict=True)}


def _numbers(raw: RawData) -> Examples:
    cells = [raw.x] if isinstance(raw.x, np.ndarray) else [column.cells[:, None] for column in raw.x]
    if not all(part.dtype.kind == "f" and np.isfinite(part).all() for part in cells):
        raise InputError(
            "examples: given a table with words, dates or gaps, allowed numbers alone: `pipeline add` reads it"
        )
    return Examples(np.concatenate(cells, axis=1).astype("float32"), raw.y)


def run(
    topic: str,
    variant: str,
    parts: Mapping[str, Examples],
    *,
    seed: int,
    build: Mapping[str, Any] | None = None,
    **fit: Any,
) -> FinishedRun:
    """Train one variant as params.yaml has it, on `parts` (train, validation, test): a FinishedRun, as probes take it.

    The variant's view changes the training part. `build` and `fit` take the place of the variant's own settings; the
    others are those of the profile smoke, where params.yaml names it (one epoch at most, then), else of laptop. The
    model is saved in a temporary folder, and nothing under data/. InputError: no such topic, variant or setting.
    """
    from pipeline.training.run import build as build_model
    from pipeline.training.run import compile_and_fit

    settings = _small(_changed())
    resolved = _variant_settings(settings, topic, variant, build or {}, fit)
    training, validation = _under_view(settings, resolved, parts["train"], seed), parts["validation"]
    task = plugins.load("tasks", resolved["task"])
    outputs = task.outputs(training, validation)
    model = build_model(resolved, training.x.shape[1:], outputs, seed)
    history = compile_and_fit(task, model, training, validation, resolved["fit"], seed=seed)
    _folders.append(tempfile.TemporaryDirectory())
    folder = Path(_folders[-1].name)
    task.saved(model).save(folder / "model.keras")
    status = "finished" if objective.finite(history[-1]) else "diverged"
    record = {"status": status, "outputs": outputs, "parameters": int(model.count_params())}
    card = _card(settings.data[resolved["data"]], parts["train"].y)
    return FinishedRun(resolved, seed, record, history, card, training, parts["test"], folder)


def _changed() -> int:
    """When params.yaml or a profile was changed last."""
    files = (paths.PARAMS, *paths.PARAMS.parent.glob("profiles/*.yaml"))
    return max(file.stat().st_mtime_ns for file in files)


@lru_cache(maxsize=1)
def _settings(changed: int) -> params.Settings:
    """Read anew whenever params.yaml or a profile has been `changed`, as reading takes longer than some trainings."""
    return params.read(every_topic=True)  # `only` switches no lesson off


@lru_cache(maxsize=1)
def _small(changed: int) -> params.Settings:
    """What a lesson trains with: the profile that params.yaml names if it is a quick one, else laptop."""
    settings = _settings(changed)
    return settings if settings.profile in ("smoke", "laptop") else params.read(profile="laptop", every_topic=True)


def _variant_settings(
    settings: params.Settings, topic: str, variant: str, build: Mapping[str, Any], fit: Mapping[str, Any]
) -> Any:
    """The variant's settings, with `build` and `fit` in their place."""
    _check_known("topic", topic, settings.topics)
    _check_known("variant", variant, settings.topics[topic].variants)
    resolved = settings.topics[topic].variants[variant].settings()
    for block, changes in (("build", build), ("fit", fit)):
        for key in changes:
            _check_known(block, key, resolved[block])
        resolved[block] |= changes
    if settings.profile == "smoke":
        resolved["fit"]["epochs"] = min(1, resolved["fit"]["epochs"])
    return resolved


def _check_known(kind: str, name: str, allowed: Mapping[str, Any]) -> None:
    if name not in allowed:
        raise InputError(f"{kind}: given {name!r}, allowed {', '.join(allowed)}: name one of these")


def _under_view(settings: params.Settings, resolved: Mapping[str, Any], training: Examples, seed: int) -> Examples:
    for step, options in settings.data[resolved["data"]].views[resolved["view"]].items():
        training, _ = plugins.load("views", step).apply(training, seed, **options)
    return training


def _card(data: params.DataSettings, labels: np.ndarray) -> dict[str, Any]:
    """What probes look at in the card of prepared data."""
    classes = int(labels.max()) + 1 if labels.ndim == 1 and labels.dtype.kind == "i" else 0
    counts = np.bincount(labels, minlength=classes).tolist() if classes else [len(labels)]
    return {"source": data.source, "kind": data.kind, "classes": classes, "counts": {"train": counts}}


# The full results


@dataclass(frozen=True)
class Results:
    """A topic's results: the folder of their files, their verdicts, and what is to be said of them."""

    folder: Path
    judgements: Sequence[ClaimRow]
    label: str


def results(topic: str) -> Results:
    """The present results of the topic under data/results; the published ones where those are not current."""
    state = _state(topic)
    if state and state.scores == "current":
        return Results(paths.results(topic), judged([state]), "")
    freshness.published_profile()  # refuses what is not as it was published
    rows: list[ClaimRow] = read_json_or(paths.PUBLISHED / "claims.json", [])
    return Results(paths.published(topic), [row for row in rows if row["topic"] == topic], PUBLISHED)


def _state(topic: str) -> freshness.TopicState | None:
    try:
        settings = _settings(_changed())
        return freshness.state(settings, current(settings, topic))
    except InputError:
        return None


def verdicts(topic: str, *, language: Language = "en") -> Table:
    """One row per claim of the topic: what was compared, the difference with its interval, and the verdict.

    Sentences and sources come from params.yaml and the topic's module, verdicts and means from its results. The
    difference is that in favour of the claim; its interval is the one the verdict follows from. A claim that they do
    not know is "not tested".
    """
    claims, found, voice = _claims(topic), results(topic), Voice(language)
    judgements = said_of(claims, found.judgements)
    metrics = read_json_or(found.folder / "metrics.json", {})
    head = ("claim", "metric", "mean of the one and the other", "difference", "margin", "seeds", "verdict")
    rows = [_claim_cells(claim, judgements.get(claim.name), metrics, voice) for claim in claims]
    title = str(voice.say(_title(claims, judgements, found.label)))
    return Table(title, [voice.known(name) for name in head], rows)


def _title(claims: Sequence[Claim], judgements: Mapping[str, ClaimRow], label: str) -> Said:
    if not judgements:
        return phrase("{count} claims, {missing}", count=len(claims), missing=MISSING)
    counts = Counter(judgements[claim.name]["verdict"] if claim.name in judgements else UNTESTED for claim in claims)
    told = [_counted(counts[name], name) for name in ALL if counts[name]]
    counted = phrase("{count} claims: {counts}", count=len(claims), counts=listed(told))
    return phrase("{counted} ({label})", counted=counted, label=label) if label else counted


def _counted(count: int, verdict: str) -> Said:
    return word(ONE[verdict]) if count == 1 else phrase(SEVERAL[verdict], count=count)


def _claims(topic: str) -> Sequence[Claim]:
    """Those of the topic in params.yaml; of one that is not there, or switched off, those of its module."""
    with contextlib.suppress(InputError):
        known = _settings(_changed()).topics
        if topic in known:
            return known[topic].claims
    return load(topic).claims


def _claim_cells(claim: Claim, row: ClaimRow | None, metrics: Mapping[str, Any], voice: Voice) -> list[str]:
    means = [f"{arm}: {voice.say(mean(metrics, arm, claim.metric))}" for arm in (claim.better, claim.worse)]
    sentence, cited = claim_texts.sentences(claim)[voice.language], escape(_cited(claim, voice))
    told = f"{escape(sentence)}<br><small><code>{escape(claim.name)}</code> {cited}</small>"
    compared = [told, escape(metric_words.words(claim.metric, voice.language).name), "<br>".join(map(escape, means))]
    margin = str(voice.say(plain(claim.smallest_difference)))
    if row is None:
        return [*compared, DASH, margin, DASH, voice.known(UNTESTED)]
    verdict = f"<b>{escape(voice.known(row['verdict']))}</b>"
    return [*compared, _difference(row, voice), margin, str(voice.say(formatting.seeds(row))), verdict]


def _cited(claim: Claim, voice: Voice) -> str:
    pilot = phrase("pilot: {pilot}", pilot=pilots.told(claim.pilot, voice)) if claim.pilot else ""
    return "; ".join(str(voice.say(part)) for part in (voice.known(claim.published), pilot) if part)


def mean(metrics: Mapping[str, Any], arm: str, metric: str) -> str:
    """The mean of a variant's scores as metrics.json has it, in digits; a dash where it has none."""
    return number(metrics.get(arm, {}).get(metric, {}).get("mean"), metric_words.digits(metric))


def _difference(row: ClaimRow, voice: Voice) -> str:
    """In favour of the claim, with the interval that the verdict was read from."""
    text = formatting.difference(row)
    if not text.interval:
        return str(voice.say(phrase("{value} (no bounded interval)", value=text.value)))
    return f"{voice.say(text.value)}<br><small>{voice.say(text.level)}: {voice.say(text.interval)}</small>"


def scores(topic: str, metric: str, variants: Sequence[str] = (), *, language: Language = "en") -> Picture | Table:
    """Every variant's mean of `metric` with its 95 % interval, and one ring per seed; a sentence without such scores.

    `variants` names some of them, in that order; else all that have the metric are shown.
    """
    from pipeline.report import score_plots, svg
    from pipeline.report.facts import finite_scores

    folder, voice = results(topic).folder, Voice(language)
    metrics = read_json_or(folder / "metrics.json", {})
    table = read_rows_or_none(folder / "scores.csv")
    rows = [
        score_plots.score_row(name, metrics[name][metric], finite_scores(table, name, metric))
        for name in variants or metrics
        if metric in metrics.get(name, {})
    ]
    if not rows:
        named = metric_words.words(metric, language).name
        said = phrase("{metric} of {topic}: {missing}", metric=named, topic=topic, missing=MISSING)
        return Table(str(voice.say(said)))
    return Picture(voice.shown(svg.markup(score_plots.scores(rows, metric, voice=voice), f"{topic}_{metric}")))


def curves(topic: str, variant: str, *, language: Language = "en") -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Epochs and the mean objective over seeds, for "training" and "validation" examples; none without results.

    The two are named in `language`, as they label a picture's lines.
    """
    voice = Voice(language)
    lines: dict[str, dict[int, float]] = {}
    for row in read_rows_or_none(results(topic).folder / "curves.csv"):
        if row["variant"] == variant and row["objective"]:
            lines.setdefault(row["split"], {})[int(row["epoch"])] = float(row["objective"])
    return {voice.known(split): (np.array(list(line)), np.array(list(line.values()))) for split, line in lines.items()}


def series(topic: str, name: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Each variant's places along the curve `name` and the median over seeds there; none without results."""
    lines: dict[str, dict[float, list[float]]] = {}
    for row in read_rows_or_none(results(topic).folder / "series.csv"):
        if row["series"] == name:
            lines.setdefault(row["variant"], {}).setdefault(float(row["at"]), []).append(float(row["value"]))
    return {
        variant: (np.array(sorted(line)), np.array([np.median(line[at]) for at in sorted(line)]))
        for variant, line in lines.items()
    }


def samples(topic: str) -> dict[str, list[str]]:
    """Lines to read that the first seed of each variant wrote; none without results."""
    lines: dict[str, list[str]] = read_json_or(results(topic).folder / "samples.json", {})
    return lines
