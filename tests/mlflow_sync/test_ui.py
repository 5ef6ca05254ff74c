"""MLflow's UI is for this machine alone, over the same mlflow_store, and is told about in one line."""

import socket
import subprocess
import time
import urllib.error
import urllib.request

import demo_topic
import pytest

from pipeline import paths
from pipeline.mlflow_sync import ui
from pipeline.mlflow_sync.publish import publish


def test_a_server_has_a_ui_of_its_own(house, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:hidden@mlflow.example")
    with pytest.raises(ValueError, match=r"MLFLOW_TRACKING_URI: given https://\*\*\*@mlflow.example"):
        ui.ui(5123)


def test_a_store_that_cannot_be_made_is_said_in_one_line(house, monkeypatch, capsys):
    (house / "file").touch()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{house / 'file' / 'mlflow.db'}")
    assert ui.ui(5123) == 1
    said = capsys.readouterr()
    assert said.err.startswith("MLflow: cannot use") and said.err.count("\n") == 1 and not said.out


def test_the_ui_is_for_this_machine_alone(house):
    command = ui.serving(5123)
    assert command[command.index("--host") + 1] == "127.0.0.1" and command[command.index("--port") + 1] == "5123"
    assert command[command.index("--workers") + 1] == "1"
    assert command[command.index("--backend-store-uri") + 1] == f"sqlite:///{paths.TRACKING}"
    assert "MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false" in command and "*" not in " ".join(command)


@pytest.mark.slow
def test_the_ui_starts_and_refuses_strangers(mlflow_store):
    demo_topic.train()
    publish()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        ui.serving(port), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd=mlflow_store.parent
    )
    try:
        assert knock(port, "127.0.0.1") == 200
        assert knock(port, "stranger.example") == 403
    finally:
        server.terminate()
        server.wait(20)


def knock(port, host):
    address = f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/get-by-name?experiment_name={demo_topic.TOPIC}"
    request = urllib.request.Request(address, headers={"Host": f"{host}:{port}"})
    deadline = time.monotonic() + 60
    while True:
        try:
            return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            assert time.monotonic() < deadline, "the server did not come up"
            time.sleep(0.3)
