"""Where MLflow's store is, that it is made once and whole, and that what it raises is one line."""

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from pipeline import paths
from pipeline.errors import InputError
from pipeline.mlflow_sync import address, masking, mlflow_internals
from pipeline.operations import lock

MESSAGE_LENGTH = 300  # characters
PREFIX = "AULA_MLFLOW_PREFIX"  # environment variable: what stands before the names of experiments and models


class Unreachable(ConnectionError):
    """MLflow can be neither read nor written just now; whatever it should hold is still under data/."""


class Refused(Unreachable, InputError):
    """What a user has set, or what a store holds already, does not let us write: one line says what to do."""


def uri() -> str:
    """Where MLflow's store is: MLFLOW_TRACKING_URI, or mlflow.db beside dvc.yaml."""
    return os.environ.get("MLFLOW_TRACKING_URI") or address.of_file(paths.TRACKING)


def remote() -> bool:
    """Whether the store is a server: the one that keeps its artifacts, and has a UI of its own."""
    return uri().split("://")[0] in ("http", "https")


def in_project() -> bool:
    """Whether the store is the database of this project, that no other has."""
    return address.file_of(uri()) == paths.TRACKING.absolute()


def prefix() -> str:
    """What stands before the names of our experiments and registered models. Refused: a sign MLflow does not take."""
    text = os.environ.get(PREFIX, "")
    if not re.fullmatch(r"[\w.-]{0,100}", text, re.ASCII):
        raise Refused(f"{PREFIX}: given {text!r}, allowed up to 100 letters, digits and _ . -")
    return text


def check() -> None:
    """Refused if the store's address cannot be read; libraries would show parts of a password."""
    if wrong := address.fault(uri()):
        raise Refused(f"MLFLOW_TRACKING_URI: {wrong}")


def is_there() -> bool:
    """Whether there is a store to ask: False of a database whose file is not made yet."""
    file = _database()
    return file is None or _exists(file)


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
    check()
    mlflow_internals.set_environment()
    if not remote():
        mlflow_internals.limit_database_retries()
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    with mlflow_internals.silenced():
        try:
            yield
        except Unreachable:
            raise  # said already
        except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError, ImportError) as error:
            if wrong := _refusal(error):
                raise Refused(wrong) from error
            raise Unreachable(f"cannot use {masking.address(uri())}: {_one_line(error)}") from error


def _refusal(error: BaseException) -> str | None:
    """What to do where a server asks for a name and a password, or gives us too few rights; None: something else."""
    server = masking.address(uri())
    if "error code 401" in str(error):
        told = "given no name and password that it takes, allowed those that whoever keeps it gave you"
        return f"{server}: {told}: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
    if "error code 403" in str(error):
        return f"{server}: given a name that may not do that there, allowed one that may edit: ask whoever keeps it"
    return None


def _one_line(error: BaseException) -> str:
    """The innermost cause in one line: of a refused connection, MLflow tells the retries first."""
    while isinstance(cause := error.__cause__ or error.__context__, OSError):
        error = cause
    text = masking.masked(" ".join(str(error).replace(uri(), masking.address(uri())).split()))
    text = re.split(r" ?\[SQL: | ?\(Background on this error", text)[0]
    if isinstance(error, OSError):
        text = re.sub(r"[\"']\)+$", "", text.rpartition("(Caused by ")[2].rpartition("): ")[2])
        text = re.sub(r"^\w+\([\"']", "", text).replace("',", ",")
    return text if len(text) <= MESSAGE_LENGTH else f"{text[: MESSAGE_LENGTH - 1]}…"


def _database() -> Path | None:
    """File of a SQLite store; None for any other."""
    return address.file_of(uri())


def _exists(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0


@reachable()
def _make(file: Path) -> None:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.draft")
    for leftover in (*file.parent.glob(f"{draft.name}*"), *file.parent.glob(f"{file.name}-*")):
        leftover.unlink()  # a lost database's write-ahead log would be replayed into the new one
    SqlAlchemyStore(address.of_file(draft), paths.ARTIFACTS.as_uri())  # type: ignore[no-untyped-call]
    mlflow_internals.close_connections(address.of_file(draft))
    with contextlib.closing(sqlite3.connect(draft)) as database:
        database.execute("PRAGMA journal_mode=WAL")  # kept in the file: who reads does not wait for who writes
    draft.replace(file)
    mlflow_internals.close_connections(uri())
