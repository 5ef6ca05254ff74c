"""Wait for a store only so long, and say in one line why it cannot be used."""

import contextlib
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from pipeline import spoken
from pipeline.errors import InputError

Answer = TypeVar("Answer")
LONGEST = 200  # characters of what a library says
TOLD_S = 60  # then whoever may wait longer is told so
WITHOUT_CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError", "RefreshError")
FORBIDDEN = ("PermissionError", "PermissionDenied", "TokenRetrievalError", "HostKeyNotVerifiable")
WHERE = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, or `gcloud auth application-default login`",
}


class Away(ConnectionError, InputError):
    """The shared store cannot be used, just now or as it is set; one line says why. Runs are in the project's own."""


class OwnDisk(Exception):
    """What the project's own disk has raised (its cause), which is no fault of the store's."""


@contextlib.contextmanager
def of_this_disk() -> Iterator[None]:
    """What is done within concerns the project's own files: `within` raises an OSError of theirs as it is."""
    try:
        yield
    except OSError as error:
        raise OwnDisk from error


def within(limit_s: float, address: str, function: Callable[..., Answer], *arguments: Any) -> Answer:
    """What the function gives. Away: it raised, or has not ended within that time, and is waited for no more.

    OSError: the project's own disk is full, or the like. Where the limit is above TOLD_S, a line says after that time
    that it is waited for.
    """
    answers: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put((function(*arguments), None))
        except BaseException as error:
            answers.put((None, error))

    threading.Thread(target=work, daemon=True, name="shared store").start()
    try:
        value, error = _first(answers, limit_s, address)
    except queue.Empty:
        raise Away(f"cannot use {address}: no answer within {limit_s:.0f} s") from None
    if isinstance(error, OwnDisk) and error.__cause__ is not None:
        raise error.__cause__
    if error is not None:
        raise told(address, error) from error
    answer: Answer = value
    return answer


def _first(answers: "queue.SimpleQueue[tuple[Any, BaseException | None]]", limit_s: float, address: str) -> Any:
    """What comes first. queue.Empty: nothing in time."""
    with contextlib.suppress(queue.Empty):
        return answers.get(timeout=min(limit_s, TOLD_S))
    if limit_s > TOLD_S:
        spoken.tell(f"{address}: not done after {TOLD_S:.0f} s, waiting {limit_s:.0f} s at most", file=sys.stderr)
    return answers.get(timeout=max(0.0, limit_s - TOLD_S))


def told(address: str, error: BaseException) -> Away:
    """What a library has raised, in one line."""
    if isinstance(error, Away):
        return error
    kinds = {kind.__name__ for each in _chain(error) for kind in type(each).__mro__}
    scheme = address.partition("://")[0]
    if isinstance(error, ImportError):
        return Away(f"store: given {address}, allowed once its library is installed: `make store` does that")
    if kinds & {*WITHOUT_CREDENTIALS}:
        where = WHERE.get(scheme, "a key that `ssh` takes")
        return Away(f"store: given no credentials for {address}, allowed those that its library finds: {where}")
    if kinds & {*FORBIDDEN}:
        return Away(f"store: given {address}, which you may not use that way ({_short(error)}), allowed your own")
    return Away(f"cannot use {address}: {_short(error)}")


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
