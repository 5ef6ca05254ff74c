"""Finished runs under a key made of everything that can change their numbers, so that none is trained twice."""

import shutil
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import errors, paths
from pipeline.records import digest, read_json, write_json
from pipeline.training import integrity

FILES = ("history.csv", "model.keras", "samples.npz")
_named: set[Path] = set()  # damaged folders that this process has told of


def key(
    plan: Mapping[str, Any], seed: int, data_digest: str, versions: Mapping[str, str], device: str, numerics: str
) -> str:
    """Key of one run: `plan` is a variant of data/plan/<topic>.json (settings, digests of code).

    `numerics` is what numerics.label says: "portable" is one key on all x86-64 processors with AVX2.

    Names of data and view are left out, as the digest of the data says what is in them; so is Python's version, which
    decides no number.
    """
    parts = {"data_digest": data_digest, "code": plan["code"]}
    parts["settings"] = {name: item for name, item in plan["settings"].items() if name not in ("data", "view")}
    libraries = {name: version for name, version in versions.items() if name != "python"}
    return digest([parts, seed, libraries, device, numerics])[:32]


@dataclass(frozen=True)
class Store:
    """Finished runs below one folder. Several processes may use it at once: a run appears as a whole or not at all."""

    root: Path

    def folder(self, run_key: str) -> Path:
        """Where the run of that key lies, or would."""
        return self.root / run_key[:2] / run_key

    def has(self, run_key: str) -> bool:
        """Whether that run has finished (also: diverged) before; one whose files are damaged counts as not there."""
        folder = self.folder(run_key)
        return folder.exists() and self.fault(folder) is None

    def seal(self, run_key: str) -> bytes:
        """What that run was sealed with."""
        return (self.folder(run_key) / integrity.SEAL).read_bytes()

    def fault(self, folder: Path) -> str | None:
        """What is wrong with the run in `folder`, named on stderr when it is first met; None: nothing."""
        fault = integrity.fault(folder, folder.name)
        if fault and folder not in _named:
            _named.add(folder)
            print(f"{errors.shown(folder)}: {fault}; it counts as not there", file=sys.stderr, flush=True)
        return fault

    def runs(self) -> list[Path]:
        """Folders of all finished runs, sorted; damaged ones are not among them."""
        return [folder for folder in self._folders() if self.fault(folder) is None]

    def damaged(self) -> list[Path]:
        """Folders of runs that count as not there, sorted."""
        return [folder for folder in self._folders() if self.fault(folder)]

    def _folders(self) -> list[Path]:
        return sorted(folder for folder in self.root.glob("??/*") if folder.parent.name == folder.name[:2])

    def drafts(self) -> list[Path]:
        """Folders in which runs are being made, or were when their process was killed."""
        return list((self.root / "drafts").glob("*"))

    def draft(self) -> Path:
        """A fresh folder to make a run's files in: on the store's own disk, as only there a folder can be renamed."""
        place = self.root / "drafts" / uuid.uuid4().hex
        place.mkdir(parents=True)
        return place

    def put(self, run_key: str, draft: Path, record: Mapping[str, Any]) -> None:
        """Move the files of a finished run from the folder `draft` into the store: all of them, or none."""
        write_json(draft / "run.json", record)
        integrity.seal(draft, run_key)
        place = self.folder(run_key)
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists() and not integrity.is_sound(place, run_key):
            damaged = self.root / "drafts" / uuid.uuid4().hex
            place.rename(damaged)  # in one step: nobody may meet half of it
            shutil.rmtree(damaged, ignore_errors=True)
        try:
            draft.rename(place)
        except OSError:
            if not place.exists():
                raise
            shutil.rmtree(draft)  # another process has put it there meanwhile

    def take(self, run_key: str, target: Path, names: Mapping[str, Any]) -> dict[str, Any]:
        """Copy a finished run into `target`, its record under the topic, variant and seed in `names`."""
        target.mkdir(parents=True, exist_ok=True)
        source = self.folder(run_key)
        for name in FILES:
            if (source / name).exists():
                shutil.copyfile(source / name, target / name)
        record = {**names, **read_json(source / "run.json")}
        write_json(target / "run.json", record)
        integrity.seal(target, run_key)
        return record


def project_store() -> Store:
    """The store of this project, .aula/runs."""
    return Store(paths.STORE)
