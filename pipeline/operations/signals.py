"""Stop in order: SIGTERM, and the end of the DVC that started us, do what Ctrl-C does."""

import contextlib
import os
import signal
import threading
import time
from pathlib import Path


def stop_in_order() -> None:
    """From now on SIGTERM, and the end of the DVC that started us, stop this process as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _interrupt)
    threading.Thread(target=_watch_dvc, daemon=True).start()


class Terminated(KeyboardInterrupt):
    """A SIGTERM to this process alone, where Ctrl-C would have reached its children as well."""


def _interrupt(*_: object) -> None:
    raise Terminated


def _watch_dvc() -> None:
    """DVC killed leaves its stage behind, still writing: a later `dvc repro` must not meet it."""
    import psutil

    def is_dvc(process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error):
            return any("dvc" in Path(part).name for part in process.cmdline()[:3])
        return False

    above = [process for process in psutil.Process().parents() if is_dvc(process)]
    while above and above[0].is_running():
        time.sleep(0.5)
    if above:
        os.kill(os.getpid(), signal.SIGTERM)
