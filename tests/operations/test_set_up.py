"""Set-up refuses what would fail later, mends what is half made, and tells each step."""

import hashlib
import importlib.util
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest
from signals import heard

from pipeline import paths
from pipeline.errors import InputError
from pipeline.operations import set_up

FILES = ("pipeline/__init__.py", "pipeline/paths.py", "pipeline/errors.py", "pipeline/operations/__init__.py")
LOCK = "requirements.lock"
UNAME = namedtuple("UNAME", "system machine libc")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A set-up that writes under `tmp_path`, in this process."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(set_up, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(set_up, "UNFINISHED", tmp_path / ".venv" / "unfinished")
    monkeypatch.setattr(set_up, "require_git", lambda: None)
    return tmp_path


# Refused before anything is downloaded


@pytest.mark.parametrize(
    "machine",
    [
        UNAME("Darwin", "x86_64", ("", "")),
        UNAME("Linux", "x86_64", ("", "")),  # musl
        UNAME("Linux", "riscv64", ("glibc", "2.36")),
        UNAME("Linux", "i686", ("glibc", "2.36")),
        UNAME("FreeBSD", "amd64", ("", "")),
    ],
)
def test_machines_without_tensorflow_are_told_so(here, monkeypatch, machine):
    for name, value in (("system", machine.system), ("machine", machine.machine), ("libc_ver", machine.libc)):
        monkeypatch.setattr(platform, name, lambda value=value: value)
    with pytest.raises(InputError, match=rf"given {machine.system} {machine.machine} .*TensorFlow has no packages"):
        set_up.refuse(LOCK)


@pytest.mark.parametrize(("lock", "needed"), [(LOCK, 4), ("requirements-gpu.lock", 9)])
def test_too_little_space_is_told_with_what_is_needed(here, monkeypatch, lock, needed):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage((needed - 0.1) * 1e9))
    with pytest.raises(InputError, match=f"given {needed - 0.1} GB of free space, allowed {needed} GB"):
        set_up.refuse(lock)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: usage((needed + 0.1) * 1e9))
    set_up.refuse(lock)


def test_a_folder_that_one_may_not_write_to_is_named(here, monkeypatch):
    monkeypatch.setattr(os, "access", lambda place, mode: place != here)
    with pytest.raises(InputError, match=f"{re.escape(str(here))}: given a folder that you may not write to"):
        set_up.refuse(LOCK)


def test_a_name_that_is_not_utf8_is_refused(here, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", here / os.fsdecode(b"a\xffb"))
    with pytest.raises(InputError, match="rename it"):
        set_up.refuse(LOCK)


@pytest.mark.parametrize(("missing", "python", "package"), [
    ("ensurepip", "/usr/bin/python3", "python3-venv"),
    ("venv", "/usr/bin/python3.12", "python3.12-venv"),
])  # fmt: skip
def test_a_python_without_venv_or_pip_is_told_which_package_to_install(here, monkeypatch, missing, python, package):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else find(name))
    monkeypatch.setattr(sys, "executable", python)
    with pytest.raises(InputError, match=f"`sudo apt install {package}`$"):
        set_up.make_environment()
    assert not (here / ".venv").exists()


def test_a_link_is_never_emptied(here):
    shared = here / "shared"
    shared.mkdir()
    (shared / "precious").touch()
    (here / ".venv").symlink_to(shared)
    with pytest.raises(InputError, match="remove the link"):
        set_up.make_environment()
    assert (shared / "precious").exists()


# A % in the folder's name

OPEN = """
import sys
from mlflow.store.db import utils
print(utils._get_alembic_config("sqlite:///x.db").get_main_option("script_location"))
"""


def mlflow_in(place):
    """What MLflow, found under `place`, takes for the folder of its migrations."""
    command = [sys.executable, "-c", OPEN]
    return subprocess.run(command, env={**os.environ, "PYTHONPATH": str(place)}, capture_output=True, text=True)


