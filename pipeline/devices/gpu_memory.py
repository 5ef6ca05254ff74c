"""How much memory of a GPU there is, how much a run may take of it, and how much runs like it took before."""

import subprocess
from collections.abc import Sequence

from pipeline import paths
from pipeline.errors import InputError
from pipeline.records import digest, read_json, write_json

ASK = ("nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits")
USABLE = 0.9  # of what is free when runs begin to share it
CONTEXT_MB = 800  # that CUDA, cuDNN and cuBLAS take for each process beside what TensorFlow is held to
LEAST_MB = 256  # below which no run is worth a share
MARGIN = 1.25  # by which a run may need more than one like it took: what is allocated lies in pieces


def free_mb(gpus: Sequence[str]) -> int | None:
    """MiB that are free on each of `gpus`, as CUDA_VISIBLE_DEVICES spells them; None: nobody can tell."""
    try:
        told = subprocess.run([*ASK, f"--id={','.join(gpus)}"], capture_output=True, text=True, check=True, timeout=30)
        return min(int(line) for line in told.stdout.split())
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def share_mb(free: int, runs: int) -> int:
    """MiB for each of `runs` that share a GPU (InputError: too little for so many)."""
    share = _share(free, runs)
    if share < LEAST_MB:
        most = max([1, *(number for number in range(1, runs) if _share(free, number) >= LEAST_MB)])
        raise InputError(
            f"runs_per_gpu: given {runs} on a GPU with {free} MB free, allowed {most} at most: each takes {CONTEXT_MB}"
            f" MB for CUDA alone"
        )
    return share


def _share(free: int, runs: int) -> int:
    return int(free * USABLE / runs) - CONTEXT_MB


def hold_to(share: int) -> None:
    """Give this process `share` MiB of its GPU, all at once, and never more: before TensorFlow has used it."""
    import tensorflow as tf

    for card in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(card, False)  # else it is not held to anything
        tf.config.set_logical_device_configuration(card, [tf.config.LogicalDeviceConfiguration(memory_limit=share)])


def forget_peak() -> None:
    """Start the peak of each GPU that this process sees anew."""
    import tensorflow as tf

    for card in tf.config.list_logical_devices("GPU"):
        tf.config.experimental.reset_memory_stats(card.name.removeprefix("/device:"))


def peak_mb() -> int:
    """Most MiB that TensorFlow has held on any GPU since `forget_peak`; 0 without a GPU."""
    import tensorflow as tf

    cards = [card.name.removeprefix("/device:") for card in tf.config.list_logical_devices("GPU")]
    return max((tf.config.experimental.get_memory_info(card)["peak"] for card in cards), default=0) // 2**20


def remember(kind: str, device: str, megabytes: int) -> None:
    """Keep what a run of this kind took at most, unless one like it took more."""
    known = remembered(kind, device) or 0
    if megabytes > known:
        write_json(paths.GPU_MEMORY / f"{digest(kind, device)[:32]}.json", {"device": device, "mb": megabytes})


def remembered(kind: str, device: str) -> int | None:
    """MiB that runs of this kind took on such a device; None: none was measured, or what was kept is damaged."""
    try:
        return int(read_json(paths.GPU_MEMORY / f"{digest(kind, device)[:32]}.json")["mb"])
    except (FileNotFoundError, InputError, KeyError, TypeError, ValueError):
        return None
