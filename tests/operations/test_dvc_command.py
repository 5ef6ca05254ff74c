"""`dvc repro` through us says all that it says, but for the advice to push."""

import os
import subprocess
import sys

import pytest
from git_repository import begin

from pipeline import paths
from pipeline.operations import signals


@pytest.fixture
def project(tmp_path):
    """A DVC project with one stage."""
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text("[core]\n    analytics = false\n    check_update = false\n")
    (tmp_path / "dvc.yaml").write_text("stages:\n  plan:\n    cmd: echo said > plan.txt\n    outs: [plan.txt]\n")
    begin(tmp_path)
    return tmp_path


def call(place, *words):
    """Exit code and all that is printed."""
    environment = os.environ | {"PYTHONPATH": str(paths.PACKAGE.parent)}
    command = [sys.executable, "-m", "pipeline.operations.dvc_command", *words]
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_stage_runs_and_nobody_is_sent_to_push(project):
    code, told = call(project, "repro")
    assert code == 0 and "Running stage 'plan'" in told and "dvc push" not in told
    assert (project / "plan.txt").read_text() == "said\n" and (project / "dvc.lock").exists()
    assert "up to date" in call(project, "repro")[1]


def test_a_stage_is_told_whose_it_is(project):
    """One that starts after DVC was killed finds no DVC above it."""
    text = (project / "dvc.yaml").read_text().replace("echo said", f"printenv {signals.DVC}")
    (project / "dvc.yaml").write_text(text)
    assert call(project, "repro")[0] == 0 and int((project / "plan.txt").read_text()) > 1


def test_dvc_s_own_codes_come_through(project):
    code, told = call(project, "repro", "nothing")
    assert code == 255 and "nothing" in told


def test_a_stage_knows_it_for_dvc(project):
    """Else a stage would not stop when DVC is killed: see signals."""
    assert "dvc" in "pipeline.operations.dvc_command" and signals.TICK_S < 1


TORN_WHILE_WRITING = """
import os, sys
from dvc.utils.serialize import _yaml
from pipeline.operations import dvc_command

def killed_half_way(data, stream):  # as a SIGKILL while DVC writes
    stream.write("schema: '2.0'\\nsta")
    stream.flush()
    os._exit(137)

_yaml._dump = killed_half_way
sys.exit(dvc_command.main(["repro", "--force"]))
"""


def test_a_kill_while_dvc_lock_is_written_leaves_it_whole(project):
    assert call(project, "repro")[0] == 0
    before = (project / "dvc.lock").read_bytes()
    (project / "dvc.yaml").write_text((project / "dvc.yaml").read_text().replace("echo said", "echo more"))
    environment = os.environ | {"PYTHONPATH": str(paths.PACKAGE.parent)}
    killed = subprocess.run([sys.executable, "-c", TORN_WHILE_WRITING], cwd=project, env=environment, check=False)
    assert killed.returncode == 137
    assert (project / "dvc.lock").read_bytes() == before
    assert call(project, "repro")[0] == 0
    assert (project / "dvc.lock").read_bytes() != before
    assert not list(project.glob("*.draft"))
