"""One experiment of MLflow, written by what it lacks: every run, point and picture once, whatever was cut short."""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import paths
from pipeline.mlflow_sync import mlflow_internals, mlflow_run, model_registry, tracking_store
from pipeline.mlflow_sync.gather import Point
from pipeline.mlflow_sync.mlflow_run import MlflowRun, SplitInput
from pipeline.mlflow_sync.tracking_store import reachable

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput, Run
    from PIL.Image import Image

CONTEXT = "mlflow.data.context"  # tag of a run's input
KIND = {"mlflow.experimentKind": "custom_model_development"}  # its charts are those of models, not of prompts
METRICS_PER_CALL, OTHERS_PER_CALL = 800, 100  # MLflow takes 100 parameters, 100 tags, and 1,000 of everything
TAG_LENGTH = 7_900  # characters; MLflow cuts at 8,000
RUNS_PER_PAGE = 1_000
SOURCE_DIGEST_LENGTH = 36  # MLflow's column for the digest of a data set

TimedPoint = tuple[str, float, int, float]  # name, value, step, seconds since 1970


class Experiment:
    """One experiment of MLflow with the runs of one comparison, found by one search; `counts` says what was written.

    A run stays RUNNING in MLflow until the last of it is written, so that one cut short is known and made again. Every
    method raises Unreachable.
    """

    @reachable()
    def __init__(self, name: str, description: str, comparison: str) -> None:
        from mlflow import MlflowClient

        self.counts: Counter[str] = Counter()
        self._client = MlflowClient(tracking_uri=tracking_store.uri(), registry_uri=tracking_store.uri())
        self._id = self._open(name, description)
        runs = self._search(f"tags.comparison = '{comparison}'")
        self._runs = {mlflow_run.identity(run.data.tags): run for run in reversed(runs)}

    @reachable()
    def write_parent(self, target: MlflowRun) -> str:
        """Identifier of the run of a whole comparison, made or brought up to date; it stays open until `close`."""
        run = self._run(target)
        if run is None:
            self.counts["comparisons"] += 1
            return self._start(target)
        claims = {tag for tag in target.tags if tag.startswith("claim.")}
        stale = {tag for tag in run.data.tags if tag.startswith("claim.")} - claims
        for tag in stale if claims else ():
            self._client.delete_tag(run.info.run_id, tag)
        self._update(run, target)
        return str(run.info.run_id)

    @reachable()
    def write(self, target: MlflowRun) -> None:
        """Make a run, or bring it up to date; one followed while it trained is finished under its own identifier.

        One cut short while it was written, or of another history, is deleted and made again.
        """
        run = self._run(target)
        if run is not None:
            mark = run.data.tags.get(mlflow_run.HISTORY)
            if run.info.status != "RUNNING" and mark == target.tags[mlflow_run.HISTORY]:
                return self._update(run, target)
            if mlflow_run.OWNER in run.data.tags and mark in (None, target.tags[mlflow_run.HISTORY]):
                return self._finish(run, target)
            self._client.delete_run(run.info.run_id)
        run_id = self._start(target)
        self._log(run_id, params=target.params, points=_timed_history(target) + _timed_scores(target))
        self._log_inputs(run_id, target.inputs)
        self._end(run_id, target)
        self.counts["runs"] += 1

    @reachable()
    def follow(self, target: MlflowRun, history: Sequence[Point]) -> None:
        """Add epochs to a run that is in progress: opened at the first, left open for `write` to finish."""
        run = self._run(target)
        if run is None:
            self._log(self._start(target), params=target.params)
        elif run.info.status != "RUNNING" or run.data.tags.get(mlflow_run.OWNER) != target.tags[mlflow_run.OWNER]:
            self._client.update_run(run.info.run_id, status="RUNNING")  # it was cut short: it goes on as the same run
            self._client.set_tag(run.info.run_id, mlflow_run.OWNER, target.tags[mlflow_run.OWNER])
        run_id = self.run_id(target)
        logged = self._logged_steps(run_id, history)
        points = [(name, value, step, time.time()) for name, value, step in history if (name, step) not in logged]
        self._log(run_id, points=points)

    @reachable()
    def end_orphans(self, owner: str, is_alive: Callable[[str], bool]) -> None:
        """End as KILLED the runs of other comparisons that a process which is no more has left open."""
        for run in self._search(f"attributes.status = 'RUNNING' and tags.{mlflow_run.OWNER} != '{owner}'"):
            if mlflow_run.identity(run.data.tags) not in self._runs and not is_alive(run.data.tags[mlflow_run.OWNER]):
                self._client.set_terminated(run.info.run_id, "KILLED")

    @reachable()
    def log_folder(self, target: MlflowRun, folder: Path, place: str) -> None:
        """Put the files of `folder` under the artifact path `place` of a written run."""
        self._client.log_artifacts(self.run_id(target), str(folder), place)

    @reachable()
    def log_image(self, target: MlflowRun, image: "Image", file: str) -> None:
        """Put one picture at the artifact path `file` of a written run."""
        self._client.log_image(self.run_id(target), image, file)

    @reachable()
    def log_steps(self, target: MlflowRun, key: str, pictures: "Mapping[int, Image]") -> None:
        """Put {step: picture} where the charts of a written run have a slider for the step; each is logged once."""
        run_id, ended = self.run_id(target), int(target.ended * 1000)
        files = [file.path for file in self._client.list_artifacts(run_id, "images")]
        for step in sorted(pictures.keys() - mlflow_internals.image_steps(files, key)):
            self._client.log_image(run_id, pictures[step], key=key, step=step, timestamp=ended, synchronous=True)

    @reachable()
    def set_tag(self, target: MlflowRun, name: str, value: str) -> None:
        """Give a written run a tag."""
        self._client.set_tag(self.run_id(target), name, value)

    @reachable()
    def is_best(self, name: str, run_key: str) -> bool:
        """Whether the run of that key is what the registered model `name` has under the alias `best`."""
        models = self._client.search_registered_models(f"name = '{name}'")
        version = models[0].aliases.get(model_registry.BEST) if models else None
        return version is not None and self._client.get_model_version(name, version).tags.get("run_key") == run_key

    @reachable()
    def register(
        self, target: MlflowRun, name: str, *, description: str, tags: Mapping[str, str], folder: Path
    ) -> None:
        """Register the model in `folder`, made by the written run `target`, and point the alias `best` at it.

        A run_key has one version; the alias goes back to it when it is the best again.
        """
        if not self._client.search_registered_models(f"name = '{name}'"):
            note = "The best run of its topic by validation, under the alias `best`."
            self._client.create_registered_model(name, {"topic": target.tags["topic"]}, note)
        versions = self._client.search_model_versions(f"name = '{name}' and tags.run_key = '{tags['run_key']}'")
        if versions:
            version = versions[0].version
        else:
            run_id, source = self.run_id(target), f"{self._runs[_key(target)].info.artifact_uri}/{folder.name}"
            self._client.log_artifacts(run_id, str(folder), folder.name)
            version = self._client.create_model_version(
                name, source, run_id, dict(tags), description=description, await_creation_for=0
            ).version
            self.counts["models"] += 1
        self._client.set_registered_model_alias(name, model_registry.BEST, version)

    @reachable()
    def close(self, target: MlflowRun) -> None:
        """End a parent: all that belongs to it is written."""
        if self._runs[_key(target)].info.status == "RUNNING":
            self._end(self.run_id(target), target)

    def tag(self, target: MlflowRun, name: str) -> str | None:
        """Value of a written run's tag when this experiment was opened."""
        value: str | None = self._runs[_key(target)].data.tags.get(name)
        return value

    def run_id(self, target: MlflowRun) -> str:
        """Identifier of a written run."""
        return str(self._runs[_key(target)].info.run_id)

    def _open(self, name: str, description: str) -> str:
        tags = KIND | ({mlflow_run.NOTE: description} if description else {})
        experiment = self._client.get_experiment_by_name(name)
        if experiment is None:
            self.counts["experiments"] += 1
            place = None if tracking_store.remote() else (paths.ARTIFACTS / name).as_uri()
            return str(self._client.create_experiment(name, artifact_location=place, tags=tags))
        if experiment.lifecycle_stage == "deleted":
            self._client.restore_experiment(experiment.experiment_id)
        for tag in tags.keys() - {tag for tag, value in experiment.tags.items() if tags.get(tag) == value}:
            self._client.set_experiment_tag(experiment.experiment_id, tag, tags[tag])
        return str(experiment.experiment_id)

    def _search(self, condition: str) -> "list[Run]":
        runs: list[Run] = []
        token = None
        while True:
            page = self._client.search_runs([self._id], condition, max_results=RUNS_PER_PAGE, page_token=token)
            runs += page
            token = page.token
            if not token:
                return runs

    def _run(self, target: MlflowRun) -> "Run | None":
        return self._runs.get(_key(target))

    def _start(self, target: MlflowRun) -> str:
        started = int(target.started * 1000)
        run = self._client.create_run(self._id, start_time=started, tags=_short_tags(target), run_name=target.name)
        self._runs[_key(target)] = run
        return str(run.info.run_id)

    def _end(self, run_id: str, target: MlflowRun) -> None:
        self._client.set_terminated(run_id, target.status, int(target.ended * 1000))

    def _finish(self, run: "Run", target: MlflowRun) -> None:
        """Write what a followed run lacks, and end it."""
        run_id = str(run.info.run_id)
        logged = self._logged_steps(run_id, target.history)
        self._log(run_id, points=[point for point in _timed_history(target) if (point[0], point[2]) not in logged])
        self._update(run, target)
        self._client.delete_tag(run_id, mlflow_run.OWNER)
        self._end(run_id, target)
        self.counts["runs"] += 1

    def _logged_steps(self, run_id: str, history: Sequence[Point]) -> set[tuple[str, int]]:
        """(name, step) of the points that a run has in MLflow, of the names in `history`."""
        names = {name for name, _, _ in history}
        return {(name, point.step) for name in names for point in self._client.get_metric_history(run_id, name)}

    def _update(self, run: "Run", target: MlflowRun) -> None:
        """Write what is new or other; parameters, which MLflow never changes, only if they are missing."""
        tags = {name: value for name, value in _short_tags(target).items() if run.data.tags.get(name) != value}
        params = {name: value for name, value in target.params.items() if name not in run.data.params}
        points = _changed_scores(run.data.metrics, target)
        if tags or params or points:
            self._log(run.info.run_id, tags=tags, params=params, points=points)
        inputs = run.inputs.dataset_inputs if run.inputs else []
        contexts = {tag.value for each in inputs for tag in each.tags if tag.key == CONTEXT}
        self._log_inputs(run.info.run_id, [split for split in target.inputs if split.context not in contexts])

    def _log(
        self,
        run_id: str,
        tags: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        points: Sequence[TimedPoint] = (),
    ) -> None:
        from mlflow.entities import Metric, Param, RunTag

        metrics = [Metric(name, value, int(seconds * 1000), step) for name, value, step, seconds in points]
        entries = [Param(name, value) for name, value in (params or {}).items()]
        labels = [RunTag(name, value) for name, value in (tags or {}).items()]
        others = max(len(entries), len(labels))
        for call in range(max(-(-len(metrics) // METRICS_PER_CALL), -(-others // OTHERS_PER_CALL))):
            few = slice(call * OTHERS_PER_CALL, (call + 1) * OTHERS_PER_CALL)
            many = slice(call * METRICS_PER_CALL, (call + 1) * METRICS_PER_CALL)
            self._client.log_batch(run_id, metrics[many], entries[few], labels[few], synchronous=True)
        self.counts["points"] += len(points)

    def _log_inputs(self, run_id: str, splits: Sequence[SplitInput]) -> None:
        if splits:
            self._client.log_inputs(run_id, datasets=[_dataset(split) for split in splits])


def _key(target: MlflowRun) -> tuple[str, ...]:
    return mlflow_run.identity(target.tags)


def _short_tags(target: MlflowRun) -> dict[str, str]:
    return {name: value[:TAG_LENGTH] for name, value in target.tags.items()}


def _timed_history(target: MlflowRun) -> list[TimedPoint]:
    """The history's points with times: the run's span shared out evenly over its epochs."""
    last = max((step for _, _, step in target.history), default=1)
    pace = (target.ended - target.started) / last
    return [(name, value, step, target.started + pace * step) for name, value, step in target.history]


def _timed_scores(target: MlflowRun) -> list[TimedPoint]:
    """Scores and series as points of when the run ended; MLflow draws what has step 0 alone as bars."""
    scores = [(name, value, 0) for name, value in target.scores.items()]
    return [(*point, target.ended) for point in (*scores, *target.series)]


def _changed_scores(logged: Mapping[str, float], target: MlflowRun) -> list[TimedPoint]:
    """Scores and series that are not logged, or logged with another value (of a series: its last one).

    MLflow shows the value with the latest time: one that replaces another must be younger than it.
    """
    last: dict[str, tuple[int, float]] = {name: (0, value) for name, value in target.scores.items()}
    for name, value, step in target.series:
        last[name] = max(last.get(name, (step, value)), (step, value))
    changed = {name for name, (_, value) in last.items() if logged.get(name) != value}
    now = time.time()
    return [
        (name, value, step, now if name in logged else seconds)
        for name, value, step, seconds in _timed_scores(target)
        if name in changed
    ]


def _dataset(split: SplitInput) -> "DatasetInput":
    """A split as MLflow describes arrays, from its card alone: mlflow.data.from_numpy would have to read it."""
    import numpy as np
    from mlflow.data.schema import TensorDatasetSchema
    from mlflow.entities import Dataset, DatasetInput, InputTag
    from mlflow.types.schema import Schema, TensorSpec

    features = Schema([TensorSpec(np.dtype(np.float32), (-1, *split.shape[1:]))])
    schema = TensorDatasetSchema(features, Schema([TensorSpec(np.dtype(np.int64), (-1,))]))
    profile = {"features_shape": split.shape, "targets_shape": split.shape[:1], "examples_per_class": split.counts}
    dataset = Dataset(
        name=split.name,
        digest=split.digest[:SOURCE_DIGEST_LENGTH],
        source_type="local",
        source=json.dumps({"uri": split.place}),
        schema=json.dumps(schema.to_dict()),
        profile=json.dumps(profile),
    )
    return DatasetInput(dataset, [InputTag(CONTEXT, split.context)])
