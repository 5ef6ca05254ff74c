"""One run: what it leaves behind when it goes well, diverges, crashes, or is done a second time in the same process."""

import dataclasses

import numpy as np
import pytest

from pipeline import numerics, paths, records
from pipeline.contracts import RunRecord
from pipeline.training.run import RunSpec, run
from pipeline.training.store import Store, project_store

FIT = {"epochs": 2, "batch_size": 16, "learning_rate": 0.01}


@pytest.fixture
def spec(house):
    """A small run on small data, with its own settings changed by keyword."""
    random, digests = np.random.default_rng(0), []
    for path, count in ((paths.fit_split("toy", "plain", 0), 60), (paths.validation_split("toy", 0), 20)):
        x = random.normal(size=(count, 5)).astype("float32")
        examples = records.Examples(x, (np.arange(count) % 3).astype("int64"))
        records.write_examples(path, examples)
        digests.append(records.digest_of(examples))
    data = records.digest_of_splits(*digests)

    def make(key="ab01", seed=0, model="mlp", **fit):
        settings = {"task": "classify", "data": "toy", "view": "plain", "model": model, "precision": "float32"}
        settings |= {"build": {"dropout": 0.2}, "augment": {}}
        settings["fit"] = FIT | fit
        return RunSpec("topic", "variant", seed, 0, key, "smoke", settings, data, "cpu", numerics.held())

    return make


def history(key):
    return (project_store().folder(key) / "history.csv").read_bytes()


def test_a_run_leaves_history_model_and_record(spec):
    record = run(spec())
    assert (record["status"], record["ended"], record["epochs"], record["reason"]) == ("finished", "completed", 2, None)
    assert record.keys() == RunRecord.__annotations__.keys()
    rows = records.read_history(project_store().folder("ab01") / "history.csv")
    assert [row["epoch"] for row in rows] == [1, 2]
    assert record["best_epoch"] == min(rows, key=lambda row: row["val_cross_entropy"])["epoch"]
    assert (project_store().folder("ab01") / "model.keras").exists()
    assert not (paths.CHECKPOINTS / "ab01").exists()
    assert {"tensorflow", "keras", "numpy", "python"} <= record["versions"].keys()


@pytest.mark.slow
def test_the_first_and_the_fourth_in_a_process_are_the_same_to_the_byte(spec):
    run(spec("ab01"))
    for key, seed in (("ab02", 5), ("ab03", 6)):
        run(spec(key, seed=seed, epochs=1))
    run(spec("ab04"))
    assert history("ab01") == history("ab04") != history("ab02")


def test_a_loss_that_is_not_finite_is_an_outcome(spec):
    record = run(spec(optimizer="sgd", learning_rate=1e6, epochs=30))
    assert record["status"] == record["ended"] == "diverged" and "not finite in epoch" in record["reason"]
    assert project_store().has("ab01")  # it would diverge again


def test_a_run_in_a_process_that_adds_up_otherwise_is_refused(spec):
    """It would stand in the store under the key of other numbers."""
    record = run(dataclasses.replace(spec(), numerics="native avx9"))
    assert record["status"] == "failed" and "a key for numbers that are native avx9" in record["reason"]
    assert not project_store().has("ab01")


def test_a_run_on_other_examples_than_were_planned_is_refused(spec):
    """Prepared anew while the runs were being trained, say: what it learnt would stand under the key of others."""
    record = run(dataclasses.replace(spec(), data_digest="other"))
    assert record["status"] == "failed" and "data/prepared/toy/0: given other examples than were" in record["reason"]
    assert not project_store().has("ab01")


def test_a_crash_is_a_record_and_is_tried_again_next_time(spec):
    record = run(spec(model="no_such_model"))
    assert record["status"] == "failed" and "no_such_model" in record["reason"]
    assert not project_store().has("ab01")
    assert not project_store().drafts()
    assert record["ended"] == "exception" and record.keys() == RunRecord.__annotations__.keys() - {"outputs"}


@pytest.mark.parametrize(("error", "ended"), [(MemoryError(), "memory"), (SystemExit(0), "exception")])
def test_every_way_to_give_up_is_a_record(spec, monkeypatch, error, ended):
    def give_up(*arguments, **options):
        raise error

    monkeypatch.setattr("pipeline.training.run.compile_and_fit", give_up)
    record = run(spec())
    assert (record["status"], record["ended"]) == ("failed", ended)
    assert not project_store().has("ab01") and not project_store().drafts()


def test_a_store_that_cannot_be_written_is_a_record(spec, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    record = run(spec(), Store(tmp_path / "file"))
    assert record["status"] == "failed" and "NotADirectoryError" in record["reason"]


@pytest.mark.slow
def test_xla_gives_about_the_same(spec):
    plain, other = spec("ab01"), spec("ab02", xla=True)
    assert [run(one)["status"] for one in (plain, other)] == ["finished", "finished"]
    ours, theirs = (records.read_history(project_store().folder(key) / "history.csv") for key in ("ab01", "ab02"))
    assert ours[-1]["cross_entropy"] == pytest.approx(theirs[-1]["cross_entropy"], rel=0.1)


def test_mixed_precision_ends_with_its_run(spec):
    import keras

    run(spec("ab01"))
    keras.config.set_dtype_policy("mixed_float16")  # as a run of half precision leaves it
    run(spec("ab03"))
    assert history("ab01") == history("ab03")


def test_another_store_takes_the_run_and_the_projects_stays_as_it_is(spec, tmp_path):
    store = Store(tmp_path / "elsewhere")
    assert run(spec(), store)["status"] == "finished"
    assert store.has("ab01") and not project_store().has("ab01")
