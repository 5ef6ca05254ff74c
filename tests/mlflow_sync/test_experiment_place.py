"""An experiment that others have made is never touched, and one of ours is taken again."""

import demo_topic
import pytest
from demo_topic import TOPIC, mlflow_client, publish_error, runs, train, unwritten

from pipeline import __main__ as line
from pipeline import paths
from pipeline.mlflow_sync import ownership, tracking_store
from pipeline.mlflow_sync.publish import publish
from pipeline.records import write_json


@pytest.fixture
def shared(mlflow_store, monkeypatch, house):
    """A database that others use as well."""
    elsewhere = house / "shared.db"
    paths.TRACKING.rename(elsewhere)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{elsewhere}")
    return elsewhere


def of_another_team(house, deleted=False):
    """An experiment of the topic's name with a run of theirs."""
    made = mlflow_client().create_experiment(
        TOPIC, artifact_location=(house / "theirs").as_uri(), tags={"mlflow.note.content": "ours"}
    )
    mlflow_client().create_run(made)
    if deleted:
        mlflow_client().delete_experiment(made)


@pytest.mark.parametrize("deleted", [False, True])
@pytest.mark.parametrize("where", ["shared", "mlflow_store"])
def test_an_experiment_of_another_team_is_left_untouched(request, house, where, deleted):
    store = request.getfixturevalue(where)
    of_another_team(house, deleted)
    train()
    with unwritten(store):
        told = publish_error()
    assert told.startswith(f"experiment {TOPIC}: given one that Aula has not made")
    assert tracking_store.PREFIX in told and "\n" not in told


def test_other_topics_are_written_all_the_same(shared, house):
    of_another_team(house)
    train()
    train("another")
    assert "another" not in publish_error()
    assert len(runs("another")) == 5


def test_a_prefix_gives_names_of_ones_own(shared, house, monkeypatch):
    of_another_team(house)
    monkeypatch.setenv(tracking_store.PREFIX, "team-b.")
    train()
    assert publish()["runs"] == 4 and publish() == demo_topic.NOTHING
    assert len(runs(f"team-b.{TOPIC}")) == 5


@pytest.mark.parametrize("prefix", ["a/b", "a:b", " ", "é", "a" * 101])
def test_a_prefix_that_mlflow_would_refuse_is_refused(mlflow_store, monkeypatch, prefix):
    monkeypatch.setenv(tracking_store.PREFIX, prefix)
    train()
    told = publish_error()
    assert told.startswith(f"{tracking_store.PREFIX}: given {prefix!r}, allowed") and "\n" not in told


def test_no_stage_fails_of_it(shared, house, capsys):
    of_another_team(house)
    train()
    line._track([TOPIC])
    assert capsys.readouterr().err.count("\n") == 1
    assert line.publish(None) == line.WRONG_INPUT


def test_an_experiment_that_another_clone_has_deleted_stays_deleted(shared, monkeypatch, house):
    train()
    publish()
    mlflow_client().delete_experiment(mlflow_client().get_experiment_by_name(TOPIC).experiment_id)
    monkeypatch.setattr(paths, "STATE", house / "other" / ".aula")
    with unwritten(shared):
        assert "others have deleted" in publish_error()


def test_another_clone_says_nothing_about_an_experiment_that_it_has_not_made(shared, monkeypatch, house):
    train()
    publish()
    before = mlflow_client().get_experiment_by_name(TOPIC).tags
    monkeypatch.setattr(paths, "STATE", house / "other" / ".aula")
    monkeypatch.setattr("pipeline.mlflow_sync.gather.question", lambda topic: "Another question?")
    publish()
    assert mlflow_client().get_experiment_by_name(TOPIC).tags == before


def forget(experiment):
    """As Aula made it before it signed what it makes."""
    import sqlite3

    with sqlite3.connect(paths.TRACKING) as database:
        database.execute(f"DELETE FROM experiment_tags WHERE key IN ('{ownership.MADE_FOR}', '{ownership.CLONE}')")
        database.execute(f"DELETE FROM tags WHERE key IN ('{ownership.CLONE}', '{ownership.HOST}', 'comparisons')")


def test_an_unsigned_experiment_of_ours_is_taken_again(mlflow_store):
    train()
    publish()
    forget(TOPIC)
    assert publish()["runs"] == 0 and len(runs()) == 5
    assert mlflow_client().get_experiment_by_name(TOPIC).tags[ownership.MADE_FOR] == TOPIC
    assert publish() == demo_topic.NOTHING


def test_a_clone_is_known_by_a_file_that_moves_with_it(house, tmp_path, monkeypatch):
    first = ownership.clone()
    assert ownership.clone() == first and ownership.inherited() == []
    (tmp_path / ".aula").rename(tmp_path / "moved")
    monkeypatch.setattr(paths, "STATE", tmp_path / "project" / ".aula")
    paths.STATE.parent.mkdir()
    (tmp_path / "moved").rename(paths.STATE)
    assert ownership.clone() == first


def test_a_copy_beside_the_original_is_another_clone(house, tmp_path, monkeypatch):
    first = ownership.clone()
    known = {"clone": first, "place": str(tmp_path)}
    monkeypatch.setattr(paths, "STATE", tmp_path / "copy" / ".aula")
    write_json(paths.STATE / "clone.json", known)
    assert ownership.clone() != first and ownership.inherited() == [first]
    assert ownership.clone() == ownership.clone()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "null"])
def test_a_torn_file_is_made_anew(house, content):
    paths.STATE.mkdir()
    (paths.STATE / "clone.json").write_text(content)
    assert ownership.clone() == ownership.clone()
