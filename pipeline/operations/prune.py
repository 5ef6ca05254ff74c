"""List what the store of finished runs holds, and drop what no topic asks for any more."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from pipeline import paths
from pipeline.settings.params import Settings
from pipeline.settings.plan import resolve
from pipeline.training.run import run_specs
from pipeline.training.store import project_store


def show(settings: Settings) -> str:
    """A line a topic: runs asked for and done; then what else lies in the store."""
    wanted = _wanted(settings)
    lines = []
    for topic in settings.topics:
        keys = [key for key, name in wanted.items() if name == topic]
        lines.append(f"{topic}: {sum(map(project_store().has, keys))} of {len(keys)} runs done")
    spare = [folder for folder in _stored() if folder.name not in wanted]
    lines.append(f"no topic asks for {len(spare)} more, {_size(spare) / 1e6:.1f} MB")
    open_ones = _interrupted()
    lines += [f"interrupted: {len(open_ones)}"] if open_ones else []
    return "\n".join(lines)


def prune(settings: Settings) -> str:
    """Remove finished runs, checkpoints and drafts that no topic asks for."""
    wanted = _wanted(settings)
    spare = [folder for folder in _stored() + _interrupted() if folder.name not in wanted]
    spare += project_store().drafts()
    size = _size(spare)
    for folder in spare:
        shutil.rmtree(folder, ignore_errors=True)
    return f"removed {len(unused)} folders, {size:.1f} MB"


def _wanted(settings: Settings) -> dict[str, str]:
    """Keys of the runs that the topics ask for in this profile, with their topic."""
    plans = [resolve(settings, topic) for topic in settings.topics.values()]
    return {spec.run_key: spec.topic for plan in plans for spec in run_specs(plan)}


def _stored() -> list[Path]:
    return project_store().runs()


def _interrupted() -> list[Path]:
    """Folders of the checkpoints of runs that have not finished; their names are the runs' keys."""
    return sorted(folder for folder in paths.CHECKPOINTS.glob("*") if folder.is_dir())


def _megabytes(folders: Iterable[Path]) -> float:
    return sum(file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file()) / 1e6
