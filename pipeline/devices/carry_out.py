"""Carry out runs on the GPUs that are there: one each, several for one, or several on one; without any, as ever."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic

from pipeline.devices import gpu_memory
from pipeline.devices.groups import OnGroup, groups
from pipeline.pool import workers as pool
from pipeline.pool.process import Ending
from pipeline.pool.workers import Record, Task
from pipeline.records import digest
from pipeline.spoken import tell
from pipeline.training import runtime

if TYPE_CHECKING:
    from pipeline.training.run import RunSpec

Answered = Iterator[tuple[Task, Record | None, Ending | None]]


@dataclass(frozen=True)
class Sharing:
    """How runs and GPUs go together: `workers`, `gpus_per_run` and `runs_per_gpu` of params.yaml."""

    workers: int | str = "auto"
    gpus_per_run: int = 1
    runs_per_gpu: int = 1

    @classmethod
    def of(cls, settings: Any) -> "Sharing":
        """As params.yaml has it: settings.params.Settings, which are not known here."""
        return cls(settings.workers, settings.gpus_per_run, settings.runs_per_gpu)

    def count(self, tasks: int) -> int:
        """Number of workers for so many tasks: never more than GPUs have room for, where there are any."""
        room = len(runtime.gpus()) // self.gpus_per_run * self.runs_per_gpu
        wanted = pool.worker_count(self.workers, tasks, self.runs_per_gpu)
        return max(1, min(wanted, room)) if runtime.gpus() else wanted


def shares(gpus: Sequence[str], runs: int) -> tuple[int, int | None]:
    """How many runs share a GPU, and MiB for each; one, and None, where they are not asked to or nobody knows what is
    free. InputError: too little for so many.
    """
    if runs == 1 or not gpus:
        return 1, None
    free = gpu_memory.free_mb(gpus)
    if free is None:
        tell("runs_per_gpu: nvidia-smi does not tell how much memory is free: one run at a time", file=sys.stderr)
        return 1, None
    return runs, gpu_memory.share_mb(free, runs)


def kind_of(spec: "RunSpec") -> str:
    """The same for runs that take about the same memory: those of all seeds of a variant."""
    return digest(spec.profile, dict(spec.settings))


def carry_out(
    function: Callable[[Task], Record],
    tasks: Sequence[Task],
    *,
    sharing: Sharing,
    kind: Callable[[Task], str],
    **rest: Any,
) -> Answered[Task, Record]:
    """As pool.workers.carry_out does, with its other arguments.

    With GPUs, what each task takes of their memory is measured, and remembered by its `kind`: tasks of one kind take
    about the same. Where tasks share a GPU each is held to its share, so that none can take from another, and one that
    needs more is done by itself after the others.
    """
    most = pool.MOST_WORKERS if rest.get("more") else len(tasks)
    if not runtime.gpus() or rest.get("hire"):  # those who are hired look after the GPUs of their nodes
        yield from pool.carry_out(function, tasks, workers=sharing.workers, slots=sharing.runs_per_gpu, **rest)
    elif sharing.gpus_per_run > 1:
        grouped = OnGroup(function, groups(sharing.gpus_per_run))
        yield from pool.carry_out(grouped, tasks, workers=sharing.count(most), slots=0, **rest)  # it takes its own
    elif sharing.runs_per_gpu == 1:
        alone = Measured(function, kind, runtime.devices())
        yield from pool.carry_out(alone, tasks, workers=sharing.count(most), **rest)
    else:
        yield from _packed(function, tasks, sharing, kind, rest)


def _packed(
    function: Callable[[Task], Record],
    tasks: Sequence[Task],
    sharing: Sharing,
    kind: Callable[[Task], str],
    rest: Mapping[str, Any],
) -> Answered[Task, Record]:
    _, share = shares(runtime.gpus(), sharing.runs_per_gpu)
    if share is None:
        yield from carry_out(function, tasks, sharing=replace(sharing, runs_per_gpu=1), kind=kind, **rest)
        return
    yield from _Packed(Measured(function, kind, runtime.devices(), share), sharing, rest).carry_out(tasks)


class _Packed(Generic[Task, Record]):
    """Tasks that share GPUs, each held to its share, and after them, by themselves, those that need more."""

    def __init__(self, held: "Measured[Task, Record]", sharing: Sharing, rest: Mapping[str, Any]) -> None:
        self._held, self._sharing, self._rest, self._more = held, sharing, dict(rest), rest.get("more")
        self._large: list[Task] = []

    def carry_out(self, tasks: Sequence[Task]) -> Answered[Task, Record]:
        """(task, its record, its ending) of each; what follows from a large one is asked for when that is done."""
        waiting = self._fitting(tasks)
        while waiting or self._more:
            yield from self._together(waiting)
            if not self._large:
                return
            waiting = []
            yield from self._alone()
        if self._large:
            yield from self._alone()

    def _together(self, tasks: Sequence[Task]) -> Answered[Task, Record]:
        more = self._more
        rest = self._rest | ({"more": lambda idle: self._fitting(more(idle))} if more else {})
        count = self._sharing.count(pool.MOST_WORKERS if more else len(tasks))
        slots = self._sharing.runs_per_gpu
        for task, record, ending in pool.carry_out(self._held, tasks, workers=count, slots=slots, **rest):
            if lacked_memory(record, ending):
                gpu_memory.remember(self._held.kind(task), self._held.device, self._share + 1)
                self._large.append(task)
            else:
                yield task, record, ending

    def _alone(self) -> Answered[Task, Record]:
        tasks, self._large = self._large, []
        sharing, rest = replace(self._sharing, runs_per_gpu=1), self._rest | {"more": None}
        alone = replace(self._held, share=None)
        yield from pool.carry_out(alone, tasks, workers=sharing.count(len(tasks)), **rest)

    def _fitting(self, tasks: Sequence[Task]) -> list[Task]:
        """Those that are not known to need more than a share; the others wait until they can be done alone."""
        found = [task for task in tasks if self._needed(task) <= self._share]
        self._large += [task for task in tasks if task not in found]
        return found

    def _needed(self, task: Task) -> float:
        return gpu_memory.MARGIN * (gpu_memory.remembered(self._held.kind(task), self._held.device) or 0)

    @property
    def _share(self) -> int:
        assert self._held.share is not None, "tasks share what is measured"
        return self._held.share


def lacked_memory(record: Any, ending: Ending | None) -> bool:
    """Whether a task came to nothing for want of memory, of the GPU's or of the machine's."""
    told = record.get("ended") if isinstance(record, Mapping) else None
    return told == "memory" or (ending is not None and ending.kind == "memory")


# What follows runs in a worker

_is_held: list[int] = []  # the share that this process is held to, once it is


def hold_once(share: int | None) -> None:
    """Hold this process to MiB of its GPU, if it is to have but a share of it, before TensorFlow has used it."""
    if share and not _is_held:
        gpu_memory.hold_to(share)
        _is_held.append(share)


@dataclass(frozen=True)
class Measured(Generic[Task, Record]):
    """Do tasks and remember what each took of the GPU's memory; in `share` MiB, if that is given."""

    function: Callable[[Task], Record]
    kind: Callable[[Task], str]
    device: str
    share: int | None = None

    def __call__(self, task: Task) -> Record:
        hold_once(self.share)
        gpu_memory.forget_peak()
        record = self.function(task)
        gpu_memory.remember(self.kind(task), self.device, gpu_memory.peak_mb())
        return record
