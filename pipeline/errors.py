"""What a user can get wrong, told apart from our own mistakes by type; and the outcome that is neither."""

import errno
import os
import pwd
import re
from collections.abc import Sequence
from pathlib import Path

from pipeline import paths


class InputError(ValueError):
    """Something that a user wrote, chose or left out: one line says where, what was given, and what is allowed.

    The command line prints the line and ends with 2. Every other error is a mistake of ours: it keeps its traceback.
    """


class SeveralSizes(InputError):
    """Pictures of several sizes, told one line; `size` is [height, width] of most of them, or else their middle."""

    def __init__(self, line: str, size: list[int]) -> None:
        super().__init__(line)
        self.size = size


class RunsFailed(Exception):
    """Runs of a topic failed: an outcome, kept, counted and shown as the others are. `runs` has a line for each."""

    def __init__(self, summary: str, runs: Sequence[str]) -> None:
        super().__init__(summary)
        self.runs = runs


OTHER_KIND = (errno.EISDIR, errno.ENOTDIR, errno.EEXIST)
FORBIDDEN, READ_ONLY, FULL = (errno.EACCES, errno.EPERM), (errno.EROFS,), (errno.ENOSPC, errno.EDQUOT)


def shown(path: Path | str) -> str:
    """How messages name a file: as seen from the project's folder, if it lies there."""
    file = Path(path)
    return file.relative_to(paths.ROOT).as_posix() if file.is_relative_to(paths.ROOT) else str(file)


def of_the_disk(error: OSError) -> str | None:
    """One line on a file that may not be read or written or is none, or on a full disk; None: none of these."""
    place = shown(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes | Path) else "the project"
    place = re.sub(r"\.\d+\.draft$", "", place)  # how records.write_bytes names a file that is not whole yet
    place = "the project" if place == "." else place
    if error.errno in FULL:
        return f"{place}: {error.strerror}: make space; what is done is kept, the same command goes on from there"
    if error.errno in READ_ONLY:
        return f"{place}: given a read-only file system, allowed one that can be written: copy the project elsewhere"
    if error.errno in FORBIDDEN:
        owner = _owner(error.filename)
        told = f"given what {'belongs to ' + owner + ' and ' if owner else ''}you may not read or write"
        return f"{place}: {told}, allowed a project that is yours: `chown` it, or clone it into a folder of your own"
    if error.errno in OTHER_KIND:
        return f"{place}: given a folder in a file's place or a file in a folder's, allowed what belongs there: move it"
    return None


def _owner(name: object) -> str | None:
    """Who owns the file of that name, or else the nearest folder above it that can be seen; None: it is you."""
    for path in [Path(str(name)), *Path(str(name)).parents] if name else []:
        try:
            user = path.stat().st_uid
        except OSError:
            continue
        try:
            return None if user == os.getuid() else pwd.getpwuid(user).pw_name
        except KeyError:
            return f"user {user}"
    return None
