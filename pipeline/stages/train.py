"""Train every variant of a topic with every seed; what was trained before is taken from the store."""

import shutil
import sys
from collections.abc import Mapping
from typing import Any

from pipeline import freshness, paths
from pipeline.mlflow_sync import live
from pipeline.pool import workers
from pipeline.pool.progress import Board
from pipeline.records import read_json, write_json, write_rows
from pipeline.settings.params import Settings
from pipeline.settings.plan import current
from pipeline.training.run import COLUMNS, RunSpec, run, run_specs
from pipeline.training.store import Store, project_store


def train(settings: Settings, topic: str) -> list[dict[str, Any]]:
    """Records of all runs of `topic`, in order of variant and seed, with their files under data/runs/<topic>."""
    plan, store = current(settings, topic), project_store()
    freshness.require_examples(settings, plan, test=False)
    specs = run_specs(plan)
    missing = list({spec.run_key: spec for spec in specs if not store.has(spec.run_key)}.values())
    failed: dict[str, Mapping[str, Any]] = {}
    _warn_of_orphans(topic, {spec.run_key for spec in specs})
    with Board(topic, missing, before=len(specs) - len(missing)) as board, live.follow(plan, specs, missing):
        trained = workers.carry_out(
            run,
            missing,
            workers=settings.workers,
            limit_s=settings.run_minutes * 60,
            tick=board.tick,
            slots=settings.runs_per_gpu,
            affinity=lambda spec: spec.variant,  # seeds of a variant are traced once per worker
        )
        for spec, answer, reason in trained:
            record: Mapping[str, Any] = answer or {"status": "failed", "reason": reason}
            board.done(spec, record)
            if record["status"] == "failed":
                failed[spec.run_key] = record
    shutil.rmtree(paths.RUNS / topic, ignore_errors=True)
    return [_collect(store, spec, failed.get(spec.run_key)) for spec in specs]


def _warn_of_orphans(topic: str, run_keys: set[str]) -> None:
    """Name half-trained runs of the topic that no setting asks for any more: their state is never gone on from."""
    for file in sorted(paths.CHECKPOINTS.glob("*/run.json")):
        names = read_json(file)
        if names["topic"] == topic and file.parent.name not in run_keys:
            print(
                f"{topic}: the state of {names['variant']} seed {names['seed']} is of other settings, code or data: it"
                " starts anew (`python -m pipeline runs prune` drops the old state)",
                file=sys.stderr,
            )


def _collect(store: Store, spec: RunSpec, failure: Mapping[str, Any] | None) -> dict[str, Any]:
    """Write a run's files under data/runs, and give its record."""
    target = paths.run(spec.topic, spec.variant, spec.seed)
    if failure is None:
        return store.take(spec.run_key, target, spec.names())
    record = {**failure, **spec.names()}
    write_rows(target / "history.csv", COLUMNS, [])
    write_json(target / "run.json", record)
    return record
