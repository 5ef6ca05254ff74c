"""Verdicts in the terminal: every claim with its verdict, plain where there is no terminal, JSON for a script."""

import json

import pytest

from pipeline import paths
from pipeline.__main__ import main
from pipeline.records import write_json
from pipeline.report import terminal

ROW = {"ci_low": 0.1, "ci_high": 0.3, "difference": 0.2, "claim": "Deeper is better.", "verdict": "reproduced"}
ROWS = [
    ROW | {"topic": "one"},
    ROW | {"topic": "one", "claim": "Wider is better.", "verdict": "undecided", "ci_low": None},
    ROW | {"topic": "two", "claim": "Longer is better.", "verdict": "contradicted", "difference": -0.2},
]


@pytest.fixture
def judged(house):
    write_json(paths.REPORT / "claims.json", ROWS)


def test_one_line_per_claim_and_a_sum(judged, capsys):
    terminal.show(terminal.rows())
    output = capsys.readouterr().out
    assert [title for title in ("one", "two") if title in map(str.strip, output.splitlines())] == ["one", "two"]
    (line,) = [line for line in output.splitlines() if "Longer" in line]
    assert line.split() == ["contradicted", "−0.200", "+0.100", "to", "+0.300", "Longer", "is", "better."]
    assert output.splitlines()[-1] == "3 claims: 1 reproduced, 1 contradicted, 1 undecided"
    assert "\x1b" not in output  # no colours without a terminal


def test_json_is_what_the_report_wrote(judged, capsys):
    terminal.show(terminal.rows("two"), as_json=True)
    assert json.loads(capsys.readouterr().out) == ROWS[2:]


def test_an_unknown_topic_is_named_with_the_known_ones(judged):
    with pytest.raises(ValueError, match=r"given 'three', allowed one, two"):
        terminal.rows("three")


def test_without_verdicts_it_says_how_to_get_some(house):
    with pytest.raises(ValueError, match="dvc repro"):
        terminal.rows()


def test_the_command_prints_the_committed_verdicts(capsys):
    assert main(["claims", "imbalance", "--json"]) == 0
    assert {row["topic"] for row in json.loads(capsys.readouterr().out)} == {"imbalance"}
    assert main(["claims", "nothing"]) == 2
