"""What two clones make on one server at the same moment is there once."""

import types

import pytest
from demo_topic import NOTHING, TOPIC, history, mlflow_client, runs, train

from pipeline import paths
from pipeline.mlflow_sync import model_versions, ownership, twins
from pipeline.mlflow_sync.experiment import Experiment
from pipeline.mlflow_sync.publish import publish
from pipeline.records import read_json
from pipeline.training import integrity


def publish_blindly(monkeypatch):
    """As a clone does that has looked a moment before another one wrote; the store counts as a server."""
    with monkeypatch.context() as patch:
        patch.setattr(Experiment, "_by_identity", lambda self, condition: {})
        patch.setattr("pipeline.mlflow_sync.tracking_store.remote", lambda: True)
        return publish()


def test_by_itself_the_moment_makes_twins(mlflow_store, monkeypatch):
    monkeypatch.setattr(twins, "settle", lambda *_: None)
    train()
    publish()
    publish_blindly(monkeypatch)
    with pytest.raises(AssertionError, match="a run is there twice"):
        runs()


def test_runs_and_parents_are_there_once_and_together(mlflow_store, monkeypatch):
    train()
    publish()
    assert publish_blindly(monkeypatch)["runs"] == 4
    found = runs()
    (parent,) = found.pop(None)
    assert {run.data.tags["mlflow.parentRunId"] for run in found.values()} == {parent.info.run_id}
    assert len(found) == 4 and publish() == NOTHING


def test_what_was_made_live_is_settled_by_a_publish_that_has_nothing_new(mlflow_store, monkeypatch):
    """Two clones trained the same at the same time, and each finds all of its runs there when it publishes."""
    train()
    with monkeypatch.context() as patch:
        patch.setattr(twins, "settle", lambda *_: None)
        publish()
        publish_blindly(monkeypatch)
    monkeypatch.setattr("pipeline.mlflow_sync.tracking_store.remote", lambda: True)
    monkeypatch.setattr("pipeline.mlflow_sync.already.is_published", lambda plan: False)
    assert publish()["runs"] == 0
    assert len(runs()) == 5


def test_the_one_that_is_kept_joins_the_comparisons_of_the_other(mlflow_store):
    client = mlflow_client()
    place = client.create_experiment(TOPIC)
    names = {"variant": "plain", "seed": "0", "run_key": "k"}
    for start, comparisons in ((2, "b"), (1, "a"), (3, "b,c")):
        made = client.create_run(place, start, names | {"comparison": comparisons[0], "comparisons": comparisons})
        client.set_terminated(made.info.run_id)
    twins.settle(client, place)
    (kept,) = client.search_runs([place])
    assert kept.info.start_time == 1 and kept.data.tags["comparisons"] == "a,b,c"


def test_what_is_open_or_another_s_is_left(mlflow_store):
    client = mlflow_client()
    place = client.create_experiment(TOPIC)
    names = {"variant": "plain", "seed": "0", "run_key": "k", "comparison": "a"}
    client.set_terminated(client.create_run(place, 1, names).info.run_id)
    client.create_run(place, 2, names)
    for _ in range(2):
        client.set_terminated(client.create_run(place, 3).info.run_id)
    twins.settle(client, place)
    assert len(client.search_runs([place])) == 4


def retrain_elsewhere(patch):
    """The same runs on another processor, by a clone of its own."""
    patch.setattr(ownership, "clone", lambda: "another")
    patch.setattr("pipeline.mlflow_sync.tracking_store.remote", lambda: True)
    train()
    for file in paths.RUNS.rglob("history.csv"):
        file.write_text(file.read_text().replace("1.1", "1.1000000001"))
        integrity.seal(file.parent, read_json(file.parent / "run.json")["run_key"])


def points():
    return {place: history(run, "training/loss") for place, run in runs().items() if place}


def test_a_run_that_another_clone_has_with_other_last_digits_is_left_and_named(mlflow_store, monkeypatch, capsys):
    train()
    publish()
    before = points()
    with monkeypatch.context() as patch:
        retrain_elsewhere(patch)
        for _ in range(2):
            assert publish()["runs"] == 0
        assert capsys.readouterr().err.count("from another clone with other numbers") == 2
    assert points() == before


def test_a_run_of_ones_own_with_other_digits_is_made_again(mlflow_store, monkeypatch):
    train()
    publish()
    own = ownership.clone()
    retrain_elsewhere(monkeypatch)
    monkeypatch.setattr(ownership, "clone", lambda: own)
    assert publish()["runs"] == 4 and publish() == NOTHING


def test_an_experiment_that_another_clone_has_just_made_is_taken(mlflow_store, monkeypatch):
    from mlflow import MlflowClient

    train()
    publish()
    look, blind = MlflowClient.get_experiment_by_name, [True]
    monkeypatch.setattr(
        MlflowClient, "get_experiment_by_name", lambda self, name: None if blind and blind.pop() else look(self, name)
    )
    assert publish() == NOTHING


def test_a_registered_model_that_another_clone_has_just_made_is_taken(mlflow_store):
    for _ in range(2):
        model_versions._make(mlflow_client(), "aula-demo", {"topic": TOPIC})
    assert len(mlflow_client().search_registered_models()) == 1


@pytest.mark.parametrize(("number", "kept"), [("2", "2"), ("3", "2")])
def test_of_two_versions_of_a_run_the_first_stays(number, kept):
    def version(number, run_key):
        return types.SimpleNamespace(name="aula-demo", version=number, tags={"run_key": run_key})

    there = [version("1", "another"), version("2", "k"), version("3", "k")]
    gone = []
    client = types.SimpleNamespace(
        search_model_versions=lambda condition: there, delete_model_version=lambda name, number: gone.append(number)
    )
    made = next(each for each in there if each.version == number)
    assert model_versions._first(client, made, "k").version == kept
    assert gone == ([] if number == kept else [number])
