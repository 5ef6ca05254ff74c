"""A topic that was published whole is passed over; whatever changes here or in MLflow since, it is not."""

import os

import demo_topic
import pytest
from demo_topic import NOTHING, TOPIC, VARIANTS

from pipeline import paths
from pipeline.mlflow_sync import already, gather
from pipeline.mlflow_sync.publish import publish
from pipeline.records import read_json


@pytest.fixture
def published(mlflow_store):
    """The plan of a topic that is in MLflow whole."""
    demo_topic.train()
    demo_topic.evaluate()
    demo_topic.report()
    publish()
    return read_json(paths.plan(TOPIC))


def test_what_was_published_whole_is_passed_over(published, monkeypatch):
    assert already.is_published(published)
    monkeypatch.setattr(gather, "gather", lambda plan: pytest.fail("its files are read"))
    with demo_topic.unwritten(paths.TRACKING):
        assert publish() == NOTHING


def test_what_changes_while_it_is_published_is_published_next(mlflow_store, monkeypatch):
    """New scores, after the old ones were read and before all of them are in MLflow."""
    demo_topic.train()
    demo_topic.evaluate()
    demo_topic.report()
    plan, scores = read_json(paths.plan(TOPIC)), paths.results(TOPIC) / "scores.csv"
    real = gather.gather

    def read_and_changed(plan):
        found = real(plan)
        os.utime(scores, ns=(0, 0))
        return found

    monkeypatch.setattr(gather, "gather", read_and_changed)
    publish()
    assert not already.is_published(plan)
    monkeypatch.setattr(gather, "gather", real)
    publish()
    assert already.is_published(plan)


def a_run():
    return demo_topic.runs()[VARIANTS[0], "0"].info.run_id


def the_parent():
    return demo_topic.runs()[None][0].info.run_id


EDITS = {
    "a run deleted": lambda client: client.delete_run(a_run()),
    "a tag of a run": lambda client: client.set_tag(a_run(), "status", "other"),
    "a tag taken from a run": lambda client: client.delete_tag(a_run(), "history"),
    "a point of a run": lambda client: client.log_metric(a_run(), "test/accuracy", 0.9),
    "a tag of the parent": lambda client: client.set_tag(the_parent(), "claim.wider", "none"),
    "a run opened": lambda client: client.update_run(a_run(), status="RUNNING"),
    "the experiment deleted": lambda client: client.delete_experiment(
        client.get_experiment_by_name(TOPIC).experiment_id
    ),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_what_is_edited_in_a_database_is_seen_at_a_glance(published, edit):
    edit(demo_topic.mlflow_client())
    assert not already.is_published(published)
    publish()
    assert already.is_published(published) and len(demo_topic.runs()) == len(VARIANTS) * 2 + 1


def lose(file):
    file.unlink()


def touch(file):
    os.utime(file, ns=(1, 1))


@pytest.mark.parametrize("change", [lose, touch])
@pytest.mark.parametrize(
    "place", ["runs/demo/plain_net/0/run.json", "results/demo/scores.csv", "report/claims.json", "plan/demo.json"]
)
def test_a_file_that_has_changed_has_all_compared(published, place, change):
    change(paths.DATA / place)
    assert not already.is_published(published)


def test_artifacts_that_are_lost_are_seen(published):
    next(paths.ARTIFACTS.rglob("curves.svg")).unlink()
    assert not already.is_published(published)
    publish()
    assert next(paths.ARTIFACTS.rglob("curves.svg")).exists() and already.is_published(published)


def test_a_lost_database_is_not_made_by_asking(published):
    for file in paths.TRACKING.parent.glob("mlflow.db*"):
        file.unlink()
    assert not already.is_published(published) and not paths.TRACKING.exists()


def test_another_store_another_name_and_a_damaged_note_have_all_compared(published, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("AULA_MLFLOW_PREFIX", "mine.")
        assert not already.is_published(published)
    note = paths.STATE / "published" / f"{TOPIC}.json"
    for damaged in (b"", b"[]", b'{"store": 1}'):
        note.write_bytes(damaged)
        assert not already.is_published(published)


def test_of_runs_that_are_not_all_there_nothing_is_noted(mlflow_store):
    demo_topic.train()
    (paths.run(TOPIC, VARIANTS[0], 1) / "run.json").unlink()
    publish()
    assert not (paths.STATE / "published").exists()
