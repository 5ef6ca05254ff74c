"""Runs in a shared store: files by their digest, and a seal, written last, that makes them a finished run."""

import json
import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.records import read_json, write_bytes
from pipeline.sharing.patience import of_this_disk
from pipeline.sharing.places import Place
from pipeline.training import integrity, machine
from pipeline.training.store import FILES, Store

MARK = "store.json"  # what says that a place is such a store: nothing is written to a folder that was not mounted
FORMAT = {"holds": "finished runs of Aula", "format": 1}
FILES_OF_A_RUN = {integrity.RECORD, *FILES}
AT_ONCE, SEALS_AT_ONCE = 8, 400  # runs whose files are in memory together, and seals that are asked for together
OF_A_RUN = {"status", "versions", "device"}  # what the record of a run has at least
ENDED = ("finished", "diverged")

Seals = dict[str, bytes]  # by key of run


@dataclass
class Taken:
    """What came of runs that were to be taken: of some by key why they count as not there.

    `unlike` are whole, but of a machine whose numbers may be others than this one's; `untold` are those among the taken
    that do not say on what they were trained.
    """

    count: int = 0
    untold: int = 0
    damaged: dict[str, str] = field(default_factory=dict)
    unlike: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SharedRuns:
    """The runs at a place, which several may read and write at once.

    A file lies under its SHA-256, so two writers of one run never write over each other; a run is there as soon as its
    seal is, which is one object: what a kill leaves are files that no seal names.
    """

    place: Place

    def is_one(self) -> bool:
        """Whether the place holds a store of this format."""
        content = self.place.read([MARK]).get(MARK)
        return content is not None and content == _mark()

    def is_empty(self) -> bool:
        """Whether there is no mark, of whatever format."""
        return MARK not in self.place.read([MARK])

    def make(self) -> None:
        """Make a store of the place."""
        self.place.write({MARK: _mark()})

    def seals(self, keys: Collection[str]) -> Seals:
        """Those of these runs that are there, which is not to say that they are sound."""
        names = {_seal(key): key for key in keys}
        found = self.place.read(list(names))
        return {names[name]: content for name, content in found.items()}

    def take(self, seals: Seals, store: Store, taken: Taken) -> None:
        """Copy runs into `store`, and tell `taken` what came of each."""
        contents = self._contents(seals)
        with of_this_disk():
            for key, draft, fault in _drafts(seals, contents, store):
                if fault:
                    taken.damaged[key] = fault
                else:
                    _put(key, draft, store, taken)

    def damaged(self, seals: Seals, store: Store) -> set[str]:
        """Those of these runs whose files are not those of their seals; drafts of them are made in `store`."""
        contents = self._contents(seals)
        with of_this_disk():
            return {key for key, _, fault in _drafts(seals, contents, store) if fault}

    def _contents(self, seals: Seals) -> dict[str, bytes]:
        names = [f"{_folder(key)}/{digest}" for key, seal in seals.items() for digest in _listed(seal).values()]
        return self.place.read(list(dict.fromkeys(names)))

    def give(self, keys: Sequence[str], store: Store) -> None:
        """Copy finished runs of `store` here: first all files, then the seals."""
        files: dict[str, bytes] = {}
        seals: dict[str, bytes] = {}
        with of_this_disk():
            for key in keys:
                folder = store.folder(key)
                seals[_seal(key)] = seal = store.seal(key)
                for name, digest in _listed(seal).items():
                    files[f"{_folder(key)}/{digest}"] = (folder / name).read_bytes()
        self.place.write(files)
        self.place.write(seals)


def in_parts(keys: Iterable[str], size: int) -> Iterator[list[str]]:
    """The keys in lists of `size`."""
    every = list(keys)
    return (every[start : start + size] for start in range(0, len(every), size))


def _drafts(seals: Seals, contents: Mapping[str, bytes], store: Store) -> Iterator[tuple[str, Path, str | None]]:
    """Key, files as a draft of `store`, and what is wrong with them, of each run; a draft is gone with the next."""
    for key, seal in seals.items():
        draft = store.draft()
        try:
            for name, digest in _listed(seal).items():
                if (content := contents.get(f"{_folder(key)}/{digest}")) is not None:
                    write_bytes(draft / name, content)
            write_bytes(draft / integrity.SEAL, seal)
            yield key, draft, integrity.fault(draft, key) or _wrong_record(draft)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _put(key: str, draft: Path, store: Store, taken: Taken) -> None:
    """Put a whole run into `store`, if it may stand beside what is trained here."""
    record = read_json(draft / integrity.RECORD)
    if reason := machine.unlike_here(record):
        taken.unlike[key] = reason
        return
    store.put(key, draft, record)
    taken.count += 1
    taken.untold += not machine.is_told(record)


def _wrong_record(draft: Path) -> str | None:
    try:
        record = read_json(draft / integrity.RECORD)
    except ValueError:
        record = None
    sound = isinstance(record, dict) and record.keys() >= OF_A_RUN and record["status"] in ENDED
    return None if sound else "run.json is not that of a run that has ended"


def _listed(seal: bytes) -> dict[str, str]:
    """{name: SHA-256} of what a seal lists, as far as these can be files of a run; integrity looks at it as a whole."""
    try:
        files: dict[Any, Any] = dict(json.loads(seal)["files"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return {name: digest for name, digest in files.items() if name in FILES_OF_A_RUN and _is_digest(digest)}


def _is_digest(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch("[0-9a-f]{64}", text) is not None


def _folder(key: str) -> str:
    return f"{key[:2]}/{key}"


def _seal(key: str) -> str:
    return f"{_folder(key)}/{integrity.SEAL}"


def _mark() -> bytes:
    return (json.dumps(FORMAT, indent=1) + "\n").encode()
