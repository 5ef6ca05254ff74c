"""Start and stop nodes by hand: on this machine, or by ssh on others that have the project."""

import contextlib
import importlib.util
import ipaddress
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from pipeline import numerics, paths
from pipeline.cluster import token
from pipeline.cluster.relay import Relay, answers
from pipeline.errors import InputError
from pipeline.pool.workers import MOST_WORKERS, worker_count
from pipeline.records import read_json, write_json
from pipeline.spoken import tell

START_S, STOP_S, DOWN_S, TICK_S = 90.0, 20.0, 60.0, 0.2
STORE_BYTES = 500_000_000  # of memory a node keeps for data on their way
AGAIN_S = 5.0  # after a node that has ended by itself: cut off for long, or killed
STARTED = "Ray runtime started"  # as Ray says it in a node's log


def carry_out(
    action: str,
    configured: str,
    *,
    address: str | None,
    nodes: int,
    workers: int | None,
    host: Sequence[str],
    folder: str,
    name: str | None,
    detached: bool,
) -> list[str]:
    """What `python -m pipeline cluster` does, in lines. InputError: Ray is not installed, or it cannot be done."""
    if importlib.util.find_spec("ray") is None:
        raise InputError("cluster: given no Ray, allowed Ray 2.60: `make ray` first")
    at = _checked(address or configured)
    if action == "up":
        return up(at, nodes, workers, host, folder)
    if action == "down":
        return down()
    if action == "status":
        return status(at)
    runs = _runs(workers)
    return join_detached(at, runs, name) if detached else join(at, runs, name)


def _checked(address: str) -> str:
    """An address as it is. InputError: it is none, which Ray itself would say in its log alone."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise InputError(f"--address: given {address!r}, allowed a host and a port, such as 127.0.0.1:6379")
    return address


def _runs(workers: int | None) -> int:
    """Runs at a time: None is as many as this machine has cores, 0 none."""
    return worker_count("auto", MOST_WORKERS) if workers is None else workers


def up(address: str, nodes: int, workers: int | None, hosts: Sequence[str], folder: str) -> list[str]:
    """Start a head here, with `nodes` nodes of `workers` runs each, and one on each of `hosts`; a line for each."""
    if nodes < 1:
        raise InputError(
            f"--nodes: given {nodes}, allowed 1 or more: the first is the head; --workers 0 trains nothing"
        )
    if hosts and _is_loopback(address):
        raise InputError(
            f"--host: given {', '.join(hosts)} with {address}, which this machine alone reaches, allowed an address of"
            " this machine that they reach: --address, such as 192.168.1.10:6379"
        )
    if _nodes():
        raise InputError("cluster: given one that is up, allowed none: `python -m pipeline cluster down` ends it")
    if answers(address):
        raise InputError(f"cluster: given {address}, where somebody listens already, allowed a port that is free")
    token.make()
    names = [f"{socket.gethostname()}-{number + 1}" for number in range(nodes)]
    try:
        _start(address, names[:1], _runs(workers), head=True)
        _start(address, names[1:], _runs(workers))
        lines = [f"{name}: up at {address}" for name in names]
        lines += [_start_there(host, address, workers, folder) for host in hosts]
    except BaseException:
        with contextlib.suppress(InputError):  # the first error is told
            down()
        raise
    return [*lines, f"use it by `executor: ray` in params.yaml, or --cluster {address}"]


def _is_loopback(address: str) -> bool:
    """Whether an address names this machine to itself alone, or, as 0.0.0.0 does, no machine at all."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        found = {str(each[4][0]).partition("%")[0] for each in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):  # nobody knows the name: Ray says so
        return False
    numbers = [ipaddress.ip_address(each.removeprefix("::ffff:")) for each in found]
    return any(each.is_loopback or each.is_unspecified for each in numbers)


