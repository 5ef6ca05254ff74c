"""Train every variant of a topic with every seed; what was trained before is taken from the store."""

import shutil
import sys
from typing import Any

from pipeline import paths
from pipeline.mlflow_sync import live
from pipeline.pool import workers
from pipeline.pool.progress import Board
from pipeline.records import read_json, write_json, write_rows
from pipeline.settings.params import Settings
from pipeline.settings.plan import current
from pipeline.training import store
from pipeline.training.run import COLUMNS, Job, jobs, run


def train(settings: Settings, topic: str) -> list[dict[str, Any]]:
    """Records of all runs of `topic`, in order of variant and seed, with their files under data/runs/<topic>."""
    plan = current(settings, topic)
    every = jobs(plan)
    missing = list({job.run_key: job for job in every if not store.has(job.run_key)}.values())
    failed, limit = {}, settings.run_minutes * 60
    _say_what_is_unused(topic, {job.run_key for job in every})
    with Board(topic, missing, before=len(every) - len(missing)) as board, live.follow(plan, every, missing):
        given = run, missing, settings.workers, limit, board.tick, settings.runs_per_gpu
        done = workers.carry_out(*given, alike=lambda job: job.variant)
        for job, record, reason in done:
            record = record or {"status": "failed", "reason": reason}
            board.done(job, record)
            if record["status"] == "failed":
                failed[job.run_key] = record
    shutil.rmtree(paths.RUNS / topic, ignore_errors=True)
    return [_collect(job, failed.get(job.run_key)) for job in every]


def _say_what_is_unused(topic: str, keys: set[str]) -> None:
    """Name half-trained runs of the topic that no setting asks for any more: their state is never gone on from."""
    for file in sorted(paths.CHECKPOINTS.glob("*/run.json")):
        told = read_json(file)
        if told["topic"] == topic and file.parent.name not in keys:
            name = f"{told['variant']} seed {told['seed']}"
            print(
                f"{topic}: the state of {name} is of other settings, code or data: it starts anew"
                " (`python -m pipeline runs prune` drops the old state)",
                file=sys.stderr,
            )


def _collect(job: Job, failure: dict[str, Any] | None) -> dict[str, Any]:
    target = paths.run(job.topic, job.variant, job.seed)
    if failure is None:
        return store.take(job.run_key, target, job.names())
    record = {**failure, **job.names()}
    write_rows(target / "history.csv", COLUMNS, [])
    write_json(target / "run.json", record)
    return record
