"""A small project that has been through all stages once, copied for each situation, and commands asked in it."""

import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

from clone import change, copy_house, tell

from pipeline import __main__ as command_line
from pipeline import paths
from pipeline.operations import signals

TOPICS = {"imbalance": ("untouched", "adjusted"), "convolution": ("mlp", "stride")}
SEEDS = 2
KEPT = ("params.yaml", "profiles", "data", ".aula", "dvc.yaml", "docs", "README.md", "README.es.md", ".git")
CODE = ("PACKAGE", "METRICS")  # commands are asked in this process: their code is where it always is


def build(place):
    """The project after `repro` in the smoke profile, cut down to two variants of each of two topics."""
    copy_house(place)
    change(place, shrink)
    for name in ("full", "gpu", "smoke"):
        (place / "profiles" / f"{name}.yaml").write_text("every_topic: {seeds: 2, looks: 1, fit: {epochs: 1}}\n")
    for command in ("prepare", "plan", *(f"{stage} {topic}" for topic in TOPICS for stage in ("train", "evaluate"))):
        tell(place, sys.executable, "-m", "pipeline", *command.split())
    tell(place, sys.executable, "-c", "from pipeline import __main__ as m; m._track = print; m.main(['report'])")
    tell(place, "git", "gc", "-q")  # one file in place of a thousand: each costs half a millisecond in every copy
    return place


def shrink(tree):
    for name, variants in TOPICS.items():
        topic = tree["topics"][name]
        topic["variants"] = {variant: topic["variants"][variant] for variant in variants}
        for own in ("groups", "seeds"):
            topic.pop(own, None)
        topic["fit"]["epochs"] = 1
    tree["topics"] = {name: tree["topics"][name] for name in TOPICS}
    used = {tree["topics"][name]["data"] for name in TOPICS}
    tree["data"] = {name: tree["data"][name] for name in used}
    tree["seeds"] = SEEDS


def copy(base, place):
    """The project's own files and all that it has made, without its code."""
    for name in KEPT:
        if (base / name).is_dir():
            shutil.copytree(base / name, place / name, symlinks=True)
        elif (base / name).exists():
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy2(base / name, place / name)
    return place


def move_in(place, monkeypatch):
    """Have commands of this process find all folders below `place`, and keep its signals and MLflow out of them."""
    root = paths.ROOT
    monkeypatch.setattr(paths, "PARAMS", root / "params.yaml")  # the tests' own lies elsewhere
    for name, value in list(vars(paths).items()):
        if isinstance(value, Path) and name not in CODE:
            monkeypatch.setattr(paths, name, place / value.relative_to(root))
    monkeypatch.setattr(signals, "stop_in_order", lambda: None)
    monkeypatch.setattr(command_line, "_track", lambda topics: None)


def ask(command):
    """Exit code of a command, in this process."""
    try:
        return command_line.main(command.split())
    except SystemExit as stop:  # argparse
        return stop.code


def files(place):
    """{file: bytes} of everything below data/ and docs/, which a refused command leaves as it is."""
    found = [file for top in ("data", "docs") for file in (place / top).rglob("*") if file.is_file()]
    return {file.relative_to(place).as_posix(): file.read_bytes() for file in sorted(found)}


@contextmanager
def without_rights(path, mode):
    """Without root, and without rights on a file or folder."""
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        yield
    finally:
        path.chmod(before)


IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
