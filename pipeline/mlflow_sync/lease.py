"""Who keeps a run open in MLflow, and how long: what nobody renews any more is closed, whoever opened it."""

import os
import platform
import time
from collections.abc import Mapping

OWNER, HEARTBEAT = "owner", "heartbeat"  # tags of a run that is open: by whom, and when that was last said
PERIOD_S, LEASE_S = 60.0, 1_800.0  # between two heartbeats, and without one from another machine
UNSIGNED_S = 86_400.0  # of an open run that tells of nobody


def owner() -> str:
    """This process, as a tag says it: host, number, and start, as numbers are used again."""
    import psutil

    return f"{platform.node()}:{os.getpid()}:{psutil.Process().create_time():.0f}"


def tags(owner: str) -> dict[str, str]:
    """Tags of a run that `owner` keeps open from now on."""
    return {OWNER: owner, HEARTBEAT: f"{time.time():.0f}"}


def is_over(tags: Mapping[str, str], started: float, mine: bool) -> bool:
    """Whether nobody keeps the open run with these tags any more.

    `started` in seconds since 1970; `mine`: it was opened from this clone, whose processes write one at a time, and
    without a lease only what they end in the same breath.
    """
    if OWNER not in tags:
        return mine or time.time() - started > UNSIGNED_S
    if tags[OWNER].split(":")[0] == platform.node():
        return not is_alive(tags[OWNER])
    if HEARTBEAT not in tags:
        return time.time() - started > UNSIGNED_S
    return time.time() - float(tags[HEARTBEAT]) > LEASE_S


def is_alive(owner: str) -> bool:
    """Whether the process `owner` of this host still lives: its number alone may be another's by now."""
    import psutil

    _, number, *start = owner.split(":")
    try:
        process = psutil.Process(int(number))
        return not start or abs(process.create_time() - float(start[0])) < 2
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        return False
    except psutil.AccessDenied:
        return True
