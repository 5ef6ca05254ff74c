"""`make` works in a folder of any name or refuses it in one line, and names what is missing before it installs."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import paths

TOOLS = ("make", "sh", "env", "printf", "git", "id", "test", "echo")
WELCOME = (
    *(
        "Mi proyecto ñ/50% off #1/aula",
        "it's",
        "a' b",
        "a?b%20c",
        "%20",
        "[x]",
        "*",
        "(x) {a,b}",
        "-x",
        "~",
        "a;touch run;b",
    ),
    *("a&b|c", "a<b>c", "a!b", "a=b", "x,y", "日本"),
)
HARMFUL = {
    "a:b": ":", "$HOME": "$", "$(touch run)": "$", "`touch run`": "`", 'a"b': '"', "a\\b": "\\",
    "a\tb": "tab", "a\nb": "line break",
    "it's \"quoted\" $HOME `touch run`": '$ ` "',
}  # fmt: skip
PYTHON = """#!/bin/sh
case "$*" in *"set_up sound"*) exit 0;; esac
echo "ran $*; $PYTHONUTF8; ${PYTHONPATH-none}; ${PYTHONWARNINGS-none}; ${PYTHONHOME-none}"
"""

OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "PYTHON", "GPU")


@pytest.fixture
def place(tmp_path):
    """Makes the few files that `make` reads in a folder of the given name, in no Git repository."""

    def make(name="aula"):
        place = tmp_path / "here" / name
        for file in (
            "Makefile",
            "requirements.lock",
            "pipeline/__init__.py",
            "pipeline/paths.py",
            "pipeline/errors.py",
        ):
            (place / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(paths.ROOT / file, place / file)
        shutil.copytree(paths.PACKAGE / "operations", place / "pipeline" / "operations")
        return place

    return make


@pytest.fixture
def programs(tmp_path):
    """A folder for PATH with the few programs that make needs, a `git` among them."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).symlink_to(shutil.which(name))
    (folder / "python3").symlink_to(sys.executable)
    return folder


def script(file, text):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.write_text(text)
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def set_up(place):
    """A .venv that `make` takes for ready, whose Python says how it was called."""
    script(place / ".venv" / "bin" / "python", PYTHON)
    key = subprocess.run(["git", "hash-object", "requirements.lock"], cwd=place, capture_output=True, text=True)
    (place / ".venv" / f"ready-{key.stdout.strip()}").touch()


