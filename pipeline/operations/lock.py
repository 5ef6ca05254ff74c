"""A lock between processes that says who holds it and since when, and that no kill leaves behind."""

import contextlib
import os
import platform
import sys
import time
from collections.abc import Iterator

from pipeline import paths
from pipeline.errors import InputError
from pipeline.records import read_json, write_json
from pipeline.spoken import tell


class Held(InputError):
    """Another process holds the lock."""


@contextlib.contextmanager
def hold(name: str, wait: bool = False) -> Iterator[None]:
    """Hold the lock `name` within the block; if another process has it, raise Held, or with `wait` say so and wait."""
    from filelock import FileLock, Timeout

    paths.LOCKS.mkdir(parents=True, exist_ok=True)
    lock = FileLock(paths.LOCKS / f"{name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if not wait:
            raise Held(
                f"{name}: given a second one, allowed one at a time: {holder(name)}: wait for its end, or stop it"
            ) from None
        tell(f"{name}: waiting, {holder(name)}", file=sys.stderr)
        lock.acquire()
    try:
        process = {"pid": os.getpid(), "host": platform.node(), "since": time.time()}
        with contextlib.suppress(OSError):  # a full disk: the lock is held all the same, the file only says by whom
            write_json(paths.LOCKS / f"{name}.json", process)
        yield
    finally:
        (paths.LOCKS / f"{name}.json").unlink(missing_ok=True)
        lock.release()


def holder(name: str) -> str:
    """Which process holds the lock `name` and since when, in words."""
    try:
        process = read_json(paths.LOCKS / f"{name}.json")
    except (OSError, ValueError):
        return "another process holds it"
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(process["since"]))
    return f"process {process['pid']} on {process['host']} holds it since {since}"
