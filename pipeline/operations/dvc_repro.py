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
from pipeline.operations import lock, set_up, signals

if TYPE_CHECKING:
    import psutil

TICK_S = 0.2


def repro(targets: Sequence[str] = ()) -> int:
    """Exit code of `dvc repro`; lock.Held while another one runs."""
    set_up.require_git()
    with lock.hold("repro"):
        for repair in mend():
            print(repair, file=sys.stderr)
        command = [sys.executable, "-m", "dvc", "repro", *targets]
        child = subprocess.Popen(command, cwd=paths.ROOT, preexec_fn=_end_with_parent)
        try:
            return child.wait()
        except signals.Terminated:
            _end_stages(child)
            raise
        except KeyboardInterrupt:
            child.wait()  # Ctrl-C reached it as well, and its stage
            raise
        finally:
            if child.poll() is None:
                child.terminate()
            keep()


def _end_stages(dvc: "subprocess.Popen[bytes]") -> None:
    """Send each of DVC's stages one SIGTERM: DVC then ends by itself and leaves its files whole."""
    import psutil

    stopped: set[int] = set()
    while dvc.poll() is None:
        for process in _descendants(dvc.pid):
            with contextlib.suppress(psutil.Error):
                if process.pid not in stopped and {"-m", "pipeline"} <= set(process.cmdline()):
                    process.terminate()
                    stopped.add(process.pid)
        time.sleep(TICK_S)


def _descendants(pid: int) -> "list[psutil.Process]":
    import psutil

    processes: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        processes = psutil.Process(pid).children(recursive=True)
    return processes


def _end_with_parent() -> None:
    """On Linux, have DVC sent SIGTERM when we are killed; its stage notices and stops in order."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def keep() -> None:
    """Copy dvc.lock to .aula, if it is sound, to replace a torn one with."""
    if _is_lock_sound():
        paths.STATE.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(paths.ROOT / "dvc.lock", paths.STATE / "dvc.lock")


def mend() -> list[str]:
    """Replace or remove those of DVC's files that a kill has torn; one line per repair."""
    return [repair for repair in (_mend_lock(), _mend_rwlock()) if repair]


def _mend_lock() -> str | None:
    file, copy = paths.ROOT / "dvc.lock", paths.STATE / "dvc.lock"
    if not file.exists() or _is_lock_sound():
        return None
    committed = subprocess.run(["git", "show", "HEAD:dvc.lock"], cwd=paths.ROOT, capture_output=True, check=False)
    if copy.exists():
        shutil.copyfile(copy, file)
    elif committed.returncode == 0:
        file.write_bytes(committed.stdout)
    else:
        file.unlink()
    return "dvc.lock was torn, as a kill can leave it: put back; finished runs are not trained again"


def _mend_rwlock() -> str | None:
    file = paths.ROOT / ".dvc" / "tmp" / "rwlock"
    if not file.exists() or _is_json_object(file.read_bytes()):
        return None
    file.unlink()
    return ".dvc/tmp/rwlock was torn, as a kill can leave it: removed"


def _is_lock_sound() -> bool:
    """Whether every stage in dvc.lock has its command; comparing with the sound copy is quicker than parsing."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    file, copy = paths.ROOT / "dvc.lock", paths.STATE / "dvc.lock"
    try:
        if copy.exists() and file.read_bytes() == copy.read_bytes():
            return True
        content = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    except (OSError, YAMLError, UnicodeDecodeError):
        return False
    stages = content.get("stages") if isinstance(content, dict) else None
    return isinstance(stages, dict) and all(isinstance(stage, dict) and "cmd" in stage for stage in stages.values())


def _is_json_object(content: bytes) -> bool:
    try:
        return isinstance(json.loads(content), dict)
    except ValueError:
        return False
