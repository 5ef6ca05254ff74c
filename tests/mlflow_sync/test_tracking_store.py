"""MLflow's store is made once and whole, by whoever comes first, and out of reach is one line within seconds."""

import contextlib
import socket
import sqlite3
import subprocess
import sys
import time

import pytest
from demo_topic import CREATE, NOTHING, clean, empty_store, evaluate, mlflow_client, train

from pipeline import paths
from pipeline.mlflow_sync import tracking_store
from pipeline.mlflow_sync.publish import publish


def test_create_makes_a_whole_database_once_and_is_light_afterwards(tmp_path):
    (tmp_path / "mlflow.db.draft").write_bytes(b"what a kill left behind")
    (tmp_path / "mlflow.db-wal").write_bytes(b"of a database that was lost")
    for imported in ("True", "False"):
        told = subprocess.run(
            [sys.executable, "-c", CREATE, str(tmp_path)], cwd=paths.ROOT, capture_output=True, text=True, env=clean()
        )
        assert (told.stdout.strip(), told.stderr) == (imported, "")
    assert {file.name for file in tmp_path.iterdir()} == {"mlflow.db", "locks"}
    with contextlib.closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM experiments").fetchone() == (1,)


def test_eight_processes_may_create_at_once(tmp_path):
    command = [sys.executable, "-c", CREATE, str(tmp_path)]
    children = [
        subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.PIPE, text=True, env=clean()) for _ in range(8)
    ]
    told = [child.communicate()[0].strip() for child in children]
    assert [child.returncode for child in children] == [0] * 8
    assert sorted(told) == ["False"] * 7 + ["True"], "one makes it, the others wait"


def test_a_create_cut_short_leaves_no_database(house, monkeypatch):
    from mlflow.store.tracking import sqlalchemy_store

    def cut(self, uri, root):
        sqlite3.connect(uri.removeprefix("sqlite:///")).execute("CREATE TABLE half (a)")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sqlalchemy_store.SqlAlchemyStore, "__init__", cut)
        with pytest.raises(KeyboardInterrupt):
            tracking_store.create()
    assert not paths.TRACKING.exists()
    tracking_store.create()
    assert mlflow_client().get_experiment("0").name == "Default"


def test_a_user_chooses_another_database(house, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{house / 'elsewhere' / 'mine.db'}")
    train()
    assert publish()["runs"] == 4
    assert (house / "elsewhere" / "mine.db").exists() and not paths.TRACKING.exists()


def test_folders_may_have_any_name(house, monkeypatch):
    odd = house / "a b#c é"
    odd.mkdir()
    monkeypatch.setattr(paths, "TRACKING", odd / "mlflow.db")
    monkeypatch.setattr(paths, "ARTIFACTS", odd / "mlartifacts")
    paths.TRACKING.write_bytes(empty_store())
    train()
    evaluate()
    publish()
    assert len(list(odd.rglob("*.png"))) == 1
    assert publish() == NOTHING


def test_a_server_out_of_reach_is_one_line_within_seconds(house, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://me:hidden@{address}")
    train()
    started = time.monotonic()
    with pytest.raises(tracking_store.Unreachable) as caught:
        publish()
    told = str(caught.value)
    assert time.monotonic() - started < 10
    assert told.startswith(f"cannot use http://***@{address}: ") and "\n" not in told and len(told) < 200
    assert "refused" in told.lower() and "hidden" not in told and isinstance(caught.value, ConnectionError)


def test_a_broken_database_is_out_of_reach(house, capfd):
    paths.TRACKING.write_bytes(b"this is no database" * 100)
    train()
    with pytest.raises(tracking_store.Unreachable, match="not a database"):
        publish()
    assert capfd.readouterr().err == ""
    assert paths.TRACKING.read_bytes().startswith(b"this is no database"), "what a user has is not thrown away"


def test_a_database_that_cannot_be_opened_is_out_of_reach_within_seconds(house):
    paths.TRACKING.mkdir()
    (paths.TRACKING / "file").touch()
    train()
    started = time.monotonic()
    with pytest.raises(tracking_store.Unreachable, match="unable to open database file"):
        publish()
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(("code", "said"), [(401, "set MLFLOW_TRACKING_USERNAME and"), (403, "one that may edit")])
def test_a_server_that_refuses_us_says_what_to_do(house, monkeypatch, code, said):
    from mlflow.exceptions import MlflowException

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ana:hidden@server:5000")
    with pytest.raises(tracking_store.Refused) as told, tracking_store.reachable():
        raise MlflowException(f"API request to endpoint /api failed with error code {code} != 200. Response body: 'no'")
    assert said in str(told.value) and "hidden" not in str(told.value) and "\n" not in str(told.value)
