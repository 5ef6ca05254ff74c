"""Runs show in MLflow while a topic trains, each point once, and nothing that happens to MLflow reaches training."""

import os
import shutil
import socket
import sqlite3
import time

import demo_topic
import pytest

from pipeline import paths
from pipeline.mlflow_sync import lease, live, publish, tracking_store
from pipeline.operations import lock
from pipeline.records import read_history, read_json, write_json
from pipeline.training import epoch_log, integrity
from pipeline.training.run import RunSpec
from pipeline.training.store import project_store

VARIANT, SEED = demo_topic.VARIANTS[0], demo_topic.SEEDS[0]


@pytest.fixture
def specs(house, monkeypatch):
    """The runs of a small topic, as they stand before they are trained."""
    monkeypatch.setattr(live, "LONG_S", 0.0)
    paths.TRACKING.write_bytes(demo_topic.empty_store())
    demo_topic.train()
    names = ("topic", "variant", "seed", "draw", "run_key", "profile", "settings", "data_digest", "device", "numerics")
    files = [paths.run(demo_topic.TOPIC, variant, seed) for variant in demo_topic.VARIANTS for seed in demo_topic.SEEDS]
    found = [read_json(folder / "run.json") for folder in files]
    return [RunSpec(**{name: record[name] for name in names}) for record in found]


@pytest.fixture
def plan(specs):
    return read_json(paths.plan(demo_topic.TOPIC))


def progress(spec, epochs):
    """What the run's own process has written after so many epochs."""
    rows = read_history(paths.run(spec.topic, spec.variant, spec.seed) / "history.csv")
    epoch_log.begin(paths.CHECKPOINTS / spec.run_key, rows[:epochs])


def mlflow_client():
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=tracking_store.uri())


def runs():
    experiment = mlflow_client().get_experiment_by_name(demo_topic.TOPIC)
    return mlflow_client().search_runs([experiment.experiment_id]) if experiment else []


def the_run():
    (found,) = [run for run in runs() if (run.data.tags.get("variant"), run.data.tags.get("seed")) == (VARIANT, "0")]
    return found


def steps(run, name="training/loss"):
    return sorted(point.step for point in mlflow_client().get_metric_history(run.info.run_id, name))


def test_a_run_in_progress_can_be_watched_and_ends_as_itself(specs, plan):
    comparison = live.LiveComparison(plan, specs)
    progress(specs[0], 2)
    comparison.update(specs)
    watched = the_run()
    assert watched.info.status == "RUNNING" and steps(watched) == [1, 2]
    progress(specs[0], 3)
    comparison.update(specs)
    comparison.update(specs)
    assert steps(the_run()) == [1, 2, 3]
    publish.publish()
    ended = the_run()
    assert ended.info.run_id == watched.info.run_id and ended.info.status == "FINISHED"
    for name in ("training/loss", "validation/cross_entropy"):
        assert steps(ended, name) == [1, 2, 3, 4]
    assert ended.data.tags.keys() >= demo_topic.CONTRACT and lease.OWNER not in ended.data.tags
    assert publish.publish() == demo_topic.NOTHING


def test_a_resumed_run_goes_on_under_its_own_identifier(specs, plan, monkeypatch):
    progress(specs[0], 2)
    live.LiveComparison(plan, specs).update(specs)
    watched = the_run()
    monkeypatch.setattr(live, "owner", lambda: "elsewhere:1")  # another process takes over
    progress(specs[0], 4)
    live.LiveComparison(plan, specs).update(specs)
    assert the_run().info.run_id == watched.info.run_id
    assert steps(the_run()) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("process", "status"),
    [pytest.param(2**22 + 1, "KILLED", id="dead"), pytest.param(os.getppid(), "RUNNING", id="living")],
)
def test_a_run_left_open_is_ended_as_killed_once_its_process_is_gone(specs, plan, monkeypatch, process, status):
    with monkeypatch.context() as patch:
        patch.setattr(live, "owner", lambda: f"{os.uname().nodename}:{process}")
        progress(specs[0], 1)
        live.LiveComparison(plan, specs).update(specs)
    progress(specs[1], 1)
    fewer = specs[1:]  # another comparison: the first run is no part of it
    live.LiveComparison(plan, fewer).update(fewer)
    assert the_run().info.status == status


def parents():
    return [run for run in runs() if "variant" not in run.data.tags]


