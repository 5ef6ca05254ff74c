"""Judge the claims of every topic that has been evaluated, and write all verdicts into one file."""

from collections.abc import Iterable, Mapping, Sequence

from pipeline import freshness, paths
from pipeline.contracts import Plan
from pipeline.freshness import TopicState
from pipeline.records import is_written, read_items, read_json, read_json_or, read_rows, write_json
from pipeline.result_rows import ClaimRow
from pipeline.settings.params import Settings
from pipeline.settings.plan import current
from pipeline.verdicts import rules
from pipeline.verdicts.looked_at import History, is_fresh
from pipeline.verdicts.looks import Looks
from pipeline.verdicts.topic import Claim, claims_digest

WEIGHTS = {1: (1.0,), 2: (0.8, 0.2), 3: (0.8, 0.1, 0.1)}  # shares of the error, by the number of looks


def judge(states: Iterable[TopicState]) -> list[ClaimRow]:
    """The rows of data/report/claims.json, which is written unless it holds them already."""
    rows = judged(states)
    if not is_written(paths.CLAIMS, rows):
        write_json(paths.CLAIMS, rows)
    return rows


def judged(states: Iterable[TopicState]) -> list[ClaimRow]:
    """One row per claim whose variants have scores, of every topic whose scores are current, in order."""
    return [row for state in states if state.scores == "current" for row in _judge_topic(state)]


def of_topic(settings: Settings, topic: str) -> list[ClaimRow]:
    """The present verdicts of a topic; none where its scores are not current."""
    return judged([freshness.state(settings, current(settings, topic))])


def _judge_topic(state: TopicState) -> list[ClaimRow]:
    folder = paths.results(state.name)
    scores = read_rows(folder / "scores.csv")
    claims = judgeable(state.topic.claims, scores)
    history: History = read_json_or(paths.looked_at(), [])
    return rules.judge(
        state.name,
        claims,
        scores,
        items=read_items(folder / "items.npz"),
        trivial=read_json(folder / "trivial.json"),
        looks=looks_of(state.plan),
        written_before={claim.name for claim in claims if _was_written_before(claim, state, history)},
    )


def _was_written_before(claim: Claim, state: TopicState, history: History = ()) -> bool:
    """Whether all runs of one side began with the claim as it is, and none of its seeds had been published before that.

    Then nobody could have seen the difference before.
    """
    told = claims_digest([claim])
    seeds = {seed for (variant, seed) in state.records if variant in (claim.better, claim.worse)}
    if not is_fresh(history, topic=state.name, name=claim.name, digest=told, seeds=seeds):
        return False
    arms: dict[str, list[bool]] = {claim.better: [], claim.worse: []}
    for (variant, _), record in state.records.items():
        if variant in arms:
            arms[variant].append(record.get("claims", {}).get(claim.name) == told)
    return any(arm and all(arm) for arm in arms.values())


def judgeable(claims: Iterable[Claim], scores: Sequence[Mapping[str, str]]) -> list[Claim]:
    """The claims of a topic whose variants have scores: the family that is judged together."""
    return [claim for claim in claims if not rules.lacking(claim, scores)]


def looks_of(plan: Plan) -> Looks:
    """When the claims of a plan are looked at, and what share of the error each look may use."""
    sizes = plan["looks"]
    return Looks(means=tuple(sizes["means"]), rates=tuple(sizes["rates"]), weights=WEIGHTS[len(sizes["means"])])
