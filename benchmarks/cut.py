"""A node whose way to the head is cut for a while, in the midst of a topic's training, and comes back.

python benchmarks/cluster.py cut [seconds] [shared | own] [seeds] [epochs]   as root on Linux

`shared`: nodes keep checkpoints in a folder that both see, in spite of the cut, instead of each its own.

Head, driver and two nodes have network namespaces of their own, joined by a bridge in that of the head, so that nothing
of it listens on this machine's own addresses. `ip link set down` is the cut: packets vanish, no connection is closed.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import house
import psutil
from clone import change

from pipeline.cluster.launch import STARTED
from pipeline.cluster.node import FOLDER

NET, PORT = "10.213.97", 6397
HEAD = f"aula{os.getpid()}"  # namespace of the head and of the driver; those of nodes go on with their names
NODES = {"anna": f"{NET}.2", "beth": f"{NET}.3"}  # by name, its address
CUT = "beth"
ADDRESS = f"{NET}.1:{PORT}"
PIPELINE = [sys.executable, "-m", "pipeline"]
START_S, END_S = 180.0, 900.0


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def within(space: str, *words: str) -> list[str]:
    """A command in a network namespace."""
    return ["ip", "netns", "exec", space, *words]


@contextlib.contextmanager
def network() -> Iterator[None]:
    """The namespaces, which are gone afterwards."""
    try:
        ip("netns", "add", HEAD)
        inside = ("-n", HEAD, "link")
        ip(*inside, "set", "lo", "up")
        ip(*inside, "add", "bridge", "type", "bridge")
        ip("-n", HEAD, "address", "add", f"{NET}.1/24", "dev", "bridge")
        ip(*inside, "set", "bridge", "up")
        for name, address in NODES.items():
            space = f"{HEAD}{name}"
            ip("netns", "add", space)
            ip(*inside, "add", f"to_{name}", "type", "veth", "peer", "name", "eth0", "netns", space)
            ip(*inside, "set", f"to_{name}", "master", "bridge", "up")
            ip("-n", space, "address", "add", f"{address}/24", "dev", "eth0")
            ip("-n", space, "link", "set", "lo", "up")
            ip("-n", space, "link", "set", "dev", "eth0", "up")
        yield
    finally:
        for space in (HEAD, *(f"{HEAD}{name}" for name in NODES)):
            left = [int(each) for each in pids(space)]
            print(f"{space}: processes left behind: {[_words(each) for each in left]}", flush=True)
            for each in left:
                with contextlib.suppress(OSError):
                    os.kill(each, signal.SIGKILL)
            subprocess.run(["ip", "netns", "delete", space], check=False, capture_output=True)


def pids(space: str) -> list[str]:
    told = subprocess.run(["ip", "netns", "pids", space], check=False, capture_output=True, text=True)
    return told.stdout.split()


def _words(pid: int) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(psutil.Process(pid).cmdline())[:100]
    return "gone"


@contextlib.contextmanager
def joined(place: Path) -> Iterator[None]:
    """A head that trains nothing, and the two nodes, a run at a time on each, as people start them."""
    up = ["cluster", "up", "--workers", "0", "--address", ADDRESS]
    subprocess.run(within(HEAD, *PIPELINE, *up), cwd=place, check=True)
    children = []
    try:
        for name in NODES:
            join = within(
                f"{HEAD}{name}", *PIPELINE, "cluster", "join", "--address", ADDRESS, "--workers", "1", "--name", name
            )
            own = os.environ | {FOLDER: str(place / ".aula" / f"node_{name}")}
            children.append(subprocess.Popen(join, cwd=place, env=own, start_new_session=True))
        for name in NODES:
            _wait_for_node(place / ".aula" / "cluster" / f"{name}.log")
        yield
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait(60)
        subprocess.run(within(HEAD, *PIPELINE, "cluster", "down"), cwd=place, check=False)


def _wait_for_node(log: Path) -> None:
    """Until Ray runs there: a short topic is over before a node that takes long to start."""
    until = time.monotonic() + START_S
    while not (log.exists() and STARTED in log.read_text("utf-8", "replace")):
        assert time.monotonic() < until, f"{log.stem} does not start"
        time.sleep(0.1)


class Driver:
    """A command that trains, and what it says, with the seconds since it began."""

    def __init__(self, place: Path, *words: str) -> None:
        self.began, self.lines = time.monotonic(), list[tuple[float, str]]()
        command = within(HEAD, *PIPELINE, *words, "--cluster", ADDRESS)
        self.process = subprocess.Popen(
            command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append((time.monotonic() - self.began, line.rstrip()))
            print(f"  {self.lines[-1][0]:6.1f} s  {line.rstrip()}", flush=True)

    def wait_for(self, count: int, words: str) -> None:
        """Until so many lines have these words."""
        until = time.monotonic() + START_S
        while sum(words in line for _, line in self.lines) < count:
            assert self.process.poll() is None and time.monotonic() < until, "it ended, or says nothing"
            time.sleep(0.1)

    def end(self) -> int:
        code = self.process.wait(END_S)
        self._reader.join(10)
        return code


def cut(seconds: float = 60.0, checkpoints: str = "own", seeds: int = 8, epochs: int = 200) -> None:
    """A topic on two nodes, one of which is cut off for a while, against the same topic on this machine alone."""
    from benchmarks.cluster import contents

    variants: dict[str, Any] = {"a": {}, "b": {"build": {"width": 64}}, "c": {"fit": {"epochs": int(epochs) * 3 // 4}}}
    fit = {"epochs": int(epochs), "batch_size": 8, "learning_rate": 0.001}
    with house.small(int(seeds), variants=variants, fit=fit) as place, network():
        if checkpoints == "shared":
            change(place, lambda tree: tree.update(cluster={"checkpoints": str(place / "shared")}))
        with joined(place):
            driver = Driver(place, "train", house.TOPIC)
            driver.wait_for(len(NODES), "runs at a time")
            driver.wait_for(3, "finished")
            interrupt(float(seconds), driver)
            print(f"the driver ended with {driver.end()} after {time.monotonic() - driver.began:.1f} s", flush=True)
        found = contents(place)
        kept = len(list((place / ".aula" / "runs").glob("??/*")))
        for folder in (".aula/runs", ".aula/scores", ".aula/checkpoints", "data/runs"):
            if (place / folder).exists():
                (place / folder).rename(place / f"{folder.replace('/', '_')}_there")
        subprocess.run([*PIPELINE, "train", house.TOPIC], cwd=place, check=True, capture_output=True)
        alone = contents(place)
        differ = sorted(key for key in {*found, *alone} if found.get(key) != alone.get(key))
        print(f"{kept} runs kept; {len(alone)} files compared with those of this machine alone, different: {differ}")


def interrupt(seconds: float, driver: Driver) -> None:
    ip("-n", f"{HEAD}{CUT}", "link", "set", "dev", "eth0", "down")
    print(f"  {time.monotonic() - driver.began:6.1f} s  -- {CUT} is cut off, load {os.getloadavg()[0]:.1f}", flush=True)
    time.sleep(seconds)
    ip("-n", f"{HEAD}{CUT}", "link", "set", "dev", "eth0", "up")
    print(f"  {time.monotonic() - driver.began:6.1f} s  -- {CUT} is back", flush=True)
