"""Stop in order: SIGTERM, and the end of the DVC that started this process, do what Ctrl-C does."""

import contextlib
import os
import signal
import threading
import time
from pathlib import Path

TICK_S = 0.5
DVC = "AULA_DVC"  # in the environment of a stage: the process of the DVC that carries it out, where we started that


def stop_in_order() -> None:
    """From now on, let SIGTERM, and the end of the DVC that started this process, raise KeyboardInterrupt in it."""
    signal.signal(signal.SIGTERM, _interrupt)
    threading.Thread(target=_watch_dvc, daemon=True).start()


class Terminated(KeyboardInterrupt):
    """SIGTERM, which reaches this process alone, where Ctrl-C would have reached its children as well."""


def _interrupt(*_: object) -> None:
    raise Terminated


def _watch_dvc() -> None:
    """A killed DVC leaves its stage behind, still writing: a later `dvc repro` must not meet it."""
    import psutil

    def is_dvc(process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error):
            return any("dvc" in Path(part).name for part in process.cmdline()[:3])
        return False

    above = psutil.Process().parents()
    dvc, said = next(filter(is_dvc, above), None), os.environ.get(DVC)
    if said and said not in [str(process.pid) for process in above]:  # it was killed before we came to look for it
        os.kill(os.getpid(), signal.SIGTERM)
    elif dvc:
        while dvc.is_running():
            time.sleep(TICK_S)
        os.kill(os.getpid(), signal.SIGTERM)
