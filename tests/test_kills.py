"""Kill the pipeline at random moments, whichever of its processes: it ends as if nothing had happened, by itself."""

import random
import subprocess
import sys
import time

import psutil
import pytest
from clone import ENVIRONMENT, copy_house, tell

pytestmark = pytest.mark.slow
KILLS = 20


def results(place):
    """Everything that must come out the same, by name."""
    files = [*(place / "data").rglob("history.csv"), *(place / "data").rglob("scores.csv")]
    files.append(place / "data" / "report" / "claims.json")
    return {str(file.relative_to(place)): file.read_bytes() for file in files}


def gone(processes):
    """Whether all of them end by themselves within half a minute."""
    return not psutil.wait_procs(processes, timeout=30)[1]


def test_killed_at_twenty_random_moments(tmp_path):
    calm, cut = copy_house(tmp_path / "calm"), copy_house(tmp_path / "cut")
    tell(calm, sys.executable, "-m", "pipeline", "repro")
    chance = random.Random(0)
    for _ in range(KILLS):
        top = subprocess.Popen(
            [sys.executable, "-m", "pipeline", "repro"],
            cwd=cut, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(chance.uniform(0.5, 12))
        family = [psutil.Process(top.pid), *psutil.Process(top.pid).children(recursive=True)]
        victim = chance.choice(family)
        victim.kill()
        time.sleep(chance.uniform(0, 1))
        top.kill()
        top.wait()
        assert gone(family), "a process outlived the pipeline"
    tell(cut, sys.executable, "-m", "pipeline", "repro")
    assert results(cut) == results(calm)
