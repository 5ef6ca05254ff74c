"""An open run is closed once nobody keeps it, and only then."""

import os
import platform
import time

import pytest

from pipeline.mlflow_sync import lease

NODE, NOW = platform.node(), time.time()
AGO = {"here": 60.0, "long": 90_000.0}


@pytest.mark.parametrize(
    ("tags", "started", "mine", "over"),
    [
        pytest.param({"owner": lease.owner()}, 0, False, False, id="this process"),
        pytest.param({"owner": f"{NODE}:{os.getppid()}"}, 0, False, False, id="a living process that tells no start"),
        pytest.param({"owner": f"{NODE}:{2**22 + 1}:5"}, NOW, False, True, id="a dead process"),
        pytest.param({"owner": f"{NODE}:{os.getpid()}:5"}, NOW, False, True, id="a number that is used again"),
        pytest.param({"owner": f"{NODE}:none"}, NOW, False, True, id="no number"),
        pytest.param({"owner": "far:1:5", "heartbeat": f"{NOW - 60:.0f}"}, 0, False, False, id="another host, living"),
        pytest.param(
            {"owner": "far:1:5", "heartbeat": f"{NOW - 7200:.0f}"}, NOW, False, True, id="another host, silent"
        ),
        pytest.param({"owner": "far:1"}, NOW - 3600, False, False, id="another host without heartbeats, young"),
        pytest.param({"owner": "far:1"}, NOW - 100_000, False, True, id="another host without heartbeats, old"),
        pytest.param({}, NOW, True, True, id="cut short by this clone"),
        pytest.param({}, NOW - 3600, False, False, id="of somebody, young"),
        pytest.param({}, NOW - 100_000, False, True, id="of somebody, old"),
    ],
)
def test_when_a_lease_is_over(tags, started, mine, over):
    assert lease.is_over(tags, started, mine) is over


def test_a_lease_says_host_process_and_start():
    host, process, start = lease.owner().split(":")
    assert (host, process) == (NODE, str(os.getpid())) and 0 < NOW - float(start) < 86_400
    assert abs(float(lease.tags("x")[lease.HEARTBEAT]) - time.time()) < 5
