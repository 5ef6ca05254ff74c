"""Artifacts are where the project is: what MLflow noted as elsewhere, as before a move, is noted anew."""

from pathlib import Path
from urllib.parse import urlsplit

from pipeline import paths


def folder(place: str) -> Path | None:
    """Folder at an artifact address; None where it is none, but a server's or a bucket's."""
    from mlflow.utils.file_utils import local_file_uri_to_path

    if urlsplit(place).scheme not in ("", "file"):
        return None
    return Path(local_file_uri_to_path(place))  # type: ignore[no-untyped-call]


def home(place: str) -> Path | None:
    """Folder of all artifacts that those of a run, <home>/<experiment>/<run>/artifacts, are part of; None as above."""
    path = folder(place)
    return path.parents[2] if path and len(path.parents) > 2 else path


def of_experiment(name: str) -> str:
    """Address of the artifacts of an experiment of ours."""
    return (paths.ARTIFACTS / name).as_uri()


def of_run(name: str, run_id: str) -> str:
    """Address of the artifacts of a run of ours, as MLflow makes it from that of the experiment."""
    return f"{of_experiment(name)}/{run_id}/artifacts"


def is_elsewhere(place: str) -> bool:
    """Whether an address is that of a folder outside of the project's artifacts: nothing may be written there."""
    path = folder(place)
    return path is not None and not path.is_relative_to(paths.ARTIFACTS)
