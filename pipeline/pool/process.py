"""One worker process as its parent sees it: given one task after the other, it answers, or it is said how it ended."""

import contextlib
import multiprocessing
import pickle
import signal
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Generic, Literal, TypeVar

from pipeline.pool.clock import WorkClock
from pipeline.training import memory

Task = TypeVar("Task")
Record = TypeVar("Record")
EXIT_TOO_MUCH_MEMORY, EXIT_WORN_OUT = 71, 72  # of a worker that stopped itself: in a task, and before one
START_LIMIT_S = 300.0  # for a worker to import TensorFlow: some 20 s on a cold disk
STOP_S = 3.0  # from SIGTERM to SIGKILL; a process that is stopped or hangs in a library hears the second only

# A pool of a library (Pebble, concurrent.futures) would save this file, but times tasks by the wall's clock, gives up
# when a worker dies before its first task, and waits for ever for one that ends with exit code 0.


@dataclass(frozen=True)
class Ending:
    """How a worker ended in the middle of a task, in a word and in words, after how many seconds of work.

    `before`: others ended at the task that the pool knows of as replaced. `is_last`: another try would find it done.
    """

    kind: Literal["timeout", "memory", "killed", "replaced"]
    reason: str
    seconds: float
    before: int = 0
    is_last: bool = False

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True)
class Answer(Generic[Record]):
    """What came of a task: a record, or the end of its worker."""

    record: Record | None = None
    ending: Ending | None = None


class WorkerProcess(Generic[Task, Record]):
    """A process that carries out `function`, after `start(*arguments)`, on tasks that it is given one by one."""

    def __init__(
        self,
        function: Callable[[Task], Record],
        *,
        start: Callable[..., None],
        arguments: Sequence[Any],
        clock: WorkClock,
    ) -> None:
        spawn = multiprocessing.get_context("spawn")  # a fork would share TensorFlow's threads and locks in any state
        self._clock, self._since, self._ready = clock, clock.seconds, False
        self._kills_before = memory.kernel_kills()
        self._connection, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_work, args=[theirs, function, start, arguments], daemon=True)
        self._process.start()
        theirs.close()
        self.given = 0  # tasks, so far

    def signs(self) -> list[Any]:
        """What becomes readable once there is an answer: for multiprocessing.connection.wait."""
        return [self._connection, self._process.sentinel]

    def give(self, task: Task) -> None:
        """Have it carry out `task`, as soon as it is ready; `answer` says what came of it, also if it is dead."""
        self.given += 1
        self._since = self._clock.seconds
        with contextlib.suppress(OSError):
            self._connection.send(task)

    def answer(self, limit_s: float | None) -> Answer[Record] | None:
        """What came of its task; None: it is at it. An exception of the task is raised here.

        A worker that took longer than `limit_s` of work for a task, or START_LIMIT_S to begin its first, is ended.
        """
        alive = self._process.is_alive()  # before its messages are read: its last words must not be lost
        try:
            while self._connection.poll():
                kind, value = self._connection.recv()
                if kind == "record":
                    return Answer(record=value)
                if kind == "error":
                    raise value
                self._ready, self._since = True, self._clock.seconds
        except (EOFError, ConnectionError):
            alive = False
        if not alive:
            return Answer(ending=self._death())
        limit = limit_s if self._ready else START_LIMIT_S
        if limit is not None and self._worked() > limit:
            return Answer(ending=self._overdue(limit))
        return None

    def _worked(self) -> float:
        return self._clock.seconds - self._since

    def _overdue(self, limit_s: float) -> Ending:
        seconds = self._worked()
        self.stop()
        what = f"no result within {limit_s:g} s of work" if self._ready else f"no start within {limit_s:g} s"
        return Ending("timeout", what, seconds)

    def _death(self) -> Ending:
        self.stop()
        code = self._process.exitcode or 0
        kind: Literal["memory", "killed", "replaced"] = "killed"
        if code == EXIT_WORN_OUT:
            kind, reason = "replaced", "its worker was replaced before it began"
        elif code == EXIT_TOO_MUCH_MEMORY:
            kind, reason = "memory", "its process needed more memory than its share"
        elif code == -signal.SIGKILL and memory.kernel_kills() > self._kills_before:
            kind, reason = "memory", "the system killed its process, as memory ran out"
        elif code < 0:
            reason = f"its process was killed by {signal.Signals(-code).name}"
        else:
            reason = f"its process ended with exit code {code}"
        return Ending(kind, reason, self._worked())

    def terminate(self) -> None:
        """Ask it to end, without waiting for that."""
        self._process.terminate()

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self._process.terminate()
        self._process.join(STOP_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._connection.close()


# What follows runs in the worker


def _work(
    connection: Connection, function: Callable[[Task], Any], start: Callable[..., None], arguments: Sequence[Any]
) -> None:
    start(*arguments)
    with contextlib.suppress(EOFError, ConnectionError):  # the parent is gone
        connection.send(("ready", None))
        while True:
            _send(connection, _carry_out(function, connection.recv()))


def _carry_out(function: Callable[[Task], Any], task: Task) -> tuple[str, Any]:
    try:
        return "record", function(task)
    except BaseException as error:  # also SystemExit: a plugin's must not look like the end of this worker
        return "error", _portable(error)


def _portable(error: BaseException) -> Exception:
    """An error that can be sent, with the traceback that it would lose on the way."""
    told = "in a worker:\n" + "".join(traceback.format_exception(error))
    try:
        copy = pickle.loads(pickle.dumps(error))
    except Exception:  # a class of its own with arguments of its own
        copy = None
    sent = copy if isinstance(copy, Exception) else RuntimeError(f"{type(error).__name__}: {error}")
    sent.add_note(told)
    return sent


def _send(connection: Connection, message: tuple[str, Any]) -> None:
    try:
        content = pickle.dumps(message)
    except Exception as error:
        content = pickle.dumps(("error", RuntimeError(f"an answer that cannot be sent: {error}")))
    connection.send_bytes(content)
