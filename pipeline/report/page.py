"""The page of all topics in both languages, and its short form in Markdown."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.contracts import Language, LanguageChoice, Plan, Verdict
from pipeline.freshness import TopicState
from pipeline.report import (
    claims,
    effects,
    explore,
    facts,
    figures,
    many,
    metric_words,
    outcomes,
    overview,
    pilots,
    sentence,
    sweeps,
    tables,
)
from pipeline.report.claims import RUN_KEY_DIGITS, JudgedClaim, WaitingClaim
from pipeline.report.effects import Comparison
from pipeline.report.explore import View
from pipeline.report.facts import Run, TopicFacts
from pipeline.report.figures import Pictures
from pipeline.report.formatting import VERDICTS, money, number, render
from pipeline.report.gallery import Gallery
from pipeline.report.language import LANGUAGES, OWN_NAMES, NumberText, Voice, listed
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
    titles: dict[Language, str]
    question: str
    questions: dict[Language, str]
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
    views: list[View]


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
        titles={"en": facts.topic.title, "es": facts.topic.titulo or facts.topic.title},
        question=facts.topic.question,
        questions=claims.questions(facts.topic),
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
        views=explore.views(facts),
    )


def texts(
    topics: Sequence[TopicPage], choice: LanguageChoice = "auto", shown_sweeps: Sequence[str] = ()
) -> dict[str, str]:
    """{file: text} of the page itself, in both languages, and of its short form in Markdown, which is in one.

    `choice` is the language that it opens in, and the one of the short form; "auto" leaves that to the browser, and is
    English where nobody asks.
    """
    page = _page(topics, shown_sweeps)
    first: Language = "es" if choice == "es" else "en"
    galleries = {language: Gallery(Voice(language), empty=language != first) for language in LANGUAGES}
    numbers = {topic.name: [view["drawn"] for view in topic.views] for topic in topics if topic.views}
    whole = {
        "choice": choice,
        "language": first,
        "other": _other(first),
        "bodies": {language: _body(page, language, gallery) for language, gallery in galleries.items()},
        "rules": galleries[first].rules(),
        "titles": {language: _title(page["own"], Voice(language)) for language in LANGUAGES},
        "numbers": _as_script(numbers),
    }
    return {
        "index.html": render("report.html.j2", whole),
        "report.md": render("report.md.j2", page, Voice(first), **_filters(Voice(first))),
    }


def _page(topics: Sequence[TopicPage], shown_sweeps: Sequence[str]) -> dict[str, Any]:
    """What both templates are made of."""
    return {
        "topics": topics,
        "own": bool(topics) and all(topic.own for topic in topics),
        "run_key_digits": RUN_KEY_DIGITS,
        "shown": many.SHOWN,
        "profiles": sorted({topic.plan["profile"] for topic in topics}),
        "verdicts": {verdict: sum(topic.verdicts[verdict] for topic in topics) for verdict in VERDICTS},
        "waiting": sum(len(topic.waiting) for topic in topics),
        "judged": sum(len(topic.judged) for topic in topics),
        "chapters": overview.chapters(topics),
        "sweeps": sweeps.read(shown_sweeps),
        "surprises": overview.surprising(topics),
    }


def _body(page: dict[str, Any], language: Language, gallery: Gallery) -> str:
    """All that a reader sees in one language, its pictures as the gallery hands them out."""
    voice, other = gallery.voice, _other(language)
    own = {
        "title": _title(page["own"], voice),
        "meanings": _meanings(voice),
        "other": other,
        "other_name": OWN_NAMES[other],
        "drawn": gallery.drawn,
        "image": gallery.image,
        "kept": gallery.kept,
        "listed": listed,
        "course": [] if page["own"] else overview.walk(page["chapters"]),
    }
    return render("report_body.html.j2", page | own, voice, **_filters(voice))


def _filters(voice: Voice) -> dict[str, Callable[..., Any]]:
    return {
        "probability": _probability,
        "score": _score,
        "pilot": lambda text: pilots.told(text, voice),
        "metric": lambda name: metric_words.words(name, voice.language),
        "first_upper": lambda text: text[:1].upper() + text[1:],
    }


def _other(language: Language) -> Language:
    return "en" if language == "es" else "es"


def _title(own: bool, voice: Voice) -> str:
    return str(
        voice.marked("What came out for your data")
        if own
        else voice.marked("What the course claims, and what came out")
    )


def _meanings(voice: Voice) -> dict[Verdict, str]:
    return {
        "reproduced": voice.marked("the whole interval of the difference lies beyond the margin"),
        "contradicted": voice.marked("it lies beyond the margin on the other side"),
        "negligible": voice.marked("it lies within the margin on both sides"),
        "undecided": voice.marked("otherwise: more seeds are needed"),
    }


def _as_script(data: Any) -> str:
    """JSON that ends no script, whatever names it has."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")


def _score(value: float | None, metric: str) -> NumberText:
    """A mean as its metric calls for it: a cost, whole steps, or a number."""
    if metric == COST:
        return money(value)
    return number(value, metric_words.digits(metric))


def _probability(value: float | None) -> NumberText:
    if value is None:
        return NumberText("\u2013")
    return NumberText("< 0.001" if value < 0.001 else f"{value:.3f}")
