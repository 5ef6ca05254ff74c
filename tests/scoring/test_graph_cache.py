"""Graphs that recurrent models share: the same answers as without, and no model that learns of another."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.scoring import graph_cache

X = np.random.default_rng(0).normal(size=(3, 5, 2)).astype("float32")


@pytest.fixture(autouse=True)
def no_graphs(monkeypatch):
    monkeypatch.setattr(graph_cache, "_graphs", {})


def recurrent(seed, units=4, layer=keras.layers.GRU):
    keras.backend.clear_session()  # the same names each time
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((5, 2))
    return keras.Model(inputs, keras.layers.Dense(2)(layer(units)(inputs)))


def counted():
    """A function of a model, and the list of what it was traced or called with."""
    calls = []

    def answer(model, x):
        calls.append(model)
        return model(x, training=False)

    return answer, calls


def test_models_alike_are_traced_once_and_each_answers_by_its_own_weights():
    answer, calls = counted()
    first, second = recurrent(0), recurrent(1)
    before = first.get_weights()
    for model in (first, second, first):
        np.testing.assert_allclose(graph_cache.run(answer, model, X), model(X), rtol=1e-5, atol=1e-6)
    assert len(calls) == 1 and calls[0] not in (first, second)
    for was, now in zip(before, first.get_weights(), strict=True):
        np.testing.assert_array_equal(was, now)


def test_what_a_model_learns_later_counts():
    answer, _ = counted()
    model = recurrent(0)
    graph_cache.run(answer, model, X)
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    np.testing.assert_array_equal(graph_cache.run(answer, model, X), np.zeros((3, 2)))


def test_another_architecture_function_or_shape_is_traced_anew():
    answer, calls = counted()
    graph_cache.run(answer, recurrent(0), X)
    assert graph_cache.run(answer, recurrent(0, units=5), X).shape == (3, 2)
    assert graph_cache.run(answer, recurrent(0), X[:2]).shape == (2, 2)
    assert len(calls) == 3
    other, calls = counted()
    graph_cache.run(other, recurrent(0), X)
    assert len(calls) == 1


def test_a_model_asked_again_and_again_is_described_once(monkeypatch):
    answer, calls = counted()
    model, told = recurrent(0), []
    monkeypatch.setattr(keras.Model, "to_json", lambda model: told.append(model) or "{}")
    for _ in range(3):
        graph_cache.run(answer, model, X)
    assert told == [model] and len(calls) == 1


@pytest.mark.slow
@pytest.mark.parametrize("layer", [keras.layers.SimpleRNN, lambda n: keras.layers.Bidirectional(keras.layers.LSTM(n))])
def test_every_kind_of_recurrent_layer_is_traced(layer):
    answer, calls = counted()
    for seed in range(3):
        graph_cache.run(answer, recurrent(seed, layer=layer), X)
    assert len(calls) == 1


def test_other_models_are_asked_as_they_are():
    answer, calls = counted()
    model = keras.Sequential([keras.Input((5, 2)), keras.layers.Dense(2)])
    np.testing.assert_array_equal(graph_cache.run(answer, model, X), model(X))
    assert calls == [model] and not graph_cache._graphs


def test_gradients_are_those_of_eager_mode():
    def gradient(model, x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(model(x, training=False) ** 2)
        return tape.gradient(loss, x)

    model = recurrent(0)
    np.testing.assert_allclose(
        graph_cache.run(gradient, model, X), gradient(model, tf.constant(X)), rtol=1e-4, atol=1e-6
    )


@pytest.mark.slow
def test_few_graphs_are_kept(monkeypatch):
    monkeypatch.setattr(graph_cache, "MOST_GRAPHS", 3)
    answer, _ = counted()
    for units in range(1, graph_cache.MOST_GRAPHS + 3):
        graph_cache.run(answer, recurrent(0, units=units), X)
    assert len(graph_cache._graphs) == graph_cache.MOST_GRAPHS
