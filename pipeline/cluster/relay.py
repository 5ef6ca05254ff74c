"""The process that speaks with Ray: Ray ends a process that loses its head, and would take a whole command with it."""

import contextlib
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pipeline import paths
from pipeline.cluster import token
from pipeline.cluster.ray_start import stay_on_loopback
from pipeline.cluster.wire import Failure, HeadLost, Message, Offer
from pipeline.pool.clock import WorkClock

START_S = 60.0
LOOK_S = 2.0  # between two looks at which nodes there are
TOUCH_S = 30.0  # between two signs of life to each hand, well below node.LEASE_S
SILENT_S = 75.0  # Ray itself gives up a head after 60
QUIET_S = 10.0  # then it is looked whether anybody listens there still
HELD_BYTES = 200_000_000  # of data in the object store, for nodes that come soon
DESCRIPTORS = (1, 2)


class Relay:
    """A Wire (see wire.py) to the Ray cluster at `address`. InputError: there is none, or it wants another token."""

    def __init__(self, address: str) -> None:
        self._address, self._environment = address, token.environment(address)
        self._start()

    def _start(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._connection, theirs = spawn.Pipe()
        arguments = [theirs, self._address, self._environment, paths.STATE / "cluster"]
        self._process = spawn.Process(target=_relay, args=arguments, daemon=True)
        self._process.start()
        theirs.close()
        self._clock, self._heard = WorkClock(), 0.0

    def hire(self, hand: str, node: str, cpus: int, gpus: int) -> None:
        """See Wire."""
        self._send("hire", hand, node, cpus, gpus)

    def dismiss(self, hand: str) -> None:
        """See Wire."""
        self._send("dismiss", hand)

    def call(self, hand: str, name: str, *arguments: Any) -> None:
        """See Wire."""
        self._send("call", hand, name, *arguments)

    def bring(self, hand: str, digest: str, file: str) -> None:
        """See Wire."""
        self._send("bring", hand, digest, file)

    def _send(self, *words: Any) -> None:
        with contextlib.suppress(OSError):  # it has ended, which `receive` meets
            self._connection.send(words)

    def receive(self, seconds: float) -> list[Message]:
        """See Wire: where Ray has ended our process but the head is there, all nodes are told to be gone, then anew."""
        found: list[Message] = []
        try:
            while self._connection.poll(0.0 if found else seconds):
                found.append(self._connection.recv())
        except (EOFError, OSError):
            if not answers(self._address):
                raise HeadLost(self._lost("no longer answers")) from None
            self._process.join()
            self._start()
            return [*found, Message("", "nodes", {})]
        for message in found:
            if message.call == "failed":
                raise HeadLost(self._lost(f"does not take us ({message.value})"))
        self._clock.tick()  # in a time in which this process was busy or stopped, it has not listened
        if any(message.call == "nodes" for message in found):  # of which the head alone knows
            self._heard = self._clock.seconds
        quiet = self._clock.seconds - self._heard
        if quiet > SILENT_S or (quiet > QUIET_S and not answers(self._address)):
            raise HeadLost(self._lost("no longer answers"))
        return found

    def _lost(self, what: str) -> str:
        return (
            f"cluster: given a head at {self._address} that {what}, allowed one that does: `python -m pipeline cluster"
            " status`; finished runs are kept, the same command goes on"
        )

    def close(self) -> None:
        """See Wire."""
        self._send("close")
        self._process.join(5.0)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._connection.close()


def answers(address: str) -> bool:
    """Whether anybody listens there."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5.0).close()
    except (OSError, ValueError):
        return False
    return True


# What follows runs in the relay


def _relay(connection: Connection, address: str, environment: Mapping[str, str], folder: Path) -> None:
    _deaf()
    os.environ.update(environment)
    folder.mkdir(parents=True, exist_ok=True)
    log = os.open(folder / "relay.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for descriptor in DESCRIPTORS:
        os.dup2(log, descriptor)
    os.chdir("/")  # Ray has nodes import from the driver's folder first: they have a project of their own
    desk = _Desk(connection)
    try:
        if not answers(address):
            raise ConnectionError("nobody listens there")
        desk.open(address)
    except Exception as error:
        desk.say(Message("", "failed", _line(error)))
        return
    for work in (desk.watch, desk.keep):
        threading.Thread(target=work, daemon=True).start()
    with contextlib.suppress(EOFError, OSError):  # the driver is gone
        while True:
            word, *arguments = connection.recv()
            if word == "close":
                desk.close()
                break
            getattr(desk, word)(*arguments)
    os._exit(0)  # Ray ends what works for this process


def _deaf() -> None:
    """Ctrl-C: the driver says when. Ctrl-Z: nodes keep what they do for a driver that goes on later."""
    for name in (signal.SIGINT, signal.SIGTSTP):
        signal.signal(name, signal.SIG_IGN)


class _Desk:
    """Calls as Ray has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._lock = connection, threading.Lock()
        self._hands: dict[str, Any] = {}
        self._held: OrderedDict[str, tuple[Any, int]] = OrderedDict()

    def open(self, address: str) -> None:
        import ray

        stay_on_loopback()
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        self._ray = ray

    def say(self, message: Message) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._connection.send(message)

    def watch(self) -> None:
        while True:
            nodes = self._ray.nodes()  # type: ignore[no-untyped-call, unused-ignore]
            offers = {each["NodeID"]: _offer(each) for each in nodes if each["Alive"]}
            self.say(Message("", "nodes", {node: offer for node, offer in offers.items() if offer.cpus}))
            time.sleep(LOOK_S)

    def keep(self) -> None:
        """Say that the driver is there, who may be busy or stopped: this process ends with it."""
        while True:
            for hand in list(self._hands.values()):
                with contextlib.suppress(Exception):
                    hand.touch.remote()
            time.sleep(TOUCH_S)

    def hire(self, hand: str, node: str, cpus: int, gpus: int) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        from pipeline.cluster.node import Node

        place = NodeAffinitySchedulingStrategy(node, soft=False)
        actor = self._ray.remote(Node)
        self._hands[hand] = actor.options(num_cpus=cpus, num_gpus=gpus, scheduling_strategy=place).remote()

    def dismiss(self, hand: str) -> None:
        with contextlib.suppress(Exception):
            self._ray.kill(self._hands.pop(hand))

    def call(self, hand: str, name: str, *arguments: Any) -> None:
        if hand in self._hands:
            reference = getattr(self._hands[hand], name).remote(*arguments)
            reference.future().add_done_callback(lambda done: self.say(Message(hand, name, _result(done))))

    def bring(self, hand: str, digest: str, file: str) -> None:
        if digest not in self._held:
            content = Path(file).read_bytes()
            self._held[digest] = self._ray.put(content), len(content)
        self._held.move_to_end(digest)
        self.call(hand, "put", digest, self._held[digest][0])
        while sum(size for _, size in self._held.values()) > HELD_BYTES and len(self._held) > 1:
            self._held.popitem(last=False)

    def close(self) -> None:
        stopping = [hand.stop.remote() for hand in self._hands.values()]
        self._ray.wait(stopping, num_returns=len(stopping), timeout=3.0) if stopping else None


def _offer(node: Mapping[str, Any]) -> Offer:
    has = node["Resources"]
    name = node.get("NodeName") or node["NodeManagerAddress"]
    name = f"{name}:{node['NodeManagerPort']}" if name in ("127.0.0.1", "localhost") else name
    return Offer(name, int(has.get("CPU", 0)), int(has.get("GPU", 0)))


def _result(done: Any) -> Any:
    from ray.exceptions import ActorUnavailableError, RayTaskError

    try:
        return done.result()
    except ActorUnavailableError as error:
        return Failure(gone=False, reason=_line(error))
    except RayTaskError as error:
        return Failure(gone=True, reason=_line(error.cause) if error.cause else _line(error))
    except Exception as error:
        return Failure(gone=True, reason=_line(error))


def _line(error: BaseException) -> str:
    """An error in one line, and not for ever."""
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"[:300]
