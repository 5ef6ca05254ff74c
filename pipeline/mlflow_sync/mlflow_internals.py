"""What we use of MLflow that it does not promise: each trick, what it gains, and the test that says when it may go."""

import contextlib
import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

ENVIRONMENT = {  # MLflow's own settings, unless the user has chosen others
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # MLflow's own seven, two minutes each, would hold a stage for an hour
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",  # else a uv.lock in the current folder would travel with a model
}
LOGGERS = ("mlflow", "alembic", "urllib3")
DATABASE_TRIES = 4
RUNS_PER_PAGE = 1_000
LOOSE_ENDS = 20

ArtifactPlace = tuple[str, str, dict[str, str]]  # run, address of its artifacts, tags


def set_environment() -> None:
    """Have MLflow send nothing about its use, print nothing, and give up soon; call it before MLflow is imported.

    MLflow 3.17.2; documented settings, no trick. Gain: a dead server costs seconds. Test:
    test_a_server_out_of_reach_is_one_line_within_seconds.
    """
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Without what MLflow and the libraries below it write to the log: they tell each retry, with a traceback.

    MLflow 3.17.2. Gain: an error is one line, ours. Test: test_mlflow_by_itself_logs_what_it_raises.
    """
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def limit_database_retries() -> None:
    """Have MLflow give up a database that cannot be opened after one second instead of 100.

    MLflow 3.17.2: ten tries with pauses that double, and no setting for it. Test:
    test_mlflow_by_itself_tries_a_database_ten_times.
    """
    from mlflow.store.db import utils

    utils.MAX_RETRY_COUNT = DATABASE_TRIES


def close_connections(address: str) -> None:
    """Close this process's connections to the database at `address`, as its file is no longer the same.

    MLflow 3.17.2: it keeps one engine for each address as long as the process lives, and has no call to end it. Gain: a
    database may be renamed into place, or made again after it was lost. Test: test_mlflow_by_itself_keeps_connections.
    """
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    engine = getattr(SqlAlchemyStore, "_engine_map", {}).get(address)
    if engine is not None:
        engine.dispose()


def image_steps(files: Iterable[str], key: str) -> set[int]:
    """Steps whose images of that key are among a run's `files`, as MlflowClient.log_image names them.

    MLflow 3.17.2: a name has a random part, so that an image logged twice is there twice, and no call lists images. The
    small copy counts, as it is written last. Gain: a publish that was cut short goes on where it was. Test:
    test_an_image_logged_twice_is_there_twice_in_mlflow.
    """
    names = re.compile(rf"images/{re.escape(key)}\+step\+(\d+)\+.*\+compressed\.webp")
    return {int(match[1]) for file in files if (match := names.fullmatch(file))}


def artifact_places(client: "MlflowClient", experiment: str, tags: Sequence[str]) -> list[ArtifactPlace]:
    """Where a database says that the artifacts of all runs of an experiment are, deleted ones too, and these tags.

    MLflow 3.17.2: MlflowClient gives runs as a whole, a thousand a second. Test:
    test_mlflow_by_itself_leaves_artifacts_where_they_were.
    """
    from mlflow.store.tracking.dbmodels.models import SqlRun, SqlTag

    with client._tracking_client.store.ManagedSessionMaker() as session:
        runs = session.query(SqlRun.run_uuid, SqlRun.artifact_uri).filter(SqlRun.experiment_id == int(experiment)).all()
        found = session.query(SqlTag.run_uuid, SqlTag.key, SqlTag.value).filter(SqlTag.key.in_(tags))
        found = found.join(SqlRun, SqlRun.run_uuid == SqlTag.run_uuid)
        told: dict[str, dict[str, str]] = {}
        for run_id, key, value in found.filter(SqlRun.experiment_id == int(experiment)).all():
            told.setdefault(run_id, {})[key] = value
    return [(run_id, place or "", told.get(run_id, {})) for run_id, place in runs]


def move_artifacts(client: "MlflowClient", moves: Mapping[str, tuple[str, str]]) -> None:
    """Note in a database that the artifacts of runs, and of models registered from them, are at another address.

    `moves` is {run: (old, new)}. MLflow 3.17.2: an address is made once, with the run, and no call changes it. Gain: a
    project may be moved. Test: test_mlflow_by_itself_leaves_artifacts_where_they_were.
    """
    from mlflow.store.model_registry.dbmodels.models import SqlModelVersion
    from mlflow.store.tracking.dbmodels.models import SqlRun
    from mlflow.tracking._tracking_service import utils

    for run_id in moves:
        utils._artifact_repos_cache.pop(run_id, None)  # else this process would write to the old address all the same
    with client._tracking_client.store.ManagedSessionMaker(read_only=False) as session:
        for run_id, (old, new) in moves.items():
            session.query(SqlRun).filter(SqlRun.run_uuid == run_id).update({SqlRun.artifact_uri: new})
            for version in session.query(SqlModelVersion).filter(SqlModelVersion.run_id == run_id):
                for column in ("source", "storage_location"):
                    place = getattr(version, column)
                    if place and place.startswith(old):
                        setattr(version, column, new + place.removeprefix(old))


def move_experiment(client: "MlflowClient", experiment: str, place: str) -> None:
    """Note in a database where the artifacts of an experiment's future runs are; as `move_artifacts`."""
    from mlflow.store.tracking.dbmodels.models import SqlExperiment

    with client._tracking_client.store.ManagedSessionMaker(read_only=False) as session:
        found = session.query(SqlExperiment).filter(SqlExperiment.experiment_id == int(experiment))
        found.update({SqlExperiment.artifact_location: place})


