"""What three colleagues share: a Git repository, a DVC remote and an MLflow server, all below one folder."""

import contextlib
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from house import change, copy_house, tell

# Two topics as small as they get; colleagues add and drop the variants behind the first two, and set the rest.
VARIANTS = {
    "imbalance": ("untouched", "adjusted", "over", "focal"),
    "convolution": ("mlp", "stride", "average", "max"),
}
RATES = {"imbalance": (0.002, 0.004, 0.008), "convolution": (0.01, 0.02, 0.005)}
PROFILES = ("smoke", "laptop")
SMOKE = "every_topic: {fit: {epochs: 1, xla: false}}\n"
START_S = 120.0  # an MLflow server on a busy machine


def found(place: Path) -> Path:
    """A project with the two topics, and beside it an empty DVC remote that it names."""
    house = copy_house(place / "founder")
    kept = blocks(house)
    change(house, lambda tree: shrink(tree, kept))
    for name in ("full", "gpu", "smoke"):
        (house / "profiles" / f"{name}.yaml").write_text(SMOKE)
    (place / "shelf").mkdir()
    tell(house, "dvc", "remote", "add", "-d", "shelf", str(place / "shelf"))
    tell(house, "git", "add", "-A")
    tell(house, "git", "commit", "-qm", "Cut down to two topics")
    tell(house, "git", "branch", "-M", "main")
    return house


def open_to_all(house: Path) -> Path:
    """The bare repository of what the founder has run: the runs are in the remote before anybody clones."""
    tell(house, "git", "commit", "-qam", "Run")
    tell(house, "dvc", "push")
    tell(house.parent, "git", "clone", "-q", "--bare", str(house), "project.git")
    return house.parent / "project.git"


def blocks(house: Path) -> dict[str, dict[str, Any]]:
    """{topic: {variant: its settings}} that colleagues choose from, as params.yaml ships them."""
    from ruamel.yaml import YAML

    topics = YAML(typ="safe").load((house / "params.yaml").read_text())["topics"]
    return {name: {each: topics[name]["variants"][each] for each in chosen} for name, chosen in VARIANTS.items()}


def shrink(tree: Any, kept: dict[str, dict[str, Any]]) -> None:
    """Two variants, two seeds and two epochs of each topic, and the data that these use."""
    for name, variants in kept.items():
        topic = tree["topics"][name]
        topic["variants"] = dict(list(variants.items())[:2])
        topic["fit"]["epochs"] = 3
        for key in ("groups", "seeds"):
            topic.pop(key, None)
    tree["topics"] = {name: tree["topics"][name] for name in kept}
    used = {topic["data"] for topic in tree["topics"].values()}
    tree["data"] = {name: tree["data"][name] for name in used}
    tree.pop("sweeps", None)
    tree["seeds"], tree["looks"], tree["workers"] = 2, 1, 2


@contextlib.contextmanager
def mlflow_server(place: Path) -> Iterator[str]:
    """Address of a server on loopback with a database and artifacts of its own below `place`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = (sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1")
    stores = ("--backend-store-uri", f"sqlite:///{place / 'mlflow.db'}", "--artifacts-destination", str(place / "art"))
    with (place / "server.log").open("w") as log:
        server = subprocess.Popen([*command, *stores], cwd=place, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    """Until the server answers (RuntimeError: it does not, or has ended)."""
    for _ in range(int(START_S)):
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
            return
        if server.poll() is not None:
            break
        time.sleep(1)
    raise RuntimeError(f"MLflow's server does not answer at {address}")