@pytest.fixture
def installed(here, monkeypatch):
    """MLflow as it is installed in a folder with a % in its name."""
    monkeypatch.setattr(set_up, "VENV", here / "50% off %20" / ".venv")
    place = set_up.VENV / "lib" / "python3.11" / "site-packages"
    place.mkdir(parents=True)
    mlflow = Path(importlib.util.find_spec("mlflow").origin).parent
    shutil.copytree(mlflow, place / "mlflow", ignore=lambda folder, names: {"js"} & {*names}, copy_function=os.link)
    return place


def test_mlflow_by_itself_does_not_bear_percent_signs(installed):
    assert "invalid interpolation syntax" in mlflow_in(installed).stderr


def test_mlflow_bears_percent_signs_and_the_installers_cache_stays(installed):
    file = installed / set_up.MIGRATIONS
    shutil.copy(file, installed / "before")
    os.link(file, installed / "cache")
    set_up.bear_percent_signs()
    assert mlflow_in(installed).stdout.strip() == str(installed / "mlflow" / "store" / "db_migrations")
    assert (installed / "cache").read_bytes() == (installed / "before").read_bytes()
    once = file.read_bytes()
    set_up.bear_percent_signs()
    assert file.read_bytes() == once


# What is told


@pytest.mark.parametrize(("line", "told"), [
    ("Downloading tensorflow (546.5MiB)\n", True),
    ("  Downloading tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl (1.2 GB)\n", True),
    ("  Downloading scipy-1.16.whl (35.9 MB)\n", True),
    ("Downloading click-8.1-py3-none-any.whl (98 kB)\n", False),
    ("Downloading rich (2.1MiB)\n", False),
    ("Prepared 210 packages in 31.20s\n", True),
    ("Installed 210 packages in 1.03s\n", True),
    (" + absl-py==2.3.1\n", False),
    ("Collecting absl-py==2.3.1\n", False),
])  # fmt: skip
def test_large_downloads_and_totals_are_told(line, told):
    assert set_up.is_told(line) is told


# What surrounds the installers


def test_what_would_lead_installers_elsewhere_is_left_out(monkeypatch, tmp_path):
    for name in ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_INDEX_URL", "https://index.example")
    found = set_up._surroundings()
    assert not found.keys() & {"PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"}
    assert found["PIP_USER"] == "0" and found["PIP_INDEX_URL"] == "https://index.example"


