"""What a kill tears is put right before DVC looks at it, wherever it was cut, and sound files are left alone."""

import json
import shutil

import pytest
from git_repository import begin, git

from pipeline import paths, records
from pipeline.errors import InputError
from pipeline.operations import checkout, dvc_files

DVC_YAML = """stages:
  plan:
    cmd: python -m pipeline plan
    outs:
    - data/plan
  train:
    foreach: ${topics}
    do:
      cmd: python -m pipeline train ${key}
      outs:
      - data/runs/${key}
  evaluate:
    foreach: ${topics}
    do:
      cmd: python -m pipeline evaluate ${key}
      outs:
      - data/results/${key}/confusion.json
      - data/results/${key}/metrics.json: {cache: false}
      metrics:
      - data/results/${key}/summary.json: {cache: false}
"""


def stage(name, command, deps, outs, params=""):
    def entries(paths_):
        return "".join(
            f"    - path: {path}\n      hash: md5\n      md5: {'0a1b' * 8}{'.dir' if folder else ''}\n      size: 123\n"
            + ("      nfiles: 12\n" if folder else "")
            for path, folder in paths_
        )

    return f"  {name}:\n    cmd: {command}\n    deps:\n{entries(deps)}{params}    outs:\n{entries(outs)}"


PLAN = stage(
    "plan",
    "python -m pipeline plan",
    [("params.yaml", False)],
    [("data/plan", True)],
    "    params:\n      params.yaml:\n        profile: smoke\n        seeds: 5\n",
)
TRAIN = stage(
    "train@memory", "python -m pipeline train memory", [("data/plan/memory.json", False)], [("data/runs/memory", True)]
)
EVALUATE = stage(
    "evaluate@memory",
    "python -m pipeline evaluate memory",
    [("data/runs/memory", True)],
    [(f"data/results/memory/{name}.json", False) for name in ("confusion", "metrics", "summary")],
)
HEAD = "schema: '2.0'\nstages:\n"
OLD, NEW = HEAD + PLAN + TRAIN, HEAD + PLAN.replace("seeds: 5", "seeds: 15") + TRAIN + EVALUATE


@pytest.fixture
def root(house, monkeypatch):
    """A repository of its own with a committed dvc.lock."""
    monkeypatch.setattr(paths, "ROOT", house)
    (house / ".dvc" / "tmp").mkdir(parents=True)
    (house / "dvc.lock").write_text(OLD)
    (house / "dvc.yaml").write_text(DVC_YAML)
    begin(house)
    return house


@pytest.fixture
def quick(root, monkeypatch):
    """Git is asked once, not at every cut."""
    committed = checkout.committed("dvc.lock")
    assert committed == OLD.encode()
    monkeypatch.setattr(checkout, "committed", lambda name: committed)
    monkeypatch.setattr(records.os, "fsync", lambda file: None)
    return root


def lock(root):
    return (root / "dvc.lock").read_text()


def copy(root):
    return (root / ".aula" / "dvc.lock").read_text()


def cut(text):
    """Every way in which a kill can cut a file short, the empty one included."""
    return [text[:length] for length in range(len(text))]


# dvc.lock


def test_sound_files_are_left_alone(root):
    (root / ".dvc" / "tmp" / "rwlock").write_text("{}")
    for text in (OLD, NEW, HEAD + PLAN):
        (root / "dvc.lock").write_text(text)
        git(root, "commit", "-qam", "Keep", "--allow-empty")
        assert dvc_files.mend() == [] and lock(root) == text
    assert not (root / ".aula" / "dvc.lock.torn").exists()


def test_without_a_lock_file_nothing_is_mended_or_kept(root):
    (root / "dvc.lock").unlink()
    assert dvc_files.mend() == []
    dvc_files.keep()
    assert not (root / "dvc.lock").exists() and not (root / ".aula" / "dvc.lock").exists()


def test_any_cut_of_the_file_that_was_kept_mends_itself(quick):
    (quick / "dvc.lock").write_text(NEW)
    dvc_files.keep()
    for torn in cut(NEW):
        (quick / "dvc.lock").write_text(torn)
        dvc_files.keep()
        assert copy(quick) == NEW, torn[-60:]
        assert len(dvc_files.mend()) == 1, torn[-60:]
        assert lock(quick) == NEW


@pytest.mark.slow
def test_any_cut_of_a_newer_file_mends_itself_from_the_older_copy(quick):
    """DVC was killed as it wrote more stages, and other values, than the copy has."""
    dvc_files.keep()
    whole = {HEAD + NEW[len(HEAD) :].split("  evaluate@memory")[0]}  # cut between two stages: no sign, no harm
    for torn in cut(NEW):
        (quick / "dvc.lock").write_text(torn)
        dvc_files.keep()
        dvc_files.mend()
        assert {copy(quick), lock(quick)} <= {OLD, *whole}, torn[-60:]
        if torn not in whole:
            assert lock(quick) == OLD, torn[-60:]
            dvc_files.keep()
        (quick / ".aula" / "dvc.lock").write_text(OLD)


