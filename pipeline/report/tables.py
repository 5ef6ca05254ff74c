"""Tables of a topic's page: settings that differ, scores, confusions, and what it all cost."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from pipeline.report import class_names, formatting
from pipeline.report.curves import Fit, fitted
from pipeline.report.facts import Run, TopicFacts
from pipeline.report.formatting import DASH
from pipeline.report.language import either, phrase, word
from pipeline.result_rows import MetricSummary
from pipeline.settings.plan import places


class ScoresOfVariant(TypedDict):
    """A variant's scores, the runs behind them, and its curves in numbers."""

    variant: str
    scores: Mapping[str, MetricSummary]
    n: str
    failed: str
    fit: Fit | None


class ComparedSettings(TypedDict):
    """Settings that differ between variants as `columns` with their `cells`, those that do not as `shared`."""

    columns: list[str]
    cells: dict[str, list[str]]
    shared: dict[str, str]
    parameters: dict[str, str]


class Cost(TypedDict):
    """Counts of runs and epochs, what they ran on, and the key of one finished run."""

    planned: int
    done: int
    epochs: int
    devices: list[str]
    software: list[str]
    example: str | None


class ConfusionCell(TypedDict):
    """A share of the true class: in words, and as a shade of 0 to 100."""

    shade: int
    percent: str


class ConfusionRow(TypedDict):
    """One true class, by its name, or its code where it has none."""

    name: str
    total: int
    cells: list[ConfusionCell]


class Confusion(TypedDict):
    """A variant's confusion matrix as percent of the true class."""

    variant: str
    rows: list[ConfusionRow]


def scores(facts: TopicFacts) -> list[ScoresOfVariant]:
    """One row per variant."""
    rows: list[ScoresOfVariant] = []
    for variant in facts.plan["variants"]:
        summaries = facts.metrics.get(variant, {})
        curves = [row for row in facts.curves if row["variant"] == variant]
        n, failed = _counts(summaries, "n"), _counts(summaries, "failed")
        rows.append({"variant": variant, "scores": summaries, "n": n, "failed": failed, "fit": fitted(curves)})
    return rows


def _counts(summaries: Mapping[str, MetricSummary], key: Literal["n", "failed"]) -> str:
    """One number if it is that of all metrics."""
    return either(sorted({score[key] for score in summaries.values()})) or DASH


def compared(facts: TopicFacts) -> ComparedSettings:
    """Settings of all variants; that another model has no such setting is no difference."""
    every = {variant: flat(item["settings"]) for variant, item in facts.plan["variants"].items()}
    keys = list(dict.fromkeys(key for settings in every.values() for key in settings))
    texts = {key: [setting(settings, key) for settings in every.values()] for key in keys}
    values = {key: sorted(set(texts[key]) - ({DASH} if key.startswith("build.") else set())) for key in keys}
    columns = [key for key in keys if len(values[key]) > 1]
    return {
        "columns": columns,
        "cells": {variant: [texts[key][at] for key in columns] for at, variant in enumerate(every)},
        "shared": {key: values[key][0] for key in keys if key not in columns},
        "parameters": {variant: _parameters(facts.runs[variant]) for variant in every},
    }


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """{place of a setting, as in params.yaml with dots: its value}."""
    places: dict[str, Any] = {}
    for key, item in settings.items():
        places |= flat(item, f"{prefix}{key}.") if isinstance(item, Mapping) else {f"{prefix}{key}": item}
    return places


def setting(settings: Mapping[str, Any], key: str) -> str:
    """A value as params.yaml spells it; a dash for a setting that the variant's model does not have."""
    return json.dumps(settings[key], ensure_ascii=False).strip('"') if key in settings else DASH


def _parameters(runs: Sequence[Run]) -> str:
    counts = sorted({run["parameters"] for run in runs if run["parameters"]})
    return either([formatting.count(count) for count in counts]) or DASH


def cost(facts: TopicFacts) -> Cost:
    """Counts alone: seconds differ from one time to the next, and the page must not."""
    runs = [run for runs in facts.runs.values() for run in runs]
    return {
        "planned": len(places(facts.plan)),
        "done": len(runs),
        "epochs": sum(run["epochs"] or 0 for run in runs),
        "devices": sorted({_device(run) for run in runs if run["device"]}),
        "software": sorted({f"{name} {version}" for run in runs for name, version in run["versions"].items()}),
        "example": next((run["run_key"] for run in runs if run["status"] == "finished"), None),
    }


def _device(run: Run) -> str:
    """Kind of device and whose numbers it gives: those of a record from before this was told apart are not named."""
    whose = run.get("numerics")
    return phrase("{device} ({whose} numbers)", device=run["device"], whose=word(whose)) if whose else run["device"]


def confusions(facts: TopicFacts) -> list[Confusion]:
    """The matrices that have any counts."""
    names = {card["data"]: class_names.of_card(card) for card in facts.cards}
    return [
        {"variant": variant, "rows": _confusion(matrix, names.get(_data(facts, variant), []))}
        for variant, matrix in facts.confusion.items()
        if any(map(any, matrix))
    ]


def _data(facts: TopicFacts, variant: str) -> str:
    """The data that a variant of the plan learns from."""
    planned = facts.plan["variants"].get(variant)
    return planned["settings"]["data"] if planned else ""


def _confusion(matrix: Sequence[Sequence[int]], names: Sequence[str]) -> list[ConfusionRow]:
    heads = class_names.shown(names) if len(names) == len(matrix) else [str(code) for code in range(len(matrix))]
    rows = zip(heads, matrix, strict=True)
    return [{"name": head, "total": sum(row), "cells": _shares(row)} for head, row in rows]


def _shares(row: Sequence[int]) -> list[ConfusionCell]:
    total = sum(row) or 1
    return [{"shade": round(100 * count / total), "percent": _percent(count / total)} for count in row]


def _percent(share: float) -> str:
    if share == 0:
        return "·"
    return "<1" if share < 0.005 else f"{100 * share:.0f}"