def test_a_missing_tmpdir_is_left_out_and_a_sound_one_stays(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert set_up._surroundings()["TMPDIR"] == str(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
    assert "TMPDIR" not in set_up._surroundings()


@pytest.mark.parametrize("home", [None, "", "missing"])
def test_without_a_home_installers_keep_no_cache(monkeypatch, tmp_path, home):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert not set_up._surroundings().keys() & {"UV_NO_CACHE"}
    if home is None:
        monkeypatch.delenv("HOME")
    else:
        monkeypatch.setenv("HOME", home and str(tmp_path / home))
    assert set_up._surroundings()["UV_NO_CACHE"] == set_up._surroundings()["PIP_NO_CACHE_DIR"] == "1"


# A whole set-up, of one tiny package instead of 210 large ones


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A copy of what set-up is made of, in a folder with a difficult name, after one set-up; and what that told."""
    place = tmp_path_factory.mktemp("set up") / "Mi proyecto ñ" / "50% off #1 it's"
    for file in (*FILES, "pipeline/operations/set_up.py"):
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(paths.ROOT / file, place / file)
    subprocess.run(["git", "init", "-q"], cwd=place, check=True)
    wheel = place.parent / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "VALUE = 1\n")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    for lock in (LOCK, set_up.UV_LOCK):
        (place / lock).write_text(f"tiny @ {wheel.as_uri()} --hash=sha256:{digest}\n", "utf-8")
    return place, told(place)


def told(place, *arguments, code=0, **variables):
    """What a set-up in `place` prints; its exit code must be `code`."""
    command = [sys.executable, "-m", "pipeline.operations.set_up", *(arguments or (LOCK, ".venv/ready-1"))]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | variables
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def is_sound(place):
    command = [place / ".venv" / "bin" / "python", "-E", "-m", "pipeline.operations.set_up", "sound"]
    return subprocess.run(command, cwd=place).returncode == 0


def imports(place):
    return subprocess.run([place / ".venv/bin/python", "-c", "import tiny"], cwd=place).returncode == 0


@pytest.mark.slow
def test_a_set_up_says_each_step_and_its_time(made):
    place, lines = made
    assert is_sound(place) and imports(place) and (place / ".venv" / "ready-1").exists()
    assert f"Python {platform.python_version()}" in lines and "uv could not" in lines  # the tiny lock brings none
    for step in ("an empty environment", f"the packages of {LOCK}", "byte code"):
        assert f"  {step}" in lines and " s\n" in lines.split(f"  {step}")[2]


@pytest.mark.slow
def test_a_second_set_up_keeps_the_environment(made):
    place, _ = made
    before = (place / ".venv" / "pyvenv.cfg").stat().st_mtime_ns
    assert "an empty environment" not in told(place)
    assert (place / ".venv" / "pyvenv.cfg").stat().st_mtime_ns == before


def no_pip(venv):
    for folder in venv.glob("lib/python*/site-packages/pip*"):
        shutil.rmtree(folder)


def no_python(venv):
    for python in venv.glob("bin/python*"):
        python.unlink()
        python.symlink_to("/nonexistent/python3")


SPOILT = {
    "without pip": no_pip,
    "without a Python": no_python,
    "killed half way": lambda venv: (venv / "unfinished").touch(),
    "moved": lambda venv: (venv / "place").write_text("/elsewhere/.venv", "utf-8"),
    "of another minor version": lambda venv: next(venv.glob("lib/python*")).rename(venv / "lib" / "python3.1"),
    "an empty folder": lambda venv: [shutil.rmtree(venv), venv.mkdir()],
    "gone": shutil.rmtree,
}


@pytest.mark.slow
@pytest.mark.parametrize("how", SPOILT)
def test_an_environment_that_is_spoilt_is_made_anew(made, how):
    place, _ = made
    SPOILT[how](place / ".venv")
    assert not (place / ".venv" / "bin" / "python").exists() or not is_sound(place)
    told(place)
    assert is_sound(place) and imports(place)


@pytest.mark.slow
@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGKILL])
def test_what_is_stopped_on_its_way_is_made_anew(made, kill):
    place, _ = made
    shutil.rmtree(place / ".venv")
    command = [sys.executable, "-m", "pipeline.operations.set_up", LOCK, ".venv/ready-1"]
    with heard(signal.SIGINT):
        child = subprocess.Popen(command, cwd=place, start_new_session=True, stderr=subprocess.PIPE, text=True)
    while not (place / ".venv" / "bin" / "python").exists():
        time.sleep(0.05)
    os.killpg(child.pid, kill)
    lines = child.communicate()[1]
    if kill == signal.SIGINT:
        assert child.returncode == 1 and lines.splitlines()[-1].startswith("stopped; ")
    assert not (place / ".venv" / "ready-1").exists() and not is_sound(place)
    told(place)
    assert is_sound(place) and imports(place)


@pytest.mark.slow
def test_a_package_that_cannot_come_is_one_line_and_the_next_call_begins_anew(made):
    place, _ = made
    lock = (place / LOCK).read_text("utf-8")
    (place / LOCK).write_text(lock[:-5] + "0000\n", "utf-8")
    try:
        lines = told(place, code=2).splitlines()
        assert "same command" in lines[-1] and "Traceback" not in "".join(lines)
        assert not (place / ".venv" / "ready-1").exists() and not is_sound(place)
    finally:
        (place / LOCK).write_text(lock, "utf-8")
    told(place)
    assert is_sound(place) and imports(place)


@pytest.mark.slow
@pytest.mark.parametrize("variables", [
    {"HOME": "missing"}, {"TMPDIR": "missing"}, {"PIP_USER": "1"}, {"PIP_TARGET": "missing"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
], ids=str)  # fmt: skip
def test_odd_surroundings_do_not_matter(made, tmp_path, variables):
    place, _ = made
    shutil.rmtree(place / ".venv")
    told(place, **{name: value.replace("missing", str(tmp_path / "missing")) for name, value in variables.items()})
    assert is_sound(place) and imports(place)
