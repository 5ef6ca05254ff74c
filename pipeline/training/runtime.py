"""Seeds, threads and device, settled before anything is built."""

import contextlib
import os
import platform
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline import paths
from pipeline.training import library_tricks

LIBRARIES = ("tensorflow", "keras", "numpy")
VECTOR_UNITS = ("avx512f", "avx2", "avx")  # widest first


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that decide the numbers, without importing them."""
    installed = {"python": platform.python_version()}
    for name in LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            installed[name] = version(name)
    return installed


@cache
def device() -> str:
    """Kind of device that runs will use: "gpu" if TensorFlow can load one, else "cpu"."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "all").strip() in ("", "-1")
    if hidden or not any(Path("/dev").glob("nvidia[0-9]*")):
        return "cpu"
    script = "import tensorflow as tf; print('GPUS', len(tf.config.list_physical_devices('GPU')))"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    if "GPUS 0" not in answer.stdout and answer.returncode == 0:
        return "gpu"
    reasons = [line for line in answer.stderr.splitlines() if "dlopen" in line or "Could not" in line]
    print(
        f"A GPU is here, but TensorFlow cannot load it: {' '.join(reasons[:2]) or answer.stderr[-300:]}",
        file=sys.stderr,
    )
    print("Install TensorFlow's CUDA libraries with `make repro GPU=1`; going on with the CPU.", file=sys.stderr)
    return "cpu"


@cache
def processor() -> str:
    """Name of the processor and the widest of its vector units: another one adds up in another order."""
    file = Path("/proc/cpuinfo")
    entries = dict(re.findall(r"^(.*?)\s*: (.*)$", file.read_text(), re.M)) if file.exists() else {}
    name = entries.get("model name") or platform.processor() or platform.machine()
    return " ".join([name, *[unit for unit in VECTOR_UNITS if unit in entries.get("flags", "").split()][:1]])


@cache
def gpus() -> list[str]:
    """Names of the GPUs that runs will use, as CUDA_VISIBLE_DEVICES spells them; none without a usable one."""
    if device() == "cpu":
        return []
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").strip()
    count = len(list(Path("/dev").glob("nvidia[0-9]*")))
    return visible.split(",") if visible else [str(card) for card in range(count)]


def quiet() -> None:
    """Keep TensorFlow's start-up lines off the terminal; must come before it is imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")


def settle(threads: int = 1) -> None:
    """Import TensorFlow with a fixed number of threads, so that results do not depend on the number of cores."""
    quiet()
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = str(threads)
    os.environ["OMP_NUM_THREADS"] = str(threads)
    # Else TensorFlow decides by the processor; with oneDNN, convolutions take half the time.
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    with (
        library_tricks.imports_not_collected(),
        library_tricks.silent_stderr(),
        library_tricks.not_installed("sklearn", "matplotlib"),
    ):
        import keras  # noqa: F401
        import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # many models in one process are meant: nothing to warn of
    for card in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(card, True)


def seed(value: int) -> None:
    """Start all of Keras' random numbers anew; called before every run, whatever ran before in this process."""
    import keras

    keras.backend.clear_session()
    keras.utils.set_random_seed(value)


@cache
def commit() -> str:
    """Git commit of the working tree, with "+" if files differ from it; "unknown" without Git."""
    try:
        git = ["git", "-C", str(paths.ROOT)]
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        changed = subprocess.run([*git, "status", "--porcelain", "-uno"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+" if changed.stdout.strip() else "")
