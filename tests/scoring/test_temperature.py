"""A temperature makes probabilities as sure as they are right, and never changes which class is likeliest."""

import numpy as np
import pytest

from pipeline.scoring import temperature


def drawn(rows=4000, classes=3, seed=0):
    """Probabilities, and labels that are drawn by them: nothing is to be mended."""
    dice = np.random.default_rng(seed)
    probabilities = softmax(dice.normal(0, 2, (rows, classes)))
    labels = (probabilities.cumsum(1) < dice.random(rows)[:, None]).sum(1)
    return labels, probabilities


def softmax(values):
    powers = np.exp(values - values.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_what_is_too_sure_or_too_timid_by_a_factor_is_found(factor):
    labels, honest = drawn()
    found = temperature.fit(labels, softmax(factor * np.log(honest)))
    assert found == pytest.approx(factor, rel=0.08)
    np.testing.assert_allclose(temperature.apply(softmax(factor * np.log(honest)), factor), honest, rtol=1e-9)


def test_rows_add_up_to_one_and_the_likeliest_class_stays():
    _, probabilities = drawn(500)
    for value in (0.05, 0.7, 1.0, 4.0, 20.0):
        after = temperature.apply(probabilities, value)
        assert np.allclose(after.sum(1), 1, rtol=1e-12) and np.array_equal(after.argmax(1), probabilities.argmax(1))
    np.testing.assert_allclose(temperature.apply(probabilities, 1.0), probabilities, rtol=1e-12)


def test_it_is_never_worse_than_none():
    labels, probabilities = drawn(40, seed=3)
    found = temperature.fit(labels, probabilities)
    after = temperature.cross_entropy(labels, temperature.apply(probabilities, found))
    assert after <= temperature.cross_entropy(labels, probabilities)


def test_answers_that_are_all_right_and_sure_stay_within_bounds():
    labels = np.array([0, 1, 0, 1])
    certain = np.eye(2)[labels]
    found = temperature.fit(labels, certain)
    assert temperature.LEAST <= found <= temperature.MOST and np.isfinite(temperature.apply(certain, found)).all()
