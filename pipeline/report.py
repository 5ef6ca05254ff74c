"""Judge the claims of every topic and lay all results out for a reader."""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline import objective, paths, plots, plugins
from pipeline.claims import judge
from pipeline.pages import DASH, VERDICTS, number, render
from pipeline.records import read_history, read_json, read_rows, write_bytes, write_json
from pipeline.topic import Claim, Topic

FEW = 12  # classes up to which a confusion matrix can be read
WIDTHS = (plots.WIDE, plots.NARROW)
LETTERS = 10  # of a run's key, enough to name it


def report() -> None:
    """Write claims.json, index.html, report.md and the pictures under data/report, from the files under data/.

    The same files give the same bytes. What is missing (a topic without results, say) is said on the page. ValueError
    for a planned topic that has no module.
    """
    topics = [_topic(read_json(file)) for file in sorted(paths.PLAN.glob("*.json"))]
    rows = [row for topic in topics for row in topic["rows"]]
    for file in sorted(paths.REPORT.glob("*.svg")):
        file.unlink()
    write_json(paths.REPORT / "claims.json", rows)
    for topic in topics:
        topic["pictures"] = _pictures(topic)
    page = {"topics": topics, "ledger": [_entry(row, topics) for row in rows], **_head(topics, rows)}
    for template, name in (("report.html.j2", "index.html"), ("report.md.j2", "report.md")):
        write_bytes(
            paths.REPORT / name, render(template, page | {"letters": LETTERS}, probability=_probability).encode()
        )


# What the files under data/ say of one topic


def _topic(plan: dict[str, Any]) -> dict[str, Any]:
    name = plan["topic"]
    record: Topic = plugins.load("topics", name).TOPIC
    folder, variants = paths.results(name), plan["variants"].values()
    scores = read_rows(folder / "scores.csv") if (folder / "scores.csv").exists() else []
    ready, missing = _sort_claims(record.claims, scores)
    topic = {
        "name": name,
        "title": record.title,
        "question": record.question,
        "plan": plan,
        "runs": _runs(plan),
        "rows": judge(name, ready, scores),
        "missing": missing,
        "scores": scores,
        "metrics": _read(folder / "metrics.json"),
        "curves": read_rows(folder / "curves.csv") if (folder / "curves.csv").exists() else [],
        "confusions": _confusions(_read(folder / "confusion.json")),
        "cards": [_card(data) for data in dict.fromkeys(item["settings"]["data"] for item in variants)],
    }
    return topic | {"failures": _failures(topic), "table": _table(topic), "compared": _compared(topic)} | _cost(topic)


def _read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = read_json(file) if file.exists() else {}
    return found


def _sort_claims(claims: Sequence[Claim], scores: Sequence[Mapping[str, str]]) -> tuple[list[Claim], list[Any]]:
    """Claims that can be judged, and the others with what they wait for."""
    known = {(row["variant"], row["metric"]) for row in scores}
    ready, missing = [], []
    for claim in claims:
        absent = [arm for arm in (claim.better, claim.worse) if (arm, claim.metric) not in known]
        if absent:
            missing.append({"claim": claim, "reason": f"no {claim.metric} of {' and '.join(absent)}"})
        else:
            ready.append(claim)
    return ready, missing


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
    """Matrices small enough to read, as percent of the true class."""
    small = {variant: matrix for variant, matrix in found.items() if len(matrix) <= FEW and any(map(any, matrix))}
    return [
        {"variant": variant, "rows": [{"total": sum(row), "cells": _shares(row)} for row in matrix]}
        for variant, matrix in small.items()
    ]


def _shares(row: Sequence[int]) -> list[dict[str, Any]]:
    total = sum(row) or 1
    return [{"shade": round(100 * count / total), "said": _percent(count / total)} for count in row]


def _percent(share: float) -> str:
    if share == 0:
        return "·"
    return "<1" if share < 0.005 else f"{100 * share:.0f}"


def _card(data: str) -> dict[str, Any]:
    """What a reader wants of a data card; `found` is False where there is none."""
    card = _read(paths.card(data))
    if not card:
        return {"data": data, "found": False}
    rows = [(f"training, {view}", told["counts"]) for view, told in card["views"].items()]
    rows += [(part, card["counts"][part]) for part in ("validation", "test")]
    notes = {view: _told(told.get("steps", {})) for view, told in card["views"].items()}
    return card | {
        "found": True,
        "scaled": _scaling(card["scale"]),
        "rows": [{"name": name, "counts": counts, "total": sum(counts)} for name, counts in rows],
        "notes": {view: note for view, note in notes.items() if note},
        "few": card["classes"] <= FEW,
    }


