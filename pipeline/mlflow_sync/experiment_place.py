"""An experiment of MLflow itself: found or made, ours or left alone, with its artifacts inside the project."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline import paths
from pipeline.mlflow_sync import limits, mlflow_internals, mlflow_run, ownership, relocation, tracking_store

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment, Run

KIND = {"mlflow.experimentKind": "custom_model_development"}  # its charts are those of models, not of prompts
REMEDY = f"allowed its own, so it stays as it is: set {tracking_store.PREFIX}, such as mine-, for names of your own"


class ExperimentPlace:
    """The experiment of a topic. Refused where one of that name is not Aula's, or was deleted by whoever made it."""

    def __init__(self, client: "MlflowClient", topic: str, description: str) -> None:
        self._client, self.name = client, f"{tracking_store.prefix()}{topic}"
        tags = limits.tags(KIND | {mlflow_run.NOTE: description, ownership.MADE_FOR: topic})
        found = client.get_experiment_by_name(self.name)
        made = None if found else self._make(tags)
        self.is_new = made is not None
        self.id = made or self._take(found or client.get_experiment_by_name(self.name), tags)

    def owns(self, run: "Run") -> bool:
        """Whether a run of the experiment is ours to add to."""
        place, in_project = run.info.artifact_uri, tracking_store.in_project()
        return tracking_store.remote() or ownership.owns(run.data.tags, place, in_project)

    def create(self, started: int, tags: Mapping[str, str], name: str) -> "Run":
        """A new run; its artifacts are inside the project, whichever clone has made the experiment."""
        run = self._client.create_run(self.id, start_time=started, tags=dict(tags), run_name=name)
        old = run.info.artifact_uri
        if tracking_store.remote() or not relocation.is_elsewhere(old):
            return run
        moves = {run.info.run_id: (old, relocation.of_run(self.name, run.info.run_id))}
        mlflow_internals.move_artifacts(self._client, moves)
        return self._client.get_run(run.info.run_id)

    def _make(self, tags: Mapping[str, str]) -> str | None:
        """Identifier of a new experiment; None where another clone was faster."""
        from mlflow.exceptions import MlflowException

        place = None if tracking_store.remote() else relocation.of_experiment(self.name)
        signed = {name: value for name, value in {**tags, **ownership.signature()}.items() if value}
        try:
            return str(self._client.create_experiment(self.name, artifact_location=place, tags=signed))
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
            return None

    def _take(self, found: "Experiment | None", tags: Mapping[str, str]) -> str:
        """Identifier of an experiment that is there: restored and brought up to date if this clone has made it."""
        assert found is not None, "made by another clone, and deleted in the same moment"
        if not self._is_aulas(found):
            raise tracking_store.Refused(f"experiment {self.name}: given one that Aula has not made, {REMEDY}")
        mine = self._is_mine(found)
        if found.lifecycle_stage == "deleted":
            if not mine:
                raise tracking_store.Refused(f"experiment {self.name}: given one that others have deleted, {REMEDY}")
            self._client.restore_experiment(found.experiment_id)
        signed = {**tags, **ownership.signature()} if mine else {}
        for name, value in signed.items():
            if value and found.tags.get(name) != value:
                self._client.set_experiment_tag(found.experiment_id, name, value)
        self.id = str(found.experiment_id)
        if not tracking_store.remote():
            self._relocate(found)
        return self.id

    def _is_aulas(self, found: "Experiment") -> bool:
        """Whether Aula has made it; one made before experiments said so is known by its place, or by its runs."""
        if ownership.MADE_FOR in found.tags:
            return True
        path = relocation.folder(found.artifact_location or "")
        if path is not None and tracking_store.in_project():
            return (path.parent.name, path.name) == (paths.ARTIFACTS.name, self.name)
        runs = mlflow_internals.search_all(self._client, found.experiment_id, "")
        return bool(runs) and all({mlflow_run.COMPARISON, "topic"} <= run.data.tags.keys() for run in runs)

    def _is_mine(self, found: "Experiment") -> bool:
        """Whether this clone has made it, or one that it is a copy of, or nobody knows who."""
        made_by, in_project = found.tags.get(ownership.CLONE), tracking_store.in_project()
        return in_project or made_by in (None, ownership.clone())

    def _relocate(self, found: "Experiment") -> None:
        """Have MLflow look for the artifacts of the experiment, and of its runs that are ours, inside the project."""
        if self._is_mine(found) and relocation.is_elsewhere(found.artifact_location or ""):
            mlflow_internals.move_experiment(self._client, self.id, relocation.of_experiment(self.name))
        known = (ownership.CLONE, ownership.HOST, mlflow_run.COMPARISON)
        moves = {
            run_id: (place, relocation.of_run(self.name, run_id))
            for run_id, place, tags in mlflow_internals.artifact_places(self._client, self.id, known)
            if relocation.is_elsewhere(place)
            and mlflow_run.COMPARISON in tags
            and ownership.owns(tags, place, tracking_store.in_project())
        }
        if moves:
            mlflow_internals.move_artifacts(self._client, moves)
