"""Whether runs go to a cluster, and to which: what params.yaml says, or `--cluster` of the command line."""

import importlib.util
import os
import pickle
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from pipeline.cluster.fleet import Fleet
from pipeline.cluster.node import Job
from pipeline.cluster.relay import Relay
from pipeline.errors import InputError
from pipeline.pool.executor import Executor, Hire
from pipeline.settings.params import Settings
from pipeline.training import runtime
from pipeline.training.run import RunSpec

Task = TypeVar("Task", bound=Hashable)
ADDRESS = "AULA_CLUSTER"  # in the environment: --cluster, also of a command that DVC starts


def address(settings: Settings) -> str | None:
    """Where the head is that runs go to; None: they stay on this machine. InputError: no address."""
    given = os.environ.get(ADDRESS)
    if given is None:
        return settings.cluster.address if settings.executor == "ray" else None
    host, _, port = given.rpartition(":")
    if not host or not port.isdigit():
        raise InputError(f"--cluster: given {given!r}, allowed a host and a port, such as 127.0.0.1:6379")
    return given


def hire(
    settings: Settings,
    *,
    spec: Callable[[Task], RunSpec],
    scored: bool,
    placed: Callable[[Task, str], None] = lambda task, node: None,
) -> Hire[Task, Any] | None:
    """Who has runs carried out elsewhere, for workers.carry_out; None: nobody. InputError: Ray is not installed.

    `spec` says which run a task is about, `scored` whether it is scored where it is trained, and `placed` is told of
    each task to which node it goes.
    """
    head = address(settings)
    if head is None:
        return None
    if settings.gpus_per_run > 1:
        raise InputError(
            f"gpus_per_run: given {settings.gpus_per_run} for nodes of a cluster, allowed 1, or no cluster"
        )
    if importlib.util.find_spec("ray") is None:
        raise InputError("executor: given ray, which is not installed, allowed local, or `make ray` first")

    def fleet(function: Callable[[Task], Any], limit_s: float | None) -> Executor[Task, Any]:
        job = _job(settings, pickle.dumps(function), limit_s)
        return Fleet(Relay(head), job, spec=spec, scored=scored, placed=placed)

    return fleet


def _job(settings: Settings, function: bytes, limit_s: float | None) -> Job:
    share = settings.cluster.gpus_per_run
    return Job(
        function=function,
        numerics=settings.numerics,
        workers=settings.cluster.workers,
        slots=int(1 / share) if share else settings.runs_per_gpu,
        on_gpu=runtime.device() == "gpu",
        limit_s=limit_s,
        checkpoints=settings.cluster.checkpoints,
    )
