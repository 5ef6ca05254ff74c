"""Every task trains in half precision, and by XLA, as it does plainly, and is measured in float32 all the same."""

import json
import subprocess
import sys

import numpy as np
import pytest
import three_ways

from pipeline import paths, plugins

CLOSE = {
    "bfloat16": 0.03,
    "float16": 0.005,
    "xla": 1e-4,
}  # of losses: with 8 bits, with 11 bits, with sums in other order
OTHERWISE = {
    ("regress", "float16"): 0.1,  # some first steps are left out, until a scale of the loss is found that overflows not
    ("regress_scaled", "float16"): 0.1,
    ("generate", "xla"): 0.2,  # XLA draws other noise from the same seed
}


@pytest.fixture(scope="module")
def trained():
    """{task: {way: history and types}}"""
    environment = {"PYTHONPATH": ".:tests", "PATH": "/usr/bin:/bin"}
    told = subprocess.run(
        [sys.executable, "tests/tasks/three_ways.py"],
        capture_output=True, text=True, cwd=paths.ROOT, check=False, env=environment, timeout=600,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-3000:]
    return json.loads(told.stdout.splitlines()[-1])


def losses(history):
    names = ("loss", "val_loss", "d_loss", "g_loss", "cross_entropy", "val_cross_entropy", "squared_error")
    return np.array([[row[name] for name in (*names, "val_judged_real") if name in row] for row in history])


def test_every_task_that_learns_step_by_step_is_tried():
    assert set(three_ways.CASES) == {name for name in plugins.names("tasks") if not name.endswith("_at_once")}


@pytest.mark.slow
@pytest.mark.parametrize("task", three_ways.CASES)
@pytest.mark.parametrize("way", CLOSE)
def test_other_ways_come_near_and_are_measured_in_float32(trained, task, way):
    plain, other = trained[task]["plain"], trained[task][way]
    assert losses(plain["history"]).shape[1] > 2
    close = OTHERWISE.get((task, way), CLOSE[way]) * losses(plain["history"])[0]  # of what they are after one epoch
    assert (np.abs(losses(other["history"])[-1] - losses(plain["history"])[-1]) <= close).all()
    assert other["weights"] == other["measured"] == ["float32"]
    assert other["predicted"] == plain["predicted"]
    assert (way in other["computed"]) == (way != "xla") and other["compiled"] == (way == "xla")
