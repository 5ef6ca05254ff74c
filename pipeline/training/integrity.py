"""A seal on the folder of a run: a file that is cut, flipped, lost or another run's is seen before it is used."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.records import write_bytes

SEAL, RECORD = "seal.json", "run.json"


def seal(folder: Path, run_key: str) -> None:
    """Write down which files the run of that key has in `folder`, and their SHA-256: the last thing that is written."""
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name != SEAL)
    write_bytes(folder / SEAL, _rendered({"run_key": run_key, "files": {file.name: _digest(file) for file in files}}))


def is_sound(folder: Path, run_key: str | None = None) -> bool:
    """Whether every file of the run in `folder` is as it was sealed; see `fault`."""
    return fault(folder, run_key) is None


def fault(folder: Path, run_key: str | None = None) -> str | None:
    """What is wrong with the files of the run in `folder`, in one line; None: nothing.

    With `run_key`, a run of another key is wrong as well. A file beside those that were sealed is none of the run's.
    PermissionError: they may not be read.
    """
    try:
        content = (folder / SEAL).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return f"no {SEAL}: it was not written to its end"
    listed = _listed(content)
    if listed is None:
        return f"{SEAL} is damaged"
    if run_key not in (None, listed["run_key"]):
        return f"it is the run {listed['run_key'][:8]}, not {run_key}"
    for name, digest in listed["files"].items():
        if not (folder / name).is_file():
            return f"{name} is missing"
        if _digest(folder / name) != digest:
            return f"{name} is not as it was written"
    return None


def _listed(content: bytes) -> Mapping[str, Any] | None:
    """A seal as it was written to the last byte, or None."""
    try:
        listed = json.loads(content)
        names = list(listed["files"])
        whole = (
            isinstance(listed["run_key"], str) and RECORD in names and all(Path(name).name == name for name in names)
        )
        return listed if whole and _rendered(listed) == content else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _rendered(listed: Mapping[str, Any]) -> bytes:
    """With a digest of itself: a letter flipped in a name would be a file that is missing, in a key nothing."""
    plain = {"run_key": listed["run_key"], "files": dict(listed["files"])}
    own = hashlib.sha256(json.dumps(plain).encode()).hexdigest()
    return (json.dumps({**plain, "seal": own}, indent=1) + "\n").encode()


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
