"""Each trick with MLflow's inner life: that it works, and that it is still needed (else it may go)."""

import inspect
import logging
import os
import subprocess
import sys

import pytest
from demo_topic import clean
from PIL import Image

from pipeline.mlflow_sync import mlflow_internals, tracking_store


def test_a_users_own_settings_stay(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "77")
    mlflow_internals.set_environment()
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "77" and os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_every_setting_is_one_that_mlflow_knows():
    from mlflow import environment_variables

    assert set(mlflow_internals.ENVIRONMENT) <= vars(environment_variables).keys()


def test_loggers_speak_again_afterwards():
    logger = logging.getLogger("mlflow")
    level = logger.level
    with pytest.raises(RuntimeError), mlflow_internals.silenced():
        assert not logger.isEnabledFor(logging.ERROR)
        raise RuntimeError
    assert logger.level == level


@pytest.mark.slow
def test_mlflow_by_itself_logs_what_it_raises(tmp_path):
    script = (
        "from mlflow.store.db import utils; utils.MAX_RETRY_COUNT = 2\n"
        f"utils.create_sqlalchemy_engine_with_retry('sqlite:///{tmp_path}')"
    )
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=clean())
    assert "will be retried" in child.stderr and child.returncode == 1


def test_mlflow_by_itself_tries_a_database_ten_times():
    from mlflow.store.db import utils

    assert "MAX_RETRY_COUNT = 10" in inspect.getsource(utils), (
        "another number, or a setting: is the trick still needed?"
    )
    assert "attempts < MAX_RETRY_COUNT" in inspect.getsource(utils.create_sqlalchemy_engine_with_retry)


@pytest.mark.slow
def test_mlflow_by_itself_keeps_connections(tmp_path):
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    address = f"sqlite:///{tmp_path}/mlflow.db"
    SqlAlchemyStore(address, tmp_path.as_uri())
    assert SqlAlchemyStore._engine_map[address].pool.checkedin() > 0, "nothing is kept: is the trick still needed?"
    mlflow_internals.close_connections(address)
    assert SqlAlchemyStore._engine_map[address].pool.checkedin() == 0
    mlflow_internals.close_connections("sqlite:///never-opened.db")


def test_mlflow_by_itself_leaves_artifacts_where_they_were(mlflow_store, tmp_path):
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=tracking_store.uri())
    assert not [name for name in dir(client) if "artifact" in name and ("move" in name or "set_" in name)]
    old, new = ((tmp_path / name).as_uri() for name in ("old", "new"))
    experiment = client.create_experiment("moved", artifact_location=old)
    kept, gone = (client.create_run(experiment, tags={"clone": name}).info.run_id for name in ("a", "b"))
    client.log_text(kept, "x", "made/before.txt")
    client.delete_run(gone)
    client.create_registered_model("model")
    client.create_model_version("model", f"{old}/{kept}/artifacts/model", kept)
    places = {
        run_id: (place, tags) for run_id, place, tags in mlflow_internals.artifact_places(client, experiment, ["clone"])
    }
    assert places == {
        run_id: (f"{old}/{run_id}/artifacts", {"clone": tag}) for run_id, tag in ((kept, "a"), (gone, "b"))
    }
    mlflow_internals.move_experiment(client, experiment, new)
    mlflow_internals.move_artifacts(client, {kept: (f"{old}/{kept}/artifacts", f"{new}/{kept}/artifacts")})
    assert client.get_experiment(experiment).artifact_location == new
    assert client.get_run(kept).info.artifact_uri == f"{new}/{kept}/artifacts"
    assert client.get_run(gone).info.artifact_uri == f"{old}/{gone}/artifacts"
    assert client.get_model_version("model", "1").source == f"{new}/{kept}/artifacts/model"
    assert client.get_model_version_download_uri("model", "1") == f"{new}/{kept}/artifacts/model"
    client.log_text(kept, "x", "made/after.txt")
    assert (tmp_path / "new" / kept / "artifacts" / "made" / "after.txt").exists()


def test_all_pages_are_searched(mlflow_store, monkeypatch):
    from mlflow import MlflowClient

    monkeypatch.setattr(mlflow_internals, "RUNS_PER_PAGE", 2)
    client = MlflowClient(tracking_uri=tracking_store.uri())
    experiment = client.create_experiment("pages")
    made = {client.create_run(experiment).info.run_id for _ in range(5)}
    assert {run.info.run_id for run in mlflow_internals.search_all(client, experiment, "")} == made


def test_an_image_logged_twice_is_there_twice_in_mlflow(mlflow_store, tmp_path):
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=tracking_store.uri())
    experiment = client.create_experiment("images", artifact_location=(tmp_path / "artifacts").as_uri())
    run_id = client.create_run(experiment).info.run_id
    for _ in range(2):
        client.log_image(run_id, Image.new("L", (4, 4)), key="samples", step=3, timestamp=1)
    files = [file.path for file in client.list_artifacts(run_id, "images")]
    assert len(files) == 4, "once: then every step may be logged without a look at what is there"
    assert mlflow_internals.image_steps(files, "samples") == {3}
    assert mlflow_internals.image_steps(files, "other") == set()
    pictures = [file for file in files if file.endswith(".png")]
    assert mlflow_internals.image_steps(pictures, "samples") == set(), "a picture is whole with its small copy"
