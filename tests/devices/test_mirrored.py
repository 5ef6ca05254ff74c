"""Runs on two devices: the same losses, gradients and weights as on one, however gradients are clipped or scaled."""

import json
import subprocess
import sys

import numpy as np
import pytest
import two_devices

from pipeline import numerics, paths, records
from pipeline.contracts import RunRecord
from pipeline.devices import mirrored
from pipeline.errors import InputError
from pipeline.training.run import RunSpec
from pipeline.training.store import project_store

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


@pytest.fixture
def spec(house):
    """A small run on small data, on so many GPUs."""
    digests = []
    for path, count in ((paths.fit_split("toy", "plain", 0), 62), (paths.validation_split("toy", 0), 20)):
        records.write_examples(path, two_devices.examples("classify", count, seed=count))
        digests.append(records.digest_of(two_devices.examples("classify", count, seed=count)))
    data = records.digest_of_splits(*digests)

    def make(key, gpus, **fit):
        settings = {"task": "classify", "data": "toy", "view": "plain", "model": "mlp", "precision": "float32"}
        settings |= {"build": {"width": 8}, "augment": {}, "fit": two_devices.FIT | fit}
        settings |= {"gpus_per_run": gpus} if gpus > 1 else {}
        return RunSpec("topic", "variant", 3, 0, key, "smoke", settings, data, "cpu", numerics.held())

    return make


def history(key):
    return (project_store().folder(key) / "history.csv").read_text()


def test_a_run_on_several_gpus_leaves_what_every_run_leaves(spec, monkeypatch):
    """Here all its GPUs are one processor, so that its numbers are those of one device, with whole batches alone."""
    import tensorflow as tf

    monkeypatch.setattr(mirrored, "strategy", lambda gpus: tf.distribute.MirroredStrategy(["CPU:0"]))
    several, one = mirrored.run(spec("ab02", 2)), mirrored.run(spec("ab01", 1, epoch_steps=3))
    assert several["reason"] is None and several.keys() == one.keys() == RunRecord.__annotations__.keys()
    assert history("ab02") == history("ab01") and several["settings"]["gpus_per_run"] == 2
    assert (project_store().folder("ab02") / "model.keras").exists()
    assert not project_store().drafts() and not (paths.CHECKPOINTS / "ab02").exists()


def test_too_few_devices_are_a_failed_run_that_says_so(spec):
    record = mirrored.run(spec("ab03", 64))
    assert record["status"] == "failed" and "gpus_per_run: given 64 in a process that sees" in record["reason"]
    assert not project_store().has("ab03") and not project_store().drafts()


@pytest.mark.parametrize(
    ("examples", "fit", "rows", "steps"),
    [
        (100, {"batch_size": 32, "epoch_steps": None}, 32, 3),
        (100, {"batch_size": 32, "epoch_steps": 2}, 32, 2),
        (100, {"batch_size": 32, "epoch_steps": 9}, 32, 3),
        (31, {"batch_size": 32}, 28, 1),  # a batch that is smaller than it was meant to be, but even
    ],
)
def test_batches_are_whole_and_shared_evenly(examples, fit, rows, steps):
    settings = mirrored.fit_settings({**fit, "xla": True, "epochs": 7}, examples, 4)
    assert settings == {"batch_size": rows, "epoch_steps": steps, "xla": False, "epochs": 7}


def test_batches_that_cannot_be_shared_are_refused():
    with pytest.raises(InputError, match="batch_size: given 30 with gpus_per_run: 4, allowed a multiple of 4"):
        mirrored.fit_settings({"batch_size": 30}, 100, 4)
    with pytest.raises(InputError, match="gpus_per_run: given 4 with 3 training examples, allowed that at most"):
        mirrored.fit_settings({"batch_size": 8}, 3, 4)
