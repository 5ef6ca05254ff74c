"""What goes to a node and comes back: prepared data by digest, and the files of a finished run."""

import contextlib
import hashlib
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from pipeline import paths
from pipeline.errors import InputError
from pipeline.records import read_json, write_bytes
from pipeline.training import integrity
from pipeline.training.run import RunSpec
from pipeline.training.store import project_store

UNUSED_DAYS = 14  # then a node drops data that nobody has asked for
DAY_S = 86_400
RUNS, SCORES = "runs", "scores"

Stamp = tuple[int, int]  # when a file was changed, in ns, and its bytes


# On the machine that asks


def of_run(spec: RunSpec, *, scored: bool) -> dict[str, Path]:
    """{place on a node: file here} of all that training a run reads, and scoring it."""
    data, view, draw = spec.settings["data"], spec.settings["view"], spec.draw
    files = [paths.fit_split(data, view, draw), paths.validation_split(data, draw)]
    files += [paths.card(data, draw), paths.test_split(data, draw)] if scored else []
    return {_place(file): file for file in files}


def _place(file: Path) -> str:
    """Where a file of prepared data lies below the folder of a node's inputs."""
    for name, root in (("tried", paths.TRIED), ("prepared", paths.PREPARED), ("test", paths.TEST)):
        if file.is_relative_to(root):
            return f"{name}/{file.relative_to(root).as_posix()}"
    raise ValueError(f"{file}: no prepared data")


def digest(file: Path) -> str:
    """SHA-256 of a file (InputError: it is gone)."""
    try:
        stat = file.stat()
        return _digest(file, stat.st_mtime_ns, stat.st_size)
    except FileNotFoundError:
        raise InputError(
            f"{file}: given no data to send to a node, allowed what was planned: run `dvc repro`"
        ) from None


@lru_cache(maxsize=100_000)
def _digest(file: Path, changed: int, size: int) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def keep(run_key: str, parcel: Mapping[str, bytes]) -> None:
    """Put what a node has written of a run, without `fault`, where it belongs; one that is there stays as it is.

    Scores go first, each file whole: a run in the store is one that nobody scores again. OSError: the disk is full.
    """
    for name in sorted(parcel, key=lambda name: (name.endswith(".json"), name)):  # .json has the digest of the other
        folder, _, rest = name.partition("/")
        if folder == SCORES:
            write_bytes(paths.SCORES / rest, parcel[name])
    store = project_store()
    if not is_run(parcel) or store.has(run_key):
        return
    draft = store.draft()
    try:
        for name, content in _of_run(parcel).items():
            write_bytes(draft / name, content)
        store.put(run_key, draft, read_json(draft / integrity.RECORD))
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def fault(run_key: str, parcel: Mapping[str, bytes]) -> str | None:
    """What is wrong with the files of the run in what a node has sent, in one line; None: they are whole."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in _of_run(parcel).items():
            Path(folder, name).write_bytes(content)
        return integrity.fault(Path(folder), run_key)


def is_run(parcel: Mapping[str, bytes]) -> bool:
    """Whether files of a run are in what a node has sent."""
    return bool(_of_run(parcel))


def _of_run(parcel: Mapping[str, bytes]) -> dict[str, bytes]:
    """{name: content} of the run itself."""
    return {Path(name).name: content for name, content in parcel.items() if name.startswith(f"{RUNS}/")}


# On a node


class Cache:
    """Files by their digest, for all runs that a machine carries out, and laid out as the project has them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._sound: dict[str, Stamp] = {}  # what this process has looked at, or written, as it was then
        root.mkdir(parents=True, exist_ok=True)
        for file in root.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another one clears up as well
                if time.time() - file.stat().st_mtime > UNUSED_DAYS * DAY_S:
                    file.unlink()

    def lacks(self, digests: Mapping[str, str]) -> list[str]:
        """Digests of files that have to be brought; one that is not what it was is dropped, and is among them."""
        return sorted({each for each in digests.values() if not self._has(each)})

    def _has(self, digest: str) -> bool:
        file = self._root / digest
        try:
            stamp = _stamp(file)
            if self._sound.get(digest) == stamp:
                return True
            with file.open("rb") as content:
                is_sound = hashlib.file_digest(content, "sha256").hexdigest() == digest
        except FileNotFoundError:
            return False
        if is_sound:
            self._sound[digest] = stamp
        else:
            file.unlink(missing_ok=True)
        return is_sound

    def put(self, digest: str, content: bytes) -> None:
        """Keep a file. ValueError: it is not the one of that digest."""
        if hashlib.sha256(content).hexdigest() != digest:
            raise ValueError(f"data {digest[:8]}: they came as others")
        draft = self._root / f"{digest}.{platform.node()}.{os.getpid()}"  # machines, and drivers, may share the folder
        write_bytes(draft, content)
        draft.replace(self._root / digest)
        self._sound[digest] = _stamp(self._root / digest)

    def lay_out(self, digests: Mapping[str, str], folder: Path) -> Path:
        """The folder below `folder` in which these files have their places.

        It is another one for files that were brought again: workers remember what they have read by its place.
        """
        for digest in digests.values():
            self._keep_for_longer(digest)
        laid = [(*each, self._sound.get(each[1])) for each in sorted(digests.items())]
        name = hashlib.sha256(repr(laid).encode()).hexdigest()[:20]
        if not (folder / name).exists():
            draft = folder / f"{name}.draft"
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            for place, digest in digests.items():
                (draft / place).parent.mkdir(parents=True, exist_ok=True)
                (draft / place).symlink_to(self._root / digest)
            draft.replace(folder / name)
        return folder / name

    def _keep_for_longer(self, digest: str) -> None:
        """Somebody asks for a file, once a day: its time says when that was."""
        file = self._root / digest
        with contextlib.suppress(FileNotFoundError):  # it has vanished since, which the next order finds
            if time.time() - file.stat().st_mtime > DAY_S:
                os.utime(file)
                self._sound[digest] = _stamp(file)


def _stamp(file: Path) -> Stamp:
    stat = file.stat()
    return stat.st_mtime_ns, stat.st_size


def pack(run_key: str) -> dict[str, bytes]:
    """{place: content} of all that a process has written of a run, which is dropped here."""
    folders = {RUNS: project_store().folder(run_key), SCORES: paths.SCORES / run_key[:2] / run_key}
    parcel = {
        f"{name}/{run_key[:2]}/{run_key}/{file.name}": file.read_bytes()
        for name, folder in folders.items()
        for file in (sorted(folder.iterdir()) if folder.is_dir() else ())
    }
    for folder in folders.values():
        shutil.rmtree(folder, ignore_errors=True)
    return parcel


def move(**folders: Path) -> None:
    """Have this process find folders of the project elsewhere."""
    for name, folder in folders.items():
        assert hasattr(paths, name), name
        setattr(paths, name, folder)
