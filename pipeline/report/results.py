"""Publish: keep results for those who have none of their own, and lay every claim out beside its source."""

import math
import shutil
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline import paths, plugins
from pipeline.contracts import RunRecord
from pipeline.errors import InputError
from pipeline.freshness import TopicState, published_digests, published_profile, result_digests
from pipeline.records import read_json_or, write_bytes, write_json, write_sealed
from pipeline.report import course, formatting, metric_words, pilots
from pipeline.report.claims import Side, of_its_runs
from pipeline.report.formatting import DASH, UNTESTED, VERDICTS, number, render, tally
from pipeline.report.language import Voice, listed, phrase
from pipeline.result_rows import ClaimRow, MetricSummary
from pipeline.settings.params import Settings
from pipeline.verdicts.looked_at import Publication, with_publication
from pipeline.verdicts.topic import Claim, Topic, claims_digest, load, said_of

Metrics = Mapping[str, Mapping[str, MetricSummary]]  # {variant: {metric: summary}}

BEGIN, END = "<!-- results -->", "<!-- /results -->"
LANGUAGES: dict[str, dict[str, Any]] = {
    "README.md": {
        "head": ("topic", "its first claim", "metric", "ours", "verdict", "all its claims"),
        **{name: name for name in (*VERDICTS, UNTESTED)},
    },
    "README.es.md": {
        "head": ("tema", "su primera afirmación", "métrica", "aquí", "veredicto", "todas sus afirmaciones"),
        "reproduced": "reproducida",
        "contradicted": "contradicha",
        "negligible": "insignificante",
        "undecided": "sin decidir",
        UNTESTED: "sin probar",
    },
}


# Of a topic's results: nobody reads them from data/published.
LEFT_AT_HOME = {"confusion.json", "items.npz", "outcomes.json", "trivial.json"}


def publish(settings: Settings, states: Sequence[TopicState], rows: Sequence[ClaimRow]) -> None:
    """Replace data/published by the present results, whose verdicts are `rows`, and lay them out: see `lay_out`.

    InputError, and nothing is written, unless there are results of all topics, and of the profile published before.
    """
    _take_back()
    _require_complete(settings.topics, states)
    _require_profile(settings.profile)
    _require_none_lost(settings.left_out)
    draft, old = (paths.PUBLISHED.with_name(f"{paths.PUBLISHED.name}.{name}.draft") for name in ("new", "old"))
    shutil.rmtree(draft, ignore_errors=True)
    for state in states:
        folder = paths.results(state.name)
        for name in result_digests(folder).keys() - LEFT_AT_HOME:
            write_bytes(draft / state.name / name, (folder / name).read_bytes())
    write_json(draft / "claims.json", list(rows))
    write_json(draft / paths.looked_at().name, _looked_at(settings, states))
    write_json(draft / "seconds.json", _seconds(settings.profile, states))
    write_json(draft / "times.json", [_time(state.name, list(state.records.values())) for state in states])
    write_sealed(draft / "origin.json", {"profile": settings.profile, "files": published_digests(draft)})
    if paths.PUBLISHED.exists():
        paths.PUBLISHED.rename(old)
    draft.rename(paths.PUBLISHED)
    shutil.rmtree(old, ignore_errors=True)
    lay_out({name: topic.topic for name, topic in settings.topics.items()})


def _looked_at(settings: Settings, states: Iterable[TopicState]) -> list[Publication]:
    """What was looked at before, and is now: seeds, and the claims as they stand."""
    claims = {
        name: {claim.name: claims_digest([claim]) for claim in topic.topic.claims}
        for name, topic in settings.topics.items()
    }
    seeds = {seed for state in states for _, seed in state.records}
    return with_publication(read_json_or(paths.looked_at(), []), seeds=seeds, claims=claims)


def _seconds(profile: str, states: Iterable[TopicState]) -> dict[str, dict[str, dict[str, float]]]:
    """{profile: {topic: {variant: median seconds of its runs}}}, by which all machines reckon what more seeds cost.

    What was published once stays: the seeds that a look asks for must not change with every publication.
    """
    before = read_json_or(paths.PUBLISHED / "seconds.json", {}).get(profile, {})
    measured = {
        state.name: {variant: round(seconds, 2) for variant, seconds in state.seconds().items()} for state in states
    }
    return {profile: {topic: of_topic | before.get(topic, {}) for topic, of_topic in measured.items()}}


def _take_back() -> None:
    """Put what was published back in its place, if a kill came between taking it away and putting the new there."""
    old = paths.PUBLISHED.with_name(f"{paths.PUBLISHED.name}.old.draft")
    if old.exists() and not paths.PUBLISHED.exists():
        old.rename(paths.PUBLISHED)
    shutil.rmtree(old, ignore_errors=True)


def _require_complete(topics: Iterable[str], states: Sequence[TopicState]) -> None:
    current = {state.name for state in states if state.scores == "current"}
    lacking = [topic for topic in topics if topic not in current]
    if lacking:
        raise InputError(
            f"results: given no present results of {', '.join(lacking)}, allowed those of all topics: run `dvc repro`"
        )


def _require_profile(profile: str) -> None:
    before = published_profile()
    if before not in (None, profile):
        raise InputError(
            f"results: given profile {profile}, allowed {before}, of which data/published is: set `profile: {before}`"
            " in params.yaml, or remove data/published to publish another"
        )


def _require_none_lost(left_out: Iterable[str]) -> None:
    """InputError: there are published results of a topic that `only` leaves out now."""
    lost = [topic for topic in left_out if paths.published(topic).exists()]
    if lost:
        raise InputError(
            f"results: given `only` without {', '.join(lost)}, allowed all topics that are in data/published: take"
            " `only` out of params.yaml, or remove data/published to publish others"
        )


