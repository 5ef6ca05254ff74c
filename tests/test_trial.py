"""A run as evaluation sees it: the model as saved, the same model before training, the counts that scores need."""

import numpy as np
import pytest

from pipeline import runtime
from pipeline.records import Examples
from pipeline.runs.run import build
from pipeline.trial import Trial, steps_an_epoch

SETTINGS = {
    "task": "classify",
    "precision": "float32",
    "model": "mlp",
    "build": {"width": 4, "depth": 1},
    "augment": {},
    "fit": {"batch_size": 8, "epoch_steps": None},
}
SPLIT = Examples(np.linspace(-1, 1, 60).reshape(20, 3).astype(np.float32), np.arange(20) % 2)


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    model = build(SETTINGS, (3,), 2, 7)
    model.layers[-1].bias.assign([0.0, 1.0])  # what training did
    model.save(folder / "model.keras")
    card = {"classes": 2, "counts": {"train": [30, 10]}}
    return Trial(SETTINGS, 7, {"outputs": 2}, [], card, SPLIT, SPLIT, folder)


def test_the_model_is_the_saved_one_and_is_loaded_once(trial):
    assert trial.model.layers[-1].bias.numpy().tolist() == [0.0, 1.0]
    assert trial.model is trial.model


def test_the_start_has_the_weights_that_the_seed_gives(trial):
    runtime.seed(3)  # whatever was drawn in between
    start, again = trial.start(), build(SETTINGS, (3,), 2, 7)
    assert all(np.array_equal(*pair) for pair in zip(start.get_weights(), again.get_weights(), strict=True))
    assert start.layers[-1].bias.numpy().tolist() == [0.0, 0.0]


def test_predictions_are_probabilities_of_the_held_out_examples(trial):
    assert trial.predicted.shape == (20, 2)
    assert np.allclose(trial.predicted.sum(1), 1, atol=1e-6)


def test_priors_are_shares_before_any_view_and_none_without_classes(trial):
    assert trial.priors.tolist() == [0.75, 0.25]
    numbers = Trial(SETTINGS, 0, {}, [], {"classes": 0, "counts": {"train": [40]}}, SPLIT, SPLIT, trial.folder)
    assert numbers.priors is None


@pytest.mark.parametrize(
    ("size", "asked", "xla", "steps"),
    [
        (8, None, False, 3),
        (8, 2, False, 2),
        (8, 50, False, 3),
        (8, None, True, 2),
        (10, None, True, 2),
        (32, 9, True, 1),
    ],
)
def test_steps_an_epoch(trial, size, asked, xla, steps):
    """Without a whole batch there is one step all the same; XLA leaves out the smaller last one."""
    fit = {"batch_size": size, "epoch_steps": asked, "xla": xla}
    assert steps_an_epoch(Trial(SETTINGS | {"fit": fit}, 0, {}, [], {}, SPLIT, SPLIT, trial.folder)) == steps


def test_trials_are_told_apart_by_identity(trial):
    other = Trial(trial.settings, 7, trial.record, [], trial.card, SPLIT, SPLIT, trial.folder)
    assert trial != other and len({trial, other}) == 2
