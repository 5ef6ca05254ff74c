"""Versions of a topic's registered model: whole, with an alias for each comparison and one for the best of all."""

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.mlflow_sync import experiment_place, model_registry, relocation, tracking_store
from pipeline.mlflow_sync.experiment import Experiment
from pipeline.mlflow_sync.mlflow_run import MlflowRun
from pipeline.mlflow_sync.tracking_store import reachable

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion, RegisteredModel

NOTE = "The best run of its topic by validation, over all comparisons, under the alias `best`."
Pack = Callable[[], AbstractContextManager[Path | None]]


@reachable()
def register(
    experiment: Experiment,
    target: MlflowRun,
    name: str,
    *,
    describe: Callable[[], str],
    tags: Mapping[str, str],
    compared: Collection[str],
    pack: Pack,
) -> None:
    """Have the model of the written run `target` registered and whole, `best-<comparison>` at it, `best` at the best.

    `pack` makes the model's folder and `describe` its description: they are called only if files are missing. A run_key
    has one version. `best` goes to the lowest validation of all versions measured on the same examples, whoever
    publishes last. `compared` are the keys of the runs of which `target` is the best. Raises Unreachable.
    """
    client, model = experiment.client, _model(experiment.client, name)
    if model is not None and "topic" not in model.tags:
        say(f"registered model {name}: given one that Aula has not made, {experiment_place.REMEDY}")
        return
    found: list[ModelVersion] = client.search_model_versions(f"name = '{name}'") if model else []
    version = next((each for each in found if each.tags.get("run_key") == tags["run_key"]), None)
    if version is None or not is_whole(version):
        with pack() as folder:
            if folder is None:
                version = None
            else:
                version = _put(experiment, target, name, folder, version, describe(), tags)
                model = _model(client, name)
                found = [*(each for each in found if each.tags.get("run_key") != tags["run_key"]), version]
    _point(client, model, found, version, experiment.comparison, compared)


def is_whole(version: "ModelVersion") -> bool:
    """Whether the files of a version are where it says they are."""
    folder = relocation.folder(version.source or "")
    if folder is not None:
        files = (folder / "MLmodel", folder / "data" / "model.keras")
        return all(file.is_file() and file.stat().st_size for file in files)
    from mlflow.artifacts import list_artifacts

    there = list_artifacts(artifact_uri=f"{version.source}/data", tracking_uri=tracking_store.uri())
    return any(Path(file.path).name == "model.keras" and file.file_size for file in there)


def say(line: str) -> None:
    print(f"MLflow: {line}", file=sys.stderr, flush=True)


def _model(client: "MlflowClient", name: str) -> "RegisteredModel | None":
    models = client.search_registered_models(f"name = '{name}'")
    return models[0] if models else None


def _put(
    experiment: Experiment,
    target: MlflowRun,
    name: str,
    folder: Path,
    version: "ModelVersion | None",
    description: str,
    tags: Mapping[str, str],
) -> "ModelVersion":
    """The version with its files put into the run's artifacts; one whose run is gone is made anew."""
    client, run_id = experiment.client, experiment.run_id(target)
    source = f"{experiment.artifacts(target)}/{folder.name}"
    client.log_artifacts(run_id, str(folder), folder.name)
    experiment.counts["models"] += 1
    if version is not None and (version.run_id, version.source) == (run_id, source):
        return version
    if version is not None:
        client.delete_model_version(name, version.version)
    if _model(client, name) is None:
        _make(client, name, {"topic": target.tags["topic"]})
    made = client.create_model_version(name, source, run_id, dict(tags), description=description, await_creation_for=0)
    return _first(client, made, tags["run_key"])


def _make(client: "MlflowClient", name: str, tags: Mapping[str, str]) -> None:
    """A registered model, unless another clone was faster."""
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name, dict(tags), NOTE)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _first(client: "MlflowClient", made: "ModelVersion", run_key: str) -> "ModelVersion":
    """The version just made; where another clone has made one of the same run a moment before, that alone."""
    known = [
        each for each in client.search_model_versions(f"name = '{made.name}'") if each.tags.get("run_key") == run_key
    ]
    first = min(known, key=lambda each: int(each.version), default=made)
    if int(first.version) >= int(made.version):
        return made
    client.delete_model_version(made.name, made.version)
    return first


def _point(
    client: "MlflowClient",
    model: "RegisteredModel | None",
    found: "Sequence[ModelVersion]",
    version: "ModelVersion | None",
    comparison: str,
    compared: Collection[str],
) -> None:
    """Set the aliases that are not set as they should be."""
    if model is None:
        return
    wanted: dict[str, ModelVersion | None] = {model_registry.alias(comparison): version}
    wanted[model_registry.BEST] = _best(found, model.aliases.get(model_registry.BEST), version, compared)
    for alias, chosen in wanted.items():
        if chosen is not None and str(model.aliases.get(alias)) != str(chosen.version):
            client.set_registered_model_alias(model.name, alias, chosen.version)


def _best(
    found: "Sequence[ModelVersion]", present: str | None, version: "ModelVersion | None", compared: Collection[str]
) -> "ModelVersion | None":
    """The version with the lowest validation that can be loaded, of those measured as the present best is.

    Numbers measured on other examples say nothing of each other: the alias stays then, and it is said. One at a run
    that `version` was chosen before, as at an earlier look with fewer seeds, is passed on.
    """
    holder = next((each for each in found if str(each.version) == str(present)), None)
    if holder is not None and not is_whole(holder):
        holder = None
    if holder and version and holder.tags.get("run_key") in compared and not _alike(holder, version):
        holder = None
    leader = holder or version
    if leader is None:
        return next((each for each in _by_validation(found) if is_whole(each)), None)
    if version is not None and not _alike(leader, version):
        say(
            f"{leader.name}: @{model_registry.BEST} stays at version {leader.version}, which was measured on other data"
            f" than version {version.version}; remove the alias to have it set anew"
        )
    rivals = [each for each in found if _alike(each, leader)]
    return next((each for each in _by_validation(rivals) if each is leader or is_whole(each)), leader)


def _by_validation(versions: "Sequence[ModelVersion]") -> "list[ModelVersion]":
    def place(version: "ModelVersion") -> tuple[float, int]:
        return float(version.tags.get("validation", "inf")), int(version.version)

    return sorted(versions, key=place)


def _alike(one: "ModelVersion", other: "ModelVersion") -> bool:
    """Whether two versions were measured on the same examples; of old ones only the data's name is known."""
    tag = model_registry.MEASURED_ON
    if tag in one.tags and tag in other.tags:
        return bool(one.tags[tag] == other.tags[tag])
    return bool(one.tags.get("data") == other.tags.get("data"))
