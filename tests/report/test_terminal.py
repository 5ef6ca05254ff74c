"""Verdicts in the terminal: every claim with its verdict, plain where there is no terminal, JSON for a script."""

import json
import re

import pytest

from pipeline import paths, spoken
from pipeline.__main__ import main
from pipeline.records import write_json
from pipeline.report import terminal
from pipeline.report.language import Voice
from pipeline.verdicts.topic import load

ROW = {"ci_low": 0.1, "ci_high": 0.3, "difference": 0.2, "claim": "Deeper is better.", "verdict": "reproduced"}
ROW |= {"level": 0.95}
ROWS = [
    ROW | {"topic": "one"},
    ROW | {"topic": "one", "claim": "Wider is better.", "verdict": "undecided", "ci_low": None},
    ROW | {"topic": "two", "claim": "Longer is better.", "verdict": "contradicted", "difference": -0.2},
]


def test_one_line_per_claim_and_a_sum(capsys):
    terminal.show(terminal.chosen(ROWS))
    output = capsys.readouterr().out
    assert [title for title in ("one", "two") if title in map(str.strip, output.splitlines())] == ["one", "two"]
    (line,) = [line for line in output.splitlines() if "Longer" in line]
    assert line.split() == ["contradicted", "−0.200", "+0.100", "to", "+0.300", "Longer", "is", "better."]
    assert output.splitlines()[-1] == "3 claims: 1 reproduced, 1 contradicted, 1 undecided"
    assert "\x1b" not in output  # no colours without a terminal


def test_differences_have_the_digits_that_the_page_shows(capsys):
    narrow = ROW | {"topic": "one", "difference": 0.00123, "ci_low": 0.00101, "ci_high": 0.00145}
    terminal.show([narrow, narrow | {"ci_low": None}])
    first, second = [line.split() for line in capsys.readouterr().out.splitlines() if "Deeper" in line]
    assert first[1:5] == ["+0.00123", "+0.00101", "to", "+0.00145"] and second[1:3] == ["+0.001", "none"]


@pytest.fixture
def in_spanish(monkeypatch):
    monkeypatch.setattr(spoken, "_translate", Voice("es").heard)


def test_in_spanish_a_claim_is_said_as_its_topic_says_it(in_spanish, capsys):
    claim = load("memory").claims[0]
    terminal.show([ROW | {"topic": "memory", "claim": claim.sentence}, ROW | {"topic": "mine"}])
    told = capsys.readouterr().out
    assert "veredicto" in told and "reproducida" in told and "+0,100 a +0,300" in told
    assert claim.frase[:60] in told and "Deeper is better." in told
    assert told.splitlines()[-1] == "2 afirmaciones: 2 reproducidas"


def test_in_spanish_json_is_the_same(in_spanish, capsys):
    terminal.show(ROWS, as_json=True)
    assert json.loads(capsys.readouterr().out) == ROWS


def test_in_spanish_names_and_examples_of_columns_stay(in_spanish, capsys):
    column = {
        "column": "test",
        "kind": "number",
        "missing": 0,
        "distinct": 3,
        "example": "class",
        "becomes": "a number",
    }
    terminal.show_understood("mine: 30 examples (table, 1), 2 classes", [column], {"test": 30}, ["odd thing"])
    told = capsys.readouterr().out
    assert "mine: 30 ejemplos (tabla, 1), 2 clases" in told and "se convierte en" in told
    assert re.search(r"test +número +0 +3 +class +un número", told) and "- odd thing" in told


def test_json_is_what_the_report_wrote(capsys):
    terminal.show(terminal.chosen(ROWS, "two"), as_json=True)
    assert json.loads(capsys.readouterr().out) == ROWS[2:]


def test_an_unknown_topic_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match=r"given 'three', allowed one, two"):
        terminal.chosen(ROWS, "three")


def test_without_verdicts_it_says_how_to_get_some_and_where_the_published_ones_are():
    with pytest.raises(ValueError, match=r"dvc repro.*docs/results.md"):
        terminal.chosen([])


def test_the_command_shows_nothing_that_is_not_of_the_present_settings(house, capsys):
    """The verdicts of another day lie there, but no plan that they could be compared with."""
    write_json(paths.CLAIMS, ROWS)
    assert main(["claims", "imbalance", "--json"]) == 2
    output = capsys.readouterr()
    assert not output.out and "run `dvc repro`" in output.err


def test_answers_are_shown_as_they_are_and_the_rest_is_counted(capsys):
    rows = 25
    columns = {"id": [f"[red]{row}" for row in range(rows)], "predicted": ["Yes"] * rows, "p(Yes)": [0.123456] * rows}
    terminal.show_predictions(columns)
    told = capsys.readouterr().out
    assert "[red]19" in told and "[red]20" not in told and "0.123" in told and "0.1234" not in told
    assert "and 5 more rows: --out writes all of them, with all digits" in told
    terminal.show_predictions({name: cells[:20] for name, cells in columns.items()})
    assert "more rows" not in capsys.readouterr().out
