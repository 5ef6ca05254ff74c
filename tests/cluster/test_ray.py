"""Real nodes of Ray on this machine: kills lose nothing, keep nothing twice and leave no process behind."""

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys

import pytest

from pipeline import paths

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed: `make ray` adds it"),
]


def test_kills_lose_nothing_and_the_command_goes_on_after_its_head_was_lost():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    told = subprocess.run(
        [sys.executable, "benchmarks/cluster.py", "kills", "4", "12", "2.0"],
        cwd=paths.ROOT,
        env=os.environ | {"AULA_BENCH": address},
        capture_output=True,
        text=True,
        timeout=1800,
        check=True,
    ).stdout
    kept = re.findall(r"(\d+) runs: (\d+) in the store, 1 times at most kept", told)
    assert kept == [("12", "12"), ("32", "32")], told
    assert "the driver ended with 0" in told and "the same command again ended with 0" in told
    assert "left behind: []" in told


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("ip"), reason="network namespaces are root's to make, with iproute2"
)
def test_a_node_that_is_cut_off_and_comes_back_changes_no_byte_and_leaves_no_process():
    done = subprocess.run(
        [sys.executable, "benchmarks/cluster.py", "cut", "20", "own", "2", "60"],
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
        timeout=3600,
        check=False,
    )
    told = done.stdout
    assert done.returncode == 0, told[-3000:] + done.stderr[-3000:]
    assert "the driver ended with 0" in told, told
    assert re.search(r"\n6 runs kept; \d+ files compared .*, different: \[\]", told), told
    assert told.count("processes left behind: []") == 3, told
