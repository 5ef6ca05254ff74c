"""The block `cluster:` of params.yaml: which nodes train, and how; no number follows from it, so it is in no key."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.number_types import Count
from pipeline.plugin_files import Setting
from pipeline.settings.tree import Block
from pipeline.settings.validation import Complaints, settle

LOOPBACK = "127.0.0.1:6379"
FIELDS = {
    "address": Setting(str, LOOPBACK),
    "workers": Setting(Literal["auto"] | Count, "auto"),
    "gpus_per_run": Setting(float | None, None),
    "checkpoints": Setting(str | None, None),
}


@dataclass(frozen=True)
class ClusterSettings:
    """Where its head is, runs at a time on each node, the share of a GPU for a run, and a folder that all nodes see."""

    address: str = LOOPBACK
    workers: int | str = "auto"
    gpus_per_run: float | None = None
    checkpoints: str | None = None


def resolve_cluster(block: Block, complaints: Complaints) -> ClusterSettings:
    """The block, checked."""
    settled: dict[str, Any] = settle(block, FIELDS, complaints)
    host, _, port = settled["address"].rpartition(":")
    if not host or not port.isdigit():
        complaints.add(block.place.at("address"), repr(settled["address"]), f"a host and a port, such as {LOOPBACK}")
    share = settled["gpus_per_run"]
    if share is not None and not 0 < share <= 1:
        complaints.add(block.place.at("gpus_per_run"), f"{share:g}", "a share of one GPU, above 0 and at most 1")
    folder = settled["checkpoints"]
    if folder is not None:
        settled["checkpoints"] = str(_expanded(folder))
        if not _expanded(folder).is_absolute():
            complaints.add(block.place.at("checkpoints"), repr(folder), "a folder that all nodes see, as /shared/aula")
    return ClusterSettings(**settled)


def _expanded(folder: str) -> Path:
    try:
        return Path(folder).expanduser()
    except RuntimeError:  # of a user that there is not
        return Path(folder)
