"""A copy of the project as it stands, committed files and new ones, to run the real pipeline in."""

import contextlib
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import shipped
from folders import ELSEWHERE
from ruamel.yaml import YAML

from pipeline import paths

ENVIRONMENT = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
for variable in ELSEWHERE:
    ENVIRONMENT.pop(variable, None)
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
    shipped.write(place)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Copy the house"]):
        tell(place, "git", *command)
    change(place, lambda tree: tree.update(profile="smoke"))
    return place


def change(place, edit, file="params.yaml"):
    """Edit params.yaml (or a profile's file) as a user would, comments kept.

    Profiles and sweeps lose what params.yaml loses.
    """
    rewrite(place / file, lambda tree: (edit(tree), forget_sweeps(tree)), "rt")
    params = YAML(typ="safe").load((place / "params.yaml").read_text())
    for profile in (place / "profiles").glob("*.yaml"):
        if any(stale(YAML(typ="safe").load(profile.read_text()), params)):
            rewrite(profile, lambda tree: [part.pop(name) for part, name in [*stale(tree, params)]], "safe")


def forget_sweeps(tree):
    """Leave out sweeps of a variant that is not there (any more)."""
    for name, sweep in [*(tree.get("sweeps") or {}).items()]:
        if sweep["variant"] not in (tree["topics"].get(sweep["topic"]) or {}).get("variants", {}):
            del tree["sweeps"][name]
    if not tree.get("sweeps", True):
        del tree["sweeps"]


def rewrite(file, edit, typ):
    yaml = YAML(typ=typ)
    tree = yaml.load(file.read_text())
    edit(tree)
    with file.open("w") as target:
        yaml.dump(tree, target)


def stale(profile, params):
    """What the profile changes and params.yaml does not have (any more): (the mapping that names it, its name)."""
    for part in ("data", "topics"):
        for name, block in (profile.get(part) or {}).items():
            if name not in params[part]:
                yield profile[part], name
            for inner in {"variants", "groups"} & block.keys():
                known = {**params[part].get(name, {}).get(inner, {}), **(block.get("new_variants") or {})}
                yield from ((block[inner], each) for each in block[inner] if each not in known)
            groups = params["topics"].get(name, {}).get("groups", {}) if part == "topics" else {}
            for each, variant in block.get("new_variants", {}).items():
                lying = {**groups.get((variant or {}).get("group"), {}), **(variant or {})}
                if lying.get("data", next(iter(params["data"]))) not in params["data"]:
                    yield block["new_variants"], each


def tell(place, *command, code=0):
    """What a command prints in the copy; its exit code must be `code`."""
    told = subprocess.run(command, cwd=place, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert told.returncode == code, told.stdout[-3000:] + told.stderr[-3000:]
    return told.stdout + told.stderr


def ask(place, *words, code=0):
    """What a command of the pipeline prints in the copy."""
    return tell(place, sys.executable, "-m", "pipeline", *words, code=code)


def add_own(place, text, *words, shrink):
    """A copy under `place` with a table of someone's own, the topic `mine`, through all stages as `shrink` has it."""
    copy_house(place)
    (place / "data" / "raw" / "mine.csv").write_text(text)
    change(place, lambda tree: tree.update(profile="laptop"))
    ask(place, "add", "data/raw/mine.csv", *words, "--only")
    change(place, shrink)
    for command in ("prepare", "plan", "train mine", "evaluate mine", "report"):
        ask(place, *command.split())
    return place


def answers(address, tries=120):
    """Whether a server that is starting answers, asked every half second."""
    for _ in range(tries):
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status == 200
        time.sleep(0.5)
    return False
