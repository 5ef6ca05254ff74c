"""Train every variant of a topic with every seed; what was trained before is taken from the store."""

import contextlib
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

from pipeline import freshness, paths
from pipeline.cluster import hiring
from pipeline.contracts import Plan, RunRecord
from pipeline.devices.carry_out import Sharing, carry_out, kind_of
from pipeline.devices.groups import refuse_too_few
from pipeline.devices.mirrored import refuse_uneven, run
from pipeline.errors import InputError
from pipeline.mlflow_sync import live
from pipeline.pool.process import Ending
from pipeline.pool.progress import Board
from pipeline.records import read_json, write_json, write_rows
from pipeline.scoring import scored_runs
from pipeline.scoring.scored_runs import RunToScore
from pipeline.settings.params import Settings
from pipeline.settings.plan import code_digests_of, current
from pipeline.sharing.team import Training
from pipeline.spoken import tell
from pipeline.training import integrity, machine, runtime
from pipeline.training.record import lost
from pipeline.training.run import COLUMNS, RunSpec, run_specs
from pipeline.training.store import Store, project_store

WITHOUT_GPU = "AULA_WITHOUT_GPU"


def train(settings: Settings, topic: str) -> list[dict[str, Any]]:
    """Records of all runs of `topic`, in order of variant and seed, with their files under data/runs/<topic>."""
    plan, store = current(settings, topic), project_store()
    refuse_half_precision(plan)
    freshness.require_examples(settings, plan, test=False)
    specs = run_specs(plan)
    wanted = {spec.run_key: spec for spec in specs}  # variants that are the same share their runs
    team = Training(settings)
    team.take(wanted.keys())
    missing = [spec for key, spec in wanted.items() if not store.has(key)]
    failed: dict[str, RunRecord] = {}
    if missing:
        refuse_to_go_without_gpu(settings.profile)
        refuse_gpus(settings, plan)
    _warn_of_orphans(topic, set(wanted))
    board = Board(topic, missing, before=len(wanted) - len(missing), devices=runtime.devices())
    with board, live.follow(plan, specs, missing), team.giving(wanted.keys()) as give:
        trained = carry_out(
            partial(run_and_score, plan=plan, to_score=_to_score(settings, plan)),
            missing,
            sharing=Sharing.of(settings),
            kind=kind_of,
            limit_s=settings.run_minutes * 60,
            tick=board.tick,
            affinity=lambda spec: spec.variant,  # seeds of a variant are traced once per worker
            hire=hiring.hire(settings, spec=lambda spec: spec, scored=True, placed=board.placed),
        )
        for spec, answer, ending in trained:
            done = answer or _stored(store, spec) or _lost(spec, ending)
            board.done(spec, done)
            if done["status"] == "failed":
                failed[spec.run_key] = done
            else:
                give(spec.run_key)
    shutil.rmtree(paths.RUNS / topic, ignore_errors=True)
    records = [_collect(store, spec, failed.get(spec.run_key)) for spec in specs]
    _tell_unlike(topic, records)
    return records


def _tell_unlike(topic: str, records: Sequence[Mapping[str, Any]]) -> None:
    """Say how many runs were trained where numbers may be others than here, and why the first was; they count."""
    reasons: dict[tuple[machine.Machine, Any], str | None] = {}  # runs are many, machines few
    found = []
    for record in records:
        there = machine.of_record(record), record.get("device")
        if there not in reasons:
            reasons[there] = machine.unlike_here(record)
        if reason := reasons[there]:
            found.append(reason)
    if found:
        tell(f"{topic}: {len(found)} of its runs are of another machine, and are taken: {found[0]}", file=sys.stderr)


def run_and_score(spec: RunSpec, plan: Plan, to_score: Mapping[str, Sequence[RunToScore]]) -> RunRecord:
    """Train, and score at once, in a worker's process: the stage `evaluate` takes what is kept of it.

    What goes wrong with the scores is left to that stage, which meets it again and tells it. InputError: the code is
    no longer the plan's, so that what this process has imported of it may be either.
    """
    if code_digests_of(spec.settings) != plan["variants"][spec.variant]["code"]:
        raise InputError(
            "pipeline: given code that was changed while its runs were trained, allowed that of the plan: run"
            " `dvc repro`; what was trained before is kept"
        )
    record = run(spec)
    if record["status"] != "failed":
        with contextlib.suppress(Exception):
            for each in to_score[spec.run_key]:
                scored_runs.score_run(each, project_store().folder(spec.run_key))
    return record


