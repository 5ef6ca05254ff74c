"""Judge the claims of every planned topic, and write all verdicts into one file."""

from pipeline import paths
from pipeline.contracts import ClaimRow
from pipeline.records import read_json, read_json_or, read_rows_or_none, write_json
from pipeline.verdicts import rules, topic


def judge() -> list[ClaimRow]:
    """The rows of data/report/claims.json, which is written unless it holds them already.

    A claim whose variants have no scores yet has no row. InputError for a planned topic that has no module.
    """
    plans = [read_json(file) for file in sorted(paths.PLAN.glob("*.json"))]
    rows = [row for plan in plans for row in _judge_topic(plan["topic"])]
    if read_json_or(paths.CLAIMS, None) != rows:
        write_json(paths.CLAIMS, rows)
    return rows


def _judge_topic(name: str) -> list[ClaimRow]:
    scores = read_rows_or_none(paths.results(name) / "scores.csv")
    claims = [claim for claim in topic.load(name).claims if not rules.lacking(claim, scores)]
    return rules.judge(name, claims, scores)
