"""Judge the claims of every planned topic, and write all verdicts into one file."""

from collections.abc import Sequence
from typing import Any

from pipeline import paths, plugins
from pipeline.records import read_json, read_rows, write_json
from pipeline.verdicts import rules
from pipeline.verdicts.topic import Claim


def judge() -> list[dict[str, Any]]:
    """The rows of data/report/claims.json, which is written unless it holds them already.

    A claim whose variants have no scores yet has no row. InputError for a planned topic that has no module.
    """
    plans = [read_json(file) for file in sorted(paths.PLAN.glob("*.json"))]
    rows = [row for plan in plans for row in _judge_topic(plan["topic"])]
    if not paths.CLAIMS.exists() or read_json(paths.CLAIMS) != rows:
        write_json(paths.CLAIMS, rows)
    return rows


def _judge_topic(name: str) -> list[dict[str, Any]]:
    claims: Sequence[Claim] = plugins.load("topics", name).TOPIC.claims
    file = paths.results(name) / "scores.csv"
    scores = read_rows(file) if file.exists() else []
    return rules.judge(name, [claim for claim in claims if not rules.lacking(claim, scores)], scores)
