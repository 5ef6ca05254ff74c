"""Where MLflow's store is, that it is made once and whole, and that what it raises is one line."""

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from pipeline import paths
from pipeline.mlflow_sync import masking, mlflow_internals
from pipeline.operations import lock

MESSAGE_LENGTH = 300  # characters


class Unreachable(ConnectionError):
    """MLflow can be neither read nor written just now; whatever it should hold is still under data/."""


def uri() -> str:
    """Where MLflow's store is: MLFLOW_TRACKING_URI, or mlflow.db beside dvc.yaml."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{paths.TRACKING}"


def remote() -> bool:
    """Whether the store is a server: the one that keeps its artifacts, and has a UI of its own."""
    return uri().split("://")[0] in ("http", "https")


def create() -> None:
    """Make the store's database unless it exists: by one process alone, and wholly or not at all (Unreachable)."""
    file = _database()
    if file is None or _exists(file):
        return
    with lock.hold("mlflow", wait=True):
        if not _exists(file):
            _make(file)


@contextlib.contextmanager
def reachable() -> Iterator[None]:
    """Within it, whatever MLflow and the libraries below it raise is Unreachable, in one line, and they log nothing."""
    mlflow_internals.set_environment()
    if not remote():
        mlflow_internals.limit_database_retries()
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    with mlflow_internals.silenced():
        try:
            yield
        except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError, ImportError) as error:
            raise Unreachable(f"cannot use {masking.masked(uri())}: {_one_line(error)}") from error


def _one_line(error: BaseException) -> str:
    """The innermost cause in one line: of a refused connection, MLflow tells the retries first."""
    while isinstance(cause := error.__cause__ or error.__context__, OSError):
        error = cause
    text = masking.masked(" ".join(str(error).split()))
    if isinstance(error, OSError):
        text = re.sub(r"[\"']\)+$", "", text.rpartition("(Caused by ")[2].rpartition("): ")[2])
    return text if len(text) <= MESSAGE_LENGTH else f"{text[: MESSAGE_LENGTH - 1]}…"


def _database() -> Path | None:
    """File of a SQLite store; None for any other."""
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        return paths.TRACKING
    kind, _, place = uri().partition(":///")
    return Path(place.partition("?")[0]).absolute() if kind == "sqlite" and place else None


def _exists(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0


@reachable()
def _make(file: Path) -> None:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.draft")
    for leftover in (*file.parent.glob(f"{draft.name}*"), *file.parent.glob(f"{file.name}-*")):
        leftover.unlink()  # a lost database's write-ahead log would be replayed into the new one
    SqlAlchemyStore(f"sqlite:///{draft}", paths.ARTIFACTS.as_uri())  # type: ignore[no-untyped-call]
    mlflow_internals.close_connections(f"sqlite:///{draft}")
    with contextlib.closing(sqlite3.connect(draft)) as database:
        database.execute("PRAGMA journal_mode=WAL")  # kept in the file: who reads does not wait for who writes
    draft.replace(file)
    mlflow_internals.close_connections(uri())
