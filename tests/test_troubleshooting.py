"""Every message of the code stands in docs/troubleshooting.md, in one row, and every row is on a message there is."""

import ast
import re
from collections.abc import Iterable
from functools import cache

import messages
import pytest
from messages import VARIES, Message, Module

from pipeline import paths

PAGE = paths.ROOT / "docs" / "troubleshooting.md"
FEW, FEW_WORDS = 5, 3  # a row with fewer words of its own than FEW has no more than FEW_WORDS for each ...
SPAN = re.compile(r"(?<!`)(`+) ?(.+?) ?\1(?!`)")


@cache
def told() -> list[Message]:
    return messages.messages()


@cache
def rows() -> dict[str, tuple[str, ...]]:
    """{message of the page: (what it means, what to do)}; tables of messages only."""
    found: dict[str, tuple[str, ...]] = {}
    for table in re.findall(r"^\| message \|.*\n\| ---.*\n((?:\|.*\n?)+)", PAGE.read_text("utf-8"), re.M):
        for line in table.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            for _, message in SPAN.findall(cells[0]):
                assert message not in found, f"twice on the page: {message}"
                found[message] = tuple(cells[1:])
    return found


@cache
def pattern(row: str) -> re.Pattern[str]:
    value = rf"\S+(?: \S+){{0,{FEW_WORDS - 1}}}" if messages.words(row) < FEW else ".+"
    return re.compile(value.join(map(re.escape, row.split(VARIES))))


def covering(text: str, all_rows: Iterable[str]) -> list[str]:
    """The rows that a message is told by: of those that fit, the ones with most words of their own."""
    fitting = [row for row in all_rows if pattern(row).fullmatch(text)]
    own = {row: len(row.replace(VARIES, "")) for row in fitting}
    return [row for row in fitting if own[row] == max(own.values())]


def test_every_message_has_one_row():
    uncovered = [f"{each.place}: {each.text}" for each in told() if len(covering(each.text, rows())) != 1]
    assert not uncovered, "docs/troubleshooting.md has not one row for\n" + "\n".join(uncovered)


def test_every_row_is_on_a_message():
    used = {row for each in told() for row in covering(each.text, rows())}
    assert not set(rows()) - used, "no code tells\n" + "\n".join(sorted(set(rows()) - used))


def test_every_row_says_what_it_means_and_what_to_do():
    assert [row for row, cells in rows().items() if len(cells) != 2 or not all(cells)] == []


def test_the_page_has_no_message_of_another_shape():
    """What a parser passes over would be checked by nothing."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert sum(len(SPAN.findall(line.split(" | ")[0])) for line in lines) == len(rows()) > 200


ADDED = {
    "an error": 'raise InputError(f"colour: given {value}, allowed red")',
    "one with a few words": 'raise InputError(f"params.yaml: colour: given {value}, allowed red or green: paint it")',
    "by a name": 'line = f"colour: given {value}, allowed red"\n    raise InputError(line)',
    "in two parts": 'told = f"given {value}, allowed red or blue"\n    raise InputError(f"{value}: {told}")',
    "a complaint": 'complaints.add(place, "a colour that is not known here", "red or blue")',
    "a line": 'print(f"{value} was painted red", file=sys.stderr)',
    "a line of a list": 'lines.append(f"{value} was painted red")\n    print("\\n".join(lines))',
    "a part of an old form": 'raise InputError("colour %s: given %d, allowed red" % (value, 3))',
    "a form": 'raise InputError("colour {}: given {value:.1f}, allowed red".format(1, value=value))',
    "a sum": 'raise InputError("colour: given " + value + ", allowed red or blue")',
    "words by name": 'complaints.add(place, given="a colour that is not known here", allowed="red or blue")',
    "several words": 'print("the wall was painted", value, file=sys.stderr)',
    "a bare write": 'sys.stderr.write(f"{value} was painted red")',
    "an end": 'sys.exit(f"{value} was painted red")',
    "an error of its own": 'super().__init__(f"{value} was painted red")',
    "a warning": 'warnings.warn(f"{value} was painted red", stacklevel=2)',
    "a reason": 'return Outcome(reason=f"{value} was painted over")',
}


@pytest.mark.parametrize("statement", ADDED.values(), ids=ADDED)
def test_a_new_message_is_seen(statement):
    lines = read_statement(statement)
    assert lines and not any(covering(line, rows()) for line in lines), lines


def read_statement(statement: str) -> list[str]:
    """What a function with that statement would tell, if it were the program's."""
    text = f"from pipeline import errors\ndef paint(value, lines, place):\n    {statement}\n"
    return [each.text for each in messages.of_module(messages.read(), Module("pipeline.paint", ast.parse(text)))]


def test_what_a_function_of_another_module_gives_back_is_seen():
    lines = read_statement("print(errors.of_the_disk(value))")
    assert any("given a read-only file system" in line for line in lines)


def test_what_the_makefile_refuses_is_seen():
    lines = [each.text for each in told() if each.place.startswith("Makefile")]
    text = (paths.ROOT / "Makefile").read_text("utf-8")
    assert len(lines) == text.count("$(error ") + text.count(">&2") > 1


def test_no_message_names_a_command_that_there_is_not():
    """Those within messages are the reader's to type, as the page's own are (tests/test_readme.py)."""
    from pipeline.__main__ import COMMANDS

    named = {word for each in told() for word in re.findall(r"python -m pipeline (\w+)", each.text)}
    assert named and named <= set(COMMANDS)


def test_the_page_is_linked():
    for page in ("README.md", "README.es.md", "docs/how-it-works.md"):
        assert "troubleshooting.md" in (paths.ROOT / page).read_text("utf-8"), page
