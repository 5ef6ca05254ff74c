"""Each trick does no harm and still has its reason: a test that fails here names a trick that may go."""

import json
import os
import subprocess
import sys
from importlib.metadata import version

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline import paths
from pipeline.training import library_tricks

IMPORT = """
import gc, json, sys
import keras
print(json.dumps({"modules": sorted({"sklearn", "matplotlib"} & sys.modules.keys()), "objects": len(gc.get_objects())}))
"""


@pytest.fixture(scope="module")
def plain_import():
    """What importing Keras does without any trick, in a process of its own: (modules, objects, stderr)."""
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "GRPC_VERBOSITY": "ERROR", "KERAS_BACKEND": "tensorflow"}
    process = subprocess.run(
        [sys.executable, "-c", IMPORT], capture_output=True, text=True, env=environment, cwd=paths.ROOT, check=True
    )
    answer = json.loads(process.stdout)
    return answer["modules"], answer["objects"], process.stderr


def test_the_tricks_were_measured_with_what_is_installed():
    for library, measured in library_tricks.MEASURED_WITH.items():
        assert version(library).startswith(f"{measured}."), (
            f"{library}: measure read_variable and without_tuner again with {version(library)}, then change"
            " MEASURED_WITH, or remove what gains nothing any more"
        )


@pytest.mark.slow
def test_an_import_leaves_much_to_look_through(plain_import):
    assert plain_import[1] > 100_000, "imports_not_collected may go"


@pytest.mark.slow
def test_keras_imports_what_it_need_not(plain_import):
    assert plain_import[0] == ["matplotlib", "sklearn"], "not_installed may go, or name fewer modules"


def test_tensorflow_talks_when_it_is_imported(plain_import):
    assert plain_import[2] != "", "silent_stderr may go"


def test_keras_callbacks_hold_what_is_saved():
    for name, attributes in library_tricks.CALLBACK_STATE.items():
        callback = getattr(keras.callbacks, name)()
        callback.on_train_begin()
        assert set(attributes) <= vars(callback).keys()
        assert not hasattr(callback, "get_state"), "Keras saves callbacks now: CALLBACK_STATE may go"


def test_hidden_modules_are_absent_for_a_while_and_then_as_before(monkeypatch):
    monkeypatch.delitem(sys.modules, "this", raising=False)
    with library_tricks.not_installed("this", "json"), pytest.raises(ImportError):
        import this  # noqa: F401
    assert "this" not in sys.modules
    assert sys.modules["json"] is json  # what was imported already stays


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int64", "bool"])
@pytest.mark.parametrize("shape", [(), (2, 3), (0, 3)])
def test_a_variable_is_read_as_numpy_would(dtype, shape):
    variable = keras.Variable(np.ones(shape), dtype=dtype)
    array = library_tricks.read_variable(variable)
    assert array.dtype == np.asarray(variable).dtype and array.shape == shape
    np.testing.assert_array_equal(array, np.asarray(variable))


def test_a_variable_on_several_devices_is_read_as_well():
    class Spread:
        value = type("Value", (), {"handle": property(lambda self: _refuse()), "dtype": tf.float32})()

        def __array__(self, dtype=None, copy=None):
            return np.arange(3.0)

    assert library_tricks.read_variable(Spread()).tolist() == [0, 1, 2]


def _refuse():
    raise ValueError("a distributed variable has no one handle")


def test_batches_without_the_tuner_are_the_same():
    batches = tf.data.Dataset.range(5).batch(2)
    untuned = library_tricks.without_tuner(batches)
    assert [part.tolist() for part in untuned.as_numpy_iterator()] == [[0, 1], [2, 3], [4]]
    assert untuned.options().autotune.enabled is False
