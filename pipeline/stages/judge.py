"""Judge the claims of every topic that has been evaluated, and write all verdicts into one file."""

from collections.abc import Iterable

from pipeline import paths
from pipeline.contracts import ClaimRow
from pipeline.freshness import TopicState
from pipeline.records import is_written, read_rows, write_json
from pipeline.verdicts import rules, topic


def judge(states: Iterable[TopicState]) -> list[ClaimRow]:
    """The rows of data/report/claims.json, which is written unless it holds them already."""
    rows = judged(states)
    if not is_written(paths.CLAIMS, rows):
        write_json(paths.CLAIMS, rows)
    return rows


def judged(states: Iterable[TopicState]) -> list[ClaimRow]:
    """One row per claim whose variants have scores, of every topic whose scores are current, in order."""
    return [row for state in states if state.scores == "current" for row in _judge_topic(state.name)]


def _judge_topic(name: str) -> list[ClaimRow]:
    scores = read_rows(paths.results(name) / "scores.csv")
    claims = [claim for claim in topic.load(name).claims if not rules.lacking(claim, scores)]
    return rules.judge(name, claims, scores)
