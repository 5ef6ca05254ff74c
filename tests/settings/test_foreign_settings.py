"""What stands above a variant for another model or task is left out; a model and a task that do not fit are told."""

import pytest
from written_settings import GOOD, V, complaints, read, spoiled

FITTED = {"model": "boosted_trees", "task": "classify_at_once", "fit": {"epochs": 1}}


def variant(tmp_path, changes, text=GOOD):
    return read(tmp_path, spoiled(f"{V}.max", changes, text=text)).topics["convolution"].variants["max"]


@pytest.fixture
def with_rate():
    """Settings whose topic has a rate under `fit`, which tasks without an optimizer do not take."""
    return spoiled("topics.convolution.fit.learning_rate", 0.5)


def test_of_fit_a_task_takes_what_it_has(tmp_path, with_rate):
    found = variant(tmp_path, FITTED, with_rate)
    assert found.task == "classify_at_once" and "learning_rate" not in found.fit and found.fit["epochs"] == 1
    assert found.build == {"trees": 100, "splits": 30, "rate": 0.1, "smallest_leaf": 20, "penalty": 0.0}
    assert variant(tmp_path, {"task": "classify_moved"}, with_rate).fit["learning_rate"] == 0.5


def test_what_no_task_has_is_still_refused(tmp_path):
    text = spoiled("topics.convolution.fit.lerning_rate", 0.5, text=spoiled(f"{V}.max", FITTED))
    assert any("fit.lerning_rate: given 'lerning_rate', allowed" in line for line in complaints(tmp_path, text))


def test_what_the_variant_itself_asks_of_a_task_that_does_not_have_it_is_refused(tmp_path):
    (line,) = complaints(tmp_path, spoiled(f"{V}.max", FITTED | {"fit": {"learning_rate": 0.5}}))
    assert line.startswith(f"params.yaml: {V}.max.fit.learning_rate: given 'learning_rate', allowed epochs, batch_size")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"model": "prior"},
            "given prior with the task classify, allowed it with classify_at_once or regress_at_once",
        ),
        (
            {"model": "mlp", "task": "classify_at_once"},
            "given mlp with the task classify_at_once, allowed boosted_trees or prior",
        ),
    ],
)
def test_a_model_that_a_task_cannot_train_is_refused(tmp_path, changes, line):
    assert complaints(tmp_path, spoiled(f"{V}.max", changes)) == [f"params.yaml: {V}.max.model: {line}"]
