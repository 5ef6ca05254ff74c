"""MLflow at arm's length: the one file that knows it, and writes only what is not there yet."""

import contextlib
import json
import logging
import os
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import paths
from pipeline.mlflow_sync import masking
from pipeline.operations import lock

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput, Run

NOTE, PARENT, CONTEXT = "mlflow.note.content", "mlflow.parentRunId", "mlflow.data.context"
IMAGES = "mlflow.loggedImages"  # tag of a run whose folder `images` MLflow's charts may show
BEST = "best"  # alias of a registered model's version
IDENTITY = ("comparison", "variant", "seed", "run_key")
MARK = "history"  # tag with the digest of what never changes in a run
OWNER = "owner"  # tag of a run that is followed while it trains: host and process that keep it open
METRICS, OTHERS = 800, 100  # a call: MLflow takes 100 parameters, 100 tags, and 1,000 of everything
LONGEST = 7_900  # characters of a tag; MLflow cuts at 8,000
CALM = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # MLflow's own seven, two minutes each, would hold a stage for an hour
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


class Unreachable(ConnectionError):
    """MLflow can be neither read nor written just now; whatever it should hold is still under data/."""


@dataclass(frozen=True)
class Data:
    """One split that a run has read: `shape` with the examples first, `counts` per class, `place` below the project."""

    name: str
    digest: str
    context: str
    place: str
    shape: tuple[int, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Record:
    """One run of MLflow. `history` (name, value, step) never changes; tags, scores, series and data may come later.

    `started` and `ended` are seconds since 1970; `scores` have one value, `series` are curves over any axis, (name,
    value, step). The tags in IDENTITY tell two runs apart.
    """

    name: str
    tags: Mapping[str, str]
    started: float
    ended: float
    status: str = "FINISHED"
    params: Mapping[str, str] = field(default_factory=dict)
    history: Sequence[tuple[str, float, int]] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    series: Sequence[tuple[str, float, int]] = ()
    data: Sequence[Data] = ()


def uri() -> str:
    """Where MLflow's store is: MLFLOW_TRACKING_URI, or mlflow.db beside dvc.yaml."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{paths.TRACKING}"


def remote() -> bool:
    """Whether the store is a server: the one that keeps its artifacts, and has a UI of its own."""
    return uri().split("://")[0] in ("http", "https")


def create() -> None:
    """Make the store's database unless it is there: by one process alone, and wholly or not at all (Unreachable)."""
    file = _database()
    if file is None or _made(file):
        return
    with lock.hold("mlflow", wait=True):
        if not _made(file):
            _make(file)


@contextlib.contextmanager
def _plainly() -> Iterator[None]:
    """What MLflow and the libraries below it raise as one line, without their own lines in the log."""
    _calm()
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic", "urllib3")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError, ImportError) as error:
        raise Unreachable(f"cannot use {masking.masked(uri())}: {_line(error)}") from error
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _calm() -> None:
    """Have MLflow send nothing about its use, print nothing, and give up soon."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    for name, value in CALM.items():
        os.environ.setdefault(name, value)
    if not remote():
        from mlflow.store.db import utils

        utils.MAX_RETRY_COUNT = 4  # it doubles its pauses between ten tries: 100 seconds


def _line(error: BaseException, most: int = 300) -> str:
    """The innermost cause in one line: of a refused connection, MLflow tells the retries first."""
    while isinstance(error.__cause__ or error.__context__, OSError):
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    told = masking.masked(" ".join(str(error).split()))
    if isinstance(error, OSError):
        told = re.sub(r"[\"']\)+$", "", told.rpartition("(Caused by ")[2].rpartition("): ")[2])
    return told if len(told) <= most else f"{told[: most - 1]}…"


def _database() -> Path | None:
    """File of a SQLite store; None for any other."""
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        return paths.TRACKING
    kind, _, place = uri().partition(":///")
    return Path(place.partition("?")[0]).absolute() if kind == "sqlite" and place else None


def _made(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0


@_plainly()
def _make(file: Path) -> None:
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.draft")
    for left in (*file.parent.glob(f"{draft.name}*"), *file.parent.glob(f"{file.name}-*")):
        left.unlink()  # a lost database's write-ahead log would be replayed into the new one
    SqlAlchemyStore(f"sqlite:///{draft}", paths.ARTIFACTS.as_uri())
    _forget(f"sqlite:///{draft}")
    with contextlib.closing(sqlite3.connect(draft)) as database:
        database.execute("PRAGMA journal_mode=WAL")  # kept in the file: who reads does not wait for who writes
    draft.replace(file)
    _forget(uri())


def _forget(address: str) -> None:
    """Close this process's connections to a database whose file is no longer the same."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    engine = getattr(SqlAlchemyStore, "_engine_map", {}).get(address)
    if engine is not None:
        engine.dispose()


def _identity(tags: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(tags.get(name, "") for name in IDENTITY)


class Experiment:
    """One experiment of MLflow with the runs of one comparison, found by one search; `counts` tells what was written.

    A run stays RUNNING in MLflow until the last of it is written, so that one cut short is known and made again. Every
    method raises Unreachable.
    """

    @_plainly()
    def __init__(self, name: str, description: str, comparison: str) -> None:
        from mlflow import MlflowClient

        self.counts: Counter[str] = Counter()
        self._client = MlflowClient(tracking_uri=uri(), registry_uri=uri())
        self._id = self._open(name, description)
        found = self._search(f"tags.comparison = '{comparison}'")
        self._there = {_identity(run.data.tags): run for run in reversed(found)}

    @_plainly()
    def keep_parent(self, record: Record) -> str:
        """Identifier of the run of a whole comparison, made or brought up to date; it stays open until `close`."""
        there = self._there.get(_identity(record.tags))
        if there is None:
            self.counts["comparisons"] += 1
            return self._start(record)
        stale = {tag for tag in there.data.tags if tag.startswith("claim.")} - record.tags.keys()
        for tag in stale if any(tag.startswith("claim.") for tag in record.tags) else ():
            self._client.delete_tag(there.info.run_id, tag)
        self._amend(there, record)
        return str(there.info.run_id)

    @_plainly()
    def keep(self, record: Record) -> None:
        """Make a run, or bring it up to date; one followed while it trained is finished under its own identifier.

        One cut short while it was written, or of another history, is deleted and made again.
        """
        there = self._there.get(_identity(record.tags))
        if there is not None and there.info.status != "RUNNING" and there.data.tags.get(MARK) == record.tags[MARK]:
            return self._amend(there, record)
        if there is not None and OWNER in there.data.tags and there.data.tags.get(MARK) in (None, record.tags[MARK]):
            return self._finish(there, record)
        if there is not None:
            self._client.delete_run(there.info.run_id)
        run_id = self._start(record)
        self._log(run_id, params=record.params, points=self._epochs(record) + self._late(record))
        self._log_data(run_id, record.data)
        self._client.set_terminated(run_id, record.status, int(record.ended * 1000))
        self.counts["runs"] += 1

    @_plainly()
    def follow(self, record: Record, history: Sequence[tuple[str, float, int]]) -> None:
        """Add epochs to a run that is in progress: opened at the first, left open for `keep` to finish."""
        there = self._there.get(_identity(record.tags))
        if there is None:
            self._log(self._start(record), params=record.params)
        elif there.info.status != "RUNNING" or there.data.tags.get(OWNER) != record.tags[OWNER]:
            self._client.update_run(there.info.run_id, status="RUNNING")  # it was cut short: it goes on as the same run
            self._client.set_tag(there.info.run_id, OWNER, record.tags[OWNER])
        run_id = self.run_id(record)
        known = self._known(run_id, history)
        points = [(key, value, step, time.time()) for key, value, step in history if (key, step) not in known]
        self._log(run_id, points=points)

    @_plainly()
    def bury(self, mine: str, alive: Callable[[str], bool]) -> None:
        """End as KILLED the runs that a process which is no more has left open, but those of this comparison."""
        for run in self._search(f"attributes.status = 'RUNNING' and tags.{OWNER} != '{mine}'"):
            if _identity(run.data.tags) not in self._there and not alive(run.data.tags[OWNER]):
                self._client.set_terminated(run.info.run_id, "KILLED")

    def _finish(self, there: "Run", record: Record) -> None:
        """Write what a followed run lacks, and end it."""
        run_id = str(there.info.run_id)
        known = self._known(run_id, record.history)
        self._log(run_id, points=[point for point in self._epochs(record) if (point[0], point[2]) not in known])
        self._amend(there, record)
        self._client.delete_tag(run_id, OWNER)
        self._client.set_terminated(run_id, record.status, int(record.ended * 1000))
        self.counts["runs"] += 1

    def _known(self, run_id: str, history: Sequence[tuple[str, float, int]]) -> set[tuple[str, int]]:
        """(name, step) of the points that a run has, of the names in `history`."""
        names = {name for name, _, _ in history}
        return {(name, point.step) for name in names for point in self._client.get_metric_history(run_id, name)}

    @_plainly()
    def keep_folder(self, record: Record, folder: Path, place: str, tag: str, digest: str) -> None:
        """Put the files of `folder` under the artifact path `place` of a kept run, and then `digest` in its `tag`."""
        self._client.log_artifacts(self.run_id(record), str(folder), place)
        self._log(self.run_id(record), tags={tag: digest})

    @_plainly()
    def is_best(self, name: str, run_key: str) -> bool:
        """Whether the run of that key is what the registered model `name` has under the alias `best`."""
        found = self._client.search_registered_models(f"name = '{name}'")
        version = found[0].aliases.get(BEST) if found else None
        return version is not None and self._client.get_model_version(name, version).tags.get("run_key") == run_key

    @_plainly()
    def make_best(self, record: Record, name: str, description: str, tags: Mapping[str, str], folder: Path) -> None:
        """Register the model in `folder`, made by the kept run `record`, and point the alias `best` at it.

        A version with the same tag run_key is there once; the alias goes back to it when it is the best again.
        """
        if not self._client.search_registered_models(f"name = '{name}'"):
            note = "The best run of its topic by validation, under the alias `best`."
            self._client.create_registered_model(name, {"topic": record.tags["topic"]}, note)
        versions = self._client.search_model_versions(f"name = '{name}' and tags.run_key = '{tags['run_key']}'")
        if not versions:
            run = self._there[_identity(record.tags)]
            self._client.log_artifacts(run.info.run_id, str(folder), folder.name)
            source = f"{run.info.artifact_uri}/{folder.name}"
            made = self._client.create_model_version(
                name, source, run.info.run_id, dict(tags), description=description, await_creation_for=0
            )
            versions = [made]
            self.counts["models"] += 1
        self._client.set_registered_model_alias(name, BEST, versions[0].version)

    @_plainly()
    def close(self, record: Record) -> None:
        """End a parent: all that belongs to it is there."""
        there = self._there[_identity(record.tags)]
        if there.info.status == "RUNNING":
            self._client.set_terminated(there.info.run_id, record.status, int(record.ended * 1000))

    def tag(self, record: Record, name: str) -> str | None:
        """What a kept run's tag said when it was found."""
        found: str | None = self._there[_identity(record.tags)].data.tags.get(name)
        return found

    def run_id(self, record: Record) -> str:
        """Identifier of a kept run."""
        return str(self._there[_identity(record.tags)].info.run_id)

    def _open(self, name: str, description: str) -> str:
        tags = {"mlflow.experimentKind": "custom_model_development"} | ({NOTE: description} if description else {})
        there = self._client.get_experiment_by_name(name)
        if there is None:
            self.counts["experiments"] += 1
            place = None if remote() else (paths.ARTIFACTS / name).as_uri()
            return str(self._client.create_experiment(name, artifact_location=place, tags=tags))
        if there.lifecycle_stage == "deleted":
            self._client.restore_experiment(there.experiment_id)
        for tag in tags.keys() - {tag for tag, value in there.tags.items() if tags.get(tag) == value}:
            self._client.set_experiment_tag(there.experiment_id, tag, tags[tag])
        return str(there.experiment_id)

    def _search(self, wanted: str) -> list["Run"]:
        found: list[Run] = []
        token = None
        while True:
            page = self._client.search_runs([self._id], wanted, max_results=1000, page_token=token)
            found += page
            token = page.token
            if not token:
                return found

    def _start(self, record: Record) -> str:
        tags = {key: value[:LONGEST] for key, value in record.tags.items()}
        started = int(record.started * 1000)
        run = self._client.create_run(self._id, start_time=started, tags=tags, run_name=record.name)
        self._there[_identity(record.tags)] = run
        return str(run.info.run_id)

    def _amend(self, there: "Run", record: Record) -> None:
        """Write what is new or other; parameters, which MLflow never changes, only if they are missing."""
        tags = {key: value[:LONGEST] for key, value in record.tags.items()}
        tags = {key: value for key, value in tags.items() if there.data.tags.get(key) != value}
        params = {key: value for key, value in record.params.items() if key not in there.data.params}
        points = self._news(there.data.metrics, record)
        if tags or params or points:
            self._log(there.info.run_id, tags=tags, params=params, points=points)
        inputs = there.inputs.dataset_inputs if there.inputs else []
        have = {tag.value for one in inputs for tag in one.tags if tag.key == CONTEXT}
        self._log_data(there.info.run_id, [one for one in record.data if one.context not in have])

    def _news(self, known: Mapping[str, float], record: Record) -> list[tuple[str, float, int, float]]:
        """Scores and series that are not known, or known with another value (of a series: its last one).

        MLflow shows the value with the latest time: one that replaces another must be younger than it.
        """
        last: dict[str, tuple[int, float]] = {name: (0, value) for name, value in record.scores.items()}
        for name, value, step in record.series:
            last[name] = max(last.get(name, (step, value)), (step, value))
        other = {name for name, (_, value) in last.items() if known.get(name) != value}
        now = time.time()
        return [
            (name, value, step, now if name in known else seconds)
            for name, value, step, seconds in self._late(record)
            if name in other
        ]

    def _late(self, record: Record) -> list[tuple[str, float, int, float]]:
        """Scores and series as points of when the run ended; MLflow draws what has step 0 alone as bars."""
        scores = [(name, value, 0) for name, value in record.scores.items()]
        return [(*point, record.ended) for point in (*scores, *record.series)]

    def _epochs(self, record: Record) -> list[tuple[str, float, int, float]]:
        """The history's points with times: the run's span shared out evenly over its epochs."""
        last = max((step for _, _, step in record.history), default=1)
        pace = (record.ended - record.started) / last
        return [(key, value, step, record.started + pace * step) for key, value, step in record.history]

    def _log(
        self,
        run_id: str,
        tags: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        points: Sequence[tuple[str, float, int, float]] = (),
    ) -> None:
        from mlflow.entities import Metric, Param, RunTag

        metrics = [Metric(key, value, int(seconds * 1000), step) for key, value, step, seconds in points]
        entries = [Param(key, value) for key, value in (params or {}).items()]
        marks = [RunTag(key, value) for key, value in (tags or {}).items()]
        for at in range(max(-(-len(metrics) // METRICS), -(-len(entries) // OTHERS), -(-len(marks) // OTHERS))):
            few = slice(at * OTHERS, (at + 1) * OTHERS)
            many = metrics[at * METRICS : (at + 1) * METRICS]
            self._client.log_batch(run_id, metrics=many, params=entries[few], tags=marks[few], synchronous=True)
        self.counts["points"] += len(points)

    def _log_data(self, run_id: str, data: Sequence[Data]) -> None:
        if data:
            self._client.log_inputs(run_id, datasets=[_input(one) for one in data])


def _input(data: Data) -> "DatasetInput":
    """A split as MLflow describes arrays, from its card alone."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    def spec(kind: str, shape: Sequence[int]) -> str:
        return json.dumps([{"type": "tensor", "tensor-spec": {"dtype": kind, "shape": [-1, *shape]}}])

    schema = {"mlflow_tensorspec": {"features": spec("float32", data.shape[1:]), "targets": spec("int64", ())}}
    profile = {"features_shape": data.shape, "targets_shape": data.shape[:1], "examples_per_class": data.counts}
    dataset = Dataset(
        name=data.name,
        digest=data.digest[:36],  # as long as MLflow's column
        source_type="local",
        source=json.dumps({"uri": data.place}),
        schema=json.dumps(schema),
        profile=json.dumps(profile),
    )
    return DatasetInput(dataset, [InputTag(CONTEXT, data.context)])
