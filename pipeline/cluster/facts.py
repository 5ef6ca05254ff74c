"""What a machine says of itself, and why one is too unlike this one for its runs to be the same."""

import contextlib
import hashlib
import shutil
import time
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline import numerics, paths, plugins
from pipeline.errors import InputError
from pipeline.training import machine, runtime

LEAST_FREE = 200_000_000  # bytes on the disk that a node works on
MOST_SKEW_S = 10.0  # between two clocks: records say when a run began


@dataclass(frozen=True)
class Facts(machine.Machine):
    """What decides whether a machine's runs come out as those of another one; `clock` in seconds since 1970."""

    versions: dict[str, str]
    code: str
    free: int
    clock: float


def of_this_machine(mode: numerics.Mode, work: Path = paths.STATE) -> Facts:
    """What this machine is, and how much room there is for `work`."""
    work.mkdir(parents=True, exist_ok=True)
    return Facts(**asdict(machine.here(mode)), versions=versions(), code=code(), free=free(work), clock=time.time())


def versions() -> dict[str, str]:
    """Versions of Python and of all libraries that numbers follow from, those that a model names among them."""
    found = runtime.versions()
    for model in plugins.names("models"):
        with contextlib.suppress(PackageNotFoundError, InputError):  # a model that cannot be read is in no plan
            found |= {name: version(name) for name in plugins.constant("models", model, "LIBRARIES", ())}
    return found


def unlike(theirs: Facts, ours: Facts, *, asked: float, answered: float) -> str | None:
    """Why a machine is left out: what it is, and what is allowed; None: it is like this one.

    It was asked for its facts at the time `asked` of this machine's clock, and they came back when it was `answered`.
    """
    for name, allowed in ours.versions.items():
        if theirs.versions.get(name) != allowed:
            return f"given {name} {theirs.versions.get(name, 'none')}, allowed {allowed}"
    if theirs.code != ours.code:
        return "given other code of the project, allowed this machine's: bring it to the same commit"
    if reason := machine.unlike(theirs, ours):
        return reason
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
