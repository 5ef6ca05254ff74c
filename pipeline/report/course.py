"""The course, statement by statement, each with what tries it: for the pages of docs/ and for the report."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pipeline import paths
from pipeline.contracts import Language
from pipeline.records import write_bytes

FILE = paths.PACKAGE / "report" / "languages" / "course.yaml"
PAGES: dict[Language, str] = {"en": "docs/course.md", "es": "docs/es/curso.md"}
HEADS: dict[Language, str] = {
    "en": "| | in the course | statement | tried by |",
    "es": "| | en el curso | afirmación | se prueba con |",
}
TABLE = re.compile(r"(<!-- statements of chapter (\d) -->\n).*?(<!-- /statements -->)", re.DOTALL)
NAME = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A statement: the course's own `term`, what it says, and how it is tried, in Markdown; all by language but that.

    `names` are the claims (topic.claim) and tests (test_...) that try it.
    """

    number: str
    term: str
    says: Mapping[Language, str]
    tried: Mapping[Language, str]
    names: tuple[str, ...]

    @property
    def claims(self) -> list[str]:
        """The claims that try it, as the page links to them: topic/claim."""
        return [name.replace(".", "/", 1) for name in self.names if "." in name]

    @property
    def tests(self) -> list[str]:
        """The tests that try it."""
        return [name for name in self.names if "." not in name]

    def remark(self, language: Language) -> str:
        """What is said beside names, without marks of Markdown; empty where that is nothing."""
        if self.tried[language] == _listed(self.names):
            return ""
        return NAME.sub(r"\1", re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", self.tried[language]))


@cache
def statements() -> tuple[Statement, ...]:
    """All of them, in the order of the deck."""
    from ruamel.yaml import YAML

    return tuple(_statement(row) for row in YAML(typ="safe").load(FILE.read_text("utf-8")))


def _statement(row: Mapping[str, str | Sequence[str]]) -> Statement:
    tried = row["tried"]
    names = tuple(NAME.findall(tried)) if isinstance(tried, str) else tuple(tried)
    english = tried if isinstance(tried, str) else _listed(names)
    return Statement(
        number=str(row["number"]),
        term=str(row["term"]),
        says={"en": str(row["en"]), "es": str(row["es"])},
        tried={"en": english, "es": str(row.get("probado", english))},
        names=names,
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def of_chapter(number: str) -> list[Statement]:
    """The statements of a chapter, by its number."""
    return [statement for statement in statements() if statement.number.startswith(f"{number}.")]


def table(chapter: str, language: Language) -> str:
    """A chapter's statements as a table in Markdown."""
    rows = [
        f"| {one.number} | *{one.term}* | {one.says[language]} | {one.tried[language]} |" for one in of_chapter(chapter)
    ]
    return "\n".join([HEADS[language], "| --- | --- | --- | --- |", *rows, ""])


def laid_out(text: str, language: Language) -> str:
    """A page with the tables of now between its marks."""
    return TABLE.sub(lambda found: f"{found[1]}\n{table(found[2], language)}\n{found[3]}", text)


def lay_out() -> None:
    """Write the tables into the pages of docs/ that have places for them."""
    for language, name in PAGES.items():
        file = paths.ROOT / name
        if file.exists():
            write_bytes(file, laid_out(file.read_text("utf-8"), language).encode())