def join(address: str, workers: int, name: str | None) -> list[str]:
    """Be a node of the cluster at `address` until Ctrl-C or SIGTERM; one that ends by itself is started again."""
    child: subprocess.Popen[bytes] | None = None
    name = name or socket.gethostname()
    try:
        while True:
            child = _launch(address, name, workers, head=False)
            child.wait()
            if _has_started(name):
                tell(f"cluster: the node has ended by itself: again in {AGAIN_S:.0f} s", file=sys.stderr)
            else:  # the head may come later; all else is the user's to mend
                tell(f"cluster: the node does not start ({_last(name)}): again in {AGAIN_S:.0f} s", file=sys.stderr)
            time.sleep(AGAIN_S)
    finally:
        if child and child.poll() is None:
            _stop([psutil.Process(child.pid)])


def down() -> list[str]:
    """Stop what `up` has started, and what that has started. InputError: a host that cannot be reached stays known."""
    found = _nodes()
    _file().unlink(missing_ok=True)  # first: a host that is this machine would find itself there again, without end
    left, faults = list(found), []
    try:
        for node in [node for node in found if node["host"]]:
            try:
                _ask_there(node["host"], node["folder"], ["down"], limit_s=DOWN_S)
                left.remove(node)
            except InputError as error:
                faults.append(str(error))
        _stop([process for node in found if (process := _process(node))])
        left = [node for node in left if node["host"]]
    finally:
        if left:
            write_json(_file(), {"nodes": left})
    if faults:
        raise InputError(f"{'; '.join(faults)}; all else is down: the same command tries again, or remove {_file()}")
    return [f"{node['name']}: down" for node in found] or ["no node is up"]


def status(address: str) -> list[str]:
    """The nodes of the cluster at `address`, a line each. InputError: nobody answers there, or not to us."""
    relay, deadline = Relay(address), time.monotonic() + START_S
    try:
        while time.monotonic() < deadline:
            for message in relay.receive(1.0):
                if message.call == "nodes":
                    each = [f"{at.name}: {at.cpus} runs at a time, {at.gpus} GPUs" for at in message.value.values()]
                    return [f"{address}: {len(each)} nodes, token required", *sorted(each)]
    finally:
        relay.close()
    raise InputError(f"cluster: given {address}, which says nothing for {START_S:.0f} s, allowed a head that is up")


def _start(address: str, names: Sequence[str], workers: int, *, head: bool = False) -> None:
    """Have nodes run by themselves, one after the other, and wait until they are up (InputError: one has ended).

    Each has two tries: on a busy machine the 30 s that Ray gives itself are too few, and two that start at once may
    wait for each other for ever.
    """
    for name in names:
        if not (_is_up(address, name, workers, head=head) or _is_up(address, name, workers, head=head)):
            raise InputError(
                f"cluster: given a node that does not start ({_last(name)}), allowed one: see {_log(name)}"
            )


def _last(name: str) -> str:
    """What a node has said at last, in one line."""
    return " ".join(_log(name).read_text("utf-8", "replace").split()[-40:])


def _has_started(name: str) -> bool:
    return STARTED in _log(name).read_text("utf-8", "replace")


def _is_up(address: str, name: str, workers: int, *, head: bool) -> bool:
    """Start a node, and say whether it came up."""
    child, deadline = _launch(address, name, workers, head=head, detached=True), time.monotonic() + START_S
    created = psutil.Process(child.pid).create_time()
    _remember(name, pid=child.pid, created=created)
    while child.poll() is None and time.monotonic() < deadline:
        if _has_started(name):
            return True
        time.sleep(TICK_S)
    if node := _process({"pid": child.pid, "created": created}):
        _stop([node])
    return False


def _launch(address: str, name: str, workers: int, *, head: bool, detached: bool = False) -> "subprocess.Popen[bytes]":
    host, _, port = address.rpartition(":")
    own = "127.0.0.1" if host in ("127.0.0.1", "localhost") else None
    place = ["--head", "--port", port, "--include-dashboard", "false"] if head else ["--address", address]
    place += ["--node-ip-address", own or host] if head or own else []
    command = [sys.executable, "-m", "pipeline.cluster.ray_start", "start", "--block", *place]
    command += ["--node-name", name, "--num-cpus", str(workers), "--object-store-memory", str(STORE_BYTES)]
    command += ["--disable-usage-stats", "--include-log-monitor", "false", "--log-color", "false"]
    _log(name).parent.mkdir(parents=True, exist_ok=True)
    with _log(name).open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=paths.ROOT,
            env=_surroundings(address),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=detached,
        )


