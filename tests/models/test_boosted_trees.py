"""Trees answer as scikit-learn's do, wherever they are loaded, and threads change no bit of them."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from pipeline.models import boosted_trees
from pipeline.records import Examples

ROWS, COLUMNS = 400, 5


def examples(classes, seed=0, rows=ROWS, unit=1.0):
    """A table in which the columns tell something; numbers where there are no classes."""
    dice = np.random.default_rng(seed)
    x = dice.normal(size=(rows, COLUMNS)).astype("float32")
    x[:, 0] = np.round(x[:, 0], 1)  # equal values: thresholds lie on the numbers themselves
    signal = x[:, 0] + x[:, 1] * x[:, 2] + dice.normal(size=rows) / 2
    if classes:
        return Examples(x, np.clip(np.digitize(signal, [0.5, 1.0, 1.5]), 0, classes - 1).astype("int64"))
    return Examples(x, (unit * (signal + 2.5)).astype("float32"))


def fitted(data, outputs, **settings):
    model = boosted_trees.build((COLUMNS,), outputs, **settings)
    model.adapt(data, 3)
    return model


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("settings", [{}, {"trees": 7, "splits": 3, "rate": 0.5, "smallest_leaf": 1, "penalty": 2.0}])
def test_probabilities_are_those_of_scikit_learn(classes, settings):
    data, others = examples(classes), examples(classes, seed=1)
    model = fitted(data, classes, **settings)
    expected = boosted_trees.fitted(data, 3, dict(model.settings))
    for x in (data.x, others.x, others.x * 100):
        probabilities = keras.ops.convert_to_numpy(keras.ops.softmax(model(x)))
        assert np.abs(probabilities - expected.predict_proba(x)).max() < 1e-6
        assert np.array_equal(probabilities.argmax(1), expected.predict(x))


@pytest.mark.parametrize("unit", [1.0, 1e5])
def test_numbers_are_those_of_scikit_learn(unit):
    data = examples(0, unit=unit)
    model = fitted(data, 1)
    expected = boosted_trees.fitted(data, 3, dict(model.settings)).predict(data.x)
    np.testing.assert_allclose(np.asarray(model(data.x))[:, 0], expected, rtol=1e-6, atol=unit * 1e-6)


def test_a_threshold_decides_to_the_last_bit():
    """0.1 in float32 lies above 0.1: which side it takes is for scikit-learn, in float64, to say."""
    tenths = np.repeat(np.array([0.1, 0.1 + 2**-26, 0.2], "float32"), 40)[:, None]
    data = Examples(np.repeat(tenths, COLUMNS, axis=1), np.repeat([0, 1, 0], 40).astype("int64"))
    model = fitted(data, 2, smallest_leaf=1)
    assert np.array_equal(np.asarray(model(data.x)).argmax(1), data.y)


@pytest.mark.parametrize("labels", [np.repeat([0, 1], [395, 5]), np.repeat([0, 1, 2], [390, 9, 1])])
def test_what_cannot_be_split_is_answered_as_well(labels):
    """Leaves of twenty examples are more than there are: trees are a leaf each."""
    data = Examples(np.ones((ROWS, COLUMNS), "float32"), labels.astype("int64"))
    model = fitted(data, int(labels.max()) + 1)
    shares = np.asarray(keras.ops.softmax(model(data.x[:1])))[0]
    assert shares.argmax() == 0 and np.isfinite(shares).all() and shares[1] < 0.05


def test_half_precision_rounds_no_input():
    """A policy of float16 is for networks: a threshold would be missed."""
    data = examples(2, rows=200)
    expected = np.asarray(fitted(data, 2, trees=5)(data.x))
    keras.config.set_dtype_policy("mixed_float16")
    try:
        assert np.array_equal(np.asarray(fitted(data, 2, trees=5)(data.x)), expected)
    finally:
        keras.config.set_dtype_policy("float32")


def test_a_shape_of_more_axes_is_read_as_a_row():
    data = examples(2, rows=100)
    model = boosted_trees.build((COLUMNS, 1), 2, trees=3)
    model.adapt(Examples(data.x[..., None], data.y), 0)
    assert np.array_equal(np.asarray(model(data.x[..., None])), np.asarray(fitted(data, 2, trees=3)(data.x)))


@pytest.mark.slow
def test_what_is_saved_is_made_of_keras_own_layers(tmp_path):
    """So it can be loaded where there is no code of ours."""
    data = examples(3)
    model = fitted(data, 3, trees=5)
    keras.Model(model.input, model.output).save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", data.x)
    script = (
        "import keras, numpy as np, sys\n"
        "x, model = np.load('x.npy'), keras.models.load_model('model.keras', safe_mode=True)\n"
        "np.save('answers.npy', np.asarray(model(x)))\n"
        "assert not [name for name in sys.modules if name.split('.')[0] == 'pipeline']"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True)
    np.testing.assert_allclose(np.load(tmp_path / "answers.npy"), np.asarray(model(data.x)), atol=1e-6)


THREADS = """
import hashlib, sys, numpy, threadpoolctl
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
dice = numpy.random.default_rng(0)
x, y = dice.normal(size=(5000, 4)), dice.integers(0, 3, 5000)
total = hashlib.sha256()
with threadpoolctl.threadpool_limits(int(sys.argv[1]), user_api="openmp"):
    for kind in (HistGradientBoostingClassifier, HistGradientBoostingRegressor):
        boosting = kind(max_iter=4, early_stopping=False).fit(x + y[:, None], y)
        for stage in boosting._predictors:
            for tree in stage:
                for field in ("feature_idx", "num_threshold", "value", "left", "right"):
                    total.update(tree.nodes[field].tobytes())
print(total.hexdigest())
"""


@pytest.mark.slow
def test_threads_change_no_bit():
    """Runs have one; but a notebook, or whoever fits the same trees elsewhere, may have more."""
    told = [
        subprocess.run(
            [sys.executable, "-c", THREADS, threads],
            env=os.environ | {"OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": threads},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for threads in ("1", "2")
    ]
    assert told[0] and told[0] == told[1]
