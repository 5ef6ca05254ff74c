"""What is scaled later is scaled as what was there in training, to the last bit."""

import numpy as np
import pytest

from pipeline.preparation import scaler

DICE = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("axes", [None, (0, 1)])
def test_the_training_part_has_mean_nought_and_deviation_one(dtype, axes):
    x = DICE.normal(5, 3, (40, 7, 2)).astype(dtype)
    scaling = scaler.fit(x, axes)
    scaled = scaler.apply(x, scaling)
    assert scaled.dtype == np.float64 and len(scaling["mean"]) == (1 if axes is None else 2)
    assert abs(scaled.mean(axes)).max() < 1e-12 and abs(scaled.std(axes) - 1).max() < 1e-12
    assert np.array_equal(scaler.apply(x[3:5], scaling), scaled[3:5])


def test_what_is_the_same_everywhere_becomes_nought():
    assert (scaler.apply(np.full((4, 2), 7.0), scaler.fit(np.full((9, 2), 7.0), (0,))) == 0).all()


def test_steps_behind_the_end_are_nought_whatever_the_scale():
    x = np.ones((2, 3, 1))
    scaled = scaler.apply(x, {"kind": "standard", "mean": [4.0], "sd": [2.0]}, np.array([1, 3]))
    assert scaled[..., 0].tolist() == [[-1.5, 0, 0], [-1.5, -1.5, -1.5]]
    assert scaler.apply(x, {"kind": "none"}, np.array([2, 3]))[0, :, 0].tolist() == [1, 1, 0]
    assert scaler.apply(x, {"kind": "none"}) is x
