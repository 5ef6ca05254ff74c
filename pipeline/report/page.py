"""The page of all topics, and its short form in Markdown."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.contracts import Plan, Verdict
from pipeline.freshness import TopicState
from pipeline.report import claims, effects, facts, figures, outcomes, sentence, tables
from pipeline.report.claims import RUN_KEY_DIGITS, JudgedClaim, WaitingClaim
from pipeline.report.effects import Comparison
from pipeline.report.facts import Run, TopicFacts
from pipeline.report.figures import Pictures
from pipeline.report.formatting import VERDICTS, money, number, render
from pipeline.report.outcomes import Outcomes
from pipeline.report.tables import ComparedSettings, Confusion, Cost, ScoresOfVariant
from pipeline.result_rows import ClaimRow, MetricSummary
from pipeline.verdicts.topic import COST


@dataclass(frozen=True, kw_only=True)
class TopicPage:
    """A topic as the templates show it; tables that files are missing for are empty.

    Of a user's `own` data there are a `sentence` on what came out, all comparisons on one scale, and outcomes.
    """

    name: str
    title: str
    question: str
    chapter: str
    own: bool
    sentence: str
    comparisons: list[Comparison]
    outcomes: Outcomes | None
    reason: str  # what of it is not current, in words
    plan: Plan
    verdicts: dict[Verdict, int]
    judged: list[JudgedClaim]
    waiting: list[WaitingClaim]
    runs: dict[str, list[Run]]
    failures: list[Run]
    compared: ComparedSettings
    metrics: dict[str, dict[str, MetricSummary]]
    scores: list[ScoresOfVariant]
    confusions: list[Confusion]
    samples: dict[str, list[str]]
    cards: list[dict[str, Any]]
    cost: Cost
    pictures: Pictures


def topics(states: Sequence[TopicState], judgements: Sequence[ClaimRow]) -> list[TopicPage]:
    """Every planned topic in the order of the course; its pictures are drawn as files, too.

    `judgements` are the rows of claims.json.
    """
    pages = [_topic_page(facts.read(state, judgements)) for state in states]
    return sorted(pages, key=lambda topic: (topic.chapter, topic.name))


def _topic_page(facts: TopicFacts) -> TopicPage:
    counts, judged = Counter(row["verdict"] for row in facts.judgements), claims.judged(facts)
    return TopicPage(
        name=facts.name,
        title=facts.topic.title,
        question=facts.topic.question,
        chapter=facts.topic.chapter,
        reason=facts.reason,
        plan=facts.plan,
        verdicts={verdict: counts[verdict] for verdict in VERDICTS},
        own=facts.topic.own,
        sentence=sentence.of_topic(facts.topic, facts.judgements),
        comparisons=effects.comparisons(judged) if facts.topic.own else [],
        outcomes=outcomes.draw(facts),
        judged=judged,
        waiting=claims.waiting(facts),
        runs=facts.runs,
        failures=[run for runs in facts.runs.values() for run in runs if run["status"] != "finished"],
        compared=tables.compared(facts),
        metrics=facts.metrics,
        scores=tables.scores(facts),
        confusions=tables.confusions(facts),
        samples=facts.samples,
        cards=facts.cards,
        cost=tables.cost(facts),
        pictures=figures.draw(facts),
    )


def texts(topics: Sequence[TopicPage]) -> dict[str, str]:
    """{file: text} of the page itself and its short form in Markdown."""
    page = {
        "topics": topics,
        "own": bool(topics) and all(topic.own for topic in topics),
        "run_key_digits": RUN_KEY_DIGITS,
        "profiles": sorted({topic.plan["profile"] for topic in topics}),
        "verdicts": {verdict: sum(topic.verdicts[verdict] for topic in topics) for verdict in VERDICTS},
        "waiting": sum(len(topic.waiting) for topic in topics),
        "judged": sum(len(topic.judged) for topic in topics),
    }
    templates = {"index.html": "report.html.j2", "report.md": "report.md.j2"}
    return {
        name: render(template, page, probability=_probability, score=_score) for name, template in templates.items()
    }


def _score(value: float | None, metric: str) -> str:
    return money(value) if metric == COST else number(value)


def _probability(value: float | None) -> str:
    if value is None:
        return "none"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
