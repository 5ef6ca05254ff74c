"""Which task a worker gets next: tasks of one affinity go to the same worker, as it has traced what they share."""

from collections import deque
from collections.abc import Callable, Hashable, Sequence, Set
from typing import Generic, TypeVar

Task = TypeVar("Task", bound=Hashable)


class AffinityQueue(Generic[Task]):
    """Tasks that wait, in groups of those for which `affinity` gives the same; groups and tasks keep their order.

    Tracing a model takes longer than many a training, and is spared to each run that follows one of its own variant on
    the same worker. So a worker stays with a group as long as that has tasks, and two workers share one only once no
    group is left that nobody is at: each of them would have to trace. Then the longest is shared, as it would be the
    last to end. Idle workers never wait for affinity.
    """

    def __init__(self, tasks: Sequence[Task], affinity: Callable[[Task], Hashable]) -> None:
        self._groups: dict[Hashable, deque[Task]] = {}
        self._group_of: dict[Hashable, Hashable] = {}  # worker -> the group that it was last given a task of
        self._affinity = affinity
        for task in tasks:
            self.add(task)

    def __len__(self) -> int:
        return sum(map(len, self._groups.values()))

    def add(self, task: Task) -> None:
        """Have a task wait, as the last of its group."""
        self._groups.setdefault(self._affinity(task), deque()).append(task)

    def next(self, worker: Hashable, refused: Set[Task] = frozenset()) -> Task | None:
        """A task of the worker's own group, else of one that nobody is at, else of the longest; None: none waits.

        Those that it has `refused` wait for others.
        """
        lengths = {group: sum(task not in refused for task in tasks) for group, tasks in self._groups.items()}
        waiting = {group: length for group, length in lengths.items() if length}
        if not waiting:
            return None
        group = self._group_of.get(worker)
        if group not in waiting:
            free = [group for group in waiting if group not in self._group_of.values()]
            group = free[0] if free else max(waiting, key=waiting.__getitem__)
        self._group_of[worker] = group
        task = next(task for task in self._groups[group] if task not in refused)
        self._groups[group].remove(task)
        return task

    def requeue(self, task: Task) -> None:
        """Have a task wait again, as the first of its group."""
        self._groups[self._affinity(task)].appendleft(task)

    def only_of(self, workers: Set[Hashable]) -> None:
        """Forget all other workers: they are gone, and nobody is at what they were at."""
        self._group_of = {worker: group for worker, group in self._group_of.items() if worker in workers}
