"""Write what came out of every claim beside what was published, as one page of Markdown."""

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline import paths, plugins
from pipeline.records import read_json, write_bytes
from pipeline.report.formatting import DASH, VERDICTS, number, render
from pipeline.verdicts.topic import Claim, Topic

UNTESTED = "not tested"
BEGIN, END = "<!-- results -->", "<!-- /results -->"
LANGUAGES = {
    "README.md": {
        "head": ("topic", "its first claim", "metric", "ours", "verdict", "all its claims"),
        "sentence": True,
        **{name: name for name in (*VERDICTS, UNTESTED)},
    },
    "README.es.md": {
        "head": ("tema", "métrica", "aquí", "veredicto", "todas sus afirmaciones"),
        "sentence": False,
        "reproduced": "reproducida",
        "contradicted": "contradicha",
        "negligible": "insignificante",
        "undecided": "sin decidir",
        UNTESTED: "sin probar",
    },
}


def results() -> None:
    """Write docs/results.md: a row a claim, with its source's numbers, ours, the verdict; then time and runs.

    Claims and sources come from the topics' modules, verdicts from data/report/claims.json, means from
    data/results/<topic>/metrics.json, seconds from data/runs. A claim that those files do not know is "not tested", and
    times are left out where no run is kept. A short table of the same goes into README.md and README.es.md, between
    the marks that stand there for it. The same files give the same bytes.
    """
    judged = {(row["topic"], row["name"]): row for row in _read(paths.CLAIMS, [])}
    names = sorted(plugins.names("topics"), key=lambda name: (_topic(name).chapter, name))
    topics = [_chapter(name, judged) for name in names]
    verdicts = Counter(row["verdict"] for topic in topics for row in topic["rows"])
    page = {
        "topics": topics,
        "verdicts": [f"{verdicts[name]} {name}" for name in (*VERDICTS, UNTESTED) if verdicts[name]],
        "times": [time for time in map(_time, names) if time],
    }
    write_bytes(paths.ROOT / "docs" / "results.md", render("results.md.j2", page).encode())
    for file, words in LANGUAGES.items():
        _insert(paths.ROOT / file, render("results_short.md.j2", page | {"words": words}))


def _insert(file: Path, table: str) -> None:
    """Put `table` between the marks of a page; a page without them is left alone."""
    text = file.read_text("utf-8") if file.exists() else ""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if end:
        write_bytes(file, f"{before}{begin}\n{table}{end}{after}".encode())


def _topic(name: str) -> Topic:
    topic: Topic = plugins.load("topics", name).TOPIC
    return topic


def _read(file: Path, otherwise: Any) -> Any:
    return read_json(file) if file.exists() else otherwise


def _chapter(name: str, judged: Mapping[tuple[str, str], Mapping[str, Any]]) -> dict[str, Any]:
    """One topic: its question, and a row a claim."""
    topic, scores = _topic(name), _read(paths.results(name) / "metrics.json", {})
    rows = [_row(claim, judged.get((name, claim.name)), scores) for claim in topic.claims]
    counts = Counter(row["verdict"] for row in rows)
    return {"name": name, "title": topic.title, "question": topic.question, "rows": rows, "counts": counts}


def _row(claim: Claim, judgement: Mapping[str, Any] | None, scores: Mapping[str, Any]) -> dict[str, Any]:
    found = [scores.get(arm, {}).get(claim.metric) for arm in (claim.better, claim.worse)]
    row = {
        "claim": claim,
        "told": dict(zip((claim.better, claim.worse), map(_mean, found), strict=True)),
        "means": [number(score["mean"]) if score else DASH for score in found],
    }
    if judgement is None:
        return row | {"difference": DASH, "verdict": UNTESTED, "seeds": DASH}
    left_out = f" ({judgement['failed']} left out)" if judgement["failed"] else ""
    return row | {
        "difference": _difference(judgement),
        "verdict": judgement["verdict"],
        "seeds": f"{judgement['seeds']}{left_out}",
    }


def _mean(score: Mapping[str, Any] | None) -> str:
    if score is None or score["mean"] is None:
        return DASH
    if score["ci_low"] is None or score["ci_high"] is None:
        return number(score["mean"])
    return f"{number(score['mean'])} ({number(score['ci_low'])} to {number(score['ci_high'])})"


def _difference(row: Mapping[str, Any]) -> str:
    """Better minus worse, with the interval that the verdict was read from."""
    if row["difference"] is None:
        return "no pair of runs"
    if row["ci_low"] is None or row["ci_high"] is None:
        return f"{number(row['difference'], sign=True)} (no bounded interval)"
    bounds = f"{number(row['ci_low'], sign=True)} to {number(row['ci_high'], sign=True)}"
    level = f", {100 * row['level']:.3g} %" if row.get("level") else ""
    return f"{number(row['difference'], sign=True)} ({bounds}{level})"


def _time(name: str) -> dict[str, Any] | None:
    """How many runs of a topic are kept, and the seconds that they took; None without any."""
    runs = [read_json(file) for file in sorted((paths.RUNS / name).glob("*/*/run.json"))]
    if not runs:
        return None
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
