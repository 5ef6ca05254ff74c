"""Every statement of the course has a row in docs/course.md that leads to claims or tests, or says why it does not."""

import ast
import re
from collections import Counter
from functools import cache

from pipeline import paths, plugins

PAGE = paths.ROOT / "docs" / "course.md"
CHAPTERS = {1: 4, 2: 19, 3: 25, 4: 14, 5: 20}  # statements in each
NUMBER = re.compile(r"[1-5]\.\d+")
WHY_NOT = re.compile(r"Not tried: (?:\S+ ){6,}\S+")  # a reason, not a word
ERROR = re.compile(r"An error: \[.+?\]\(#([a-z0-9-]+)\)")


@cache
def rows():
    """{number: (Spanish term, statement, what tries it)} of the tables."""
    found = {}
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("|") and NUMBER.fullmatch(cells[0]):
            assert len(cells) == 4 and cells[0] not in found, line
            found[cells[0]] = tuple(cells[1:])
    return found


def named(cell):
    """Names in code type: claims as `topic.claim`, tests as `test_...`."""
    return re.findall(r"`([^`]+)`", cell)


@cache
def claims():
    return {f"{topic}.{claim.name}" for topic in plugins.names("topics") for claim in of(topic)}


def of(topic):
    return plugins.load("topics", topic).TOPIC.claims


@cache
def known_tests():
    """How often each name of a test occurs in the files of tests."""
    count = Counter()
    for file in (paths.ROOT / "tests").rglob("test_*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        count.update(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
    return {name: many for name, many in count.items() if name.startswith("test_")}


def told(faults):
    return "docs/course.md:\n" + "\n".join(faults)


def test_no_statement_is_lost():
    for chapter, many in CHAPTERS.items():
        assert [number for number in rows() if number.startswith(f"{chapter}.")] == [
            f"{chapter}.{place}" for place in range(1, many + 1)
        ]
    terms = Counter(term for term, _, _ in rows().values())
    assert all(re.fullmatch(r"\*[^*]+\*", term) for term in terms) and max(terms.values()) == 1


def test_every_claim_named_is_one_of_its_topic():
    missing = [
        f"{number}: no claim {name}"
        for number, (_, _, cell) in rows().items()
        for name in named(cell)
        if "." in name and name not in claims()
    ]
    assert not missing, told(missing)


def test_every_test_named_is_one_there_is_and_only_one():
    missing = [
        f"{number}: {known_tests().get(name, 0)} tests named {name}"
        for number, (_, _, cell) in rows().items()
        for name in named(cell)
        if "." not in name and known_tests().get(name) != 1
    ]
    assert not missing, told(missing)


def test_every_row_leads_somewhere_or_says_why_not():
    anchors = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles()}
    nowhere = []
    for number, (_, _, cell) in rows().items():
        error = ERROR.search(cell)
        if not (named(cell) or WHY_NOT.search(cell) or error) or (error and error[1] not in anchors):
            nowhere.append(
                f"{number}: given {cell!r}, allowed a claim, a test, 'Not tried: ' and why, or an error's link"
            )
    assert not nowhere, told(nowhere)


def titles():
    return re.findall(r"^#+ (.+)$", PAGE.read_text("utf-8"), re.M)


def test_claims_stand_in_a_chapter_that_they_name():
    """Rows of other chapters may name them as well, but not alone."""
    chapters = {f"{name}.{claim.name}": claim.chapter for name in plugins.names("topics") for claim in of(name)}
    named_in: dict[str, set[str]] = {}
    for number, (_, _, cell) in rows().items():
        for name in named(cell):
            named_in.setdefault(name, set()).add(number[0])
    strayed = [
        f"{name}: given chapter {', '.join(sorted(there))}, allowed {chapters[name]!r}"
        for name, there in named_in.items()
        if name in chapters and not there & {part.strip()[0] for part in chapters[name].split(";")}
    ]
    assert not strayed, told(strayed)
