"""Take finished runs that DVC has brought into the store, so that none is trained again."""

import re
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline import errors, paths
from pipeline.records import read_json
from pipeline.settings.params import Settings
from pipeline.training import integrity, machine
from pipeline.training.store import FILES, Store, project_store

KEY = "[0-9a-f]{32}"
NAMES = ("run_key", "topic", "variant", "seed", "profile", "settings")  # what the plan says of a run, not its store


def adopt(settings: Settings, topics: Iterable[str] | None = None) -> list[str]:
    """Copy runs of these topics (default: all) under data/runs into the store; a line if there were any.

    A run counts if its files are those it was stored with: one that was changed, or half copied, is trained again; so
    is one of a machine whose numbers may be others, which is a line as well.
    Whether its settings are those of now is not asked: they may be so again once DVC has deleted it, and whoever looks
    for a run in the store asks by its key. A store that cannot be written is a line as well.
    """
    unlike: Counter[str] = Counter()
    try:
        count = sum(_adopt_topic(name, unlike) for name in (settings.topics if topics is None else topics))
    except OSError as error:
        return [f"data/runs: finished runs cannot be taken into the store: {errors.of_the_disk(error) or error}"]
    what = "1 finished run was" if count == 1 else f"{count} finished runs were"
    lines = [f"{what} found in data/runs: nothing of that is trained again"] if count else []
    return lines + [
        f"data/runs: {number} of its runs count as not there, as their machine is another: {reason}"
        for reason, number in unlike.items()
    ]


def _adopt_topic(topic: str, unlike: Counter[str]) -> int:
    """How many runs were taken; `unlike` counts, by reason, those of another machine."""
    folders = sorted(file.parent for file in (paths.RUNS / topic).glob("*/*/run.json"))
    return sum(_adopt(project_store(), folder, unlike) for folder in folders)


def _adopt(store: Store, folder: Path, unlike: Counter[str]) -> bool:
    """Whether the run was taken; not if the store has it, and not if it is not whole."""
    record = _record(folder)
    if not record or store.has(record["run_key"]) or not integrity.is_sound(folder, record["run_key"]):
        return False
    if reason := machine.unlike_here(record):
        unlike[reason] += 1
        return False
    draft = store.draft()
    for name in FILES:
        if (folder / name).exists():
            shutil.copyfile(folder / name, draft / name)
    store.put(record["run_key"], draft, {name: item for name, item in record.items() if name not in NAMES})
    return True


def _record(folder: Path) -> dict[str, Any]:
    """run.json of a run that came to its end; {} of any other."""
    try:
        record = read_json(folder / "run.json")
    except (OSError, ValueError):
        return {}
    known = isinstance(record, dict) and {*NAMES, "status", "versions", "device"} <= record.keys()
    ended = known and record["status"] in ("finished", "diverged") and re.fullmatch(KEY, str(record["run_key"]))
    return record if ended else {}
