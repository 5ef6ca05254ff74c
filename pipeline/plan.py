"""Resolve everything that decides a topic's numbers into one file, so that only what changed is run again."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

from pipeline import paths, plugins
from pipeline.params import Settings, TopicSettings, Variant
from pipeline.records import digest, read_json, write_json

# Files, beside the variant's model and task, in which a change can change the numbers of a run.
DECISIVE = (
    *("layers.py", "objective.py", "optimizers.py", "records.py", "runtime.py"),
    *("runs/fit.py", "runs/run.py", "runs/traced.py"),
    "tasks/classify.py",  # the other tasks are built on it
)


def plan(settings: Settings) -> None:
    """Write data/plan/<topic>.json for every topic: resolved settings, digests of data and code."""
    for topic in settings.topics.values():
        write_json(paths.plan(topic.name), resolve(settings, topic))


def current(settings: Settings, topic: str) -> dict[str, Any]:
    """The plan of `topic` as written, if params, code and data are still those it was made from (ValueError)."""
    if topic not in settings.topics:
        raise ValueError(f"topic: given {topic!r}, allowed {', '.join(settings.topics)}")
    file = paths.plan(topic)
    fresh = resolve(settings, settings.topics[topic])
    if not file.exists() or read_json(file) != fresh:
        raise ValueError(
            f"{file.relative_to(paths.ROOT)}: given a plan older than params.yaml, the code or the data, allowed a"
            " current one: run `dvc repro`, or `python -m pipeline plan` first"
        )
    return fresh


def resolve(settings: Settings, topic: TopicSettings) -> dict[str, Any]:
    """What `topic` is going to run: needs the cards of its data, not the data itself."""
    return {
        "topic": topic.name,
        "profile": settings.profile,
        "seeds": list(range(topic.seeds)),
        "metrics": list(topic.metrics),
        "variants": {name: _variant(variant) for name, variant in topic.variants.items()},
    }


def _variant(variant: Variant) -> dict[str, Any]:
    card = _card(variant.data)
    files = [paths.PACKAGE / name for name in DECISIVE] + _own(variant)
    return {
        "settings": variant.settings(),
        "data_digest": data_digest(card, variant.view),
        "code": {str(file.relative_to(paths.PACKAGE)): meaning(file.read_text("utf-8")) for file in files},
    }


def _own(variant: Variant) -> list[Path]:
    return [plugins.path("models", variant.model), plugins.path("tasks", variant.task)]


def data_digest(card: dict[str, Any], view: str) -> str:
    """Digest of what training reads: the training split under `view`, and the validation split."""
    return digest([card["views"][view]["digest"], card["digests"]["validation"]])


def _card(data: str) -> dict[str, Any]:
    if not paths.card(data).exists():
        raise ValueError(f"data/prepared/{data}: given nothing, allowed prepared data: run `dvc repro` first")
    card: dict[str, Any] = read_json(paths.card(data))
    return card


@cache  # every variant asks for much the same files
def meaning(source: str) -> str:
    """Digest of Python source that comments, docstrings and layout do not change."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            first.value.value = ""
    return digest(ast.dump(tree))
