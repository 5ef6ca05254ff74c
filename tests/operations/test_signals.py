"""A stage ends with the DVC that started it, even one that was killed before the stage had looked for it."""

import os
import subprocess
import sys

import pytest

from pipeline import paths
from pipeline.operations import signals

WAITS = """import time
from pipeline.operations import signals
signals.stop_in_order()
print("looks", flush=True)
try:
    time.sleep(60)
except KeyboardInterrupt:
    print("stopped in order")
"""


def stage(dvc):
    """A process that DVC of that number has started, as far as it can tell."""
    environment = os.environ | {signals.DVC: str(dvc)}
    return subprocess.Popen([sys.executable, "-c", WAITS], cwd=paths.ROOT, env=environment, stdout=-1, text=True)


def test_its_dvc_was_killed_before_it_looked():
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert stage(gone.pid).communicate(timeout=30)[0] == "looks\nstopped in order\n"


def test_its_dvc_is_there():
    child = stage(os.getpid())
    assert child.stdout.readline() == "looks\n"
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(4 * signals.TICK_S)
    child.terminate()
    assert child.communicate(timeout=30)[0] == "stopped in order\n"
