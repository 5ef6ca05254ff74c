"""How a driver reaches the nodes of a cluster: calls go out, and what comes of them is asked for."""

from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.errors import InputError


class HeadLost(InputError):
    """Nobody leads the cluster any more."""


@dataclass(frozen=True)
class Failure:
    """A call that has no result. `gone`: so is what worked on the node; else it may be asked again."""

    gone: bool
    reason: str


@dataclass(frozen=True)
class Offer:
    """A node that is there: how people call it, and what it has."""

    name: str
    cpus: int
    gpus: int = 0


@dataclass(frozen=True)
class Message:
    """What came of a call: a result or a Failure; or, of no call (`nodes`), {id: Offer} of all nodes that are there."""

    hand: str
    call: str
    value: Any


class Wire(Protocol):
    """Calls to hands: what works on a node, each of a name that is never used again. Each answers in order."""

    def hire(self, hand: str, node: str, cpus: int, gpus: int) -> None:
        """Have a hand work on a node, and keep so much of it for that."""

    def dismiss(self, hand: str) -> None:
        """End it."""

    def call(self, hand: str, name: str, *arguments: Any) -> None:
        """Have it do something: a method of node.Node."""

    def bring(self, hand: str, digest: str, file: str) -> None:
        """Give it the content of a file, by its method `put`."""

    def receive(self, seconds: float) -> list[Message]:
        """What has come, after `seconds` at most; HeadLost."""

    def close(self) -> None:
        """End all that works on nodes."""
