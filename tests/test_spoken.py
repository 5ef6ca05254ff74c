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
FILES += ("report.terminal", "stages.left_out", "stages.train", "sweeps.progress", "cluster.fleet", "cluster.launch")
FILES += ("operations.rerun", "operations.lock", "lessons.handout", "freshness", "sharing.team", "mlflow_sync.ui")
FILES += ("devices.carry_out", "sweeps.standing")
TELL = ("tell", "tell_each", "_say")
BEFORE = {"cluster.fleet": "cluster: "}  # what `_say` of a file puts before each line
ERROR = re.compile(r"given .*, allowed |: make space; ")  # errors that are told on, which are English
TOLD_ON = ("failed: ...", "cluster: ...")  # lines of others


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
    """(file, line) of all that is given to `tell`, and is no error; `...` stands for values."""
    code = messages.read()
    for name in FILES:
        module = code.modules[f"pipeline.{name}"]
        for function, call in messages._calls(module.tree, None):
            said = messages.last(call.func)
            if said in TELL:
                before = BEFORE.get(name, "") if said == "_say" else ""
                texts = messages.Reader(code, module, function).texts(call.args[0])
                told = sorted({f"{before}{line.strip()}" for text in texts for line in text.splitlines()})
                yield from ((name, line) for line in told if not ERROR.search(line) and line not in TOLD_ON)


def filled(text):
    """The line with numbers as values; those behind a word may also be lacking: where a run is done, say."""
    for value in ("7", "1"):
        yield re.sub(r"(\.\.\.)+", value, re.sub(r"(?<=[a-z])\.\.\.", "", text))
        yield re.sub(r"(\.\.\.)+", value, re.sub(r"(?<=[a-z])\.{4}", f".{value}", text))


TOLD = [(name, text) for name, text in lines() if messages.words(text) and not text.endswith(":")]
TOLD = sorted({pair for pair in TOLD if not pair[1].startswith(",")})  # a part of a line


def test_there_are_lines_of_every_file():
    assert {name for name, _ in TOLD} == {*FILES} and len(TOLD) > 150


@pytest.mark.parametrize(("name", "text"), TOLD)
def test_each_line_that_is_told_is_known_in_spanish(name, text):
    heard = Voice("es").heard
    assert any(heard(line) != line for line in filled(text))


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
            "params.yaml: topics.memory.fit.epochs: 5 has no effect on 2 of 9 variants: group far sets 7",
            "params.yaml: topics.memory.fit.epochs: 5 no tiene efecto en 2 de 9 variantes: el grupo far pone 7",
        ),
        ("memory: more seeds for claims that are undecided (120 s of training): lstm 12", "memory: más semillas para"),
        ("churn: 1,234 examples (table, 12), 2 classes", "churn: 1234 ejemplos (tabla, 12), 2 clases"),
        ("failed: train@memory: ended without a word: killed, or out of memory", "fallo: train@memory: acabó sin"),
        ("done: open data/report/index.html", "hecho: abre data/report/index.html"),
        (
            "strides: 4/24 trial 3: diverged (seed 0: the loss was not finite in epoch 1); best 0.34 (trial 2), about"
            " 3 min left",
            "strides: 4/24 intento 3: divergido (semilla 0: la pérdida dejó de ser finita en la época 1); el mejor 0,34"
            " (intento 2), quedan unos 3 min",
        ),
        (
            "strides: 24 trials (20 complete, 3 stopped, 1 failed), 70 runs, 3.5 minutes of training",
            "strides: 24 intentos (20 con todas las semillas, 3 por detrás, 1 fallo), 70 entrenamientos",
        ),
        (
            "  on test data: cross_entropy better by 0.12 [0.1, 0.14]: reproduced",
            "  con datos de prueba: cross_entropy mejora en 0,12 [0,1; 0,14]: reproducida",
        ),
        ("  view.rebalance.ratio: 0.2 .. 1 when view: smote", "  view.rebalance.ratio: 0.2 .. 1 si view: smote"),
        (
            "params.yaml: topics.x.variants.y_found is written: better than y",
            "params.yaml: topics.x.variants.y_found está escrita: mejor que y",
        ),
        (
            "repeats to the bit: 5 epochs of gru seed 3 (keras 3.1 then, 3.2 now; a cpu then, a gpu now)",
            "se repite bit a bit: 5 épocas de gru semilla 3 (keras 3.1 entonces, 3.2 ahora; un cpu entonces, un gpu",
        ),
        (
            "t: gru, seed 3 (run 0123abcdef): validation cross-entropy 0.4, lowest of 6 runs, each on a validation part"
            " of its own; temperature 1.5 (fitted on 50 validation examples)",
            "t: gru, semilla 3 (entrenamiento 0123abcdef): entropía cruzada de validación 0,4, la menor de 6",
        ),
        (
            "memory: left out: 3 not trained, or damaged (of 9 planned runs): `python -m pipeline train memory`",
            "memory: fuera: 3 sin entrenar, o dañados (de 9 entrenamientos planeados): `python -m pipeline train",
        ),
        (
            "1 experiments, 2 comparisons, 3 runs, 4 points, 0 models written to MLflow",
            "escrito en MLflow: 1 experimentos, 2 comparaciones, 3 entrenamientos, 4 puntos, 0 modelos",
        ),
    ],
)
def test_lines_that_others_hand_on_are_known(english, spanish):
    assert Voice("es").heard(english).startswith(spanish)
