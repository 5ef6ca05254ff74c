"""Of a run that two clones have made at the same moment on one server, keep one: no server does that for us."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.mlflow_sync import limits, mlflow_internals, mlflow_run

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run


def settle(client: "MlflowClient", experiment: str) -> None:
    """Delete all but one of the ended runs of an experiment that are alike; the one kept is in the comparisons of all.

    Whoever ends a run last sees all that are alike, and everybody keeps the same one: the one that started first. What
    is still open is left for whoever ends it.
    """
    runs = mlflow_internals.search_all(client, experiment, "")
    groups = list(_alike([run for run in runs if mlflow_run.COMPARISON in run.data.tags]))
    kept = {other.info.run_id: first for first, others in groups for other in others}
    for first, others in groups:
        _join(client, first, others)
    for run in runs:
        parent = kept.get(run.data.tags.get(mlflow_run.PARENT, ""))
        if parent is not None and run.info.run_id not in kept:
            client.set_tag(run.info.run_id, mlflow_run.PARENT, parent.info.run_id)
    for run_id in kept:
        client.delete_run(run_id)


def _alike(runs: "Sequence[Run]") -> "Iterator[tuple[Run, list[Run]]]":
    """(the run to keep, the others) of each that is there more than once."""
    groups: dict[tuple[str, ...], list[Run]] = defaultdict(list)
    for run in sorted(runs, key=lambda run: (run.info.start_time, run.info.run_id)):
        if run.info.status != "RUNNING":
            groups[mlflow_run.identity(run.data.tags)].append(run)
    yield from ((group[0], group[1:]) for group in groups.values() if len(group) > 1)


def _join(client: "MlflowClient", kept: "Run", others: "Sequence[Run]") -> None:
    """Note on the run that is kept which comparisons the others were part of."""
    listed = [run.data.tags.get(mlflow_run.COMPARISONS, "") for run in (kept, *others)]
    names = [name for tag in listed for name in tag.split(",") if name]
    joined = ",".join(dict.fromkeys(names))
    if joined != listed[0] and len(joined) <= limits.TAG:
        client.set_tag(kept.info.run_id, mlflow_run.COMPARISONS, joined)
