"""What decides how numbers are added up is settled, and the libraries heed it: asked in processes of their own."""

import json
import os
import subprocess
import sys

import pytest

from pipeline import numerics, paths
from pipeline.training import eigen_caches

# What each library says that it goes by. XLA's cap shows in numbers: a * b - c is rounded once where it may use FMA.
ASK = """
import hashlib, json, sys
from pipeline import numerics
told = {"lines": numerics.settle(sys.argv[1])}
from pipeline.training import runtime
runtime.settle()
import numpy as np, tensorflow as tf
from numpy._core._multiarray_umath import __cpu_features__ as features
from threadpoolctl import threadpool_info
np.ones((8, 8)) @ np.ones((8, 8))
fused = tf.function(lambda a, b, c: a * b - c, jit_compile=True)
product = tf.function(lambda a, b: tf.matmul(a, b), jit_compile=True)
x = tf.fill([64], 1 + 2.0**-12)
told["fma"] = bool(np.any(fused(x, x, tf.fill([64], 1 + 2.0**-11)).numpy() != 0))
random = np.random.default_rng(0)
a, b = (random.normal(size=shape).astype("float32") for shape in ((64, 1000), (1000, 10)))
told["product"] = hashlib.sha256(product(a, b).numpy().tobytes()).hexdigest()[:16]
tf.matmul(tf.ones([64, 300]), tf.ones([300, 64]))
from pipeline.training import eigen_caches
told["caches"] = eigen_caches.sizes()
told["numpy"] = [name for name in ("X86_V3", "X86_V4", "AVX512_ICL", "AVX512_SPR") if features.get(name)]
told["blas"] = sorted({(pool["architecture"], pool["num_threads"]) for pool in threadpool_info() if pool["user_api"] == "blas"})
print(json.dumps(told))
"""  # noqa: E501
PRODUCT = "93d24dd68d5ab430"  # digest of XLA's product of matrices, in sums of 1,000 terms
X86_WITH_AVX2 = pytest.mark.skipif(not numerics.is_portable(), reason="no x86-64 processor with AVX2")


def ask(mode, **environment):
    """(what the child says, what oneDNN says of itself) under variables that a user has set."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in (*numerics.variables("portable"), *numerics.UNSET)
    }
    clean.pop(numerics.MODE, None)
    child = subprocess.run(
        [sys.executable, "-c", ASK, mode],
        capture_output=True, text=True, cwd=paths.ROOT, env=clean | {"ONEDNN_VERBOSE": "1"} | environment, check=True,
    )  # fmt: skip
    isa = [line for line in child.stdout.splitlines() if "cpu,isa:" in line]
    return json.loads(child.stdout.splitlines()[-1]), " ".join(isa)


@pytest.fixture(scope="module")
def portable():
    return ask("portable")


@X86_WITH_AVX2
def test_portable_holds_every_library_to_what_all_such_processors_have(portable):
    told, isa = portable
    assert told["lines"] == []
    assert isa.endswith("Intel AVX2")  # oneDNN
    assert told["numpy"] == ["X86_V3"]
    assert told["blas"] and all(pool == ["Haswell", 1] for pool in told["blas"])
    assert not told["fma"]  # XLA
    assert told["caches"] == [list(eigen_caches.BYTES)] * 2  # after they have been asked for
    assert (
        told["product"] == PRODUCT
    )  # XLA's libraries: YNNPACK, and Eigen with caches of other sizes, add up otherwise


@X86_WITH_AVX2
def test_native_takes_what_this_processor_has():
    """Else the test above would pass whatever is set."""
    told, isa = ask("native")
    assert told["fma"] and told["product"] != PRODUCT
    assert ("AVX-512" in isa) == (numerics.vector_unit() == "avx512f")
    assert told["numpy"] == ["X86_V3"]  # data and scores are the same in both modes


@X86_WITH_AVX2
def test_what_a_user_has_set_otherwise_is_named_and_does_not_count(portable):
    told, isa = ask(
        "portable",
        XLA_FLAGS="--xla_cpu_max_isa=AVX512 --xla_gpu_cuda_data_dir=/opt/cuda",
        ONEDNN_MAX_CPU_ISA="DEFAULT", OMP_NUM_THREADS="7", NPY_ENABLE_CPU_FEATURES="X86_V4",
    )  # fmt: skip
    named = {line.partition(":")[0] for line in told.pop("lines")}
    assert named == {"XLA_FLAGS", "ONEDNN_MAX_CPU_ISA", "OMP_NUM_THREADS", "NPY_ENABLE_CPU_FEATURES"}
    assert told | {"lines": []} == portable[0] and isa == portable[1]


@pytest.fixture
def environment(monkeypatch):
    """An environment of one's own, which a shell has just begun with."""
    monkeypatch.setattr(os, "environ", {})
    return os.environ


def machine(monkeypatch, name, flags=""):
    monkeypatch.setattr(numerics.platform, "machine", lambda: name)
    monkeypatch.setattr(numerics, "entries", lambda: {"flags": flags})


@pytest.mark.parametrize(
    ("name", "flags", "portable", "native"),
    [
        ("x86_64", "avx avx2 avx512f", "portable", "native avx512f"),
        ("x86_64", "avx avx2", "portable", "native avx2"),
        ("AMD64", "sse4_2 avx", "native avx", "native avx"),
        ("x86_64", "sse4_2", "native no avx", "native no avx"),
        ("aarch64", "asimd", "native aarch64", "native aarch64"),
        ("arm64", "", "native arm64", "native arm64"),
    ],
)
def test_only_what_is_the_same_everywhere_is_called_so(monkeypatch, environment, name, flags, portable, native):
    machine(monkeypatch, name, flags)
    assert (numerics.label("portable"), numerics.label("native")) == (portable, native)
    note = numerics.note("portable")
    assert (note is None) == (portable == "portable") and numerics.note("native") is None
    assert note is None or portable.removeprefix("native ") in note
    assert numerics.held() == "unsettled"
    for mode, label in (("portable", portable), ("native", native)):
        numerics.settle(mode)
        assert numerics.held() == label
        assert ("XLA_FLAGS" in environment) == ("ONEDNN_MAX_CPU_ISA" in environment) == (label == "portable")


def test_a_process_goes_on_as_the_one_that_started_it(monkeypatch, environment):
    machine(monkeypatch, "x86_64", "avx2")
    numerics.settle("native")
    assert numerics.settle() == [] and numerics.held() == "native avx2"
    numerics.settle("portable")
    assert numerics.settle() == [] and numerics.held() == "portable"


def test_where_files_lie_is_the_users(monkeypatch, environment):
    machine(monkeypatch, "x86_64", "avx2")
    environment["XLA_FLAGS"] = "--xla_gpu_cuda_data_dir=/opt/cuda"
    assert numerics.settle("portable") == []
    assert environment["XLA_FLAGS"].endswith(" --xla_gpu_cuda_data_dir=/opt/cuda")
    numerics.settle("native")
    assert environment["XLA_FLAGS"] == "--xla_gpu_cuda_data_dir=/opt/cuda"
