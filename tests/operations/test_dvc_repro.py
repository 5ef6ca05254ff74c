"""What a kill tears is put right before DVC looks at it, and sound files are left alone."""

import subprocess

import pytest

from pipeline import paths
from pipeline.operations import dvc_repro

SOUND = "schema: '2.0'\nstages:\n  plan:\n    cmd: python -m pipeline plan\n"


@pytest.fixture
def root(house, monkeypatch):
    """A repository of its own with a committed dvc.lock."""
    monkeypatch.setattr(paths, "ROOT", house)
    (house / ".dvc" / "tmp").mkdir(parents=True)
    (house / "dvc.lock").write_text(SOUND)
    for command in (["init", "-q"], ["add", "dvc.lock"], ["commit", "-qm", "Keep"]):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *command], cwd=house, check=True)
    return house


def test_sound_files_are_left_alone(root):
    (root / ".dvc" / "tmp" / "rwlock").write_text("{}")
    assert dvc_repro.mend() == []
    assert (root / "dvc.lock").read_text() == SOUND


@pytest.mark.parametrize("torn", ["", "stages:\n  plan:\n    cmd: [", SOUND[:30], "stages:\n  plan:\n    deps: []\n"])
def test_a_torn_lock_file_comes_back_from_git(root, torn):
    (root / "dvc.lock").write_text(torn)
    assert len(dvc_repro.mend()) == 1
    assert (root / "dvc.lock").read_text() == SOUND


def test_the_last_sound_one_is_preferred(root):
    newer = SOUND + "  report:\n    cmd: python -m pipeline report\n"
    (root / "dvc.lock").write_text(newer)
    dvc_repro.keep()
    (root / "dvc.lock").write_text(newer[:-20] + "\n  x: [")
    dvc_repro.mend()
    assert (root / "dvc.lock").read_text() == newer


@pytest.mark.parametrize("torn", ["", '{"a": ', "[]"])
def test_a_torn_rwlock_is_removed(root, torn):
    """An empty one too: DVC opens the file for writing before it fills it."""
    (root / ".dvc" / "tmp" / "rwlock").write_text(torn)
    assert "rwlock" in dvc_repro.mend()[0]
    assert not (root / ".dvc" / "tmp" / "rwlock").exists()
