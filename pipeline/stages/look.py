"""Ask for more seeds where a claim is still undecided: as many as are likely to decide it, within the budget."""

import math
from collections.abc import Iterable
from typing import Any

from pipeline import freshness, paths
from pipeline.freshness import TopicState
from pipeline.records import read_items, read_json_or, read_rows
from pipeline.settings import seeds
from pipeline.settings.params import Settings
from pipeline.stages.judge import judgeable, looks_of
from pipeline.verdicts.allotment import next_pairs


def look(settings: Settings, states: Iterable[TopicState]) -> list[str]:
    """Write .aula/looks/<topic>.json of each topic that is to have more seeds; a line on each, none where none is.

    The budget is that of all further looks of all topics, those taken before included; topics share what is left of it
    alike, those that ask for least first, so that what they leave goes to those that ask for more. What a run costs is
    taken from data/published, wherever that knows its variant: else a slow machine would look less often, and come to
    other verdicts.
    """
    looking = [state for state in states if len(looks_of(state.plan).weights) > 1]
    left = settings.budget_minutes * 60 - sum(seeds.spent(settings, settings.topics[state.name]) for state in looking)
    waiting = [state for state in looking if state.scores == "current"]
    left *= len(waiting) / max(1, len(looking))  # what the others have spent is spent, and their shares stay their own
    waiting.sort(key=lambda state: _more(settings, state, budget_s=math.inf)[1])
    lines = []
    for place, state in enumerate(waiting):
        more, cost = _more(settings, state, budget_s=left / (len(waiting) - place))
        if more:
            left -= cost
            seeds.ask(settings, settings.topics[state.name], more, cost)
            lines.append(_line(state.name, more, cost))
    return lines


def _more(settings: Settings, state: TopicState, *, budget_s: float) -> tuple[dict[str, int], float]:
    """{variant: seeds that it is to have in all}, and the seconds of training that these cost."""
    folder = paths.results(state.name)
    scores = read_rows(folder / "scores.csv")
    claims = judgeable(state.topic.claims, scores)
    seconds = _seconds(state)
    items = read_items(folder / "items.npz")
    more = next_pairs(claims, scores, seconds, budget_s=budget_s, looks=looks_of(state.plan), items=items)
    have = {name: len(planned["data_digests"]) for name, planned in state.plan["variants"].items()}
    return more, sum((count - have[name]) * seconds[name] for name, count in more.items())


def _seconds(state: TopicState) -> dict[str, float]:
    """{variant: seconds that one of its runs takes}: as published, else as measured."""
    freshness.published_profile()  # refuses what is not as it was published
    published: dict[str, Any] = read_json_or(paths.PUBLISHED / "seconds.json", {})
    known: dict[str, float] = published.get(state.plan["profile"], {}).get(state.name, {})
    return state.seconds() | {variant: known[variant] for variant in known.keys() & state.plan["variants"].keys()}


def _line(topic: str, more: dict[str, int], cost: float) -> str:
    told = ", ".join(f"{variant} {count}" for variant, count in more.items())
    return f"{topic}: more seeds for claims that are undecided ({cost:.0f} s of training): {told}"
