"""Wherever the project has gone, and whatever was lost, one publish makes artifacts complete inside the project."""

import shutil
import subprocess
import sys

import demo_topic
import mlflow
import numpy as np
import pytest
from folders import FOLDERS
from test_model_registry import NAME, dense, trained

from pipeline import paths
from pipeline.mlflow_sync import relocation, tracking_store
from pipeline.mlflow_sync.publish import publish


def settle(monkeypatch, house):
    """The project is at `house` from now on."""
    before = paths.DATA.parent
    for name in FOLDERS:
        monkeypatch.setattr(paths, name, house / getattr(paths, name).relative_to(before))


def fill(topic=demo_topic.TOPIC, **changes):
    answer = trained(topic, "mlp", dense(), (5,), **changes)
    demo_topic.evaluate(topic, **changes)
    demo_topic.report(topic, **changes)
    return answer


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project that has published everything, and what its best model answers."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for name in FOLDERS:
        place = getattr(paths, name).relative_to(paths.ROOT)
        monkeypatch.setattr(paths, name, tmp_path / "first" / place)
    paths.DATA.mkdir(parents=True)
    paths.TRACKING.write_bytes(demo_topic.empty_store())
    answer = fill()
    publish()
    return tmp_path / "first", answer


def check(answer):
    """The best model loads, the pictures list, and another publish has nothing to do."""
    mlflow.set_tracking_uri(tracking_store.uri())
    model = mlflow.pyfunc.load_model(f"models:/{NAME}@best")
    np.testing.assert_allclose(model.predict(model.metadata.load_input_example()), answer, rtol=1e-5, atol=1e-6)
    (parent,) = demo_topic.runs()[None]
    files = [file.path for file in demo_topic.mlflow_client().list_artifacts(parent.info.run_id, "figures")]
    assert files == [f"figures/{name}" for name in ("confusion.png", "curves.svg", "scores.svg")]
    for run in (parent, *demo_topic.runs()[None]):
        assert relocation.folder(run.info.artifact_uri).is_relative_to(paths.ARTIFACTS)
    with demo_topic.unwritten(paths.TRACKING):
        assert publish() == demo_topic.NOTHING


def tree(folder):
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_lost_artifacts_come_back(project):
    shutil.rmtree(paths.ARTIFACTS)
    publish()
    check(project[1])


@pytest.mark.parametrize("lost", ["curves.svg", "confusion.png", "model.keras", "MLmodel"])
def test_one_lost_or_emptied_file_comes_back(project, lost):
    (file,) = paths.ARTIFACTS.rglob(lost)
    file.write_bytes(b"")
    publish()
    check(project[1])


def test_what_mlflow_gc_removed_comes_back(project):
    client = demo_topic.mlflow_client()
    for found in [run for run in demo_topic.runs().values() if not isinstance(run, list)] + demo_topic.runs()[None]:
        client.delete_run(found.info.run_id)
    command = [sys.executable, "-m", "mlflow", "gc", "--backend-store-uri", tracking_store.uri()]
    address = {"MLFLOW_TRACKING_URI": tracking_store.uri(), "MLFLOW_DISABLE_TELEMETRY": "true"}
    subprocess.run(command, check=True, capture_output=True, env=demo_topic.clean() | address, cwd=paths.DATA)
    assert not [file for file in paths.ARTIFACTS.rglob("*") if file.is_file()]
    publish()
    check(project[1])


def test_a_moved_project_writes_where_it_is(project, monkeypatch, tmp_path):
    (tmp_path / "first").rename(tmp_path / "second")
    settle(monkeypatch, tmp_path / "second")
    publish()
    check(project[1])
    shutil.rmtree(paths.ARTIFACTS)
    fill(generation="second")
    publish()
    assert not (tmp_path / "first").exists(), "nothing is made where the project was"


def test_older_comparisons_of_a_moved_project_are_found_too(project, monkeypatch, tmp_path):
    fill(generation="second")
    publish()
    (tmp_path / "first").rename(tmp_path / "second")
    settle(monkeypatch, tmp_path / "second")
    publish()
    client = demo_topic.mlflow_client()
    parents = [run for run in client.search_runs(["1"]) if "variant" not in run.data.tags]
    assert len(parents) == 2
    assert all(len(client.list_artifacts(run.info.run_id, "figures")) == 3 for run in parents)


def test_a_copied_project_leaves_the_original_alone(project, monkeypatch, tmp_path):
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    before = tree(tmp_path / "first")
    settle(monkeypatch, tmp_path / "second")
    shutil.rmtree(paths.ARTIFACTS)
    publish()
    check(project[1])
    fill(generation="second")
    publish()
    assert tree(tmp_path / "first") == before


def test_a_second_clone_on_one_database_keeps_its_artifacts_to_itself(project, monkeypatch, tmp_path):
    before = tree(tmp_path / "first" / "mlartifacts")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_store.uri())
    settle(monkeypatch, tmp_path / "second")
    fill()
    publish()
    assert tree(tmp_path / "first" / "mlartifacts") == before
    assert {file.name for file in paths.ARTIFACTS.rglob("*.svg")} == {"curves.svg", "scores.svg"}
    with demo_topic.unwritten(tmp_path / "first" / "mlflow.db"):
        assert publish() == demo_topic.NOTHING
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    settle(monkeypatch, tmp_path / "first")
    with demo_topic.unwritten(paths.TRACKING):
        assert publish() == demo_topic.NOTHING, "each has its own, and leaves the other's alone"


def test_what_a_deleted_copy_has_written_is_for_whoever_publishes_it(project, monkeypatch, tmp_path):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_store.uri())
    settle(monkeypatch, tmp_path / "copy")
    fill(generation="second")
    publish()
    shutil.rmtree(tmp_path / "copy")
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    settle(monkeypatch, tmp_path / "first")
    fill(generation="second")
    assert publish()["runs"] == 0, "the copy's runs are there"
    assert not (tmp_path / "copy").exists()
    client = demo_topic.mlflow_client()
    parents = [run for run in client.search_runs(["1"]) if "variant" not in run.data.tags]
    assert [len(client.list_artifacts(run.info.run_id, "figures")) for run in parents] == [3, 3]
    mlflow.set_tracking_uri(tracking_store.uri())
    assert mlflow.pyfunc.load_model(f"models:/{NAME}@best")
