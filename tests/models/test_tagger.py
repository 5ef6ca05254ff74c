"""A tagger answers step by step: it looks back only, unless it reads both ways, and never at padding."""

import keras
import numpy as np
import pytest

from pipeline.models import tagger
from pipeline.training import runtime

CELLS = ("plain", "lstm", "gru")
X = np.array([[3, 1, 4, 1, 5, 0, 0], [2, 7, 1, 8, 2, 8, 1]], "float32")


def built(cell="gru", **settings):
    runtime.seed(0)
    return tagger.build((7,), 4, **({"vocabulary": 9, "embedding": 5, "units": 6, "cell": cell} | settings))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("both", [False, True])
def test_what_a_step_depends_on(cell, both):
    model = built(cell, bidirectional=both)
    changed = X.copy()
    changed[1, 4] = 3
    before, after = np.asarray(model(X))[1], np.asarray(model(changed))[1]
    assert before.shape == (7, 4)
    assert np.allclose(before[:4], after[:4]) != both
    assert not np.allclose(before[4:], after[4:])


@pytest.mark.parametrize("both", [False, True])
def test_padding_changes_no_answer(both):
    """The same word with more padding behind it gets the same logits."""
    model = built(bidirectional=both)
    runtime.seed(0)
    short = tagger.build((5,), 4, vocabulary=9, embedding=5, units=6, bidirectional=both)
    short.set_weights(model.get_weights())
    np.testing.assert_allclose(model(X)[0, :5], short(X[:1, :5])[0], atol=1e-6)


def test_the_loss_gets_logits_without_a_mask_of_their_own():
    """Keras would weigh the loss a second time by a mask that travels with the logits."""
    assert getattr(built()(X), "_keras_mask", None) is None


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("hidden", [0, 2])
@pytest.mark.parametrize("parameters", [2000, 9000])
def test_cells_are_compared_at_equal_parameters(cell, both, hidden, parameters):
    count = built(cell, bidirectional=both, hidden=hidden, parameters=parameters).count_params()
    assert abs(count - parameters) / parameters < (0.04 if parameters > 2000 else 0.08)  # a unit more is a step


@pytest.mark.parametrize("cell", CELLS)
def test_it_saves_and_loads_alike(cell, tmp_path):
    model = built(cell, bidirectional=True)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True, compile=False)
    np.testing.assert_array_equal(model(X), again(X))


def test_the_answer_passes_through_hidden_layers():
    """O_t = V tanh(B tanh(A S_t + a) + b) + c, step by step."""
    model = built(hidden=2)
    (first, a), (second, b), (last, c) = (layer.get_weights() for layer in model.layers[-3:])
    assert first.shape == second.shape == (6, 6) and last.shape == (6, 4)
    state = np.asarray(keras.Model(model.input, model.layers[-3].input)(X))
    expected = np.tanh(np.tanh(state @ first + a) @ second + b) @ last + c
    np.testing.assert_allclose(model(X), expected, atol=1e-5)


def test_vectors_are_refused():
    with pytest.raises(ValueError, match="one token per step"):
        tagger.build((7, 3), 4)