def make(place, *arguments, **variables):
    outside = {name: value for name, value in os.environ.items() if name not in OF_MAKE}  # `make test` runs this
    environment = {**outside, "GIT_CEILING_DIRECTORIES": str(place.parent), **variables}
    return subprocess.run(["make", *arguments], cwd=place, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("name", WELCOME)
def test_a_folder_of_any_name_runs_its_own_python(place, name):
    folder = place(name)
    set_up(folder)
    told = make(folder, "ui")
    assert told.returncode == 0 and told.stdout.startswith("ran -m pipeline ui"), told.stderr
    assert not [*folder.parent.rglob("run")] and not (folder.parent.parent / "run").exists()


@pytest.mark.parametrize("name", HARMFUL)
@pytest.mark.parametrize("target", ["repro", "help"])
def test_a_harmful_name_is_refused_in_one_line_and_runs_nothing(place, name, target):
    folder = place(name)
    set_up(folder)
    told = make(folder, target)
    assert told.returncode == 2 and told.stdout == ""
    assert (
        told.stderr.count("\n") == 1 and f"this folder: given a name with {HARMFUL[name]}, allowed any" in told.stderr
    )
    assert not [*folder.parent.rglob("run")]


def test_other_peoples_python_variables_stay_outside(place):
    folder = place()
    set_up(folder)
    told = make(folder, "ui", PYTHONPATH="/elsewhere", PYTHONWARNINGS="error", PYTHONHOME="/elsewhere", PYTHONUTF8="0")
    assert told.stdout == "ran -m pipeline ui; 1; none; none; none\n"


def test_an_activated_environment_or_conda_does_not_win(place, tmp_path):
    script(tmp_path / "conda" / "python", "#!/bin/sh\necho conda\n")
    folder = place()
    set_up(folder)
    told = make(folder, "ui", PATH=f"{tmp_path / 'conda'}:{os.environ['PATH']}", CONDA_PREFIX=str(tmp_path / "conda"))
    assert told.stdout.startswith("ran ")


# What is missing


def refused(told, folder):
    """The one line that a refusal is, beside make's own; nothing was installed."""
    lines = [line for line in told.stderr.splitlines() if not line.startswith("make")]
    assert told.returncode == 2 and told.stdout == "" and len(lines) == 1, told
    assert not (folder / ".venv").exists()
    return lines[0]


def test_a_folder_without_git_is_refused_with_the_remedy(place):
    folder = place()
    assert '`git init && git add -A && git commit -m "Start"`' in refused(make(folder, "repro"), folder)


def test_a_repository_of_another_users_is_told_as_such(place):
    folder = place()
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    line = refused(make(folder, "repro", GIT_TEST_ASSUME_DIFFERENT_OWNER="1"), folder)
    assert "another user's" in line and "safe.directory" in line


def test_a_machine_without_git_is_told_what_to_install(place, programs):
    (programs / "git").unlink()
    folder = place()
    assert "`sudo apt install git`" in refused(make(folder, "repro", PATH=str(programs)), folder)


@pytest.mark.parametrize("answer", ["exit 1", 'case "$*" in *--version*) echo Python 3.14.0;; *) exit 1;; esac'])
def test_a_python_that_is_too_old_or_too_new_is_named(place, programs, answer):
    script(programs / "python3", f"#!/bin/sh\n{answer}\n")
    folder = place()
    line = refused(make(folder, "repro", PATH=str(programs)), folder)
    assert "allowed 3.11, 3.12 or 3.13" in line and ("3.14.0" in line or "exit" in answer)


def test_a_machine_without_python_is_told_so(place, programs):
    (programs / "python3").unlink()
    folder = place()
    line = refused(make(folder, "repro", PATH=str(programs)), folder)
    assert "allowed 3.11, 3.12 or 3.13" in line


def test_a_named_python_that_does_not_fit_is_refused_by_its_name(place):
    folder = place()
    assert "/no/such python" in refused(make(folder, "repro", "PYTHON=/no/such python"), folder)


def test_where_python3_is_too_new_another_that_fits_is_taken(place, programs):
    script(programs / "python3", "#!/bin/sh\nexit 1\n")
    (programs / "python3.12").symlink_to(sys.executable)
    folder = place()
    assert "git init" in refused(make(folder, "repro", PATH=str(programs)), folder)


@pytest.mark.parametrize("version", ["3.10", "3.9", "2.7"])
def test_older_pythons_of_this_machine_are_refused(place, version):
    found = [*Path.home().glob(f".pyenv/versions/{version}.*/bin/python")]
    if not found:
        pytest.skip(f"no Python {version} on this machine")
    folder = place()
    line = refused(make(folder, "repro", f"PYTHON={found[0]}"), folder)
    assert f"Python {version}." in line and "allowed 3.11, 3.12 or 3.13" in line


@pytest.mark.parametrize(
    ("own", "begun"),
    [
        ({"AULA_LANGUAGE": "es", "LANG": "en_GB.UTF-8"}, "prepara los datos"),
        ({"LANG": "es_ES.UTF-8"}, "prepara los datos"),
        ({"LC_ALL": "C", "LANG": "es_ES.UTF-8"}, "prepare data"),
        ({}, "prepare data"),
    ],
)
def test_help_is_in_the_language_of_the_terminal(place, own, begun):
    kept = dict.fromkeys(("AULA_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"), "")
    assert begun in make(place(), "help", **kept | own).stdout


def test_help_in_both_languages_names_the_same_targets(place):
    english, spanish = (make(place(name), "help", AULA_LANGUAGE=name).stdout for name in ("en", "es"))
    targets = [set(re.findall(r"\bmake ([a-z-]+)  ", text)) for text in (english, spanish)]
    assert targets[0] == targets[1] and len(targets[0]) > 10
