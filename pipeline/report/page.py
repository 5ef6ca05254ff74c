"""What the page says of every topic, from the files under data/."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline import paths, plugins
from pipeline.records import read_history, read_json, read_rows
from pipeline.report import figures
from pipeline.report.cards import card
from pipeline.report.formatting import DASH, VERDICTS, number, render
from pipeline.verdicts.rules import lacking
from pipeline.verdicts.topic import Claim, Topic

LETTERS = 10  # of a run's key, enough to name it
SIDES = ("better", "worse")


def topics(claims: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every planned topic as the page shows it, in the order of the course; its pictures are drawn as files, too.

    `claims` are the rows of claims.json. InputError for a planned topic that has no module.
    """
    found = [_topic(read_json(file), claims) for file in sorted(paths.PLAN.glob("*.json"))]
    for topic in found:
        topic["ledger"] = [_entry(row, topic) for row in topic["rows"]]
        topic["pictures"] = figures.draw(topic)
    return sorted(found, key=lambda topic: (topic["chapter"], topic["name"]))


def texts(topics: Sequence[dict[str, Any]]) -> dict[str, str]:
    """The page itself and its short form in Markdown, by name of file."""
    page = {"topics": topics, "letters": LETTERS, "objectives": figures.WORDS, **_head(topics)}
    files = {"index.html": "report.html.j2", "report.md": "report.md.j2"}
    return {name: render(template, page, probability=_probability) for name, template in files.items()}


# What the files under data/ say of one topic


