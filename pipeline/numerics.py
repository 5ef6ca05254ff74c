"""The environment that decides how numbers are added up, settled before NumPy or TensorFlow is imported."""

import os
import platform
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

Mode = Literal["portable", "native"]

CPUINFO = Path("/proc/cpuinfo")
VECTOR_UNITS = ("avx512f", "avx2", "avx")  # widest first
MODE = "AULA_NUMERICS"  # how a process tells those that it starts
XLA_CAP = (  # XLA's own libraries ask the processor behind the back of --xla_cpu_max_isa
    # Below AVX2, so that there is something to leave out on every processor: only then is code made for one and the
    # same model of processor (Sandy Bridge), and not for the one that is here.
    "--xla_cpu_max_isa=AVX",
    "--xla_cpu_enable_platform_dependent_math=false",
    # Products of matrices not by YNNPACK, which takes AVX-512 wherever it is.
    "--xla_cpu_experimental_ynn_fusion_type=",
    "--xla_cpu_use_xnnpack=false",
)
ALWAYS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_ENABLE_ONEDNN_OPTS": "1",  # else TensorFlow decides by the processor; it halves the time of convolutions
    "KERAS_BACKEND": "tensorflow",
}
ALWAYS_X86 = {  # in both modes, as data are prepared and scores computed once for both
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    "OPENBLAS_CORETYPE": "Haswell",
}
HARMLESS = ("--xla_gpu_cuda_data_dir=", "--xla_dump")  # a user's words in XLA_FLAGS that say where files lie
PORTABLE = {"ONEDNN_MAX_CPU_ISA": "AVX2", "XLA_FLAGS": " ".join(XLA_CAP)}
UNSET = (  # each changes numbers, or makes one of ours void
    *("NPY_ENABLE_CPU_FEATURES", "DNNL_MAX_CPU_ISA", "ONEDNN_DEFAULT_FPMATH_MODE", "DNNL_DEFAULT_FPMATH_MODE"),
    *("TF_SET_ONEDNN_FPMATH_MODE", "TF_XLA_FLAGS", "TF_OVERRIDE_GLOBAL_THREADPOOL", "TF_DISABLE_MKL"),
    *("TF_DETERMINISTIC_OPS", "TF_ENABLE_ZENDNN_OPTS", "GOTO_NUM_THREADS", "ONEDNN_MAX_CPU_ISA"),
    "XLA_FLAGS",
)


def settle(mode: Mode | None = None) -> list[str]:
    """Set the variables of `mode` (None: what the process that started this one has; portable where none did).

    Gives a line for each variable that the user had set otherwise. What is imported already does not look again.
    """
    chosen: Mode = mode or ("native" if os.environ.get(MODE) == "native" else "portable")
    inherited = MODE in os.environ  # then the variables are ours, of whatever mode
    wanted = _with_harmless(variables(chosen))
    lines = [] if inherited else list(_overruled(wanted))
    for name in UNSET:
        os.environ.pop(name, None)
    os.environ.update(wanted | {MODE: chosen})
    return lines


def variables(mode: Mode) -> dict[str, str]:
    """What is set in the environment in that mode; those of UNSET that are not among them are removed."""
    if not _is_x86():
        return dict(ALWAYS)
    return ALWAYS | ALWAYS_X86 | (PORTABLE if mode == "portable" and vector_unit() in VECTOR_UNITS[:2] else {})


def _with_harmless(wanted: dict[str, str]) -> dict[str, str]:
    kept = [word for word in os.environ.get("XLA_FLAGS", "").split() if word.startswith(HARMLESS)]
    flags = " ".join([*wanted.get("XLA_FLAGS", "").split(), *kept])
    return wanted | ({"XLA_FLAGS": flags} if flags else {})


def _overruled(wanted: dict[str, str]) -> Iterator[str]:
    for name in dict.fromkeys((*wanted, *UNSET)):
        given = os.environ.get(name)
        words = set((given or "").split()) - set(wanted.get(name, "").split())
        if given is not None and words:
            allowed = repr(wanted[name]) if name in wanted else "nothing"
            yield f"{name}: given {given!r} in the environment, allowed {allowed}: numbers depend on it, so ours counts"


def label(mode: Mode) -> str:
    """How numbers are added up, as keys of runs say it: "portable", or "native" with this processor's vector unit."""
    return "portable" if mode == "portable" and is_portable() else f"native {vector_unit()}"


def held() -> str:
    """The label of what this process has settled; "unsettled" where it has not, and its numbers are anybody's guess."""
    mode = os.environ.get(MODE)
    return label("native" if mode == "native" else "portable") if mode else "unsettled"


def is_portable() -> bool:
    """Whether runs in the portable mode come out here as on every other x86-64 processor with AVX2."""
    return _is_x86() and vector_unit() in VECTOR_UNITS[:2]


def note(mode: Mode) -> str | None:
    """What a user should know who asked for the same numbers everywhere on a processor that cannot give them."""
    if mode == "native" or is_portable():
        return None
    return (
        f"same_on_every_processor: this one ({vector_unit()}) is no x86-64 processor with AVX2, so its numbers are its"
        " own, and so are the keys of its runs"
    )


def vector_unit() -> str:
    """The widest vector unit of an x86-64 processor, "no avx", or the architecture of another one."""
    if not _is_x86():
        return platform.machine()
    return next((unit for unit in VECTOR_UNITS if unit in entries().get("flags", "").split()), "no avx")


@cache
def entries() -> dict[str, str]:
    """What Linux tells of the processor; nothing elsewhere."""
    return dict(re.findall(r"^(.*?)\s*: (.*)$", CPUINFO.read_text(), re.M)) if CPUINFO.exists() else {}


def _is_x86() -> bool:
    return platform.machine().lower() in ("x86_64", "amd64")