def test_any_cut_without_a_copy_comes_back_from_git(quick):
    for torn in cut(OLD):
        (quick / "dvc.lock").write_text(torn)
        dvc_files.keep()
        assert not (quick / ".aula" / "dvc.lock").exists(), torn[-60:]
        assert len(dvc_files.mend()) == 1 and lock(quick) == OLD


def test_the_shipped_lock_file_cut_anywhere_is_seen(root):
    """Of the real one, which is long, every cut that ends a line: all others lack the end of one."""
    shutil.copy(dvc_files.__file__.rpartition("pipeline")[0] + "dvc.yaml", root / "dvc.yaml")
    text = (paths.PACKAGE.parent / "dvc.lock").read_text()
    (root / "dvc.lock").write_text(text)
    dvc_files.keep()
    lines = text.splitlines(keepends=True)
    for count in range(0, len(lines), 50):
        (root / "dvc.lock").write_text("".join(lines[:count]))
        assert dvc_files.mend() and lock(root) == text


def test_a_sound_copy_is_preferred_to_the_committed_file(root):
    (root / "dvc.lock").write_text(NEW)
    dvc_files.keep()
    (root / "dvc.lock").write_text(NEW[:-40])
    assert dvc_files.mend() and lock(root) == NEW


def test_a_copy_that_is_torn_itself_is_passed_over(root):
    (root / ".aula").mkdir()
    for torn in ("", NEW[:200], "stages:\n  plan:\n    cmd: [\n"):
        (root / ".aula" / "dvc.lock").write_text(torn)
        (root / "dvc.lock").write_text(torn)
        assert dvc_files.mend() and lock(root) == OLD


def test_what_was_torn_is_set_aside(root):
    (root / "dvc.lock").write_text(OLD[:100])
    dvc_files.mend()
    assert (root / ".aula" / "dvc.lock.torn").read_text() == OLD[:100]


def test_without_any_sound_one_dvc_begins_anew(root):
    git(root, "rm", "-q", "--cached", "dvc.lock")
    git(root, "commit", "-qm", "Drop")
    (root / "dvc.lock").write_text(OLD[:100])
    assert "no sound copy" in dvc_files.mend()[0] and not (root / "dvc.lock").exists()


def test_a_torn_lock_file_of_a_project_inside_a_larger_repository(root, tmp_path_factory, monkeypatch):
    outer = tmp_path_factory.mktemp("outer")
    shutil.copytree(root, outer / "inner", ignore=shutil.ignore_patterns(".git"))
    (outer / "dvc.lock").write_text(NEW)
    begin(outer)
    monkeypatch.setattr(paths, "ROOT", outer / "inner")
    (outer / "inner" / "dvc.lock").write_text(OLD[:100])
    dvc_files.mend()
    assert (outer / "inner" / "dvc.lock").read_text() == OLD and (outer / "dvc.lock").read_text() == NEW


def test_a_removed_topic_takes_no_older_copy_back(root):
    """Stages that neither dvc.yaml nor params.yaml has any more may go."""
    gone = OLD + TRAIN.replace("memory", "nothing") + TRAIN.replace("train@memory", "sing")
    (root / "dvc.lock").write_text(gone)
    dvc_files.keep()
    assert copy(root) == gone
    (root / "dvc.lock").write_text(NEW)
    assert dvc_files.mend() == [] and lock(root) == NEW


def test_another_output_in_dvc_yaml_is_no_sign_of_a_kill(root):
    (root / "dvc.yaml").write_text(DVC_YAML.replace("- data/runs/${key}", "- data/runs/${key}\n      - data/more"))
    assert dvc_files.mend() == []


def test_a_merge_in_conflict_is_refused_with_the_way_out(root):
    (root / "dvc.lock").write_text(HEAD + "<<<<<<< HEAD\n" + PLAN + "=======\n" + TRAIN + ">>>>>>> other\n")
    with pytest.raises(InputError, match=r"^dvc.lock: given the marks of a merge .*git checkout --ours dvc.lock.*$"):
        dvc_files.mend()
    assert "<<<<<<<" in lock(root)


# .dvc/tmp/rwlock


@pytest.mark.parametrize("torn", ["", '{"a": ', "[]", json.dumps({"a": 1})[:-1]])
def test_a_torn_rwlock_is_removed(root, torn):
    """An empty one too: DVC opens the file for writing before it fills it."""
    (root / ".dvc" / "tmp" / "rwlock").write_text(torn)
    assert "rwlock" in dvc_files.mend()[0]
    assert not (root / ".dvc" / "tmp" / "rwlock").exists()