def test_a_parent_left_open_is_closed_once_its_process_is_gone(specs, plan, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(lease, "owner", lambda: f"{os.uname().nodename}:{os.getpid()}:5")  # its number is used again
        progress(specs[0], 1)
        live.LiveComparison(plan, specs).update(specs)
    assert [run.info.status for run in parents()] == ["RUNNING"]
    fewer = specs[1:]
    progress(specs[1], 1)
    live.LiveComparison(plan, fewer).update(fewer)
    assert sorted(run.info.status for run in parents()) == ["KILLED", "RUNNING"]
    publish.publish()
    assert sorted(run.info.status for run in parents()) == ["FINISHED", "RUNNING"], "the other one still trains"


def test_an_open_run_of_another_host_is_closed_by_its_lease_alone(specs, plan, monkeypatch):
    client = mlflow_client()
    with monkeypatch.context() as patch:
        patch.setattr(lease, "owner", lambda: "elsewhere:7:5")
        progress(specs[0], 1)
        live.LiveComparison(plan, specs).update(specs)
    (parent,) = parents()
    demo_topic.train(generation="second")
    publish.publish()
    assert client.get_run(parent.info.run_id).info.status == "RUNNING"
    for run in runs():
        if run.info.status == "RUNNING":
            client.set_tag(run.info.run_id, lease.HEARTBEAT, f"{time.time() - 2 * lease.LEASE_S:.0f}")
    publish.publish()
    assert client.get_run(parent.info.run_id).info.status == "KILLED"
    assert {run.info.status for run in runs()} == {"FINISHED", "KILLED"}


def test_an_open_run_that_is_none_of_aulas_stays_open(specs, plan):
    publish.publish()
    client = mlflow_client()
    theirs = client.create_run(client.get_experiment_by_name(demo_topic.TOPIC).experiment_id, start_time=1)
    publish.publish()
    assert client.get_run(theirs.info.run_id).info.status == "RUNNING"


def test_a_long_epoch_renews_the_lease(specs, plan, monkeypatch):
    comparison = live.LiveComparison(plan, specs)
    progress(specs[0], 1)
    comparison.update(specs)
    before = {run.info.run_id: run.data.tags[lease.HEARTBEAT] for run in runs()}
    monkeypatch.setattr(lease, "PERIOD_S", 0.0)
    time.sleep(1.1)
    comparison.update(specs)
    assert len(before) == 2 and all(run.data.tags[lease.HEARTBEAT] > before[run.info.run_id] for run in runs())


def test_a_database_locked_by_another_program_is_one_line_without_sql(specs, plan, monkeypatch, capsys):
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import OperationalError

    def locked(*given, **named):
        cause = sqlite3.OperationalError("database is locked")
        said = OperationalError("INSERT INTO metrics (key, value) VALUES (?, ?)", [("loss", 0.5)] * 9, cause)
        raise MlflowException(str(said))

    monkeypatch.setattr("mlflow.MlflowClient.log_batch", locked)
    monkeypatch.setattr(live, "PERIOD_S", 0.05)
    progress(specs[0], 2)
    with live.follow(plan, specs, specs):
        time.sleep(2.5)
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "database is locked; training goes on" in told
    assert "INSERT" not in told and "SQL" not in told


def test_short_runs_are_left_to_publish(specs, plan, monkeypatch):
    monkeypatch.setattr(live, "LONG_S", 60.0)
    progress(specs[0], 2)
    with demo_topic.unwritten(paths.TRACKING):
        live.LiveComparison(plan, specs).update(specs)


def finished(spec):
    """What the run's own process has left in the store of finished runs."""
    folder = paths.run(spec.topic, spec.variant, spec.seed)
    shutil.copytree(folder, project_store().folder(spec.run_key))
    record = read_json(folder / "run.json")
    write_json(
        project_store().folder(spec.run_key) / "run.json", {k: v for k, v in record.items() if k not in spec.names()}
    )
    integrity.seal(project_store().folder(spec.run_key), spec.run_key)
    shutil.rmtree(paths.CHECKPOINTS / spec.run_key, ignore_errors=True)


def test_a_finished_run_is_written_while_others_train_as_publish_would(specs, plan):
    comparison = live.LiveComparison(plan, specs)
    finished(specs[0])
    comparison.update(specs)
    shown = the_run()
    assert shown.info.status == "FINISHED" and len(runs()) == 2
    comparison.update(specs)
    assert publish.publish()["runs"] == len(specs) - 1
    assert the_run().to_dictionary() == shown.to_dictionary()


def test_a_long_run_that_has_been_watched_is_finished_as_itself(specs, plan):
    comparison = live.LiveComparison(plan, specs)
    progress(specs[0], 2)
    comparison.update(specs)
    watched = the_run()
    finished(specs[0])
    comparison.update(specs)
    assert the_run().info.run_id == watched.info.run_id and the_run().info.status == "FINISHED"
    assert steps(the_run()) == [1, 2, 3, 4]


def test_what_a_stop_leaves_out_is_for_publish(specs, plan):
    for spec in specs:
        finished(spec)
    live.LiveComparison(plan, specs).update(specs, lambda: len(runs()) > 2)
    assert len(runs()) == 3, "the parent and two runs"
    publish.publish()
    assert len(runs()) == 1 + len(specs)


def test_nothing_is_written_while_somebody_publishes(specs, plan):
    finished(specs[0])
    with lock.hold("mlflow"), demo_topic.unwritten(paths.TRACKING), pytest.raises(lock.Held):
        live.LiveComparison(plan, specs).update(specs)


def test_a_store_out_of_reach_neither_stops_nor_loses_anything(specs, plan, monkeypatch, capsys):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{closed.getsockname()[1]}")
    monkeypatch.setattr(live, "PERIOD_S", 0.1)
    progress(specs[0], 2)
    started = time.time()
    with live.follow(plan, specs, specs):
        time.sleep(1)
    assert time.time() - started < 15
    assert "training goes on" in capsys.readouterr().err
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    publish.publish()
    assert steps(the_run()) == [1, 2, 3, 4]


def test_following_is_done_in_the_background(specs, plan, monkeypatch):
    monkeypatch.setattr(live, "PERIOD_S", 0.1)
    progress(specs[0], 2)
    with live.follow(plan, specs, specs):
        until = time.time() + 20
        while time.time() < until and len(runs()) < 2:
            time.sleep(0.2)
    assert steps(the_run()) == [1, 2]
