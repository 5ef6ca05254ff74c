"""What a machine says of itself, and why one is too unlike this one for its runs to be the same."""

import hashlib
import platform
import shutil
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline import numerics, paths
from pipeline.training import runtime

LEAST_FREE = 200_000_000  # bytes on the disk that a node works on
MOST_SKEW_S = 10.0  # between two clocks: records say when a run began


@dataclass(frozen=True)
class Facts:
    """What decides whether a machine's runs come out as those of another one; `clock` in seconds since 1970."""

    versions: dict[str, str]
    library: str
    numerics: str
    device: str
    processor: str
    code: str
    free: int
    clock: float


def of_this_machine(mode: numerics.Mode, work: Path = paths.STATE) -> Facts:
    """What this machine is, and how much room there is for `work`."""
    work.mkdir(parents=True, exist_ok=True)
    return Facts(
        versions=runtime.versions(),
        library=" ".join(platform.libc_ver()),
        numerics=numerics.label(mode),
        device=runtime.devices() if runtime.device() == "gpu" else "cpu",
        processor=runtime.processor(),
        code=code(),
        free=free(work),
        clock=time.time(),
    )


def unlike(theirs: Facts, ours: Facts, *, asked: float, answered: float) -> str | None:
    """Why a machine is left out: what it is, and what is allowed; None: it is like this one.

    It was asked for its facts at the time `asked` of this machine's clock, and they came back when it was `answered`.
    """
    for name, version in ours.versions.items():
        if theirs.versions.get(name) != version:
            return f"given {name} {theirs.versions.get(name, 'none')}, allowed {version}"
    if theirs.code != ours.code:
        return "given other code of the project, allowed this machine's: bring it to the same commit"
    if theirs.library != ours.library:
        return f"given {theirs.library}, allowed {ours.library}: its exp and log may differ in the last digit"
    if theirs.numerics != ours.numerics:
        return f"given a processor whose numbers are {theirs.numerics}, allowed {ours.numerics}"
    if theirs.device != ours.device:
        return f"given {theirs.device}, allowed {ours.device}"
    if ours.numerics != "portable" and theirs.processor != ours.processor:
        return f"given {theirs.processor}, allowed {ours.processor}, as numbers are not held the same on all"
    if theirs.free < LEAST_FREE:
        return f"given {theirs.free / 1e6:.0f} MB of free space, allowed {LEAST_FREE / 1e6:.0f} MB"
    if not asked - MOST_SKEW_S < theirs.clock < answered + MOST_SKEW_S:
        skew = theirs.clock - answered
        return f"given a clock that is {skew:+.0f} s off, allowed {MOST_SKEW_S:.0f} s: set it by NTP"
    return None


def free(work: Path) -> int:
    """Bytes left on the disk of a folder."""
    return shutil.disk_usage(work).free


@cache
def code() -> str:
    """Digest of all Python files of the pipeline, as they are when first asked for."""
    total = hashlib.sha256()
    for file in sorted(paths.PACKAGE.rglob("*.py")):
        total.update(f"{file.relative_to(paths.PACKAGE)}\0".encode() + file.read_bytes() + b"\0")
    return total.hexdigest()