def lay_out(topics: Mapping[str, Topic] | None = None) -> None:
    """Write docs/results.md: one row per claim, with its source's numbers, ours, the verdict; then time and runs.

    And docs/es/resultados.md, the same in Spanish, and the tables of the course's statements in both languages.

    Claims and sources come from `topics` (default: their modules), all else from data/published. A claim that it does
    not know is "not tested". A short table of the same goes into README.md and README.es.md, between the marks that
    stand there for it. The same files give the same bytes. InputError: what is published is not as it was published.
    """
    published_profile()
    judgements: list[ClaimRow] = read_json_or(paths.PUBLISHED / "claims.json", [])
    times = {time["name"]: time for time in read_json_or(paths.PUBLISHED / "times.json", [])}
    known = dict(topics) if topics else {name: load(name) for name in plugins.names("topics")}
    names = sorted(known, key=lambda name: (known[name].chapter, name))
    sections = [_topic(name, known[name], judgements) for name in names]
    page = {
        "topics": sections,
        "verdicts": tally(row["verdict"] for section in sections for row in section["rows"]),
        "times": [times[name] for name in names if name in times],
    }
    write_bytes(paths.ROOT / "docs" / "results.md", render("results.md.j2", page).encode())
    spanish = page | {"verdicts": Counter(row["verdict"] for section in sections for row in section["rows"])}
    voice = Voice("es")
    own = {"metric": lambda name: metric_words.words(name, "es"), "pilot": lambda text: pilots.told(text, voice)}
    told = render("results_es.md.j2", spanish, voice, **own)
    write_bytes(paths.ROOT / "docs" / "es" / "resultados.md", told.encode())
    course.lay_out()
    for file, words in LANGUAGES.items():
        voice = Voice("es" if file == "README.es.md" else "en")
        _insert(paths.ROOT / file, render("results_short.md.j2", page | {"words": words}, voice))


def _insert(file: Path, table: str) -> None:
    """Put `table` between the marks of a page; a page without them is left alone."""
    text = file.read_text("utf-8") if file.exists() else ""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if end:
        write_bytes(file, f"{before}{begin}\n{table}{end}{after}".encode())


def _topic(name: str, topic: Topic, judgements: Iterable[ClaimRow]) -> dict[str, Any]:
    """One topic: its question, and one row per claim."""
    metrics = read_json_or(paths.published(name) / "metrics.json", {})
    said = said_of(topic.claims, (row for row in judgements if row["topic"] == name))
    rows = [_row(claim, said.get(claim.name), metrics) for claim in topic.claims]
    counts = Counter(row["verdict"] for row in rows)
    told = {"title": topic.title, "question": topic.question}
    told |= {"titulo": topic.titulo or topic.title, "pregunta": topic.pregunta or topic.question}
    return {"name": name, "rows": rows, "counts": counts} | told


def _row(claim: Claim, judgement: ClaimRow | None, metrics: Metrics) -> dict[str, Any]:
    arms = [_arm(metrics.get(claim_arm, {}).get(claim.metric), judgement, side) for side, claim_arm in _sides(claim)]
    digits = metric_words.digits(claim.metric)
    return {
        "claim": claim,
        "means_with_intervals": [_mean(score, digits) for score in arms],
        "means": [number(score["mean"], digits) if score else DASH for score in arms],
        "difference": _difference(judgement) if judgement else DASH,
        "verdict": judgement["verdict"] if judgement else UNTESTED,
        "seeds": formatting.seeds(judgement) if judgement else DASH,
    }


def _sides(claim: Claim) -> tuple[tuple[Side, str], ...]:
    return (("better", claim.better), ("worse", claim.worse))


def _arm(score: MetricSummary | None, judgement: ClaimRow | None, side: Side) -> MetricSummary | None:
    return of_its_runs(score, judgement, side) if score and judgement else score


def _mean(score: MetricSummary | None, digits: int | None) -> str:
    if score is None:
        return DASH
    bounds = formatting.spread(score["ci_low"], score["ci_high"], digits)
    mean = number(score["mean"], digits)
    return phrase("{value} ({interval})", value=mean, interval=bounds) if bounds else mean


def _difference(row: ClaimRow) -> str:
    """Better minus worse, with the interval that the verdict was read from."""
    if row["difference"] is None:
        return phrase("no pair of runs")
    text = formatting.difference(row)
    bounds = listed([text.interval, text.level]) if text.interval else phrase("no bounded interval")
    return phrase("{value} ({interval})", value=text.value, interval=bounds)


def _time(name: str, runs: Sequence[RunRecord]) -> dict[str, Any]:
    """How many runs of a topic there are, and the seconds that they took."""
    seconds = [run["duration_s"] for run in runs if run.get("duration_s") is not None]
    return {
        "name": name,
        "profiles": _distinct(runs, "profile"),
        "devices": _distinct(runs, "device"),
        "runs": len(runs),
        "unfinished": sum(run["status"] != "finished" for run in runs),
        "variants": len({run["variant"] for run in runs}),
        "median": f"{statistics.median(seconds):.1f}" if seconds else DASH,
        "longest": f"{max(seconds):.1f}" if seconds else DASH,
        "total": f"{math.fsum(seconds):.0f}" if seconds else DASH,
    }


def _distinct(runs: Sequence[Mapping[str, Any]], field: str) -> str:
    return ", ".join(sorted({str(run[field]) for run in runs if run.get(field)})) or DASH
