"""How much memory this process holds, and the most that it held during one run."""

import contextlib
import resource
import sys
from pathlib import Path

STATUS, REFERENCES = Path("/proc/self/status"), Path("/proc/self/clear_refs")


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