def _surroundings(address: str) -> dict[str, str]:
    """Variables of a node: what would change numbers is left out, and our code is found."""
    mine = {name: value for name, value in os.environ.items() if name not in (*numerics.UNSET, numerics.MODE)}
    return mine | token.environment(address) | {"PYTHONPATH": str(paths.ROOT)}


def _start_there(host: str, address: str, workers: int | None, folder: str) -> str:
    """Have another machine join, by ssh; the token goes by its standard input."""
    words = ["join", "--address", address, "--detached"]
    words += [] if workers is None else ["--workers", str(workers)]
    _ask_there(host, folder, words, limit_s=2 * START_S + DOWN_S, secret=token.value(address))
    _remember(host, host=host, folder=folder)
    return f"{host}: joined"


def _ask_there(host: str, folder: str, words: Sequence[str], *, limit_s: float, secret: str = "") -> None:
    """Give a command to the project on another machine. InputError: it, or ssh, has failed or says nothing."""
    command = f"cd {shlex.quote(folder)} && .venv/bin/python -m pipeline cluster {shlex.join(words)}"
    ssh = ["ssh", host, command]
    try:
        told = subprocess.run(ssh, input=secret, capture_output=True, text=True, check=False, timeout=limit_s)
    except FileNotFoundError:
        raise InputError("ssh: given no such program, allowed one: install OpenSSH, or see docs/cluster.md") from None
    except subprocess.TimeoutExpired:
        raise InputError(f"{host}: given no answer within {limit_s:.0f} s, allowed a host that ssh reaches") from None
    if told.returncode:
        raise InputError(f"{host}: given {told.stderr.strip()[-300:]}, allowed a node: see docs/cluster.md")


def join_detached(address: str, workers: int, name: str | None) -> list[str]:
    """Take the token from standard input, and leave a node behind that runs by itself. InputError: there is none."""
    token.take(sys.stdin.read().strip())
    os.environ[token.FILE] = str(token.file())  # it counts more than what this machine has of its own
    os.environ.pop(token.VALUE, None)
    _start(address, [name or socket.gethostname()], workers)
    return [f"{name or socket.gethostname()}: joined {address}"]


def _file() -> Path:
    return paths.STATE / "cluster" / f"nodes-{socket.gethostname()}.json"  # machines may share the project's folder


def _log(name: str) -> Path:
    return paths.STATE / "cluster" / f"{name}.log"


def _remember(name: str, *, host: str = "", folder: str = "", pid: int = 0, created: float = 0.0) -> None:
    node = {"name": name, "host": host, "folder": folder, "pid": pid, "created": created}
    write_json(_file(), {"nodes": [*_nodes(), node]})


def _nodes() -> list[dict[str, Any]]:
    """What `up` has started and is still there."""
    try:
        found: list[dict[str, Any]] = read_json(_file())["nodes"]
    except (FileNotFoundError, ValueError):
        return []
    return [node for node in found if node["host"] or _process(node)]


def _process(node: Mapping[str, Any]) -> psutil.Process | None:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(node["pid"])
        is_dead = process.status() == psutil.STATUS_ZOMBIE
        if abs(process.create_time() - node["created"]) < 1.0 and not is_dead:
            return process
    return None


def _stop(processes: Sequence[psutil.Process]) -> None:
    """SIGTERM, by which Ray ends what belongs to it; then SIGKILL to whatever of it is left."""
    every = [each for process in processes for each in _family(process)]
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGTERM)
    _, left = psutil.wait_procs(every, timeout=STOP_S)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()


def _family(process: psutil.Process) -> Iterator[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        yield from process.children(recursive=True)
    yield process
