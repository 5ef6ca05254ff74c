"""Real nodes of Ray on this machine: kills lose nothing, keep nothing twice and leave no process behind."""

import importlib.util
import os
import re
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
