"""Take finished runs that DVC has brought into the store, so that none is trained again."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline import errors, paths
from pipeline.errors import InputError
from pipeline.records import read_json
from pipeline.settings.params import Settings
from pipeline.settings.plan import resolve
from pipeline.training import integrity
from pipeline.training.store import FILES, Store, key, project_store

NAMES = ("run_key", "topic", "variant", "seed", "profile", "settings")  # what the plan says of a run, not its store


def adopt(settings: Settings, topics: Iterable[str] | None = None) -> list[str]:
    """Copy runs under data/runs that these topics (default: all) ask for into the store; a line if there were any.

    A run counts if its key follows from the present settings, data and code, and its files are those it was stored
    with: one that was changed, or half copied, is trained again. A store that cannot be written is a line as well.
    """
    try:
        count = sum(_adopt_topic(settings, name) for name in (settings.topics if topics is None else topics))
    except OSError as error:
        return [f"data/runs: finished runs cannot be taken into the store: {errors.of_the_disk(error) or error}"]
    what = "1 finished run was" if count == 1 else f"{count} finished runs were"
    return [f"{what} found in data/runs: nothing of that is trained again"] if count else []


def _adopt_topic(settings: Settings, topic: str) -> int:
    """How many runs were taken."""
    folders = sorted(file.parent for file in (paths.RUNS / topic).glob("*/*/run.json"))
    planned = _planned(settings, topic) if folders else []
    return sum(_adopt(project_store(), folder, planned) for folder in folders)


def _planned(settings: Settings, topic: str) -> list[Mapping[str, Any]]:
    """What each variant is to be; nothing where the data are not prepared yet."""
    try:
        return list(resolve(settings, settings.topics[topic])["variants"].values())
    except InputError:
        return []


def _adopt(store: Store, folder: Path, planned: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the run was taken; not if the store has it, and not if it is not whole or not asked for."""
    record = _record(folder)
    if not record or store.has(record["run_key"]):
        return False
    if not any(_follows(record, variant) for variant in planned) or not integrity.is_sound(folder, record["run_key"]):
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
    ended = known and record["status"] in ("finished", "diverged") and isinstance(record["run_key"], str)
    return record if ended else {}


def _follows(record: Mapping[str, Any], variant: Mapping[str, Any]) -> bool:
    """Whether the run is that variant by present settings, data and code, under the versions and device it had."""
    return bool(record["run_key"] == key(variant, record["seed"], record["versions"], record["device"]))