def _scaling(scale: Mapping[str, Any]) -> str:
    by = _told({key: item for key, item in scale.items() if key != "kind"})
    return f"{scale['kind']} ({by})" if by else str(scale["kind"])


def _told(notes: Any) -> str:
    """Nested notes as a line of text; long lists are counted, not shown."""
    if isinstance(notes, Mapping):
        return ", ".join(f"{key}: {_told(item)}" if item != {} else str(key) for key, item in notes.items())
    if isinstance(notes, list):
        return f"{len(notes)} values" if len(notes) > FEW else " ".join(_told(item) for item in notes)
    return number(notes) if isinstance(notes, float) else str(notes)


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
        rows.append({"variant": variant, "scores": scores, **counts, "fit": _fit(curves)})
    return rows


def _counts(scores: Mapping[str, Mapping[str, Any]], key: str) -> str:
    """One number if it is that of all metrics."""
    return " or ".join(map(str, sorted({score[key] for score in scores.values()}))) or DASH


def _fit(curves: Sequence[Mapping[str, str]]) -> dict[str, Any] | None:
    """Best and last epoch of the mean curves (objective)."""
    found = plots.best(curves)
    if found is None:
        return None
    last = {row["split"]: row for row in sorted(curves, key=lambda row: int(row["epoch"]))}
    training, validation = (float(last[split]["objective"]) for split in ("training", "validation"))
    ends = {"epochs": int(last["validation"]["epoch"]), "training": training, "validation": validation}
    return {"epoch": found[0], "best": found[1], "gap": validation - training, **ends}


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


# Pictures


def _pictures(topic: Mapping[str, Any]) -> dict[str, Any]:
    """Draw a topic's pictures as files, and give them ready to stand in a page: panels of curves, scores."""
    panels, rows, name = _panels(topic), _score_rows(topic), topic["name"]
    drawn: dict[str, Any] = {"curves": [], "scores": []}
    if panels:
        plots.save(plots.overfitting_grid(panels), paths.REPORT / f"{name}_curves.svg")
        drawn["curves"] = _inlined(plots.overfitting_panels(panels), f"{name}_curves")
    if rows:
        metric = topic["plan"]["metrics"][0]
        plots.save(plots.scores(rows, metric), paths.REPORT / f"{name}_scores.svg")
        drawn["scores"] = _inlined([plots.scores(rows, metric, width) for width in WIDTHS], f"{name}_scores")
    return drawn


def _inlined(figures: Sequence[Any], name: str) -> list[str]:
    return [_inline(plots.svg(figure, f"{name}_{at}")) for at, figure in enumerate(figures)]


def _inline(svg: str) -> str:
    """An SVG file's picture as part of an HTML page: no prologue, colours that follow the page's theme."""
    svg = re.sub(r"<(metadata|style).*?</\1>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r' (?:xmlns(?::xlink)?|version)="[^"]*"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)
    svg = svg.replace("font-family: 'DejaVu Sans', sans-serif; ", "").replace("; ", ";").replace(": ", ":")
    for name, colour in plots.COLOURS.items():
        svg = svg.replace(colour, f"var(--plot-{name})")
    return svg.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1).strip()


def _panels(topic: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the curves of each variant are drawn from; a variant without an objective has none."""
    panels = [
        {
            "title": variant,
            "group": item["settings"]["data"],
            "curves": [row for row in topic["curves"] if row["variant"] == variant],
            "histories": [objective.curve(run["history"]) for run in topic["runs"][variant]],
        }
        for variant, item in topic["plan"]["variants"].items()
    ]
    return [panel for panel in panels if panel["curves"] or any(panel["histories"])]


def _score_rows(topic: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of `plots.scores` for the topic's first metric."""
    metric, rows = topic["plan"]["metrics"][0], []
    for variant, item in topic["plan"]["variants"].items():
        found = topic["metrics"].get(variant, {}).get(metric)
        if found:
            values = [row["value"] for row in topic["scores"] if (row["variant"], row["metric"]) == (variant, metric)]
            sound = [float(value) for value in values if value and math.isfinite(float(value))]
            rows.append({"variant": variant, "group": item["settings"]["data"], "values": sound, **found})
    return rows


# The ledger


def _head(topics: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    counts = Counter(row["verdict"] for row in rows)
    return {
        "profiles": sorted({topic["plan"]["profile"] for topic in topics}),
        "verdicts": {verdict: counts[verdict] for verdict in VERDICTS},
        "untested": sum(len(topic["missing"]) for topic in topics),
    }


def _entry(row: Mapping[str, Any], topics: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A row of claims.json in words, with the places of its marks in percent of the forest plot's width."""
    title = next(topic["title"] for topic in topics if topic["name"] == row["topic"])
    return {**row, "title": title, "said": _difference(row), "chance": _chance(row), "forest": _forest(row)}


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
