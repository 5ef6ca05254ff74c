"""On which nodes which tasks have come to a bad end: the task's own fault, or that of the node."""

from collections import Counter
from collections.abc import Collection, Hashable
from typing import Generic, TypeVar

Task = TypeVar("Task", bound=Hashable)
MOST_PROVEN = 2  # bad ends on a node of tasks that others have carried out, and nothing done there meanwhile


class Deaths(Generic[Task]):
    """A process that died, or a file that could not be read, by itself says nothing of a node.

    That the same task comes through on another node does; and that the node has carried out others since speaks for it.
    """

    def __init__(self) -> None:
        self._nodes: dict[Task, dict[str, bool]] = {}  # where it ended badly: whether others came through there since
        self._proven: Counter[str] = Counter()

    def add(self, task: Task, node: str) -> bool:
        """A task has ended badly on a node; says whether that was the first time."""
        is_first = task not in self._nodes
        self._nodes.setdefault(task, {})[node] = False
        return is_first

    def refused(self, node: str, others: Collection[str]) -> set[Task]:
        """Tasks that have ended badly on a node, as long as one of the others may fare better."""
        return {task for task, nodes in self._nodes.items() if node in nodes and not self.is_everywhere(task, others)}

    def is_everywhere(self, task: Task, nodes: Collection[str]) -> bool:
        """Whether a task has ended badly on each of these nodes."""
        return self._nodes[task].keys() >= {*nodes}

    def is_own(self, task: Task) -> bool:
        """Whether a task has ended badly on a node that can work, as it has carried out another since."""
        return any(self._nodes[task].values())

    def forget(self, task: Task) -> None:
        """A task is over, and proves nothing of any node."""
        self._nodes.pop(task, None)

    def survived(self, task: Task, node: str) -> list[str]:
        """A task has come through on a node; gives those that are sick, as far as it proves that."""
        del self._proven[node]
        died = self._nodes.pop(task, {}).keys() - {node}
        for nodes in self._nodes.values():
            nodes.update({node: True} if node in nodes else {})
        self._proven.update(died)
        return sorted(each for each in died if self._proven[each] >= MOST_PROVEN)
