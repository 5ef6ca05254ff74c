"""GPUs in groups, for runs that have several each: one worker a group, which nobody else has meanwhile."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pipeline import paths
from pipeline.errors import InputError
from pipeline.training import runtime

Task = TypeVar("Task")
Record = TypeVar("Record")
LOOK_S = 0.5
Group = tuple[tuple[int, str], ...]  # of GPUs: which of those that can be seen, and its name
_held: list[Any] = []  # locks of this process: they end with it, however sudden that is


def groups(gpus_per_run: int) -> list[Group]:
    """All GPUs that runs will use, so many at a time; those left over have none."""
    cards = list(enumerate(runtime.gpus()))
    return [tuple(cards[first : first + gpus_per_run]) for first in range(0, len(cards), gpus_per_run)][
        : len(cards) // gpus_per_run
    ]


def refuse_too_few(gpus_per_run: int) -> None:
    """InputError: TensorFlow finds fewer GPUs than one run is to have."""
    found = len(runtime.gpus())
    if gpus_per_run > max(1, found):
        raise InputError(
            f"gpus_per_run: given {gpus_per_run} where TensorFlow finds {found} GPUs, allowed {max(1, found)} at most"
        )


@dataclass(frozen=True)
class OnGroup(Generic[Task, Record]):
    """Do tasks on a group of GPUs, the first that is free when the first of them comes."""

    function: Callable[[Task], Record]
    groups: Sequence[Group]
    see: Callable[[Sequence[int]], None] = field(default_factory=lambda: see_only)

    def __call__(self, task: Task) -> Record:
        if not _held:
            self.see([number for number, _ in take(self.groups)])
        return self.function(task)


def take(groups: Sequence[Group]) -> Group:
    """Hold a group for as long as this process lives; waits until one is free."""
    from filelock import FileLock, Timeout

    paths.LOCKS.mkdir(parents=True, exist_ok=True)
    while True:
        for group in groups:
            locks = [FileLock(paths.gpu_lock(name), timeout=0) for _, name in group]
            try:
                for lock in locks:
                    lock.acquire()
            except Timeout:
                for lock in locks:
                    lock.release()
                continue
            _held.extend(locks)
            return group
        time.sleep(LOOK_S)


def see_only(numbers: Sequence[int]) -> None:
    """Have TensorFlow use these of the GPUs that this process can see, before it has used any."""
    import tensorflow as tf

    cards = tf.config.list_physical_devices("GPU")
    tf.config.set_visible_devices([cards[number] for number in numbers], "GPU")