def _topic(plan: dict[str, Any], claims: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    name = plan["topic"]
    record: Topic = plugins.load("topics", name).TOPIC
    folder, variants = paths.results(name), plan["variants"].values()
    scores = _rows(folder / "scores.csv")
    topic = {
        "name": name,
        "title": record.title,
        "question": record.question,
        "chapter": record.chapter,
        "claims": {claim.name: claim for claim in record.claims},
        "sweeps": record.sweeps,
        "plan": plan,
        "runs": _runs(plan),
        "rows": [row for row in claims if row["topic"] == name],
        "missing": _waiting(record.claims, scores),
        "scores": scores,
        "metrics": _read(folder / "metrics.json"),
        "curves": _rows(folder / "curves.csv"),
        "series": _rows(folder / "series.csv"),
        "lines": _read(folder / "samples.json"),
        "confusions": _confusions(_read(folder / "confusion.json")),
        "cards": [card(data) for data in dict.fromkeys(item["settings"]["data"] for item in variants)],
    }
    return topic | {"failures": _failures(topic), "table": _table(topic), "compared": _compared(topic)} | _cost(topic)


def _rows(file: Path) -> list[dict[str, str]]:
    return read_rows(file) if file.exists() else []


def _read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = read_json(file) if file.exists() else {}
    return found


def _waiting(claims: Sequence[Claim], scores: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """The claims that cannot be judged yet, each with what it waits for."""
    found = [(claim, lacking(claim, scores)) for claim in claims]
    return [
        {"claim": claim, "reason": f"no {claim.metric} of {' and '.join(absent)}"} for claim, absent in found if absent
    ]


def _runs(plan: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Records of the runs there are, by variant in order of seed, each with its history."""
    runs: dict[str, list[dict[str, Any]]] = {}
    for variant in plan["variants"]:
        folders = [paths.run(plan["topic"], variant, seed) for seed in plan["seeds"]]
        there = [folder for folder in folders if (folder / "run.json").exists()]
        runs[variant] = [read_json(folder / "run.json") | {"history": _history(folder)} for folder in there]
    return runs


def _history(folder: Path) -> list[dict[str, float]]:
    file = folder / "history.csv"
    return read_history(file) if file.exists() else []


def _confusions(found: Mapping[str, list[list[int]]]) -> list[dict[str, Any]]:
    """The matrices there are, as percent of the true class."""
    kept = {variant: matrix for variant, matrix in found.items() if any(map(any, matrix))}
    return [
        {"variant": variant, "rows": [{"total": sum(row), "cells": _shares(row)} for row in matrix]}
        for variant, matrix in kept.items()
    ]


def _shares(row: Sequence[int]) -> list[dict[str, Any]]:
    total = sum(row) or 1
    return [{"shade": round(100 * count / total), "said": _percent(count / total)} for count in row]


def _percent(share: float) -> str:
    if share == 0:
        return "·"
    return "<1" if share < 0.005 else f"{100 * share:.0f}"


def _failures(topic: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [run for runs in topic["runs"].values() for run in runs if run["status"] != "finished"]


def _cost(topic: Mapping[str, Any]) -> dict[str, Any]:
    """Counts alone: seconds differ from one time to the next, and the page must not."""
    runs = [run for runs in topic["runs"].values() for run in runs]
    software = sorted({f"{name} {version}" for run in runs for name, version in (run.get("versions") or {}).items()})
    return {
        "planned": len(topic["plan"]["variants"]) * len(topic["plan"]["seeds"]),
        "done": len(runs),
        "epochs": sum(run["epochs"] or 0 for run in runs),
        "devices": sorted({str(run["device"]) for run in runs if run.get("device")}),
        "software": software,
        "example": next((run["run_key"] for run in runs if run["status"] == "finished"), None),
    }


def _table(topic: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row a variant: its scores, and its curves in numbers."""
    rows = []
    for variant in topic["plan"]["variants"]:
        scores = topic["metrics"].get(variant, {})
        curves = [row for row in topic["curves"] if row["variant"] == variant]
        counts = {key: _counts(scores, key) for key in ("n", "failed")}
        rows.append({"variant": variant, "scores": scores, **counts, "fit": figures.fitted(curves)})
    return rows


def _counts(scores: Mapping[str, Mapping[str, Any]], key: str) -> str:
    """One number if it is that of all metrics."""
    return " or ".join(map(str, sorted({score[key] for score in scores.values()}))) or DASH


def _compared(topic: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that differ between variants as columns, and those that do not."""
    flat = {variant: _flat(item["settings"]) for variant, item in topic["plan"]["variants"].items()}
    keys = list(dict.fromkeys(key for settings in flat.values() for key in settings))
    parameters = {variant: _parameters(topic["runs"][variant]) for variant in flat}
    told = {key: [_setting(settings, key) for settings in flat.values()] for key in keys}
    values = {key: sorted(set(told[key]) - ({DASH} if key.startswith("build.") else set())) for key in keys}
    columns = [key for key in keys if len(values[key]) > 1]  # that another model has no such setting is no difference
    cells = {variant: [told[key][at] for key in columns] for at, variant in enumerate(flat)}
    shared = {key: values[key][0] for key in keys if key not in columns}
    return {"columns": columns, "cells": cells, "shared": shared, "parameters": parameters}


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, item in settings.items():
        flat |= _flat(item, f"{prefix}{key}.") if isinstance(item, Mapping) else {f"{prefix}{key}": item}
    return flat


def _setting(settings: Mapping[str, Any], key: str) -> str:
    """A value as params.yaml spells it; a dash for a setting that the variant's model does not have."""
    return json.dumps(settings[key], ensure_ascii=False).strip('"') if key in settings else DASH


def _parameters(runs: Sequence[Mapping[str, Any]]) -> str:
    found = sorted({run["parameters"] for run in runs if run.get("parameters")})
    return " or ".join(f"{count:,}" for count in found) or DASH


# The ledger


def _head(topics: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Verdicts counted over the whole page, and for each topic (which gets its own)."""
    for topic in topics:
        counts = Counter(row["verdict"] for row in topic["rows"])
        topic["verdicts"] = {verdict: counts[verdict] for verdict in VERDICTS}
    return {
        "profiles": sorted({topic["plan"]["profile"] for topic in topics}),
        "verdicts": {verdict: sum(topic["verdicts"][verdict] for topic in topics) for verdict in VERDICTS},
        "untested": sum(len(topic["missing"]) for topic in topics),
        "judged": sum(len(topic["rows"]) for topic in topics),
    }


def _entry(row: Mapping[str, Any], topic: Mapping[str, Any]) -> dict[str, Any]:
    """A row of claims.json in words, with the places of its marks in percent of the forest plot's width."""
    claim = topic["claims"][row["name"]]
    arms = [_arm(side, row[side], topic["metrics"].get(row[side], {}).get(row["metric"]), row) for side in SIDES]
    told = {"said": _difference(row), "chance": _chance(row), "forest": _forest(row), "arms": arms}
    return {**row, **told, "title": topic["title"], "lower": not claim.higher_is_better, "rate": claim.kind == "rate"}


def _arm(side: str, variant: str, score: Mapping[str, Any] | None, row: Mapping[str, Any]) -> dict[str, Any]:
    """One of a claim's two variants: its mean over the seeds with its interval, and the keys of its runs."""
    keys = [str(key)[:LETTERS] for key in row["runs"][side]]
    interval = ""
    if score and score["ci_low"] is not None and score["ci_high"] is not None:
        interval = f"{number(score['ci_low'])} to {number(score['ci_high'])}"
    return {
        "side": side,
        "variant": variant,
        "mean": score["mean"] if score else None,
        "interval": interval,
        "keys": keys,
    }


def _forest(row: Mapping[str, Any]) -> dict[str, float]:
    """Zero is in the middle and each claim has its own scale, as claims differ in unit and by orders of magnitude."""
    named = {"low": row["ci_low"], "at": row["difference"], "high": row["ci_high"]}
    marks = {name: value for name, value in named.items() if value is not None}
    reach = 1.12 * max(1.5 * row["margin"], *(abs(value) for value in marks.values()), 1e-9)
    places = {name: round(50 + 50 * value / reach, 2) for name, value in marks.items()}
    return places | {"band": round(50 * row["margin"] / reach, 2)}


def _difference(row: Mapping[str, Any]) -> dict[str, str]:
    low, high = row["ci_low"], row["ci_high"]
    if row["difference"] is None:
        return {"value": "none", "interval": "no pair of runs to compare"}
    if low is None or high is None:
        return {"value": number(row["difference"], sign=True), "interval": "no bounded interval from so few pairs"}
    width = high - low
    digits = min(6, max(2, 1 - math.floor(math.log10(width)))) if width > 0 else 3
    bounds = f"{number(low, digits)} to {number(high, digits)}"
    level = f"{100 * row['level']:.3g} %" if row.get("level") else "interval"
    return {"value": number(row["difference"], digits, sign=True), "interval": f"{bounds} ({level})"}


def _chance(row: Mapping[str, Any]) -> str:
    """P(better wins on one seed) with its interval."""
    if row["probability_better"] is None:
        return "none"
    low, high = row.get("probability_low"), row.get("probability_high")
    span = f" ({low:.2f} to {high:.2f})" if low is not None and high is not None else ""
    return f"{row['probability_better']:.2f}{span}"


def _probability(value: float | None) -> str:
    if value is None:
        return "none"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
