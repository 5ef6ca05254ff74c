"""Finished runs under a key made of everything that can change their numbers, so that none is trained twice."""

import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline import paths
from pipeline.records import digest, read_json, write_json

FILES = ("history.csv", "model.keras", "samples.npz")


def key(plan: Mapping[str, Any], seed: int, versions: Mapping[str, str], device: str) -> str:
    """Key of one run: `plan` is a variant of data/plan/<topic>.json (settings, digests of data and code)."""
    parts = {name: plan[name] for name in ("settings", "data_digest", "code")}
    parts["settings"] = {name: item for name, item in plan["settings"].items() if name not in ("data", "view")}
    libraries = {name: version for name, version in versions.items() if name != "python"}
    return digest([parts, seed, libraries, device])[:32]


def folder(run_key: str) -> Path:
    """Where the run of that key lies, or would."""
    return paths.STORE / run_key[:2] / run_key


def has(run_key: str) -> bool:
    """Whether that run has finished (also: diverged) before."""
    return (folder(run_key) / "run.json").exists()


def put(run_key: str, made: Path, record: Mapping[str, Any]) -> None:
    """Move the files of a finished run from the folder `made` into the store: all of them, or none."""
    write_json(made / "run.json", record)
    place = folder(run_key)
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():  # half a run cannot be: the folder is renamed into place as a whole
        shutil.rmtree(made)
    else:
        made.rename(place)


def draft() -> Path:
    """A fresh folder on the store's own disk, to make a run's files in."""
    place = paths.STORE / "drafts" / uuid.uuid4().hex
    place.mkdir(parents=True)
    return place


def take(run_key: str, target: Path, names: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a finished run into `target`, its record under the topic, variant and seed in `names`."""
    target.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        if (folder(run_key) / name).exists():
            shutil.copyfile(folder(run_key) / name, target / name)
    record = {**names, **read_json(folder(run_key) / "run.json")}
    write_json(target / "run.json", record)
    return record
