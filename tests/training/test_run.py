"""One run: what it leaves behind when it goes well, diverges, crashes, or is done a second time in the same process."""

import numpy as np
import pytest

from pipeline import paths, records
from pipeline.training import store
from pipeline.training.run import Job, run

FIT = {"epochs": 2, "batch_size": 16, "learning_rate": 0.01}


@pytest.fixture
def job(house):
    """A small run on small data, with its own settings changed by keyword."""
    random = np.random.default_rng(0)
    for path, count in ((paths.fit_split("toy", "plain"), 60), (paths.validation_split("toy"), 20)):
        x = random.normal(size=(count, 5)).astype("float32")
        records.write_examples(path, records.Examples(x, (np.arange(count) % 3).astype("int64")))

    def make(key="ab01", seed=0, model="mlp", **fit):
        settings = {"task": "classify", "data": "toy", "view": "plain", "model": model, "precision": "float32"}
        settings |= {"build": {"dropout": 0.2}, "augment": {}}
        settings["fit"] = FIT | fit
        return Job("topic", "variant", seed, key, "smoke", settings, "digest", "cpu")

    return make


def history(key):
    return (store.folder(key) / "history.csv").read_bytes()


def test_a_run_leaves_history_model_and_record(job):
    record = run(job())
    assert (record["status"], record["epochs"], record["reason"]) == ("finished", 2, None)
    rows = records.read_history(store.folder("ab01") / "history.csv")
    assert [row["epoch"] for row in rows] == [1, 2]
    assert record["best_epoch"] == min(rows, key=lambda row: row["val_cross_entropy"])["epoch"]
    assert (store.folder("ab01") / "model.keras").exists()
    assert not (paths.CHECKPOINTS / "ab01").exists()
    assert {"tensorflow", "keras", "numpy", "python"} <= record["versions"].keys()


def test_the_first_and_the_fourth_in_a_process_are_the_same_to_the_byte(job):
    run(job("ab01"))
    for key, seed in (("ab02", 5), ("ab03", 6)):
        run(job(key, seed=seed, epochs=1))
    run(job("ab04"))
    assert history("ab01") == history("ab04") != history("ab02")


def test_a_loss_that_is_not_finite_is_an_outcome(job):
    record = run(job(optimizer="sgd", learning_rate=1e6, epochs=30))
    assert record["status"] == "diverged" and "not finite in epoch" in record["reason"]
    assert store.has("ab01")  # it would diverge again


def test_a_crash_is_a_record_and_is_tried_again_next_time(job):
    record = run(job(model="no_such_model"))
    assert record["status"] == "failed" and "no_such_model" in record["reason"]
    assert not store.has("ab01")
    assert not list((paths.STORE / "drafts").glob("*"))


@pytest.mark.parametrize("changed", [{"precision": "mixed_bfloat16"}, {"xla": True}])
def test_other_ways_to_calculate_give_about_the_same(job, changed):
    precision = changed.pop("precision", "float32")
    plain, other = job("ab01"), job("ab02", **changed)
    other.settings["precision"] = precision
    assert [run(one)["status"] for one in (plain, other)] == ["finished", "finished"]
    ours, theirs = (records.read_history(store.folder(key) / "history.csv") for key in ("ab01", "ab02"))
    assert ours[-1]["cross_entropy"] == pytest.approx(theirs[-1]["cross_entropy"], rel=0.1)
    assert (history("ab01") != history("ab02")) or "xla" in changed  # half the digits cannot give the same bytes


def test_mixed_precision_ends_with_its_run(job):
    half = job("ab02")
    half.settings["precision"] = "mixed_float16"
    run(job("ab01"))
    run(half)
    run(job("ab03"))
    assert history("ab01") == history("ab03")
