"""Finished runs under a key made of everything that can change their numbers, so that none is trained twice."""

import hashlib
import shutil
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import paths
from pipeline.records import digest, read_json, write_json

FILES = ("history.csv", "model.keras", "samples.npz")


def key(plan: Mapping[str, Any], seed: int, versions: Mapping[str, str], device: str) -> str:
    """Key of one run: `plan` is a variant of data/plan/<topic>.json (settings, digests of data and code).

    Names of data and view are left out, as the digest of the data says what is in them; so is Python's version, which
    decides no number.
    """
    parts = {name: plan[name] for name in ("settings", "data_digest", "code")}
    parts["settings"] = {name: item for name, item in plan["settings"].items() if name not in ("data", "view")}
    libraries = {name: version for name, version in versions.items() if name != "python"}
    return digest([parts, seed, libraries, device])[:32]


def checksums(folder: Path) -> dict[str, str]:
    """{name: SHA-256 in hex} of those of a run's files that are in `folder`."""
    there = [folder / name for name in FILES if (folder / name).is_file()]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in there}


@dataclass(frozen=True)
class Store:
    """Finished runs below one folder. Several processes may use it at once: a run appears as a whole or not at all."""

    root: Path

    def folder(self, run_key: str) -> Path:
        """Where the run of that key lies, or would."""
        return self.root / run_key[:2] / run_key

    def has(self, run_key: str) -> bool:
        """Whether that run has finished (also: diverged) before."""
        return (self.folder(run_key) / "run.json").exists()

    def runs(self) -> list[Path]:
        """Folders of all finished runs, sorted."""
        return sorted(file.parent for file in self.root.glob("??/*/run.json"))

    def drafts(self) -> list[Path]:
        """Folders in which runs are being made, or were when their process was killed."""
        return list((self.root / "drafts").glob("*"))

    def draft(self) -> Path:
        """A fresh folder to make a run's files in: on the store's own disk, as only there a folder can be renamed."""
        place = self.root / "drafts" / uuid.uuid4().hex
        place.mkdir(parents=True)
        return place

    def put(self, run_key: str, draft: Path, record: Mapping[str, Any]) -> None:
        """Move the files of a finished run from the folder `draft` into the store: all of them, or none.

        Its record says the checksums of its files, so that whoever meets a copy knows whether it is whole.
        """
        write_json(draft / "run.json", {**record, "files": checksums(draft)})
        place = self.folder(run_key)
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():  # half a run cannot be: the folder is renamed into place as a whole
            shutil.rmtree(draft)
        else:
            draft.rename(place)

    def take(self, run_key: str, target: Path, names: Mapping[str, Any]) -> dict[str, Any]:
        """Copy a finished run into `target`, its record under the topic, variant and seed in `names`."""
        target.mkdir(parents=True, exist_ok=True)
        source = self.folder(run_key)
        for name in FILES:
            if (source / name).exists():
                shutil.copyfile(source / name, target / name)
        record = {**names, **read_json(source / "run.json")}
        write_json(target / "run.json", record)
        return record


def project_store() -> Store:
    """The store of this project, .aula/runs."""
    return Store(paths.STORE)
