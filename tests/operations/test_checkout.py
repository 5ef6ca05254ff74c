"""Where DVC cannot work is said in one line with the remedy; where it can, nothing is said."""

import shutil
import subprocess

import pytest
from git_repository import begin, git

from pipeline import paths
from pipeline.errors import InputError
from pipeline.operations import checkout


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with DVC's files, in no repository."""
    place = tmp_path / "around" / "project"
    (place / ".dvc").mkdir(parents=True)
    (place / ".dvc" / "config").write_text("[core]\n    analytics = false\n    check_update = false\n")
    (place / "dvc.yaml").write_text("stages: {}\n")
    (place / "dvc.lock").write_text("inner\n")
    monkeypatch.setattr(paths, "ROOT", place)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)
    return place


def refusal():
    with pytest.raises(InputError) as error:
        checkout.check()
    assert "\n" not in str(error.value)
    return str(error.value)


# Whether DVC can work here


def test_a_zip_without_git_is_told_how_to_begin(project):
    assert "Git: given none (fatal: not a git repository" in refusal() and "`git init && git add -A" in refusal()


def test_a_zip_without_git_on_a_machine_without_git(project, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert "no repository and no `git`" in refusal()
    (project / ".git").mkdir()
    checkout.check()


def test_the_remedy_is_one(project):
    command = refusal().split("`")[1].replace("git commit", "git -c user.name=t -c user.email=t@t commit")
    subprocess.run(command, shell=True, cwd=project, check=True, capture_output=True)
    checkout.check()


@pytest.mark.parametrize("file", ["config", "config.local"])
def test_dvc_may_have_been_told_to_do_without_git(project, file):
    with (project / ".dvc" / file).open("a") as config:
        config.write("[core]\n    no_scm = true\n" if file == "config.local" else "    no_scm = true\n")
    checkout.check()


def test_a_copy_without_hidden_files(project):
    shutil.rmtree(project / ".dvc")
    assert refusal().startswith(".dvc: given no such folder")


def test_a_project_inside_a_larger_repository(project):
    begin(project.parent)
    checkout.check()


def test_a_project_that_the_larger_repository_ignores(project):
    (project.parent / ".gitignore").write_text("project/\n")
    git(project.parent, "init", "-q")
    assert refusal().startswith("dvc.yaml: given a file that Git ignores")


def test_a_worktree_a_submodule_and_a_shallow_clone(project, tmp_path, monkeypatch):
    begin(project)
    git(project, "commit", "-q", "--allow-empty", "-m", "Go on")
    git(project, "worktree", "add", "-q", str(tmp_path / "worktree"), "-b", "other")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{project}", "shallow")
    (tmp_path / "outer").mkdir()
    begin(tmp_path / "outer")
    git(tmp_path / "outer", "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(project), "sub")
    for place in ("worktree", "shallow", "outer/sub"):
        monkeypatch.setattr(paths, "ROOT", tmp_path / place)
        checkout.check()
        assert checkout.committed("dvc.lock") == b"inner\n"
        assert checkout.strays() == []


def test_a_worktree_whose_repository_is_gone(project, tmp_path, monkeypatch):
    begin(project)
    git(project, "worktree", "add", "-q", str(tmp_path / "worktree"), "-b", "other")
    shutil.rmtree(project / ".git")
    monkeypatch.setattr(paths, "ROOT", tmp_path / "worktree")
    assert "not a git repository" in refusal()


def test_files_of_another_user_are_no_obstacle(project, monkeypatch):
    doubt = subprocess.CompletedProcess([], 128, b"", b"fatal: detected dubious ownership in repository at '/x'\n")
    monkeypatch.setattr(checkout, "git", lambda *words: doubt)
    checkout.check()
    assert checkout.committed("dvc.lock") is None and checkout.strays() == []


# Committed files


def test_a_committed_file_is_the_projects_own_not_that_of_the_repository_around_it(project):
    (project.parent / "dvc.lock").write_text("outer\n")
    begin(project.parent)
    assert checkout.committed("dvc.lock") == b"inner\n"
    git(project, "rm", "-q", "--cached", "dvc.lock")
    git(project, "commit", "-q", "-m", "Drop it")
    assert checkout.committed("dvc.lock") is None


def test_without_git_nothing_is_committed(project, monkeypatch):
    assert checkout.committed("dvc.lock") is None and checkout.strays() == []
    monkeypatch.setenv("PATH", "")
    assert checkout.committed("dvc.lock") is None and checkout.strays() == []


# What a killed `dvc exp run` leaves


@pytest.fixture
def killed(project):
    """As `kill -9` of `dvc exp run` leaves a repository: HEAD on no branch, DVC's marks still there."""
    begin(project)
    git(project, "update-ref", "refs/exps/exec/EXEC_BASELINE", "HEAD")
    git(project, "checkout", "-q", "--detach")
    (project / "dvc.yaml").write_text("stages: {} # changed\n")
    git(project, "add", "dvc.yaml")
    return project


def test_a_head_that_a_killed_experiment_left_on_no_branch_is_said_with_the_way_back(killed):
    (line,) = checkout.strays()
    assert "`git switch main`" in line and "\n" not in line and "kept" not in line
    git(killed, "switch", "-q", "main")
    assert checkout.strays() == []
    assert "changed" in (killed / "dvc.yaml").read_text()


def test_commits_made_since_are_counted_and_can_be_kept(killed):
    git(killed, "commit", "-q", "-m", "Go on")
    (line,) = checkout.strays()
    assert "`git branch kept` keeps what was committed since (1), then `git switch main` goes back" in line


def test_a_detached_head_of_ones_own_and_a_running_experiment_are_left_alone(project, killed, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "noisy-cat")
    assert checkout.strays() == []
    monkeypatch.delenv("DVC_EXP_NAME")
    git(project, "update-ref", "-d", "refs/exps/exec/EXEC_BASELINE")
    assert checkout.strays() == []


# What `-S` has written


def test_a_changed_file_is_said_with_the_way_back(project):
    assert checkout.way_back("dvc.yaml") is None
    begin(project)
    assert checkout.way_back("dvc.yaml") is None
    (project / "dvc.yaml").write_text("stages: {} # changed\n")
    line = checkout.way_back("dvc.yaml")
    command = line.split("`")[3]
    assert command == "git restore dvc.yaml" and "\n" not in line
    git(project, *command.split()[1:])
    assert (project / "dvc.yaml").read_text() == "stages: {}\n"
