"""How much memory there is, the most that this process held during one run, and how often the system ran out of it."""

import contextlib
import resource
import sys
from pathlib import Path

STATUS, REFERENCES = Path("/proc/self/status"), Path("/proc/self/clear_refs")
GROUP, GROUPS = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")
KERNEL_COUNTS = Path("/proc/vmstat")


def forget_peak() -> None:
    """Start the peak anew (Linux; elsewhere it stays that of the whole process)."""
    with contextlib.suppress(OSError):
        REFERENCES.write_text("5")


def peak_mb() -> int:
    """Most resident memory since `forget_peak`, in MiB."""
    with contextlib.suppress(OSError):
        lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) // 1024
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit)


def machine() -> int:
    """Bytes that this machine has, or that the container grants which this process runs in."""
    import psutil

    limits = [int(psutil.virtual_memory().total)]
    for folder in _groups():
        for name in ("memory.max", "memory.limit_in_bytes"):
            with contextlib.suppress(OSError, ValueError):  # "max": there is none
                limits.append(int((folder / name).read_text()))
    return min(limits)


def kernel_kills() -> int:
    """Processes that the system has killed so far for want of memory, anywhere on the machine (0 if not Linux)."""
    kills = 0
    for file in (KERNEL_COUNTS, *(folder / "memory.events" for folder in _groups()[:1])):
        with contextlib.suppress(OSError, ValueError):
            counts = dict(line.split() for line in file.read_text().splitlines())
            kills += int(counts.get("oom_kill", 0))
    return kills


def _groups() -> list[Path]:
    """Control groups of this process, its own first; in a container some lie at the root of what is mounted."""
    with contextlib.suppress(OSError):
        names = [line.split(":", 2)[2].strip("/") for line in GROUP.read_text().splitlines()]
        own = [GROUPS / names[-1]] if names else []
        above = [parent for folder in own for parent in folder.parents if parent.is_relative_to(GROUPS)]
        return [*own, *above, GROUPS / "memory"]
    return []
