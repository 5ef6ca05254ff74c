"""Seeds, threads and device, settled before anything is built."""

import contextlib
import os
import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pipeline import numerics, paths
from pipeline.training import eigen_caches, exact_roots, library_tricks

LIBRARIES = ("tensorflow", "keras", "numpy")
DEVICES, WSL = Path("/dev"), "dxg"
CARDS = ("nvidia[0-9]*", WSL, "kfd")  # where Linux, Windows' Linux (WSL2) and AMD's driver show their cards
ASK = (  # TensorFlow for its GPUs, by name
    "import tensorflow as tf; tell = tf.config.experimental.get_device_details\n"
    "for card in tf.config.list_physical_devices('GPU'): print('GPU', tell(card).get('device_name', card.name))"
)


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that decide the numbers, without importing them."""
    installed = {"python": platform.python_version()}
    for name in LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            installed[name] = version(name)
    return installed


def device() -> str:
    """Kind of device that runs will use: "gpu" if TensorFlow can load one, else "cpu"."""
    return "gpu" if _loadable() else "cpu"


def devices() -> str:
    """Which devices runs will use, by name."""
    cards = _loadable()
    return f"gpu: {len(cards)} x {', '.join(sorted(set(cards)))}" if cards else f"cpu: {processor()}"


@cache
def _loadable() -> tuple[str, ...]:
    """Names of the GPUs that TensorFlow can load; it is asked, in a process of its own, where there may be some."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "all").strip() in ("", "-1")
    if hidden or not any(file for pattern in CARDS for file in DEVICES.glob(pattern)):
        return ()
    quiet()
    answer = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=False)
    names = tuple(line.removeprefix("GPU ") for line in answer.stdout.splitlines() if line.startswith("GPU "))
    if answer.returncode == 0 and names:
        return names
    reasons = [line for line in answer.stderr.splitlines() if "dlopen" in line or "Could not" in line]
    print(
        f"A GPU is here, but TensorFlow cannot load it: {' '.join(reasons[:2]) or answer.stderr[-300:]}",
        file=sys.stderr,
    )
    print(f"{remedy()}; going on with the CPU.", file=sys.stderr)
    return ()


def remedy() -> str:
    """What helps where a GPU is not found."""
    if (DEVICES / WSL).exists():
        return (
            "WSL2: install NVIDIA's driver in Windows (none in Linux), see that `nvidia-smi` answers here, then bring"
            " TensorFlow's CUDA libraries with `make repro GPU=1`"
        )
    return "Install NVIDIA's driver, and TensorFlow's CUDA libraries with `make repro GPU=1`"


@cache
def processor() -> str:
    """Name of the processor and the widest of its vector units: another one adds up in another order."""
    name = numerics.entries().get("model name") or platform.processor() or platform.machine()
    unit = numerics.vector_unit()
    return f"{name} {unit}" if unit in numerics.VECTOR_UNITS else name


def gpus() -> list[str]:
    """Names of the GPUs that runs will use, as CUDA_VISIBLE_DEVICES spells them; none without a usable one."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").strip()
    count = len(_loadable())
    return visible.split(",")[:count] if visible else [str(card) for card in range(count)]


def quiet() -> None:
    """Keep TensorFlow's start-up lines off the terminal; must come before it is imported."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")


def settle(mode: numerics.Mode | None = None) -> None:
    """Import TensorFlow on one thread, adding up as `mode` says (None: as the process that started this one does)."""
    quiet()
    numerics.settle(mode)
    with (
        library_tricks.imports_not_collected(),
        library_tricks.silent_stderr(),
        library_tricks.not_installed("sklearn", "matplotlib"),
    ):
        import keras
        import tensorflow as tf

    if numerics.held() == "portable":
        eigen_caches.hold()
        exact_roots.hold()
    keras.config.set_floatx("float32")  # whatever keras.json in the user's home says: it is in no run's key
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
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
