"""Runs on two devices: the same losses, gradients and weights as on one, however gradients are clipped or scaled."""

import json
import subprocess
import sys

import numpy as np
import pytest
import two_devices

from pipeline import paths

CLOSE = {"bfloat16": 1e-2, "float16": 1e-2}  # of numbers of 16 bits; of all others 1e-4, as sums are added in two parts


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """{case: [on one device, on two]}, of a process whose processor is two devices."""
    command = [sys.executable, "tests/devices/two_devices.py", str(tmp_path_factory.mktemp("checkpoints"))]
    environment = {"PYTHONPATH": ".:tests", "PATH": "/usr/bin:/bin"}
    told = subprocess.run(
        command, capture_output=True, text=True, cwd=paths.ROOT, check=False, env=environment, timeout=600
    )
    assert told.returncode == 0, told.stderr[-3000:]
    return json.loads(told.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("case", two_devices.CASES)
def test_two_devices_train_as_one(trained, case):
    one, two = trained[case]
    close = CLOSE.get(case, 1e-4)
    assert [row.keys() for row in one["history"]] == [row.keys() for row in two["history"]]
    apart = ("generator_gradient", "discriminator_gradient")  # means of the norms of both halves: see models/gan.py
    for name in one["history"][-1].keys() - set(apart):
        np.testing.assert_allclose(
            [row[name] for row in two["history"]], [row[name] for row in one["history"]], rtol=close, err_msg=name
        )
    for ours, theirs in zip(one["weights"], two["weights"], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=10 * close)


@pytest.mark.slow
@pytest.mark.parametrize("case", ["resumed", "again"])
def test_a_training_on_two_devices_goes_on_and_repeats_to_the_bit(trained, case):
    """After a stop between two epochs, and as the second run that one traced model serves."""
    whole, other = trained[case]
    assert whole == other
