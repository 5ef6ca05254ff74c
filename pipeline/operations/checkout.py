"""What Git makes of the folder that the project lies in, said before DVC stumbles over it."""

import configparser
import os
import subprocess

from pipeline import paths
from pipeline.errors import InputError

REMEDY = 'git init && git add -A && git commit -m "Start"'
DOUBTED = "dubious ownership"  # Git's word for another user's files: DVC works with them all the same


def check() -> None:
    """Refuse a folder in which DVC cannot work, with the remedy (InputError)."""
    if not (paths.ROOT / ".dvc").is_dir():
        raise InputError(
            ".dvc: given no such folder, allowed the whole project, hidden files included: clone it, or copy that"
            " folder as well"
        )
    if _without_git():
        return
    missing = _no_repository()
    if missing:
        raise InputError(f"Git: given {missing}, allowed a repository around the project, as DVC needs one: `{REMEDY}`")
    ignored = git("check-ignore", "dvc.yaml")
    if ignored and ignored.returncode == 0:
        raise InputError(
            f"dvc.yaml: given a file that Git ignores, which DVC refuses, allowed one that it does not: take the"
            f" project out of the .gitignore around it, or give it a repository of its own: `{REMEDY}`"
        )


def strays() -> list[str]:
    """A line with the way back if a killed `dvc exp run` has left HEAD on no branch; else nothing."""
    baseline = _told("rev-parse", "--quiet", "--verify", "refs/exps/exec/EXEC_BASELINE")
    if not baseline or "DVC_EXP_NAME" in os.environ or _told("symbolic-ref", "--quiet", "HEAD"):
        return []
    since = _told("rev-list", "--count", f"{baseline}..HEAD")
    if not since or _told("merge-base", baseline, "HEAD") != baseline:
        return []
    branch = _told("rev-parse", "--abbrev-ref", "@{-1}") or "<your branch>"
    save = "" if since == "0" else f"`git branch kept` keeps what was committed since ({since}), then "
    return [
        f"Git: HEAD is on no branch, as a killed `dvc exp run` leaves it: {save}`git switch {branch}` goes back, and"
        " `git status` shows what the experiment has changed in files"
    ]


def committed(name: str) -> bytes | None:
    """A file of the project at Git's HEAD, wherever in its repository the project lies; None without."""
    shown = git("show", f"HEAD:./{name}")
    return shown.stdout if shown and shown.returncode == 0 else None


def way_back(name: str) -> str | None:
    """How to undo what has been changed in a file of the project since the last commit; None if nothing has."""
    before = committed(name)
    if before is None or before == (paths.ROOT / name).read_bytes():
        return None
    return f"{name}: changed since the last commit: `git diff {name}` shows how, `git restore {name}` undoes all of it"


def ways_back(command: str, error: InputError) -> list[str]:
    """How to take back what is wrong with the settings, where DVC's `-S` may have written it."""
    from pipeline.settings.validation import ParamsError

    if not isinstance(error, ParamsError) or not (command in ("check", "repro") or "DVC_EXP_NAME" in os.environ):
        return []
    files = dict.fromkeys(line.partition(":")[0] for line in error.lines)
    return [line for file in files if (paths.ROOT / file).is_file() and (line := way_back(file))]


def git(*words: str) -> "subprocess.CompletedProcess[bytes] | None":
    """What Git answers in the project's folder; None if there is no Git."""
    try:
        return subprocess.run(["git", *words], cwd=paths.ROOT, capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None


def _told(*words: str) -> str:
    answer = git(*words)
    return answer.stdout.decode("utf-8", "replace").strip() if answer and answer.returncode == 0 else ""


def _no_repository() -> str:
    """What is there in place of a repository; "" if there is one."""
    found = git("rev-parse", "--git-dir")
    if found is None:
        around = any((folder / ".git").exists() for folder in (paths.ROOT, *paths.ROOT.parents))
        return "" if around else "no repository and no `git`"
    said = found.stderr.decode("utf-8", "replace").strip()
    if found.returncode == 0 or DOUBTED in said:
        return ""
    return f"none ({said.splitlines()[0]})" if said else "none"


def _without_git() -> bool:
    """Whether DVC has been told to do without Git: core.no_scm, as `dvc init --no-scm` sets it."""
    config = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        config.read([paths.ROOT / ".dvc" / name for name in ("config", "config.local")], encoding="utf-8")
        return config.getboolean("core", "no_scm", fallback=False)
    except (configparser.Error, ValueError, UnicodeDecodeError):
        return False
