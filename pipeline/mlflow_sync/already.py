"""What was published whole and has changed on neither side since: publishing it again asks a few questions only."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import paths
from pipeline.contracts import Plan
from pipeline.errors import InputError
from pipeline.mlflow_sync import mlflow_internals, model_registry, model_versions, ownership, tracking_store
from pipeline.mlflow_sync.tracking_store import reachable
from pipeline.records import digest, is_written, read_json_or, write_json
from pipeline.training import runtime

if TYPE_CHECKING:
    from mlflow import MlflowClient

FIGURES = "figures"


def is_published(plan: Plan) -> bool:
    """Whether all of a topic is in MLflow as `remember` has seen it, and its files are those of then (Unreachable)."""
    kept = _kept(plan["topic"])
    if (
        not kept
        or kept.get("evidence") is None
        or kept.get("store") != _store()
        or not tracking_store.is_there()
        or kept.get("files") != files(plan)
        or kept.get("artifacts") != _artifacts(plan)
    ):
        return False
    return bool(kept.get("evidence") == _evidence(plan["topic"], kept["parent"]))


def remember(plan: Plan, files_read: str, parent_id: str) -> None:
    """Note that all of the topic is in MLflow, and what can be told of that at a glance (Unreachable).

    `files_read` is what `files` said before they were read: what has changed since is not there.
    """
    record: dict[str, Any] = {"store": _store(), "files": files_read, "artifacts": _artifacts(plan)}
    record["parent"] = parent_id
    record["evidence"] = _evidence(plan["topic"], parent_id)
    if not is_written(_file(plan["topic"]), record):
        write_json(_file(plan["topic"]), record)


def _file(topic: str) -> Path:
    return paths.STATE / "published" / f"{topic}.json"


def _kept(topic: str) -> dict[str, Any]:
    try:
        kept = read_json_or(_file(topic), {})
    except InputError:
        return {}
    return kept if isinstance(kept, dict) and "parent" in kept else {}


def _store() -> str:
    """Which store it is, and who we are; no word of a password."""
    return digest(tracking_store.uri(), tracking_store.prefix(), ownership.clone(), str(paths.ARTIFACTS))


def files(plan: Plan) -> str:
    """Digest of name, size and time of every file that publishing reads, and of the versions that decide keys."""
    topic, cards = plan["topic"], {variant["settings"]["data"] for variant in plan["variants"].values()}
    folders = [paths.RUNS / topic, paths.results(topic), paths.PICTURES, paths.PACKAGE / "mlflow_sync"]
    single = [paths.plan(topic), paths.asked(topic), paths.CLAIMS, *(file for data in cards for file in _cards(data))]
    seen = [line for folder in folders for line in _seen(folder)]
    seen += [_stamp(file) for file in sorted(single) if file.exists()]
    return digest([seen, runtime.versions(), runtime.device()])


def _artifacts(plan: Plan) -> str:
    """The same of the files that publishing has written, where they lie beside the database."""
    folder = paths.ARTIFACTS / f"{tracking_store.prefix()}{plan['topic']}"
    return digest([] if tracking_store.remote() else [*_seen(folder)])


def _cards(data: str) -> list[Path]:
    return sorted((paths.PREPARED / data).glob("*/card.json"))


def _seen(folder: Path) -> Iterator[str]:
    for place, folders, names in os.walk(folder):
        folders.sort()
        yield from (_stamp(Path(place, name)) for name in sorted(names) if not name.endswith((".pyc", ".draft")))


def _stamp(file: Path) -> str:
    found = file.stat()
    return f"{file} {found.st_size} {found.st_mtime_ns}"


@reachable()
def _evidence(topic: str, parent_id: str) -> str | None:
    """Digest of what a few requests tell of a topic in MLflow; None: its parent or experiment is not there, or a run of
    it is open, which somebody may have to end.

    A database counts all rows of the experiment. A server tells of the parent, of what is open or deleted, of pictures
    and models: a run that was taken away, an edit of the parent, a lost picture are seen; an edit of one run is not.
    """
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    client = MlflowClient(tracking_uri=tracking_store.uri(), registry_uri=tracking_store.uri())
    found = client.get_experiment_by_name(f"{tracking_store.prefix()}{topic}")
    if found is None:
        return None
    try:
        parent = client.get_run(parent_id).to_dictionary()
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None
    pictures = sorted([each.path, each.file_size] for each in client.list_artifacts(parent_id, FIGURES))
    ends = mlflow_internals.loose_ends(client, found.experiment_id)
    if any(end.endswith(" active RUNNING") for end in ends):
        return None
    told = [found.lifecycle_stage, dict(found.tags), parent, ends, _models(client, topic), pictures]
    rows = None if tracking_store.remote() else mlflow_internals.row_counts(client, found.experiment_id)
    return digest(told, rows)


def _models(client: "MlflowClient", topic: str) -> list[Any]:
    """Versions and aliases of a topic's registered model, and whether their files are there."""
    name = model_registry.name(topic)
    models = client.search_registered_models(f"name = '{name}'")
    versions = client.search_model_versions(f"name = '{name}'") if models else []
    told = [[each.version, each.source, dict(each.tags), model_versions.is_whole(each)] for each in versions]
    return [[dict(model.aliases) for model in models], sorted(told, key=str)]
