"""What --help says: of all commands in Spanish where that is spoken, in English elsewhere, and quickly in both."""

import os
import re
import subprocess
import sys

import helped
import pytest

from pipeline import __main__ as command_line
from pipeline import paths, spoken
from pipeline.report import language
from pipeline.report.language import Voice

OF_HELP = "of the help"  # the comment on entries of the catalogue that help alone says
ENGLISH = {"the", "of", "and", "to", "is", "are", "with", "what", "which", "by", "for", "all", "it", "that", "from"}
ENGLISH |= {
    "in",
    "or",
    "show",
    "write",
    "default",
    "this",
    "usage",
    "options",
    "arguments",
    "examples",
    "topic",
    "file",
}
PARSERS = helped.parsers(command_line.parser())


@pytest.fixture
def in_spanish(monkeypatch):
    monkeypatch.setattr(spoken, "_translate", Voice("es").heard)


def sentences(text):
    """Words of a help without what is typed as it stands: commands, options, paths, keys."""
    typed = r"`[^`]*`|\{[^}]*\}|--?[a-z][-a-z]*|\S*[/.:_@]\S*\w|python -m pipeline.*?(?:  |\n)"
    plain = re.sub(typed, " ", text + "\n")
    return {word for word in re.findall(r"[a-záéíóúñ]+", plain.lower()) if word not in PARSERS}


@pytest.mark.parametrize("text", sorted({*helped.texts(command_line.parser())}))
def test_every_text_of_help_has_its_translation(text):
    assert text in language.messages_of("es")


def test_no_text_of_help_is_translated_that_no_help_has():
    kept = {str(entry.id) for entry in language._catalog("es") if OF_HELP in entry.auto_comments}
    assert len(kept) > 80 and kept <= {*helped.texts(command_line.parser())}


@pytest.mark.parametrize("command", PARSERS)
def test_help_in_spanish_has_no_english_sentence(in_spanish, command):
    told = PARSERS[command].format_help()
    assert not sentences(told) & ENGLISH
    assert told.startswith("uso: python -m pipeline") and "muestra esta ayuda y termina" in told


@pytest.mark.parametrize("command", PARSERS)
def test_the_search_for_english_finds_some(command, monkeypatch):
    monkeypatch.setattr(spoken, "_translate", str)
    assert sentences(helped.parsers(command_line.arguments.parser(DOES))[command].format_help()) & ENGLISH


DOES = {name: command.__doc__ for name, command in command_line.COMMANDS.items()}


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("language: es  # of the page\n", "es"),
        ("seeds: 3\nlanguage: 'en'\n", "en"),
        ("topics:\n  language: es\n", "auto"),
        ("language: [\n", "auto"),
        ("language: especial\n", "auto"),
        ("", "auto"),
    ],
)
def test_the_language_of_help_is_that_of_params_as_far_as_it_can_be_read(tmp_path, text, choice):
    (tmp_path / "params.yaml").write_text(text, "utf-8")
    assert spoken.choice_of(tmp_path / "params.yaml") == choice


def test_without_params_the_system_decides(tmp_path):
    assert spoken.choice_of(tmp_path / "params.yaml") == "auto"
    (tmp_path / "params.yaml").write_bytes(b"language: es\n\xff")
    assert spoken.choice_of(tmp_path / "params.yaml") == "auto"


def asked(*words, **own):
    """What a command tells on a terminal that speaks as `own` says, and the libraries that it loads."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG", spoken.OWN))}
    script = (
        "import sys, pipeline.__main__ as m\n"
        f"try: m.main({list(words)!r})\n"
        "except SystemExit as stop: print('exit', stop.code)\n"
        "print(sorted({'babel', 'numpy', 'ruamel', 'pydantic'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=paths.ROOT, env=kept | own, capture_output=True, text=True, check=True)


def test_help_in_english_loads_no_catalogue():
    told = asked("sweep", "--help", LANG="en_GB.UTF-8").stdout
    assert told.startswith("usage:") and told.endswith("exit 0\n[]\n")


def test_help_in_spanish_loads_little_more():
    told = asked("sweep", "--help", AULA_LANGUAGE="es").stdout
    assert told.startswith("uso:") and told.endswith("exit 0\n['babel']\n")


def test_mistakes_are_told_in_english_all_the_same():
    told = asked("claims", "--nothing", AULA_LANGUAGE="es")
    assert told.stdout.startswith("exit 2") and told.stderr.startswith("usage:") and "unrecognized" in told.stderr
