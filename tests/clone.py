"""A copy of the project as it stands, committed files and new ones, to run the real pipeline in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

from pipeline import paths

ENVIRONMENT = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
ENVIRONMENT.pop("MLFLOW_TRACKING_URI", None)
ENVIRONMENT |= {f"GIT_{who}_{what}": "t@t" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def copy_house(place):
    """The project under `place`, as a repository of its own, set to the smoke profile."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=paths.ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (paths.ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(paths.ROOT / name, place / name)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Copy the house"]):
        tell(place, "git", *command)
    change(place, lambda tree: tree.update(profile="smoke"))
    return place


def change(place, edit):
    """Edit params.yaml as a user would, comments kept."""
    yaml, file = YAML(), place / "params.yaml"
    tree = yaml.load(file.read_text())
    edit(tree)
    with file.open("w") as target:
        yaml.dump(tree, target)


def tell(place, *command, code=0):
    """What a command prints in the copy; its exit code must be `code`."""
    told = subprocess.run(command, cwd=place, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert told.returncode == code, told.stdout[-3000:] + told.stderr[-3000:]
    return told.stdout + told.stderr
