"""Answers depend on the question and on the answer so far: never on what comes later, never on padding."""

import keras
import numpy as np
import pytest

from pipeline.models import encoder_decoder
from pipeline.training import runtime

CELLS = ("plain", "lstm", "gru")
X = np.array([[3, 1, 0, 9, 1, 3, 0], [2, 7, 1, 9, 1, 7, 2]], "float32")  # question in 3 places, then 9 = start


def built(cell="gru", shape=(7,), **settings):
    runtime.seed(0)
    sizes = {"source_length": 3, "vocabulary": 10, "embedding": 5, "units": 6, "cell": cell}
    return encoder_decoder.build(shape, 8, **(sizes | settings))


@pytest.mark.parametrize("cell", CELLS)
def test_an_answer_depends_on_the_question_and_on_what_was_said(cell):
    model = built(cell)
    before = np.asarray(model(X))[1]
    assert before.shape == (4, 8)
    later, earlier, question = X.copy(), X.copy(), X.copy()
    later[1, 6], earlier[1, 4], question[1, 0] = 5, 5, 5
    assert np.allclose(before[:3], model(later)[1, :3]) and not np.allclose(before[3], model(later)[1, 3])
    assert np.allclose(before[0], model(earlier)[1, 0]) and not np.allclose(before[1:], model(earlier)[1, 1:])
    assert not np.allclose(before[0], model(question)[1, 0])


def test_padding_of_the_question_changes_no_answer():
    model, short = built(), built(shape=(6,), source_length=2)
    short.set_weights(model.get_weights())
    np.testing.assert_allclose(model(X)[0, :3], short(np.delete(X[:1], 2, axis=1))[0, :3], atol=1e-6)


def test_the_loss_gets_logits_without_a_mask_of_their_own():
    assert getattr(built()(X), "_keras_mask", None) is None


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("parameters", [3000, 16000])
def test_cells_are_compared_at_equal_parameters(cell, parameters):
    count = built(cell, parameters=parameters).count_params()
    assert abs(count - parameters) / parameters < 0.06


@pytest.mark.parametrize("cell", CELLS)
def test_it_saves_and_loads_alike(cell, tmp_path):
    model = built(cell)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=True, compile=False)
    np.testing.assert_array_equal(model(X), again(X))


def test_one_token_can_be_the_whole_question():
    assert built(source_length=1)(X).shape == (2, 6, 8)


@pytest.mark.parametrize("shape", [(3,), (7, 2)])
def test_an_answer_needs_a_place(shape):
    with pytest.raises(ValueError, match="source_length"):
        built(shape=shape)
