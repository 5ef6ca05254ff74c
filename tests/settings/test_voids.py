"""A value without effect is said: at once if it differs from Git's, in a sum if it is as shipped."""

import shutil
import subprocess

import pytest

from pipeline import paths
from pipeline.settings import params, voids


@pytest.fixture
def place(tmp_path):
    shutil.copy(paths.PARAMS, tmp_path)
    shutil.copytree(paths.ROOT / "profiles", tmp_path / "profiles")
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def said(place, profile, topic, old="", new=""):
    file = place / "params.yaml"
    block = f"\n  {topic}:"
    head, found, rest = file.read_text().partition(block)
    file.write_text(head + found + rest.replace(old, new, 1))
    settings = params.read(file, profile)
    return voids.notices(settings.voids, [f"topics.{topic}"], profile, place)


def test_the_shipped_file_says_nothing_under_laptop(place):
    assert said(place, "laptop", "memory") == []


def test_what_a_profile_makes_void_is_said_first_and_the_rest_in_one_line(place):
    first, rest = said(place, "full", "memory", "epochs: 10", "epochs: 5")
    assert first == "params.yaml: topics.memory.fit.epochs: 5 has no effect: profile full sets 50"
    assert "python -m pipeline check" in rest


def test_what_groups_make_void_in_part_is_counted(place):
    (line,) = said(place, "laptop", "imbalance", "learning_rate: 0.002", "learning_rate: 0.01")
    assert line.startswith("params.yaml: topics.imbalance.fit.learning_rate: 0.01 has no effect on 8 of 19 variants:")
    assert "group yeast5 sets 0.005" in line


def test_a_setting_that_the_optimizer_does_not_take_is_said(place):
    (line,) = said(place, "laptop", "overfitting", "{epochs: 40,", "{momentum: 0.9, epochs: 40,")
    assert line == "params.yaml: topics.overfitting.fit.momentum: 0.9 has no effect: optimizer adam takes none"


def test_without_git_at_most_five_lines_and_a_sum(place):
    shutil.rmtree(place / ".git")
    assert len(said(place, "full", "memory")) == 6
