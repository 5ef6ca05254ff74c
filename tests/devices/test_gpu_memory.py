"""What nvidia-smi and TensorFlow are asked for, and what they are told."""

import subprocess
from types import SimpleNamespace

import pytest

from pipeline import paths
from pipeline.devices import gpu_memory


@pytest.fixture
def smi(monkeypatch):
    """What nvidia-smi answers; gives what it was asked."""
    asked = []

    def answer(text=None, error=None):
        def run(command, **options):
            asked.append(command)
            if error:
                raise error
            return SimpleNamespace(stdout=text)

        monkeypatch.setattr(gpu_memory.subprocess, "run", run)
        return asked

    return answer


def test_the_fullest_gpu_decides(smi):
    asked = smi("81034\n40110\n")
    assert gpu_memory.free_mb(["0", "GPU-7f"]) == 40110
    assert asked[0][-1] == "--id=0,GPU-7f"


@pytest.mark.parametrize("error", [FileNotFoundError(), subprocess.CalledProcessError(9, "nvidia-smi")])
def test_without_an_answer_nobody_can_tell(smi, error):
    smi(error=error)
    assert gpu_memory.free_mb(["0"]) is None


@pytest.mark.parametrize("text", ["", "[N/A]\n"])
def test_an_answer_without_a_number_is_none(smi, text):
    smi(text)
    assert gpu_memory.free_mb(["0"]) is None


def test_shares_leave_room_for_what_cuda_takes_of_itself():
    for runs in (1, 2, 5, 9):
        assert runs * (gpu_memory.share_mb(80000, runs) + gpu_memory.CONTEXT_MB) <= 80000


def test_a_share_is_a_limit_and_not_growth(monkeypatch):
    import tensorflow as tf

    told = []
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["card"])
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", lambda *words: told.append(words))
    monkeypatch.setattr(tf.config, "set_logical_device_configuration", lambda *words: told.append(words))
    gpu_memory.hold_to(7000)
    (growth, (card, [limit])) = told
    assert growth == ("card", False) and card == "card" and limit.memory_limit == 7000


def test_the_peak_is_that_of_the_fullest_gpu_and_begins_anew(monkeypatch):
    import tensorflow as tf

    cards = [SimpleNamespace(name=f"/device:GPU:{number}") for number in range(2)]
    peaks, forgotten = {"GPU:0": 3 * 2**20, "GPU:1": 5 * 2**20 + 1}, []
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: cards)
    monkeypatch.setattr(tf.config.experimental, "get_memory_info", lambda card: {"peak": peaks[card]})
    monkeypatch.setattr(tf.config.experimental, "reset_memory_stats", forgotten.append)
    gpu_memory.forget_peak()
    assert forgotten == ["GPU:0", "GPU:1"] and gpu_memory.peak_mb() == 5


def test_what_is_damaged_is_not_remembered(house):
    gpu_memory.remember("kind", "card", 12)
    gpu_memory.remember("kind", "card", 9)
    assert gpu_memory.remembered("kind", "card") == 12
    (file,) = paths.GPU_MEMORY.glob("*")
    file.write_text("{")
    assert gpu_memory.remembered("kind", "card") is None
