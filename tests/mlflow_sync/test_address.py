"""Addresses of MLflow's store: any folder's name, and secrets with any sign in them."""

import subprocess
import sys

import demo_topic
import pytest

from pipeline import paths
from pipeline.mlflow_sync import address, masking, tracking_store
from pipeline.mlflow_sync.publish import publish
from pipeline.mlflow_sync.ui import serving

NAMES = ["a?b", "50%20off", "c#d e é", "x%", "q=1&r@s:t", "%2F..%2F?mode=ro", 'it\'s "so"']
SECRETS = ["pa@ss:w/rd", "p:q", "a/b", "p?q", "p#q", "p@q"]


def names(folder):
    return sorted(file.name for file in folder.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_a_project_in_a_folder_of_any_name_has_its_database_inside(tmp_path, monkeypatch, name):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    project = tmp_path / name
    project.mkdir()
    monkeypatch.chdir(project)
    from folders import FOLDERS

    for each in FOLDERS:
        monkeypatch.setattr(paths, each, project / getattr(paths, each).relative_to(paths.ROOT))
    paths.TRACKING.write_bytes(demo_topic.empty_store())
    demo_topic.train()
    demo_topic.evaluate()
    demo_topic.report()
    assert publish()["runs"] == 4 and publish() == demo_topic.NOTHING
    (parent,) = demo_topic.runs()[None]
    assert len(demo_topic.mlflow_client().list_artifacts(parent.info.run_id, "figures")) == 3
    assert names(tmp_path) == [name], "nothing beside the project"
    assert [each for each in names(project) if not each.startswith("mlflow.db-")] == [
        *(".aula", "data", "mlartifacts", "mlflow.db")
    ]


@pytest.mark.slow
def test_a_database_is_made_inside_a_folder_of_any_name(tmp_path):
    for name in ("a?b%20c", "c#d e é"):
        (tmp_path / name).mkdir()
        command = [sys.executable, "-c", demo_topic.CREATE, str(tmp_path / name)]
        subprocess.run(command, cwd=paths.ROOT, check=True, env=demo_topic.clean(), capture_output=True)
        assert names(tmp_path / name) == ["locks", "mlflow.db"]
    assert names(tmp_path) == ["a?b%20c", "c#d e é"]


def test_the_ui_is_told_the_same_address(house):
    assert tracking_store.uri() in serving(5123)


@pytest.mark.parametrize("name", NAMES)
def test_a_files_address_leads_back_to_it(tmp_path, name):
    assert address.file_of(address.of_file(tmp_path / name / "mlflow.db")) == tmp_path / name / "mlflow.db"


def test_addresses_of_no_file():
    assert address.file_of("postgresql://u:p@host/db") is None and address.file_of("http://host:5000") is None


@pytest.mark.parametrize("scheme", ["postgresql", "mysql+pymysql", "http"])
@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_that_cannot_be_read_is_refused_in_one_line_without_it(house, monkeypatch, scheme, secret):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"{scheme}://user:{secret}@127.0.0.1:1/db")
    demo_topic.train()
    with pytest.raises(tracking_store.Refused) as caught:
        publish()
    told = str(caught.value)
    assert told.startswith("MLFLOW_TRACKING_URI: given ") and "%40" in told and "\n" not in told
    assert secret not in told and "user:" not in told


def test_a_port_that_is_no_number_is_refused(house, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://user:pass@host:port/db")
    demo_topic.train()
    with pytest.raises(tracking_store.Refused, match="no number"):
        publish()


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://user:p%40ss%3A@host:5432/db?sslmode=require",
        "http://user@host",
        "http://127.0.0.1:5000",
        "https://mlflow.example/a/b",
        "sqlite:////home/a@b:c/mlflow.db",
        "sqlite:///mlflow.db",
        "http://[::1]:5000",
    ],
)
def test_sound_addresses(uri):
    assert address.fault(uri) is None


@pytest.mark.parametrize("secret", [*SECRETS, "a b", "p%40q"])
def test_no_message_shows_a_secret(secret):
    uri = f"postgresql://user:{secret}@host/db"
    assert masking.address(uri) == "postgresql://***@host/db"
    if " " not in secret:
        assert masking.masked(f"cannot use {uri}: refused") == "cannot use postgresql://***@host/db: refused"


def test_a_file_is_no_secret():
    assert masking.address("sqlite:////home/a@b/mlflow.db") == "sqlite:////home/a@b/mlflow.db"
    assert masking.masked("see file:///home/a@b") == "see file:///home/a@b"


def test_no_stage_fails_of_an_address(house, monkeypatch, capsys):
    from pipeline import __main__ as line

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://user:pa@ss:w/rd@host/db")
    demo_topic.train()
    line._track([demo_topic.TOPIC])
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and told.startswith("MLflow: MLFLOW_TRACKING_URI: ") and "w/rd" not in told
