"""Which task a worker gets next: those alike go to the same one, as it has traced what they share."""

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

Task = TypeVar("Task", bound=Hashable)


class Rota(Generic[Task]):
    """Tasks that wait, in groups of those for which `alike` gives the same; groups and tasks keep their order."""

    def __init__(self, tasks: Sequence[Task], alike: Callable[[Task], Hashable]) -> None:
        self._groups: dict[Hashable, deque[Task]] = {}
        self._place: dict[Hashable, Hashable] = {}  # the group that a worker is at
        for task in tasks:
            self._groups.setdefault(alike(task), deque()).append(task)
        self._alike = alike

    def give(self, worker: Hashable) -> Task | None:
        """A task of the worker's own group, else of one that nobody is at, else of the longest; None: none waits."""
        left = {group: len(tasks) for group, tasks in self._groups.items() if tasks}
        if not left:
            return None
        group = self._place.get(worker)
        if group not in left:
            free = [group for group in left if group not in self._place.values()]
            group = free[0] if free else max(left, key=left.__getitem__)
        self._place[worker] = group
        return self._groups[group].popleft()

    def take_back(self, task: Task) -> None:
        """Have a task wait again, as the first of its group."""
        self._groups[self._alike(task)].appendleft(task)
