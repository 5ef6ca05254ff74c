"""The first screen of the page: a map of all claims by chapter, and the results that surprise most."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

from pipeline.contracts import Firmness, Language, Verdict
from pipeline.report import course
from pipeline.report.claims import JudgedClaim
from pipeline.report.course import Statement

if TYPE_CHECKING:
    from pipeline.report.page import TopicPage

MOST_SURPRISES = 3
FIRMEST: tuple[Firmness | None, ...] = ("firm", "likely", "fragile", None)


class Mark(TypedDict):
    """A claim as a mark of the map."""

    topic: str
    name: str
    verdict: Verdict | str  # or untested
    firmness: Firmness | None
    sentences: dict[Language, str]
    chapter: str


class Part(TypedDict):
    """A topic's claims of one chapter."""

    name: str
    titles: dict[Language, str]
    marks: list[Mark]


class Chapter(TypedDict):
    """A chapter of the course; `name` is empty for what is not of the course."""

    name: str
    topics: list[Part]


def chapters(topics: Sequence["TopicPage"]) -> list[Chapter]:
    """All claims, judged or not, by the chapter that each names first, then by topic."""
    found: dict[str, dict[str, Part]] = {}
    for topic in topics:
        for mark in _marks(topic):
            part: Part = {"name": topic.name, "titles": topic.titles, "marks": []}
            found.setdefault(mark["chapter"], {}).setdefault(topic.name, part)["marks"].append(mark)
    return [{"name": name, "topics": list(parts.values())} for name, parts in sorted(found.items())]


def _marks(topic: "TopicPage") -> Iterator[Mark]:
    for row in topic.judged:
        yield {
            "topic": topic.name,
            "name": row["name"],
            "verdict": row["verdict"],
            "firmness": row["firmness"],
            "sentences": row["sentences"],
            "chapter": _chapter(row["chapter"], topic.own),
        }
    for item in topic.waiting:
        yield {
            "topic": topic.name,
            "name": item["claim"].name,
            "verdict": "untested",
            "firmness": None,
            "sentences": item["sentences"],
            "chapter": _chapter(item["claim"].chapter, topic.own),
        }


def _chapter(name: str, own: bool) -> str:
    """Number and name of the chapter: what stands before its colon."""
    return "" if own else name.partition(":")[0].strip()


class Step(TypedDict):
    """A statement of the course with the marks of those claims of it that are on the page."""

    one: Statement
    marks: list[Mark]


class Walked(TypedDict):
    """A chapter of the course as the page walks through it."""

    name: str
    rows: list[Step]


def walk(chapters: Sequence[Chapter]) -> list[Walked]:
    """The chapters that have claims on the page, statement by statement."""
    marks = {
        f"{mark['topic']}/{mark['name']}": mark
        for chapter in chapters
        for part in chapter["topics"]
        for mark in part["marks"]
    }
    return [{"name": chapter["name"], "rows": _steps(chapter["name"][:1], marks)} for chapter in chapters]


def _steps(number: str, marks: Mapping[str, Mark]) -> list[Step]:
    return [
        {"one": one, "marks": [marks[name] for name in one.claims if name in marks]}
        for one in course.of_chapter(number)
    ]


def surprising(topics: Sequence["TopicPage"]) -> list[JudgedClaim]:
    """What we did not expect comes first, then what contradicts a claim: the firmest and largest, one a topic."""
    rows = [row for topic in topics if not topic.own for row in topic.judged]
    told = [row for row in rows if row["verdict"] == "contradicted" or row["as_expected"] is False]
    chosen: dict[str, JudgedClaim] = {}
    for row in sorted(told, key=_rank):
        chosen.setdefault(row["topic"], row)
    return list(chosen.values())[:MOST_SURPRISES]


def _rank(row: JudgedClaim) -> tuple[bool, int, float, str]:
    return (
        row["as_expected"] is not False,
        FIRMEST.index(row["firmness"]),
        -row["size"],
        f"{row['topic']} {row['name']}",
    )
