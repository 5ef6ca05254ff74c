"""Remember which runs each profile asks for, so that pruning under one never drops those of another."""

from collections.abc import Collection, Iterable
from pathlib import Path

from pipeline import paths
from pipeline.errors import InputError, shown
from pipeline.records import read_json, write_json
from pipeline.settings.params import Settings
from pipeline.settings.plan import resolve
from pipeline.training.run import run_specs


def remember(settings: Settings) -> None:
    """Keep the keys of the runs that each topic asks for in this profile, in place of those that it asked for before.

    InputError: data that are not prepared as the settings have it.
    """
    for name, topic in settings.topics.items():
        specs = run_specs(resolve(settings, topic))
        write_json(_file(settings.profile, name), sorted(spec.run_key for spec in specs))


def by_others(profile: str, left_out: Iterable[str] = ()) -> set[str]:
    """Keys of the runs that other profiles than this one asked for when they were planned last.

    And topics that `only` has `left_out`, in this profile.
    """
    ours, sweeps = paths.ASKED / profile, paths.asked_by_sweeps()
    files = [file for file in sorted(paths.ASKED.glob("*/*.json")) if file.parent not in (ours, sweeps)]
    files += [file for topic in left_out if (file := _file(profile, topic)).exists()]
    return {str(key) for file in files for key in _read(file)}


def by_sweeps(sweeps: Collection[str]) -> set[str]:
    """Keys of the runs that these sweeps have asked for; what others asked for is forgotten."""
    found: set[str] = set()
    for file in sorted(paths.asked_by_sweeps().glob("*.json")):
        if file.stem in sweeps:
            found |= set(_read(file))
        else:
            file.unlink()
    return found


def _file(profile: str, topic: str) -> Path:
    return paths.ASKED / profile / f"{topic}.json"


def _read(file: Path) -> list[str]:
    try:
        keys = read_json(file)
    except InputError as error:
        raise InputError(f"{error} in profile {file.parent.name}, whose runs would be dropped without it") from None
    if not isinstance(keys, list):
        raise InputError(
            f"{shown(file)}: given no list of run keys, allowed one: remove it, then `dvc repro` in profile"
            f" {file.parent.name}, whose runs would be dropped without it"
        )
    return keys
