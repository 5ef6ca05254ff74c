"""A reader that goes ends no command: what is printed afterwards is dropped, and the work is done."""

import os
import subprocess
import sys

import pytest

from pipeline import paths

SCRIPT = """
import os, sys
from pathlib import Path
from pipeline import streams
if len(sys.argv) > 2: streams.survive_closed_pipes(); streams.survive_closed_pipes()
print("first", flush=True)
sys.stdin.readline()
for number in range(5000): print(number, file=sys.{stream}, flush=number % 100 == 0)
os.write(sys.{stream}.fileno(), b"from a library")
sys.{stream}.buffer.write(b"bytes")
Path(sys.argv[1]).write_text("done")
print("última línea", file=sys.{stream})
"""


def run(tmp_path, stream, *options, unbuffered=""):
    """Exit code and the rest of stderr of a script whose reader goes after the first line."""
    done = tmp_path / "done"
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT.replace("{stream}", stream), str(done), *options],
        cwd=paths.ROOT, env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout.readline() == b"first\n"
    other = child.stderr if stream == "stdout" else child.stdout
    (child.stdout if stream == "stdout" else child.stderr).close()
    child.stdin.write(b"\n")
    child.stdin.close()
    told = other.read()
    return child.wait(), told, done.exists()


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_the_work_is_done_without_a_word(tmp_path, stream, unbuffered):
    assert run(tmp_path, stream, "survive", unbuffered=unbuffered) == (0, b"", True)


def test_without_it_the_work_would_end(tmp_path):
    code, _, done = run(tmp_path, "stdout")
    assert code != 0 and not done


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["check"], ["train", "nothing"]])
def test_no_command_shows_a_traceback(arguments):
    child = subprocess.Popen(
        [sys.executable, "-m", "pipeline", *arguments],
        cwd=paths.ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    child.stdout.close()
    told = child.stderr.read()
    assert b"Traceback" not in told and b"BrokenPipe" not in told and child.wait() in (0, 2)
