"""On which nodes the processes of which tasks have died: the task's own fault, or that of the node."""

from collections import Counter
from collections.abc import Collection, Hashable
from typing import Generic, TypeVar

Task = TypeVar("Task", bound=Hashable)
MOST_PROVEN = 2  # deaths on a node of tasks that others have carried out, and nothing done there meanwhile


class Deaths(Generic[Task]):
    """A death by itself says nothing of a node; that the same task comes through on another one does."""

    def __init__(self) -> None:
        self._nodes: dict[Task, set[str]] = {}
        self._proven: Counter[str] = Counter()

    def add(self, task: Task, node: str) -> bool:
        """A process has died at a task; says whether that was the first time."""
        is_first = task not in self._nodes
        self._nodes.setdefault(task, set()).add(node)
        return is_first

    def refused(self, node: str, others: Collection[str]) -> set[Task]:
        """Tasks that have died on a node, as long as one of the others may fare better."""
        return {task for task, nodes in self._nodes.items() if node in nodes and not nodes.issuperset(others)}

    def survived(self, task: Task, node: str) -> list[str]:
        """A task has come through on a node; gives those that are sick, as far as it proves that."""
        del self._proven[node]
        died = self._nodes.pop(task, set()) - {node}
        self._proven.update(died)
        return sorted(each for each in died if self._proven[each] >= MOST_PROVEN)
