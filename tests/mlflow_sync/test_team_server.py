"""MLflow as a team has it: PostgreSQL, an object store, names and passwords; each is killed and comes back."""

import contextlib
import subprocess
import tempfile
import types
from pathlib import Path

import demo_topic
import pytest
import servers
from demo_topic import EPOCHS, SEEDS, VARIANTS

from pipeline import paths
from pipeline.mlflow_sync import tracking_store
from pipeline.mlflow_sync.experiment import Experiment
from pipeline.mlflow_sync.publish import publish

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(servers.LACKING), reason=f"not installed: {', '.join(servers.LACKING)}"),
]
RUNS = len(VARIANTS) * len(SEEDS)
PREFIXES = (f"t{number}." for number in range(100))  # each test has experiments of its own


@pytest.fixture(scope="module")
def team():
    """The three servers, with a database and a bucket, and one user."""
    database, objects, tracking = (servers.free_port() for _ in range(3))
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="team", ignore_cleanup_errors=True)))
        place.chmod(0o711)  # pytest's own folders are closed to PostgreSQL, which is another user
        postgres = stack.enter_context(servers.running(servers.postgres(place / "postgres", database)))
        address = f"postgresql://mlflow@127.0.0.1:{database}/mlflow"
        servers.is_ready(address.removesuffix("mlflow") + "postgres")
        subprocess.run(["createdb", "-h", "127.0.0.1", "-p", str(database), "-U", "mlflow", "mlflow"], check=True)
        store = stack.enter_context(servers.running(servers.object_store(objects)))
        servers.make_bucket(objects, "mlflow")
        server = servers.mlflow_server(place / "mlflow", tracking, address, "s3://mlflow/artifacts", objects)
        stack.enter_context(servers.running(server))
        servers.answers(tracking)
        servers.add_user(tracking)
        yield types.SimpleNamespace(postgres=postgres, store=store, server=server, address=address, objects=objects)


@pytest.fixture
def published_to(team, house, monkeypatch):
    """The servers, and a topic that is not published yet; we are one of the team."""
    prefix = next(PREFIXES)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{team.server.port}")
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", servers.NAME)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", servers.PASSWORD)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "60")  # others use this machine as well
    monkeypatch.setenv(tracking_store.PREFIX, prefix)
    demo_topic.train()
    demo_topic.evaluate()
    demo_topic.report()
    team.experiment = f"{prefix}{demo_topic.TOPIC}"
    return team


def rows(team, question):
    """What the database answers, past MLflow."""
    import psycopg

    with psycopg.connect(team.address.replace("postgresql", "postgres")) as connection:
        return connection.execute(question, [team.experiment]).fetchall()


def all_is_there_once(team):
    """Every run with all its points, each once, every run ended, and the pictures."""
    from mlflow import MlflowClient

    ours = "runs r JOIN experiments e USING (experiment_id) WHERE e.name = %s AND r.lifecycle_stage = 'active'"
    assert rows(team, f"SELECT status, count(*) FROM {ours} GROUP BY status") == [("FINISHED", RUNS + 1)]
    points = rows(
        team,
        "SELECT m.run_uuid, m.key, m.step, count(*) FROM metrics m WHERE m.run_uuid IN"
        f" (SELECT run_uuid FROM {ours}) AND (m.key LIKE 'training/%%' OR m.key LIKE 'validation/%%') GROUP BY 1, 2, 3",
    )
    assert len(points) == RUNS * EPOCHS * 6 and {count for *_, count in points} == {1}
    ((parent,),) = rows(team, f"SELECT run_uuid FROM {ours} AND r.name LIKE '%%variants x%%'")
    files = [file.path for file in MlflowClient().list_artifacts(parent, "figures")]
    assert files == ["figures/confusion.png", "figures/curves.svg", "figures/scores.svg"]


def test_all_is_there_once_and_a_second_time_writes_nothing(published_to):
    assert publish()["runs"] == RUNS
    all_is_there_once(published_to)
    assert publish() == demo_topic.NOTHING


@pytest.mark.parametrize("password", [None, "not-the-password-1"])
def test_without_its_password_one_line_says_what_to_set(published_to, monkeypatch, password):
    if password is None:
        monkeypatch.delenv("MLFLOW_TRACKING_USERNAME")
        monkeypatch.delenv("MLFLOW_TRACKING_PASSWORD")
    else:
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password)
    assert demo_topic.publish_error() == (
        f"http://127.0.0.1:{published_to.server.port}: given no name and password that it takes, allowed those that"
        " whoever keeps it gave you: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
    )


def killed_at(monkeypatch, victim, method, call):
    """Have a server killed right before that call of a method of Experiment."""
    real, calls = getattr(Experiment, method), []

    def kill(self, *given):
        calls.append(None)
        if len(calls) == call:
            victim.kill()
        return real(self, *given)

    monkeypatch.setattr(Experiment, method, kill)


@pytest.mark.parametrize(("method", "call"), [("write", 1), ("write", 3), ("log_folder", 1), ("close", 1)])
@pytest.mark.parametrize("victim", ["postgres", "server"])
def test_killed_midway_and_back_nothing_is_lost_or_double(published_to, monkeypatch, victim, method, call):
    killed = getattr(published_to, victim)
    with monkeypatch.context() as patch:
        patch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
        killed_at(patch, killed, method, call)
        with pytest.raises(tracking_store.Unreachable) as told:
            publish()
    assert "\n" not in str(told.value) and len(str(told.value)) < 400
    print(f"{victim} killed at {method} {call}: {told.value}")
    killed.start()
    servers.is_ready(published_to.address)
    servers.answers(published_to.server.port)
    publish()
    all_is_there_once(published_to)
    assert publish() == demo_topic.NOTHING


def test_artifacts_killed_midway_and_back_nothing_is_lost(published_to, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
        killed_at(patch, published_to.store, "log_folder", 1)
        with pytest.raises(tracking_store.Unreachable) as told:
            publish()
    assert "\n" not in str(told.value)
    print(f"artifacts killed: {told.value}")
    published_to.store.start()
    servers.make_bucket(published_to.objects, "mlflow")  # it has forgotten all, as a worst case
    publish()
    all_is_there_once(published_to)


def test_a_run_taken_away_on_the_server_is_made_again(published_to):
    """Though none of our files has changed since: publishing at a glance sees it."""
    publish()
    assert (paths.STATE / "published" / "demo.json").exists()
    run = demo_topic.runs(published_to.experiment)[VARIANTS[0], "0"]
    demo_topic.mlflow_client().delete_run(run.info.run_id)
    assert publish()["runs"] == 1
    all_is_there_once(published_to)
