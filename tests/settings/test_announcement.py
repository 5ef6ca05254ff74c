"""A stage says which values have no effect: those that were changed since Git's HEAD one by one, the others counted."""

import subprocess
from pathlib import Path

import pytest
from clone import ENVIRONMENT

from pipeline.settings import announcement
from pipeline.settings.tree import Place
from pipeline.settings.voids import Void

SUM = "no effect (or not everywhere) in profile full: `python -m pipeline check` lists all"


def void(key, *, value=1, whole=True, by_profile=False, file="params.yaml"):
    """A value without effect on one variant, of one (`whole`) or two."""
    reasons = {"memory.plain": "variant plain sets 2"}
    return Void(Place(file, key), value, 1 if whole else 2, reasons, by_profile)


@pytest.fixture
def said(monkeypatch):
    """What is said of voids where the committed values are `before`, each by its key, the sum as it stands."""

    def announce(voids, before, part=""):
        monkeypatch.setattr(announcement, "committed", lambda params: before)
        lines = announcement.announce(voids, part, "full", Path("folder/params.yaml"))
        known = {each.line(): each.place.key for each in voids}
        return [known.get(line, line) for line in lines]

    return announce


@pytest.mark.parametrize("count", [0, 1, 4, 5])
def test_where_nothing_can_be_compared_up_to_five_are_said(said, count):
    assert said([void(f"data.a.b{i}") for i in range(count)], None) == [f"data.a.b{i}" for i in range(count)]


@pytest.mark.parametrize(("count", "words"), [(6, "1 more value has"), (7, "2 more values have")])
def test_where_nothing_can_be_compared_the_sixth_and_later_are_counted(said, count, words):
    lines = said([void(f"data.a.b{i}", whole=False) for i in range(count)], None)
    assert lines == [*(f"data.a.b{i}" for i in range(5)), f"params.yaml: {words} {SUM}"]


def test_values_that_are_new_or_not_as_committed_are_said(said):
    voids = [void("a.same"), void("a.other", whole=False), void("a.new", whole=False)]
    assert said(voids, {"a.same": 1, "a.other": 3}) == ["a.other", "a.new", f"params.yaml: 1 more value has {SUM}"]


def test_values_as_committed_are_counted_where_they_have_no_effect_at_all_or_a_profile_is_why(said):
    voids = [void("a", whole=False), void("b"), void("c", whole=False, by_profile=True), void("d", by_profile=True)]
    before = dict.fromkeys("abcd", 1)
    assert said(voids, before) == [f"params.yaml: 3 values have {SUM}"]
    assert said(voids[:2], before) == [f"params.yaml: 1 value has {SUM}"]
    assert said(voids[:1], before) == said([], before) == []


def test_other_parts_of_the_file_are_neither_said_nor_counted(said):
    voids = [void("data.a.seed"), void("topics.a.seeds")]
    assert said(voids, {"data.a.seed": 1}, part="topics.a") == ["topics.a.seeds"]
    assert said(voids, {"topics.a.seeds": 1}, part="topics.a") == [f"params.yaml: 1 value has {SUM}"]


def test_of_a_profiles_own_values_no_stage_speaks(said):
    assert said([void("data.a.seed", file="profiles/full.yaml")], {}) == []


# What Git knows


def commit(folder, text, name="params.yaml"):
    """A repository in `folder` whose HEAD has a file with `text` (bytes)."""
    (folder / name).write_bytes(text)
    for command in (["init", "-q"], ["add", name], ["commit", "-q", "-m", "Settings"]):
        subprocess.run(["git", *command], cwd=folder, env=ENVIRONMENT, check=True)
    return folder / name


def test_committed_values_are_those_of_head_by_key_wherever_the_file_lies(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "params.yaml").write_text("seeds: 1")
    file = commit(inner, b"seeds: 6\nfit: {rate: 1e-3, layers: [1, 2]}\nBad name: 3\n")
    file.write_text("seeds: 7")
    assert announcement.committed(file) == {"seeds": 6, "fit.rate": 1e-3, "fit.layers": [1, 2]}


def test_a_folder_within_a_repository_is_asked_for_its_own_file(tmp_path):
    (tmp_path / "inner").mkdir()
    commit(tmp_path, b"seeds: 6")
    assert announcement.committed(tmp_path / "params.yaml") == {"seeds": 6}
    (tmp_path / "inner" / "params.yaml").write_text("seeds: 7")
    assert announcement.committed(tmp_path / "inner" / "params.yaml") is None


@pytest.mark.parametrize("text", [b"a: [", b"- a list", b"", b"a: \xff"])
def test_a_committed_file_that_cannot_be_read_is_none(tmp_path, text):
    assert announcement.committed(commit(tmp_path, text)) is None


def test_without_git_or_a_repository_nothing_is_committed(tmp_path, monkeypatch):
    (tmp_path / "params.yaml").write_text("seeds: 6")
    assert announcement.committed(tmp_path / "params.yaml") is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert announcement.committed(tmp_path / "params.yaml") is None
    (tmp_path / "git").write_text("#!/bin/sh\necho seeds: 6\nexit 1\n")
    (tmp_path / "git").chmod(0o755)
    assert announcement.committed(tmp_path / "params.yaml") is None, "what a git that fails has said does not count"


def test_git_that_does_not_answer_is_no_git(tmp_path, monkeypatch):
    def run(command, **options):
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(announcement.subprocess, "run", run)
    assert announcement.committed(tmp_path / "params.yaml") is None
