"""What an environment names of a team's own (server, store, cluster) is out of reach of tests and benchmarks."""

import json
import os
import subprocess
import sys

from folders import ELSEWHERE

from pipeline import paths
from pipeline.cluster import hiring
from pipeline.sharing import team

SHOW = "import sys, json, os; sys.path[:0] = ['benchmarks', 'tests']; import {}; print(json.dumps(dict({})))"


def test_all_are_known():
    assert {"MLFLOW_TRACKING_URI", team.ADDRESS, hiring.ADDRESS} == {*ELSEWHERE}


def test_no_test_that_writes_sees_them(monkeypatch, request):
    for variable in ELSEWHERE:
        monkeypatch.setenv(variable, "elsewhere")
    request.getfixturevalue("house")
    assert not os.environ.keys() & {*ELSEWHERE}


def seen(module, what):
    """The variables that a module has what it starts see, where all of them are exported."""
    command = [sys.executable, "-c", SHOW.format(module, what)]
    exported = os.environ | dict.fromkeys(ELSEWHERE, "elsewhere")
    told = subprocess.run(command, cwd=paths.ROOT, env=exported, capture_output=True, text=True, check=True).stdout
    return json.loads(told).keys() & {*ELSEWHERE}


def test_no_copy_of_the_project_sees_them():
    assert not seen("clone", "clone.ENVIRONMENT")


def test_no_benchmark_sees_them():
    for module in ("house", "ten_thousand", "colleagues"):
        assert not seen(module, "os.environ"), module
