"""A run as evaluation sees it: the model as saved, the same model before training, the counts that scores need."""

import sys

import keras
import numpy as np
import pytest

from pipeline import paths
from pipeline.errors import InputError
from pipeline.records import Examples, digest_of, write_examples
from pipeline.scoring.finished_run import FinishedRun, steps_per_epoch
from pipeline.training import runtime
from pipeline.training.run import build

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
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    model = build(SETTINGS, (3,), 2, 7)
    model.layers[-1].bias.assign([0.0, 1.0])  # what training did
    model.save(folder / "model.keras")
    card = {"classes": 2, "counts": {"train": [30, 10]}}
    return FinishedRun(SETTINGS, 7, {"outputs": 2}, [], card, SPLIT, SPLIT, folder)


def test_the_model_is_the_saved_one_and_is_loaded_once(run):
    assert run.model.layers[-1].bias.numpy().tolist() == [0.0, 1.0]
    assert run.model is run.model


def test_the_start_has_the_weights_that_the_seed_gives(run):
    runtime.seed(3)  # whatever was drawn in between
    start, again = run.start(), build(SETTINGS, (3,), 2, 7)
    assert all(np.array_equal(*pair) for pair in zip(start.get_weights(), again.get_weights(), strict=True))
    assert start.layers[-1].bias.numpy().tolist() == [0.0, 0.0]


def test_predictions_are_probabilities_of_the_held_out_examples(run):
    assert run.predicted.shape == (20, 2)
    assert np.allclose(run.predicted.sum(1), 1, atol=1e-6)


def test_priors_are_shares_before_any_view_and_none_without_classes(run):
    assert run.priors.tolist() == [0.75, 0.25]
    numbers = FinishedRun(SETTINGS, 0, {}, [], {"classes": 0, "counts": {"train": [40]}}, SPLIT, SPLIT, run.folder)
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
def test_steps_per_epoch(run, size, asked, xla, steps):
    """Without a whole batch there is one step all the same; XLA leaves out the smaller last one."""
    fit = {"batch_size": size, "epoch_steps": asked, "xla": xla}
    assert steps_per_epoch(FinishedRun(SETTINGS | {"fit": fit}, 0, {}, [], {}, SPLIT, SPLIT, run.folder)) == steps


def test_without_a_word_on_steps_and_xla_an_epoch_is_the_whole_training_part(run):
    bare = FinishedRun(SETTINGS | {"fit": {"batch_size": 8}}, 0, {}, [], {}, SPLIT, SPLIT, run.folder)
    assert steps_per_epoch(bare) == 3


def test_runs_are_told_apart_by_identity(run):
    other = FinishedRun(run.settings, 7, run.record, [], run.card, SPLIT, SPLIT, run.folder)
    assert run != other and len({run, other}) == 2


def saved_run(folder, trained, **settings):
    trained.save(folder / "model.keras")
    return FinishedRun(SETTINGS | settings, 0, {}, [], {}, SPLIT, SPLIT, folder)


def test_a_compiled_model_comes_back_without_what_trained_it(tmp_path):
    model = build(SETTINGS, (3,), 2, 0)
    model.compile(optimizer="sgd", loss="mse")
    assert not saved_run(tmp_path, model).model.compiled


def test_code_that_hides_in_a_file_is_not_run(tmp_path):
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Lambda(lambda x: x + 1)(inputs))
    with pytest.raises(ValueError, match="safe_mode"):
        saved_run(tmp_path, model).model  # noqa: B018


def test_layers_of_a_models_own_are_known_where_it_was_never_built(tmp_path, monkeypatch):
    model = build(SETTINGS | {"model": "local", "build": {}}, (12, 1), 2, 0)
    run = saved_run(tmp_path, model, model="local", build={})
    monkeypatch.delitem(sys.modules, "pipeline.models.local")
    for name in [name for name in keras.saving.get_custom_objects() if name.startswith("aula>")]:
        monkeypatch.delitem(keras.saving.get_custom_objects(), name)
    x = np.ones((2, 12, 1), np.float32)
    np.testing.assert_array_equal(run.model(x), model(x))


def test_layers_are_numbered_anew_by_a_run_whose_model_is_loaded(run):
    for _ in range(3):
        keras.layers.Dense(1)
    again = FinishedRun(run.settings, run.seed, run.record, [], run.card, SPLIT, SPLIT, run.folder)
    assert len(again.model.layers) == len(run.model.layers)
    assert keras.layers.Dense(1).name == "dense"


def test_validation_is_read_where_it_is_and_refused_where_it_is_another(run, house):
    """What was prepared since says nothing of this run."""
    settings, record = SETTINGS | {"data": "toy"}, {"outputs": 2, "draw": 3}
    card = {"classes": 2, "counts": {"train": [30, 10]}, "digests": {"validation": digest_of(SPLIT)}}
    write_examples(paths.validation_split("toy", 3), SPLIT)
    same = FinishedRun(settings, 7, record, [], card, SPLIT, SPLIT, run.folder)
    assert np.array_equal(same.predicted_of_validation, same.predicted)
    write_examples(paths.validation_split("toy", 3), SPLIT.take(np.arange(19)))
    with pytest.raises(InputError, match=r"toy/3/validation.npz: given other examples than its card tells"):
        _ = FinishedRun(settings, 7, record, [], card, SPLIT, SPLIT, run.folder).validation
