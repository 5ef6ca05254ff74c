"""One experiment of MLflow, written by what it lacks: every run, point and picture once, whatever was cut short."""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.mlflow_sync import (
    lease,
    limits,
    mlflow_internals,
    mlflow_run,
    ownership,
    relocation,
    tracking_store,
    twins,
)
from pipeline.mlflow_sync.experiment_place import ExperimentPlace
from pipeline.mlflow_sync.gather import Point
from pipeline.mlflow_sync.mlflow_run import MlflowRun, SplitInput
from pipeline.mlflow_sync.timed_points import CONTEXT, TimedPoint, changed_scores, dataset, timed_history, timed_scores
from pipeline.mlflow_sync.tracking_store import reachable

if TYPE_CHECKING:
    from mlflow.entities import Run
    from PIL.Image import Image

METRICS_PER_CALL, OTHERS_PER_CALL = 800, 100  # MLflow takes 100 parameters, 100 tags, and 1,000 of everything
SHOWN_UNDER = (mlflow_run.COMPARISON, mlflow_run.COMPARISONS, mlflow_run.PARENT)


class Experiment:
    """One experiment of MLflow with the runs of one comparison, found by one search; `counts` says what was written.

    A run that other comparisons have written already joins this one: it is there once. A run stays RUNNING in MLflow
    until the last of it is written, so that one cut short is known and made again. Every method raises Unreachable.
    """

    @reachable()
    def __init__(self, topic: str, description: str, comparison: str) -> None:
        from mlflow import MlflowClient

        self.counts: Counter[str] = Counter()
        self.client = MlflowClient(tracking_uri=tracking_store.uri(), registry_uri=tracking_store.uri())
        self.comparison = comparison
        self._place = ExperimentPlace(self.client, topic, description)
        self.counts["experiments"] += self._place.is_new
        self._runs = self._by_identity(f"tags.{mlflow_run.COMPARISONS} LIKE '%{comparison}%'")
        self._all_runs: dict[tuple[str, ...], Run] | None = None
        self._open: set[str] = set()
        self._has_said = False
        self.has_left_some = False  # runs of another clone, with other numbers than ours

    @reachable()
    def write_parent(self, target: MlflowRun, owner: str) -> str:
        """Identifier of a comparison's own run, made or brought up to date; `owner` keeps it open until `close`."""
        run = self._run(target)
        if run is None:
            self.counts["comparisons"] += 1
            return self._start(target, owner)
        claims = {tag for tag in target.tags if tag.startswith("claim.")}
        stale = {tag for tag in run.data.tags if tag.startswith("claim.")} - claims
        for tag in stale if claims and self._is_mine(run) else ():
            self.client.delete_tag(run.info.run_id, tag)
        self._update(run, target)
        if run.info.status != target.status:
            self._reopen(run, owner)
        return str(run.info.run_id)

    @reachable()
    def write(self, target: MlflowRun) -> None:
        """Make a run, or bring it up to date; one followed while it trained is finished under its own identifier.

        One cut short while it was written, or of another history, is deleted and made again, unless another clone has
        finished it: on another processor a run has other last digits, and both are right.
        """
        run = self._run(target)
        if run is not None:
            mark = run.data.tags.get(mlflow_run.HISTORY)
            if run.info.status == target.status and mark == target.tags[mlflow_run.HISTORY]:
                return self._update(run, target)
            if lease.OWNER in run.data.tags and mark in (None, target.tags[mlflow_run.HISTORY]):
                return self._finish(run, target)
            if mark and run.info.status == "FINISHED" and not self._is_mine(run):
                return self._leave(run, target)
            target = _in_place_of(run, target)
            self.client.delete_run(run.info.run_id)
        run_id = self._start(target, points=timed_history(target) + timed_scores(target))
        self._log_inputs(run_id, target.inputs)
        self._end(run_id, target)
        self.counts["runs"] += 1

    @reachable()
    def follow(self, target: MlflowRun, history: Sequence[Point]) -> None:
        """Add epochs to a run that is in progress: opened at the first, left open for `write` to finish."""
        run, owner = self._run(target), target.tags[lease.OWNER]
        if run is None:
            self._start(target, owner)
        elif run.info.run_id not in self._open:  # it was cut short: it goes on as the same run
            self._log(run.info.run_id, tags=self._changed_tags(run, target))
            self._reopen(run, owner)
        run_id = self.run_id(target)
        logged = self._logged_steps(run_id, history)
        points = [(name, value, step, time.time()) for name, value, step in history if (name, step) not in logged]
        self._log(run_id, points=points)

    @reachable()
    def renew(self) -> None:
        """Say that the runs which this process keeps open are still kept."""
        for run_id in self._open:
            self.client.set_tag(run_id, lease.HEARTBEAT, f"{time.time():.0f}")

    @reachable()
    def close_left(self, others_only: bool = False) -> None:
        """End as KILLED the runs that nobody keeps open any more; with `others_only` those of other comparisons alone.

        What is no run of Aula's, and what a living process keeps open here or elsewhere, stays as it is.
        """
        for run in self._search("attributes.status = 'RUNNING'"):
            tags, started = run.data.tags, run.info.start_time / 1000
            known = others_only and mlflow_run.identity(tags) in self._runs
            if mlflow_run.COMPARISON not in tags or known or run.info.run_id in self._open:
                continue
            if lease.is_over(tags, started, tags.get(ownership.CLONE) == ownership.clone()):
                self.client.set_terminated(run.info.run_id, "KILLED")

    @reachable()
    def settle_twins(self) -> None:
        """On a server, where clones share their runs: keep one of those that another has made at the same moment.

        Also where nothing is new by now: it may have been made live, while the topic was trained.
        """
        if tracking_store.remote():
            twins.settle(self.client, self._place.id)

    @reachable()
    def log_folder(self, target: MlflowRun, folder: Path, place: str) -> None:
        """Put the files of `folder` under the artifact path `place` of a written run."""
        self.client.log_artifacts(self.run_id(target), str(folder), place)

    @reachable()
    def log_file(self, target: MlflowRun, file: Path, place: str) -> None:
        """Put one file under the artifact path `place` of a written run."""
        self.client.log_artifact(self.run_id(target), str(file), place)

    @reachable()
    def log_image(self, target: MlflowRun, image: "Image", file: str) -> None:
        """Put one picture at the artifact path `file` of a written run."""
        self.client.log_image(self.run_id(target), image, file)

    @reachable()
    def log_steps(self, target: MlflowRun, key: str, pictures: "Mapping[int, Image]") -> None:
        """Put {step: picture} where the charts of a written run have a slider for the step; each is logged once."""
        run_id, ended = self.run_id(target), int(target.ended * 1000)
        for step in sorted(pictures.keys() - self.image_steps(target, key)):
            self.client.log_image(run_id, pictures[step], key=key, step=step, timestamp=ended, synchronous=True)

    @reachable()
    def image_steps(self, target: MlflowRun, key: str) -> set[int]:
        """Steps that a written run has a picture of."""
        files = [file.path for file in self.client.list_artifacts(self.run_id(target), "images")]
        return mlflow_internals.image_steps(files, key)

    @reachable()
    def lacks(self, target: MlflowRun, place: str, files: Iterable[str]) -> bool:
        """Whether one of `files` is not, or is empty, under the artifact path `place` of a written run."""
        there = self.client.list_artifacts(self.run_id(target), place or None)
        return not set(files) <= {Path(file.path).name for file in there if file.file_size}

    def can_store(self, target: MlflowRun) -> bool:
        """Whether artifacts of a written run have a place that is ours or a server's; if not, it is said once."""
        run = self._runs[mlflow_run.identity(target.tags)]
        if not relocation.is_elsewhere(run.info.artifact_uri):
            return True
        if not self._has_said:
            print(
                f"MLflow: {self._place.name}: the server keeps artifacts in {relocation.home(run.info.artifact_uri)}, a"
                " folder outside of this project: no pictures and models are written there (start it with"
                " --artifacts-destination)",
                file=sys.stderr,
            )
        self._has_said = True
        return False

    @reachable()
    def set_tag(self, target: MlflowRun, name: str, value: str) -> None:
        """Give a written run a tag."""
        self.client.set_tag(self.run_id(target), name, value)

    @reachable()
    def close(self, target: MlflowRun) -> None:
        """End a parent: all that belongs to it is written."""
        run = self._runs[mlflow_run.identity(target.tags)]
        if run.info.status != target.status:
            self._end(run.info.run_id, target)
        self._release(run)

    def tag(self, target: MlflowRun, name: str) -> str | None:
        """Value of a written run's tag when this experiment was opened."""
        value: str | None = self._runs[mlflow_run.identity(target.tags)].data.tags.get(name)
        return value

    def run_id(self, target: MlflowRun) -> str:
        """Identifier of a written run."""
        return str(self._runs[mlflow_run.identity(target.tags)].info.run_id)

    def artifacts(self, target: MlflowRun) -> str:
        """Address of a written run's artifacts."""
        return str(self._runs[mlflow_run.identity(target.tags)].info.artifact_uri)

    def _search(self, condition: str) -> "list[Run]":
        return mlflow_internals.search_all(self.client, self._place.id, condition)

    def _by_identity(self, condition: str) -> "dict[tuple[str, ...], Run]":
        """The runs of ours that fulfil a condition; of two alike (made before runs were shared) the older one."""
        found = [run for run in self._search(condition) if mlflow_run.COMPARISON in run.data.tags]
        ours = [run for run in found if self._place.owns(run)]
        return {mlflow_run.identity(run.data.tags): run for run in sorted(ours, key=_youngest_first)}

    def _run(self, target: MlflowRun) -> "Run | None":
        """The run as it is in MLflow, be it from another comparison."""
        key = mlflow_run.identity(target.tags)
        if key not in self._runs:
            if self._all_runs is None:
                self._all_runs = self._by_identity("")
            if key in self._all_runs:
                self._runs[key] = self._all_runs[key]
        return self._runs.get(key)

    def _start(self, target: MlflowRun, owner: str | None = None, points: Sequence[TimedPoint] = ()) -> str:
        tags = limits.tags({**target.tags, **ownership.signature(), **(lease.tags(owner) if owner else {})})
        run = self._place.create(int(target.started * 1000), tags, target.name)
        run_id = str(run.info.run_id)
        self._runs[mlflow_run.identity(target.tags)] = run
        if owner:
            self._open.add(run_id)
        self._log(run_id, params=limits.parameters(target.params), points=points)
        self._log_whole(target)
        return run_id

    def _log_whole(self, target: MlflowRun) -> None:
        """Put parameters of which MLflow has room for a part only where they can be read whole."""
        whole = limits.cut_short(target.params)
        if whole and self.can_store(target) and self.lacks(target, "", [limits.WHOLE]):
            self.client.log_dict(self.run_id(target), whole, limits.WHOLE)

    def _end(self, run_id: str, target: MlflowRun) -> None:
        self.client.set_terminated(run_id, target.status, int(target.ended * 1000))

    def _reopen(self, run: "Run", owner: str) -> None:
        """Keep a run open that was cut short."""
        self.client.update_run(run.info.run_id, status="RUNNING")
        self._log(run.info.run_id, tags=lease.tags(owner))
        self._open.add(run.info.run_id)

    def _release(self, run: "Run") -> None:
        """Take back the tags of a run that was kept open."""
        run_id = run.info.run_id
        for tag in (lease.OWNER, lease.HEARTBEAT):
            if tag in run.data.tags or run_id in self._open:
                self.client.delete_tag(run_id, tag)
        self._open.discard(run_id)

    def _finish(self, run: "Run", target: MlflowRun) -> None:
        """Write what a followed run lacks, and end it."""
        run_id = str(run.info.run_id)
        logged = self._logged_steps(run_id, target.history)
        self._log(run_id, points=[point for point in timed_history(target) if (point[0], point[2]) not in logged])
        self._update(run, target)
        self._release(run)
        self._end(run_id, target)
        self.counts["runs"] += 1

    def _leave(self, run: "Run", target: MlflowRun) -> None:
        """Have a finished run of another clone, with other numbers than ours, join the comparison as it is."""
        if tags := {k: v for k, v in self._changed_tags(run, target).items() if k == mlflow_run.COMPARISONS}:
            self._log(run.info.run_id, tags=tags)
        if not self.has_left_some:
            print(
                f"MLflow: {self._place.name}: {target.name} is there from another clone with other numbers than here:"
                " another processor has other last digits. It is left as it is, as are all that are like it",
                file=sys.stderr,
            )
        self.has_left_some = True

    def _logged_steps(self, run_id: str, history: Sequence[Point]) -> set[tuple[str, int]]:
        """(name, step) of the points that a run has in MLflow, of the names in `history`."""
        names = {name for name, _, _ in history}
        return {(name, point.step) for name in names for point in self.client.get_metric_history(run_id, name)}

    def _is_mine(self, run: "Run") -> bool:
        """Whether this clone made a run; one that another made is added to, never changed."""
        return run.data.tags.get(ownership.CLONE) in (None, ownership.clone(), *ownership.inherited())

    def _changed_tags(self, run: "Run", target: MlflowRun) -> dict[str, str]:
        """Tags that a run lacks or has other; where it is shown changes when it joins a comparison, and only then."""
        there, wanted = run.data.tags, dict(target.tags)
        joined = there.get(mlflow_run.COMPARISONS, "").split(",")
        if target.tags[mlflow_run.COMPARISON] in joined:
            elsewhere = there.get(mlflow_run.COMPARISON) != target.tags[mlflow_run.COMPARISON]
            for tag in SHOWN_UNDER if elsewhere else (mlflow_run.COMPARISONS,):
                wanted.pop(tag, None)
        else:
            wanted[mlflow_run.COMPARISONS] = _joined(joined, target.tags[mlflow_run.COMPARISON])
        changed = {name: value for name, value in limits.tags(wanted).items() if there.get(name) != value}
        shared = {mlflow_run.COMPARISONS, *(changed.keys() - there.keys())}
        return changed if self._is_mine(run) else {name: changed[name] for name in shared & changed.keys()}

    def _update(self, run: "Run", target: MlflowRun) -> None:
        """Write what is new or other; parameters, which MLflow never changes, only if they are missing."""
        wanted = limits.parameters(target.params)
        params = {name: value for name, value in wanted.items() if name not in run.data.params}
        points = changed_scores(run.data.metrics, target)
        if not self._is_mine(run):
            points = [point for point in points if point[0] not in run.data.metrics]
        tags = self._changed_tags(run, target)
        if tags or params or points:
            self._log(run.info.run_id, tags=tags, params=params, points=points)
        inputs = run.inputs.dataset_inputs if run.inputs else []
        contexts = {tag.value for each in inputs for tag in each.tags if tag.key == CONTEXT}
        self._log_inputs(run.info.run_id, [split for split in target.inputs if split.context not in contexts])
        self._log_whole(target)

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
            self.client.log_batch(run_id, metrics[many], entries[few], labels[few], synchronous=True)
        self.counts["points"] += len(points)

    def _log_inputs(self, run_id: str, splits: Sequence[SplitInput]) -> None:
        if splits:
            self.client.log_inputs(run_id, datasets=[dataset(split) for split in splits])


def _in_place_of(run: "Run", target: MlflowRun) -> MlflowRun:
    """The same run in all comparisons that the one which it replaces was part of."""
    key = target.tags[mlflow_run.COMPARISON]
    others = [name for name in run.data.tags.get(mlflow_run.COMPARISONS, "").split(",") if name != key]
    return replace(target, tags={**target.tags, mlflow_run.COMPARISONS: _joined(others, key)})


def _youngest_first(run: "Run") -> float:
    return -float(run.info.start_time)


def _joined(comparisons: Sequence[str], comparison: str) -> str:
    """Names of comparisons in one tag; the oldest go where there is no room."""
    kept = [name for name in comparisons if name][-(limits.TAG // (len(comparison) + 1) - 1) :]
    return ",".join([*kept, comparison])