def _to_score(settings: Settings, plan: Plan) -> dict[str, list[RunToScore]]:
    """By key of run: data sets of another name may hold the same examples, and then variants share their runs."""
    by_run: dict[str, dict[str, RunToScore]] = {}
    for each in scored_runs.runs_to_score(settings, plan):
        by_run.setdefault(each.names["run_key"], {})[each.key] = each
    return {run_key: list(of_run.values()) for run_key, of_run in by_run.items()}


def _stored(store: Store, spec: RunSpec) -> RunRecord | None:
    """The record of a run that was in the store before its process ended: it was being scored then."""
    if not store.has(spec.run_key):
        return None
    return cast(RunRecord, {**spec.names(), **read_json(store.folder(spec.run_key) / "run.json")})


def _lost(spec: RunSpec, ending: Ending | None) -> RunRecord:
    """The record of a run whose process ended before it had one."""
    assert ending is not None and ending.kind != "replaced", "a run without a record has an end"
    return lost(spec, ending.kind, ending.reason, ending.seconds)


def refuse_half_precision(plan: Plan) -> None:
    """InputError: a processor whose numbers are to be those of all others has none of 16 bits."""
    for name, variant in plan["variants"].items():
        place = f"topics.{plan['topic']}.variants.{name}.precision"
        refuse_precision(variant["settings"]["precision"], plan["numerics"], place)


def refuse_precision(precision: str, mode: str, place: str) -> None:
    """The same of one precision that stands at `place`."""
    if runtime.device() == "cpu" and mode == "portable" and precision != "float32":
        raise InputError(
            f"{place}: given {precision!r} on a processor, allowed float32, or a GPU; with"
            " `same_on_every_processor: false` a processor that has such numbers may use them"
        )


def refuse_to_go_without_gpu(profile: str) -> None:
    """InputError: the profile is of a size that takes weeks without a GPU, and TensorFlow finds none."""
    if profile == "gpu" and runtime.device() == "cpu" and os.environ.get(WITHOUT_GPU) != "1":
        raise InputError(
            "profile: given gpu where TensorFlow finds no GPU, allowed another profile: on a processor this one takes"
            f" weeks. {runtime.remedy()}; {WITHOUT_GPU}=1 in the environment begins all the same"
        )


def refuse_gpus(settings: Settings, plan: Plan) -> None:
    """InputError: too few GPUs for one run, or a variant whose batches they cannot share evenly."""
    refuse_too_few(settings.gpus_per_run)
    for name, variant in plan["variants"].items():
        place = f"topics.{plan['topic']}.variants.{name}.fit."
        several = variant["settings"].get("gpus_per_run", 1)
        refuse_uneven(place, variant["settings"]["fit"].get("batch_size", several), several)


def _warn_of_orphans(topic: str, run_keys: set[str]) -> None:
    """Name half-trained runs of the topic that no setting asks for any more: their state is never gone on from."""
    for file in sorted(paths.CHECKPOINTS.glob("*/run.json")):
        try:
            names = read_json(file)
        except ValueError:  # damaged: then nobody can tell whose it is, and it is not gone on from either
            continue
        if not isinstance(names, dict) or not {"topic", "variant", "seed"} <= names.keys():
            continue
        if names["topic"] == topic and file.parent.name not in run_keys:
            tell(
                f"{topic}: the state of {names['variant']} seed {names['seed']} is of other settings, code or data: it"
                " starts anew (`python -m pipeline runs prune` drops the old state)",
                file=sys.stderr,
            )


def _collect(store: Store, spec: RunSpec, failure: RunRecord | None) -> dict[str, Any]:
    """Write a run's files under data/runs, and give its record."""
    target = paths.run(spec.topic, spec.variant, spec.seed)
    if failure is None:
        return store.take(spec.run_key, target, spec.names())
    record = {**failure, **spec.names()}
    write_rows(target / "history.csv", COLUMNS, [])
    write_json(target / "run.json", record)
    integrity.seal(target, spec.run_key)
    return record
