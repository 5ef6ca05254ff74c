"""The settings files that tests read: those of Git's HEAD, under profile laptop, whatever has been set since."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from pipeline import paths

NAMES = ("params.yaml", *(f"profiles/{name}.yaml" for name in ("smoke", "full", "gpu")))
IDENTITY = {f"GIT_{who}_{what}": "t@t" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
_folders = []  # removed with the process


def write(folder):
    """Write the shipped files into `folder`; without Git, those that are there."""
    for name in NAMES:
        text = re.sub(r"(?m)^profile: \w+", "profile: laptop", committed(name))
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def committed(name):
    """A file's text at Git's HEAD, or as it is where there is no Git, or none of that name in it."""
    command = ["git", "show", f"HEAD:./{name}"]
    try:
        return subprocess.run(command, cwd=paths.ROOT, capture_output=True, check=True).stdout.decode("utf-8")
    except (OSError, subprocess.CalledProcessError):
        return (paths.ROOT / name).read_text("utf-8")


def repository():
    """The shipped files, committed in a folder of their own: nothing in them has been changed."""
    _folders.append(tempfile.TemporaryDirectory())
    folder = Path(_folders[-1].name)
    write(folder)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Settings"]):
        if shutil.which("git"):
            subprocess.run(["git", *command], cwd=folder, env=os.environ | IDENTITY, check=True)
    return folder


def differs():
    """Names of the files that are not as at HEAD."""
    return [name for name in NAMES if committed(name) != (paths.ROOT / name).read_text("utf-8")]
