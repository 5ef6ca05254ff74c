"""Settling a process: TensorFlow and Keras are there and quiet, and nothing else is any different afterwards."""

import json
import subprocess
import sys

from pipeline import paths
from pipeline.training import runtime

SCRIPT = """
import gc, json, sys
from pipeline.training import runtime
runtime.settle()
told = {"hidden": sorted({"sklearn", "matplotlib"} & sys.modules.keys()), "collects": gc.isenabled()}
import sklearn.metrics, matplotlib.pyplot
print(json.dumps(told))
"""


def test_a_settled_process_lacks_nothing():
    """What Keras is kept from importing can be imported later; the garbage collector goes on."""
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, cwd=paths.ROOT, check=True)
    told = json.loads(run.stdout)
    assert told["hidden"] == [] and told["collects"]
    assert run.stderr == ""


def test_the_processor_has_one_name_of_one_line():
    told = runtime.processor()
    assert told == told.strip() and told and "\n" not in told
    assert sum(unit in told.split() for unit in runtime.VECTOR_UNITS) <= 1