def row_counts(client: "MlflowClient", experiment: str) -> list[Any]:
    """How many runs, tags, parameters and values an experiment has in a database, and sums that an edit changes.

    MLflow 3.17.2: MlflowClient gives runs as a whole, a thousand a second. Gain: ten thousand runs are looked at in
    half a second. Test: test_what_is_edited_in_a_database_is_seen_at_a_glance.
    """
    from mlflow.store.tracking.dbmodels.models import SqlInput, SqlLatestMetric, SqlParam, SqlRun, SqlTag
    from sqlalchemy import func

    sums: dict[Any, Any] = {
        SqlTag: (func.sum(func.length(SqlTag.key) * 31 + func.length(SqlTag.value)), func.min(SqlTag.value)),
        SqlParam: (func.sum(func.length(SqlParam.value)),),
        SqlLatestMetric: (func.sum(SqlLatestMetric.value), func.sum(SqlLatestMetric.timestamp)),
    }
    told: list[Any] = []
    with client._tracking_client.store.ManagedSessionMaker() as session:
        ours: Any = SqlRun.experiment_id == int(experiment)
        states = session.query(SqlRun.status, SqlRun.lifecycle_stage, func.count(), func.sum(SqlRun.end_time))
        found = states.filter(ours).group_by(SqlRun.status, SqlRun.lifecycle_stage).all()
        told.append(sorted([str(cell) for cell in row] for row in found))
        for table, columns in sums.items():
            counted = (
                session.query(func.count(), *columns).select_from(table).join(SqlRun, SqlRun.run_uuid == table.run_uuid)
            )
            told.append([str(cell) for cell in counted.filter(ours).one()])
        inputs = (
            session.query(func.count()).select_from(SqlInput).join(SqlRun, SqlRun.run_uuid == SqlInput.destination_id)
        )
        told.append(str(inputs.filter(ours).scalar()))
    return told


def loose_ends(client: "MlflowClient", experiment: str) -> list[str]:
    """The first runs of an experiment that are deleted, and those that are open; documented calls, no trick."""
    from mlflow.entities import ViewType

    deleted = client.search_runs([experiment], "", run_view_type=ViewType.DELETED_ONLY, max_results=LOOSE_ENDS)
    opened = client.search_runs([experiment], "attributes.status = 'RUNNING'", max_results=LOOSE_ENDS)
    return [f"{run.info.run_id} {run.info.lifecycle_stage} {run.info.status}" for run in (*deleted, *opened)]


def search_all(client: "MlflowClient", experiment: str, condition: str) -> "list[Run]":
    """All active runs of an experiment that fulfil a condition, page by page; documented calls, no trick."""
    runs: list[Run] = []
    token = None
    while True:
        page = client.search_runs([experiment], condition, max_results=RUNS_PER_PAGE, page_token=token)
        runs += page
        token = page.token
        if not token:
            return runs
