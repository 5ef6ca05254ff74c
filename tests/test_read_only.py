"""In a folder that one may only read, commands that read work and write nothing, and the others are one line."""

import os
import subprocess
import sys

import pytest
from clone import ENVIRONMENT, copy_house

READING = (["check"], ["claims"], ["claims", "memory", "--json"], ["runs", "list"], ["--help"])
# A mount of the folder onto itself: root may write whatever the modes say.
MOUNT = 'mount --bind "$PWD" "$PWD" && mount -o remount,bind,ro "$PWD" && cd "$PWD" && exec "$@"'


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A fresh clone that nothing was run in."""
    return copy_house(tmp_path_factory.mktemp("read only") / "Mi proyecto")


def read_only(place, *command):
    """What a command does in `place` while nobody may write there."""
    if os.getuid():
        pytest.skip("needs root, to mount a folder for reading only")
    run = ["unshare", "--mount", "sh", "-c", MOUNT, "sh", *command]
    told = subprocess.run(run, cwd=place, env=ENVIRONMENT, capture_output=True, text=True)
    if "mount:" in told.stderr or "unshare:" in told.stderr:
        pytest.skip(f"this machine mounts nothing: {told.stderr.strip()}")
    return told


def files(place):
    """Every file with its size and time of change."""
    return {file: (file.stat().st_size, file.stat().st_mtime_ns) for file in place.rglob("*") if file.is_file()}


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_commands_that_read_work_and_write_nothing(place, words):
    before = files(place)
    told = read_only(place, sys.executable, "-m", "pipeline", *words)
    assert "Traceback" not in told.stderr and "OSError" not in told.stderr
    assert told.returncode in (0, 2) and (told.returncode == 0) == (told.stderr == ""), told.stderr
    assert files(place) == before


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_commands_that_read_write_nothing_where_they_could(place, words):
    before = files(place)
    command = [sys.executable, "-B", "-m", "pipeline", *words]
    subprocess.run(command, cwd=place, env=ENVIRONMENT, capture_output=True, check=False)
    assert files(place) == before


def test_setting_up_is_refused_in_one_line_that_names_the_folder(place):
    told = read_only(place, "make", "repro")
    lines = [line for line in told.stderr.splitlines() if not line.startswith("make")]
    assert told.returncode == 2 and lines == [
        f"{place}: given a folder that you may not write to, allowed your own: clone it again"
    ]


def test_the_folder_is_read_only_in_these_tests(place):
    assert read_only(place, "touch", "file").returncode == 1
    assert not (place / "file").exists()
