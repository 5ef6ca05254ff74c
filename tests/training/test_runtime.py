"""Settling a process: TensorFlow and Keras are there and quiet, and nothing else is any different afterwards."""

import json
import subprocess
import sys

import pytest

from pipeline import numerics, paths
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
    assert sum(unit in told.split() for unit in numerics.VECTOR_UNITS) <= 1


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """`(cards, answer)`: a machine that shows these files in /dev, and where TensorFlow answers so."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(runtime, "DEVICES", tmp_path)

    def machine(cards, answer, code=0):
        for name in cards:
            (tmp_path / name).touch()
        told = subprocess.CompletedProcess([], code, stdout=answer, stderr="Could not find libcudart\nmore\n")
        monkeypatch.setattr(runtime.subprocess, "run", lambda *_, **__: told)
        runtime._loadable.cache_clear()

    yield machine
    runtime._loadable.cache_clear()


@pytest.mark.parametrize("card", ["nvidia0", "dxg", "kfd"])
def test_tensorflow_is_asked_wherever_a_card_may_be(ask, capsys, card):
    ask([card], "GPU NVIDIA H100\nGPU NVIDIA H100\n")
    assert runtime.device() == "gpu" and runtime.devices() == "gpu: 2 x NVIDIA H100" and runtime.gpus() == ["0", "1"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("card", ["nvidia0", "dxg"])
@pytest.mark.parametrize("code", [0, 1])
def test_a_card_that_cannot_be_loaded_is_named_with_the_remedy(ask, capsys, card, code):
    ask([card], "", code)
    assert runtime.device() == "cpu" and runtime.gpus() == []
    assert runtime.devices() == f"cpu: {runtime.processor()}"
    told = capsys.readouterr().err
    assert "libcudart" in told and "make repro GPU=1" in told and ("WSL2" in told) == (card == "dxg")
    assert told.count("A GPU is here") == 1


def test_no_card_no_question(ask):
    ask(["null", "nvidiactl"], "GPU from nowhere\n")
    assert runtime.device() == "cpu"
