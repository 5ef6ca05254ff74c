"""What carries out tasks: processes of this machine, or those of others; the pool gives it one after the other."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Set
from typing import Protocol, TypeVar

from pipeline.pool.process import Answer

Task = TypeVar("Task", bound=Hashable)
Record = TypeVar("Record")


class Executor(Protocol[Task, Record]):
    """Places that each carry out one task at a time. A place may come up late, and may be gone without an answer."""

    @property
    def tasks(self) -> Mapping[Hashable, Task]:
        """{place: the task that is carried out there}."""

    def free(self) -> list[Hashable]:
        """Places that a task can be given to now."""

    def is_free(self, place: Hashable) -> bool:
        """Whether a task can be given to that place now; False as well where there is none any more."""

    def refused(self, place: Hashable) -> Set[Task]:
        """Tasks that should not be given to that place now, as another is better for them; mostly none."""

    def give(self, place: Hashable, task: Task) -> None:
        """Have `task` carried out at a place that is free."""

    def wait(self) -> None:
        """Until there may be an answer, or for about half a second."""

    def answers(self) -> Iterator[tuple[Hashable, Task, Answer[Record]]]:
        """(place, task, what came of it) of each task that is over; an exception of a task is raised here."""

    def keep(self, task: Task, answer: Answer[Record]) -> None:
        """Bring what a task has written to where it would be, had this machine done it; before its answer is told."""

    def stop(self) -> None:
        """End all work, whatever it is at."""


# Given what a worker does with a task, and the seconds that it may take: who has it done.
Hire = Callable[[Callable[[Task], Record], float | None], Executor[Task, Record]]
