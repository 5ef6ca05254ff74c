"""Seeds, threads and device, settled before anything is built."""

import contextlib
import gc
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline import paths

LIBRARIES = ("tensorflow", "keras", "numpy")
VECTORS = ("avx512f", "avx2", "avx")  # widest first


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that decide the numbers, without importing them."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


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
    told = dict(re.findall(r"^(.*?)\s*: (.*)$", file.read_text(), re.M)) if file.exists() else {}
    name = told.get("model name") or platform.processor() or platform.machine()
    return " ".join([name, *[unit for unit in VECTORS if unit in told.get("flags", "").split()][:1]])


@cache
def gpus() -> list[str]:
    """Names of the GPUs that runs will use, as CUDA_VISIBLE_DEVICES spells them; none without a usable one."""
    if device() == "cpu":
        return []
    named = os.environ.get("CUDA_VISIBLE_DEVICES", "").strip()
    count = len(list(Path("/dev").glob("nvidia[0-9]*")))
    return named.split(",") if named else [str(card) for card in range(count)]


def quiet() -> None:
    """Keep TensorFlow's start-up lines off the terminal; must come before it is imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")


def settle(threads: int = 1) -> None:
    """Import TensorFlow with a fixed number of threads, so that results do not depend on the number of cores.

    What is imported stays for good, so the garbage collector need not look through it again before every run.
    """
    quiet()
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = str(threads)
    os.environ["OMP_NUM_THREADS"] = str(threads)
    # Else TensorFlow decides by the processor; with oneDNN, convolutions take half the time.
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    gc.disable()  # imports leave nothing to collect, and looking for it takes a third of their time
    with _silent(), _without("sklearn", "matplotlib"):
        import keras  # noqa: F401
        import tensorflow as tf

    gc.freeze()
    gc.enable()
    tf.get_logger().setLevel("ERROR")  # many models in one process are meant: nothing to warn of
    for card in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(card, True)


@contextlib.contextmanager
def _without(*modules: str) -> Iterator[None]:
    """As if `modules` were not installed: Keras imports them, a fourth of its time, for wrappers not used here."""
    hidden = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """File descriptor 2 to nowhere: the lines come from C++, before any logging is set up."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def seed(value: int) -> None:
    """Start all of Keras' random numbers anew; called before every run, whatever ran before in this process."""
    import keras

    keras.backend.clear_session()
    keras.utils.set_random_seed(value)


@cache
def commit() -> str:
    """Git commit of the working tree, with "+" if files differ from it; "unknown" without Git."""
    try:
        told = ["git", "-C", str(paths.ROOT)]
        head = subprocess.run([*told, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        changed = subprocess.run([*told, "status", "--porcelain", "-uno"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+" if changed.stdout.strip() else "")
