"""Training a run again: the same is said to be the same, and whatever differs is named."""

import numpy as np
import pytest

from pipeline import paths, records
from pipeline.operations.rerun import reproduce
from pipeline.settings.plan import data_digest
from pipeline.training import runtime
from pipeline.training.run import RunSpec, run
from pipeline.training.store import project_store

KEY = "ab01cd"
SETTINGS = {
    "task": "classify",
    "data": "toy",
    "view": "plain",
    "model": "mlp",
    "precision": "float32",
    "build": {"width": 4, "depth": 1},
    "augment": {},
    "fit": {"epochs": 2, "batch_size": 16, "learning_rate": 0.01},
}


@pytest.fixture
def finished(house, monkeypatch):
    """The folder of a run that was trained on small data."""
    monkeypatch.setattr(runtime, "settle", lambda *_, **__: None)  # threads cannot be settled twice in a process
    random = np.random.default_rng(0)
    for path, count in ((paths.fit_split("toy", "plain"), 60), (paths.validation_split("toy"), 20)):
        x = random.normal(size=(count, 5)).astype("float32")
        records.write_examples(path, records.Examples(x, (np.arange(count) % 3).astype("int64")))
    card = {"views": {"plain": {"digest": "training"}}, "digests": {"validation": "validation"}}
    records.write_sealed(paths.card("toy"), card)
    spec = RunSpec(
        topic="topic",
        variant="variant",
        seed=0,
        run_key=KEY,
        profile="smoke",
        settings=SETTINGS,
        data_digest=data_digest(card, "plain"),
        device="cpu",
    )
    assert run(spec)["status"] == "finished"
    project_store().take(KEY, paths.run("topic", "variant", 0), spec.names())
    return paths.run("topic", "variant", 0)


def test_a_run_trained_again_is_the_same(finished, capsys):
    before = paths.STORE
    assert reproduce(KEY[:2]) is True
    assert "the same, to the last digit: 2 epochs of variant seed 0" in capsys.readouterr().out
    assert before == paths.STORE


def test_another_history_is_named_by_column_and_size(finished, capsys):
    file = finished / "history.csv"
    rows = records.read_history(file)
    rows[1]["loss"] += 0.25
    records.write_rows(file, list(rows[0]), rows)
    assert reproduce(KEY) is False
    printed = capsys.readouterr().out
    assert "loss: differs by 0.25 at most" in printed and "val_loss: differs by 0 at most" in printed


def test_another_status_is_named(finished, capsys):
    record = records.read_json(finished / "run.json")
    records.write_json(finished / "run.json", record | {"status": "diverged"})
    assert reproduce(KEY) is False
    assert "different: status diverged then, finished now" in capsys.readouterr().out


def test_other_data_are_refused_and_another_processor_is_named(finished, capsys):
    record = records.read_json(finished / "run.json")
    records.write_json(finished / "run.json", record | {"processor": "abacus"})
    assert reproduce(KEY) is True
    assert "abacus then" in capsys.readouterr().out
    card = records.read_sealed(paths.card("toy"))
    records.write_sealed(paths.card("toy"), card | {"digests": {"validation": "other"}})
    with pytest.raises(ValueError, match="data toy: given other data than the run had"):
        reproduce(KEY)


@pytest.mark.parametrize("asked", ["", "ff", KEY + "0"])
def test_a_key_that_no_run_has_is_refused_with_those_there_are(finished, asked):
    with pytest.raises(ValueError, match=rf"given '{asked}' \(0 runs start so\), allowed the start of one key: ab01cd"):
        reproduce(asked)
