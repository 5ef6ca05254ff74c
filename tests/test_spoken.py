"""The terminal speaks the language that params.yaml or the system asks for; every line it is told is known there."""

import os
import re
import shutil
import subprocess
import sys

import messages
import pytest

from pipeline import __main__ as command_line
from pipeline import paths, spoken
from pipeline.report.language import Voice

FILES = ("__main__", "demo", "operations.dvc_repro", "operations.growing_page", "operations.preview", "pool.progress")
FILES += ("report.terminal", "stages.left_out", "stages.train")


@pytest.mark.parametrize(
    ("choice", "environment", "language"),
    [
        ("es", {"AULA_LANGUAGE": "en", "LANG": "en_GB.UTF-8"}, "es"),
        ("en", {"AULA_LANGUAGE": "es", "LANG": "es_ES.UTF-8"}, "en"),
        ("auto", {"LANG": "es_ES.UTF-8"}, "es"),
        ("auto", {"LC_ALL": "C", "LANG": "es_ES.UTF-8"}, "en"),
        ("auto", {"LC_ALL": "", "LC_MESSAGES": "es_MX", "LANG": "C"}, "es"),
        ("auto", {"AULA_LANGUAGE": "en", "LC_ALL": "es_ES.UTF-8"}, "en"),
        ("auto", {}, "en"),
    ],
)
def test_params_count_before_the_environment_and_its_first_word_before_others(choice, environment, language):
    assert spoken.asked(choice, environment) == language


def lines():
    """(file, line) of all that is given to `tell`, values as numbers."""
    code = messages.read()
    for name in FILES:
        module = code.modules[f"pipeline.{name}"]
        for function, call in messages._calls(module.tree, None):
            if messages.last(call.func) == "tell":
                texts = messages.Reader(code, module, function).texts(call.args[0])
                yield from ((name, filled(text)) for text in sorted(texts))


def filled(text):
    """Values behind a word are what may be lacking: where a run is done, say."""
    return re.sub(r"(\.\.\.)+", "7", re.sub(r"(?<=[a-z])\.\.\.", "", text))


TOLD = [(name, text) for name, text in lines() if messages.words(text)]


def test_there_are_lines_of_every_file():
    assert {name for name, _ in TOLD} == {*FILES} and len(TOLD) > 20


@pytest.mark.parametrize(("name", "text"), TOLD)
def test_each_line_that_is_told_is_known_in_spanish(name, text):
    assert Voice("es").heard(text) != text


def test_what_is_not_known_stays_and_so_does_where_it_begins():
    told = Voice("es").heard
    assert told("topic: given 'x', allowed memory") == "topic: given 'x', allowed memory"
    assert told("  lstm seed 3") == "  lstm semilla 3"
    assert told("3 claims: 1 reproduced, 2 negligible") == "3 afirmaciones: 1 reproducida, 2 insignificantes"
    assert told("memory: 3/24 lstm seed 7: diverged (the loss was not finite in epoch 2)") == (
        "memory: 3/24 lstm semilla 7: divergido (la pérdida dejó de ser finita en la época 2)"
    )


@pytest.mark.parametrize(
    ("language", "told"), [("es", "params.yaml está bien"), ("en", "params.yaml is sound"), ("auto", "is sound")]
)
def test_a_command_speaks_as_params_say(tmp_path, monkeypatch, capsys, language, told):
    shutil.copytree(paths.PARAMS.parent / "profiles", tmp_path / "profiles")
    text = paths.PARAMS.read_text("utf-8")
    (tmp_path / "params.yaml").write_text(f"language: {language}\n{text.replace('language: auto', '# auto')}", "utf-8")
    monkeypatch.setattr(paths, "PARAMS", tmp_path / "params.yaml")
    monkeypatch.setattr(spoken, "_translate", str)
    assert command_line.main(["check"]) == 0
    assert told in capsys.readouterr().out


def test_a_command_speaks_as_the_system_does_and_errors_stay_english():
    own = {name: value for name, value in os.environ.items() if name != spoken.OWN and not name.startswith("LC_")}
    own["LANG"] = "es_ES.UTF-8"
    ask = [sys.executable, "-m", "pipeline"]
    told = subprocess.run([*ask, "check"], cwd=paths.ROOT, env=own, capture_output=True, text=True, check=True)
    assert "params.yaml está bien: perfil" in told.stdout
    wrong = subprocess.run([*ask, "claims", "x"], cwd=paths.ROOT, env=own, capture_output=True, text=True, check=False)
    assert wrong.returncode == 2 and "topic: given 'x', allowed" in wrong.stderr


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        (
            "params.yaml: 3 more values have no effect (or not everywhere) in profile laptop:"
            " `python -m pipeline check` lists all",
            "params.yaml: otros 3 valores no tienen efecto",
        ),
        (
            "params.yaml: topics.memory.fit.epochs: 5 has no effect on 2 of 9 variants: each sets its own",
            "params.yaml: topics.memory.fit.epochs: 5 no tiene efecto en 2 de 9 variantes: each sets its own",
        ),
        ("memory: more seeds for claims that are undecided (120 s of training): lstm 12", "memory: más semillas para"),
        ("churn: 1,234 examples (table, 12), 2 classes", "churn: 1234 ejemplos (tabla, 12), 2 clases"),
        ("failed: train@memory: ended without a word: killed, or out of memory", "fallo: train@memory: acabó sin"),
        ("done: open data/report/index.html", "hecho: abre data/report/index.html"),
    ],
)
def test_lines_that_others_hand_on_are_known(english, spanish):
    assert Voice("es").heard(english).startswith(spanish)
