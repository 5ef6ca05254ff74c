"""Run `dvc repro` alone, after mending what a kill may have left torn."""

import contextlib
import ctypes
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline import paths
from pipeline.operations import lock, signals

if TYPE_CHECKING:
    import psutil

TICK_S = 0.2


def repro(targets: Sequence[str] = ()) -> int:
    """Exit code of `dvc repro`; a second one at the same time is refused (Held), and told who runs the first."""
    with lock.hold("repro"):
        for told in mend():
            print(told, file=sys.stderr)
        command = [sys.executable, "-m", "dvc", "repro", *targets]
        child = subprocess.Popen(command, cwd=paths.ROOT, preexec_fn=_go_with_parent)
        try:
            return child.wait()
        except signals.Terminated:
            _end_stages(child)
            raise
        except KeyboardInterrupt:
            child.wait()  # it was interrupted as well, and so was its stage
            raise
        finally:
            child.poll() is None and child.terminate()
            keep()


def _end_stages(dvc: "subprocess.Popen[bytes]") -> None:
    """Stop in order what DVC runs, each stage told once: DVC then ends by itself and leaves its files whole."""
    import psutil

    told: set[int] = set()
    while dvc.poll() is None:
        for process in _below(dvc.pid):
            with contextlib.suppress(psutil.Error):
                if process.pid not in told and "-m" in process.cmdline() and "pipeline" in process.cmdline():
                    process.terminate()
                    told.add(process.pid)
        time.sleep(TICK_S)


def _below(pid: int) -> "list[psutil.Process]":
    import psutil

    with contextlib.suppress(psutil.Error):
        return psutil.Process(pid).children(recursive=True)
    return []


def _go_with_parent() -> None:
    """On Linux, DVC is sent SIGTERM when we are killed; its stage sees that and stops in order."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def keep() -> None:
    """Remember a sound dvc.lock, to mend a torn one with."""
    if _sound_lock():
        paths.STATE.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(paths.ROOT / "dvc.lock", paths.STATE / "dvc.lock")


def mend() -> list[str]:
    """Put torn files of DVC right; says what was done, one line each."""
    told = []
    file, kept = paths.ROOT / "dvc.lock", paths.STATE / "dvc.lock"
    if file.exists() and not _sound_lock():
        committed = subprocess.run(["git", "show", "HEAD:dvc.lock"], cwd=paths.ROOT, capture_output=True, check=False)
        if kept.exists():
            shutil.copyfile(kept, file)
        elif committed.returncode == 0:
            file.write_bytes(committed.stdout)
        else:
            file.unlink()
        told.append("dvc.lock was torn, as a kill can leave it: put back; finished runs are not trained again")
    busy = paths.ROOT / ".dvc" / "tmp" / "rwlock"
    if busy.exists() and not _sound_json(busy.read_bytes()):
        busy.unlink()
        told.append(".dvc/tmp/rwlock was torn, as a kill can leave it: removed")
    return told


def _sound_lock() -> bool:
    """Whether dvc.lock is the one that was kept, which was sound (to compare is quicker than to parse), or is one."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    file, kept = paths.ROOT / "dvc.lock", paths.STATE / "dvc.lock"
    try:
        if kept.exists() and file.read_bytes() == kept.read_bytes():
            return True
        content = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    except (OSError, YAMLError, UnicodeDecodeError):
        return False
    stages = content.get("stages") if isinstance(content, dict) else None
    return isinstance(stages, dict) and all(isinstance(stage, dict) and "cmd" in stage for stage in stages.values())


def _sound_json(content: bytes) -> bool:
    try:
        return isinstance(json.loads(content), dict)
    except ValueError:
        return False
