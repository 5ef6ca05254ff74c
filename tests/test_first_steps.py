"""What docs/es says of the terminal is what the terminal says: each line is one of docs/troubleshooting.md."""

import re

import pytest

from pipeline import paths
from pipeline.__main__ import parser
from pipeline.report import language

PAGE = (paths.ROOT / "docs" / "es" / "primeros-pasos.md").read_text("utf-8")
KNOWN = (paths.ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
PARTS = PAGE.split("\n## ")
LINES = [line for part in PARTS[1:] for line in re.findall(r"^\| `([^`]+)` \|", part, re.M)]
COMMANDS = re.findall(r"^\| `([^`]+)` \|", PARTS[0], re.M)


DOTS = re.compile(r"\{\w+\}")
ENGLISH = {
    DOTS.sub("...", language.messages_of("es")[message]): DOTS.sub("...", message)
    for _, message in language._patterns("es", (language.OF_TERMINAL,))
}


def in_english(line):
    """The line that is said as this in Spanish; itself where it is told in English alone."""
    begun = line.removesuffix("...").strip()
    return next((english for spanish, english in ENGLISH.items() if line == spanish), None) or next(
        (english for spanish, english in ENGLISH.items() if len(begun) > 20 and spanish.startswith(begun)), line
    )


def test_most_lines_are_in_spanish():
    assert sum(in_english(line) != line for line in LINES) > 8


@pytest.mark.parametrize("line", LINES)
def test_each_line_is_one_that_is_told(line):
    """Up to where it is cut off by dots."""
    line = in_english(line)
    parts = [part.strip() for part in line.split("...") if len(part.strip()) > 2]
    longest = max(parts, key=len, default="")
    rows = [row for row in KNOWN.splitlines() if row.startswith("| `") and all(part in row for part in parts)]
    assert rows, longest


def test_there_are_lines_of_both_kinds():
    assert len(LINES) > 15 and len(COMMANDS) > 5


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_one_there_is(command):
    if command.startswith("python -m pipeline "):
        words = command.split()[3:]
        assert words == ["--help"] or parser().parse_args(words)
    else:
        target = command.split()[1:2]
        makefile = (paths.ROOT / "Makefile").read_text("utf-8")
        assert not target or re.search(rf"^{target[0]}:", makefile, re.M)
