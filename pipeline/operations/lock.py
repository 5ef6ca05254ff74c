"""One at a time: a lock that says who holds it and since when, and that no kill leaves behind."""

import contextlib
import os
import platform
import sys
import time
from collections.abc import Iterator

from pipeline import paths
from pipeline.errors import InputError
from pipeline.records import read_json, write_json


class Held(InputError):
    """Somebody else holds the lock."""


@contextlib.contextmanager
def hold(name: str, wait: bool = False) -> Iterator[None]:
    """Hold the lock `name`; if another process does, raise Held, or with `wait` say so and wait for it."""
    from filelock import FileLock, Timeout

    paths.LOCKS.mkdir(parents=True, exist_ok=True)
    lock = FileLock(paths.LOCKS / f"{name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if not wait:
            raise Held(f"{name}: given a second one, allowed one at a time: {holder(name)}") from None
        print(f"{name}: waiting, {holder(name)}", file=sys.stderr, flush=True)
        lock.acquire()
    try:
        me = {"pid": os.getpid(), "host": platform.node(), "since": time.time()}
        with contextlib.suppress(OSError):  # a full disk: it is held all the same, this only tells who does
            write_json(paths.LOCKS / f"{name}.json", me)
        yield
    finally:
        (paths.LOCKS / f"{name}.json").unlink(missing_ok=True)
        lock.release()


def holder(name: str) -> str:
    """Who holds the lock, in words."""
    try:
        who = read_json(paths.LOCKS / f"{name}.json")
    except (OSError, ValueError):
        return "another process holds it"
    since = time.strftime("%H:%M:%S on %Y-%m-%d", time.localtime(who["since"]))
    return f"process {who['pid']} on {who['host']} holds it since {since}"
