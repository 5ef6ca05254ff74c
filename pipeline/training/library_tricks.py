"""Everything that relies on the inner life of a library to save time, one function per trick, each with its reason."""

import contextlib
import gc
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import tensorflow as tf

# Each trick says what it gained, and which test of tests/training/test_library_tricks.py tells when it may go. Gains
# were measured with these versions; a test asks for them to be measured again once another minor version is installed.
MEASURED_WITH = {"keras": "3.15", "tensorflow": "2.21"}

# Keras gives callbacks no way to save themselves, and starts them anew when training begins: these are the attributes
# in which its own hold what they know. May go once Keras saves callbacks (test_keras_callbacks_hold_what_is_saved).
CALLBACK_STATE = {
    "EarlyStopping": ("wait", "stopped_epoch", "best", "best_epoch", "best_weights"),
    "ReduceLROnPlateau": ("wait", "best", "cooldown_counter"),
}


@contextlib.contextmanager
def imports_not_collected() -> Iterator[None]:
    """Import without garbage collection, and never look through what was imported again.

    TensorFlow 2.21 and Keras 3.15 leave some 400,000 objects that live as long as the process. Looking through them
    took a third of the time of the import, and 0.3 s each time that Keras is cleared before a run (0.4 s to 0.1 s).
    May go once an import leaves few objects (test_an_import_leaves_much_to_look_through).
    """
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


@contextlib.contextmanager
def not_installed(*modules: str) -> Iterator[None]:
    """As if `modules` were not installed, unless they are imported already.

    Keras 3.15 imports scikit-learn and Matplotlib where it can, for wrappers that are not used here: a fourth of its
    import. May go once Keras imports them when they are used (test_keras_imports_what_it_need_not).
    """
    hidden = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is how Python marks a module as absent
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextlib.contextmanager
def silent_stderr() -> Iterator[None]:
    """File descriptor 2 to nowhere: TensorFlow 2.21 writes lines from C++, before any logging is set up.

    They would stand between the lines about runs, some for each worker. May go once TensorFlow heeds
    TF_CPP_MIN_LOG_LEVEL from its first line on (test_tensorflow_talks_when_it_is_imported).
    """
    stderr = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)


def read_variable(variable: Any) -> "np.ndarray":
    """What a Keras variable holds, read by TensorFlow's own operation.

    np.asarray takes four times as long with Keras 3.15, and a checkpoint reads every variable after every epoch. It is
    still taken for variables that lie on several devices (ValueError: they have no one handle). May go once both take
    the same time (test_the_tricks_were_measured_with_what_is_installed).
    """
    import numpy as np
    import tensorflow as tf

    value = variable.value
    try:
        array: np.ndarray = tf.raw_ops.ReadVariableOp(resource=value.handle, dtype=value.dtype).numpy()
    except ValueError:
        return np.asarray(variable)
    return array


def without_tuner(batches: "tf.data.Dataset") -> "tf.data.Dataset":
    """The same batches, without the thread that tunes them.

    In TensorFlow 2.21 that thread sleeps twice as long each time, and the end of a training waits until it wakes. There
    is nothing to tune, as the data lie in memory. May go once training ends without waiting for it
    (test_the_tricks_were_measured_with_what_is_installed).
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return batches.with_options(options)
