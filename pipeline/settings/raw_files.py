"""Which raw files a data set is made of, and the digests that tell whether they are still the same."""

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import paths, plugins, raw_data

if TYPE_CHECKING:
    from pipeline.settings.data_blocks import DataSettings


NOT_DATA = (".md", ".bak", ".old", ".orig")  # cards, and copies that someone keeps
MOST_FILES = 200_000  # whose digests are kept while they do not change


def raw_digests(data: "DataSettings") -> dict[str, str]:
    """{name: SHA-256} of each raw file that is named after the data's source or one of its settings.

    And of the file that is named by its path. Where the source names its files itself (`files`), as it does of a
    folder, they have one digest together: of their places below that folder and of what they hold.
    """
    stems = {data.source, *(value for value in data.load.values() if isinstance(value, str))}
    named = [file for file in sorted(paths.RAW.glob("*.*")) if file.stem in stems and file.is_file()]
    files = [file for file in named if file.suffix not in NOT_DATA and not file.name.endswith("~")]
    return {file.name: _of_file(file) for file in files} | _of_folder(data)


def _of_folder(data: "DataSettings") -> dict[str, str]:
    """{folder: digest} of the files that a source names itself, or {file: digest} of a single one."""
    files = _told_by_source(data)
    if len(files) < 2:
        return {file.name: _of_file(file) for file in files}
    folder, total = Path(os.path.commonpath([file.parent for file in files])), hashlib.sha256()
    for file in files:
        try:
            held = _of_file(file)
        except OSError as error:
            held = f"unreadable: {error.strerror}"  # which `prepare` refuses, together with all others that are
        total.update(os.fsencode(file.relative_to(folder)) + b"\0" + held.encode())
    return {f"{folder.name}/": total.hexdigest()}


def _told_by_source(data: "DataSettings") -> list[Path]:
    """What the source says itself, or the one file that its setting `file` names with an ending that it reads."""
    if plugins.has("sources", data.source, "files"):
        told: list[Path] = plugins.load("sources", data.source).files(paths.RAW, **data.load)
        return told
    endings = plugins.constant("sources", data.source, "ENDINGS", ())
    file = data.load.get("file")
    place = raw_data.located(paths.RAW, file, endings) if endings and isinstance(file, str) else None
    return [place] if place else []


def _of_file(file: Path) -> str:
    state = file.stat()
    return _digest(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=MOST_FILES)  # several topics and all draws ask for the same files
def _digest(file: Path, changed: int, size: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
