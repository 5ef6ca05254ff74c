"""What `fit` notes each epoch beside losses: norms of gradients, and figures on examples spread over the split."""

import keras
import numpy as np
import pytest

from pipeline.records import Examples
from pipeline.tasks import regress
from pipeline.training.run import compile_and_fit

NORMS = np.array([2.0, 4.0, 6.0, 8.0, 400.0])  # of the five steps of an epoch; median 6, mean 84
INPUTS = Examples(np.ones((5, 1), "float32"), np.array([-1.0, -2.0, -3.0, -4.0, -200.0], "float32"))


def resting():
    """A model that answers 0 for ever: its gradient for y, with x = 1, is -2 y, whatever step it is."""
    return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros", use_bias=False)])


def noted(**settings):
    """The only row of a training of five steps that hardly move anything."""
    settings = {"optimizer": "sgd", "learning_rate": 1e-30, "watch_gradients": True} | settings
    loop = {"epochs": 1, "batch_size": 1}
    (row,) = compile_and_fit(regress, resting(), INPUTS, INPUTS, loop | settings, seed=0)
    return row


def test_the_typical_norm_is_the_median_and_the_largest_is_there_as_well():
    row = noted()
    assert row["gradient_norm"] == pytest.approx(6.0) and row["gradient_norm_max"] == pytest.approx(400.0)
    assert row["clipped_share"] == 0.0  # nothing clips


@pytest.mark.parametrize(("clip", "share"), [(1.0, 1.0), (5.0, 0.6), (7.0, 0.4), (1000.0, 0.0)])
def test_the_clipped_share_counts_steps_beyond_the_limit(clip, share):
    row = noted(global_clipnorm=clip)
    assert row["clipped_share"] == pytest.approx(share)
    assert row["gradient_norm_max"] == pytest.approx(400.0), "noted before it is clipped"


def test_nobody_watches_unless_asked():
    assert not {"gradient_norm", "gradient_norm_max", "clipped_share"} & noted(watch_gradients=False).keys()


def test_training_figures_are_of_examples_from_all_over_the_split():
    """The first 1,000 of 2,500 are all right, the others are all wrong by 1, as copies made by a view might be."""
    y = np.repeat([0.0, 1.0], [1000, 1500]).astype("float32")
    training = Examples(np.ones((2500, 1), "float32"), y)
    settings = {"epochs": 1, "batch_size": 2500, "optimizer": "sgd", "learning_rate": 1e-30}
    (row,) = compile_and_fit(regress, resting(), training, INPUTS, settings, seed=0)
    assert row["squared_error"] == pytest.approx(0.6)
    assert row["val_squared_error"] == pytest.approx(np.mean((NORMS / 2) ** 2))
