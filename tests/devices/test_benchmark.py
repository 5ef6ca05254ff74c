"""The benchmark of a GPU, ready for the day when there is one: here it runs on the processor."""

import json
import subprocess
import sys

import pytest

from pipeline import paths

WAYS = ["one at a time", "one at a time, xla", "by hand, xla", "2 at a time"]


@pytest.mark.slow
def test_every_way_is_measured_and_trains_the_same(tmp_path):
    command = [sys.executable, "benchmarks/gpu.py", "--device", "cpu", "--tiny", "--out", str(tmp_path / "gpu.json")]
    told = subprocess.run(command, capture_output=True, text=True, cwd=paths.ROOT, check=False, timeout=500)
    assert told.returncode == 0, told.stderr[-2000:]
    report = json.loads((tmp_path / "gpu.json").read_text())
    assert report["machine"]["device"].startswith("cpu: ") and "tensorflow" in report["machine"]["versions"]
    assert report["cut_short"] is False
    for case in report["cases"].values():
        assert list(case["ways"]) == WAYS
        for way in case["ways"].values():
            assert way["runs"] == case["runs"] and way["steps_per_second_of_all"] > 0 and way["process_mb"] > 0
            assert way["gpu_mb_of_a_run"] is None
        losses = [way["loss"] for way in case["ways"].values()]
        assert max(losses) - min(losses) < 0.1 * min(losses)  # by hand the order of examples is another one


def test_without_a_gpu_it_says_what_to_do():
    command = [sys.executable, "benchmarks/gpu.py"]
    told = subprocess.run(
        command, capture_output=True, text=True, cwd=paths.ROOT, check=False, env={"CUDA_VISIBLE_DEVICES": "-1"}
    )
    assert told.returncode == 2 and "given gpu where TensorFlow finds none, allowed cpu" in told.stderr


FAILING = """
import json, sys
sys.path.insert(0, "benchmarks")
import gpu
from pipeline.errors import InputError

def failing(error):
    def carry_out(*words, **more):
        raise error
        yield
    return carry_out

case, told = gpu.TINY["MLP, 40"], []
for error in (InputError("too little memory"), ValueError("of a run")):
    gpu.carry_out = failing(error)
    told.append(gpu.way(len, case, gpu.Sharing(1))["failed"])
gpu.carry_out = failing(gpu.Enough())
try:
    gpu.way(len, case, gpu.Sharing(1))
except BaseException as error:
    told.append(f"{type(error).__name__} {isinstance(error, Exception)}")
print(json.dumps(told))
"""


def test_a_way_that_fails_here_is_told_and_the_others_are_measured(tmp_path):
    """As 8 runs that share a GPU of 8 GB; the alarm is no such failure, nor an OSError that anybody passes over."""
    told = subprocess.run([sys.executable, "-c", FAILING], capture_output=True, text=True, cwd=paths.ROOT, check=True)
    assert json.loads(told.stdout) == ["InputError: too little memory", "ValueError: of a run", "Enough False"]
