"""A run's history, scores and data in the form that MLflow's calls take, with times."""

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.mlflow_sync.mlflow_run import MlflowRun, SplitInput

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

CONTEXT = "mlflow.data.context"  # tag of a run's input
SOURCE_DIGEST_LENGTH = 36  # MLflow's column for the digest of a data set

TimedPoint = tuple[str, float, int, float]  # name, value, step, seconds since 1970


def timed_history(target: MlflowRun) -> list[TimedPoint]:
    """The history's points with times: the run's span shared out evenly over its epochs."""
    last = max((step for _, _, step in target.history), default=1)
    pace = (target.ended - target.started) / last
    return [(name, value, step, target.started + pace * step) for name, value, step in target.history]


def timed_scores(target: MlflowRun) -> list[TimedPoint]:
    """Scores and series as points of when the run ended; MLflow draws what has step 0 alone as bars."""
    scores = [(name, value, 0) for name, value in target.scores.items()]
    return [(*point, target.ended) for point in (*scores, *target.series)]


def changed_scores(logged: Mapping[str, float], target: MlflowRun) -> list[TimedPoint]:
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
        for name, value, step, seconds in timed_scores(target)
        if name in changed
    ]


def dataset(split: SplitInput) -> "DatasetInput":
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
