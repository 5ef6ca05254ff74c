"""Turn params.yaml and its profiles into frozen, typed, strict settings, every profile checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline import paths, plugins
from pipeline.number_types import Count, Positive
from pipeline.plugins import Setting
from pipeline.settings import files, voids
from pipeline.settings.data_blocks import DataSettings, LongTail, Split, data_settings
from pipeline.settings.files import PROFILES, File
from pipeline.settings.reading import Reading
from pipeline.settings.topics import TopicSettings, Variant, topic_settings
from pipeline.settings.validation import Complaints, ParamsError, settle
from pipeline.settings.voids import Void

__all__ = [
    "PROFILES", "DataSettings", "LongTail", "ParamsError", "Settings", "Split", "TopicSettings", "Variant", "read",
]  # fmt: skip

TOP = {
    "profile": Setting(Literal[PROFILES], "laptop"),
    "seeds": Setting(Count, 6),
    "workers": Setting(Literal["auto"] | Count, "auto"),
    "runs_per_gpu": Setting(Count, 1),
    "run_minutes": Setting(Positive, 60.0),
    "views": Setting(dict, {}),
    "data": Setting(dict, required=True),
    "topics": Setting(dict, required=True),
}
PROFILE = {
    "extends": Setting(Literal[files.IN_FILES] | None, None),
    "every_data": Setting(dict, {}),
    "every_topic": Setting(dict, {}),
    "data": Setting(dict, {}),
    "topics": Setting(dict, {}),
}


@dataclass(frozen=True)
class Settings:
    """All of params.yaml, resolved for one profile."""

    profile: str
    workers: int | str
    runs_per_gpu: int
    run_minutes: float
    data: Mapping[str, DataSettings]
    topics: Mapping[str, TopicSettings]
    voids: tuple[Void, ...] = ()


def read(file: Path | None = None, profile: str | None = None) -> Settings:
    """Settings of the profile that params.yaml (or `profile`) names; every profile is checked (ParamsError)."""
    complaints = Complaints()
    params, profiles = files.load(file or paths.PARAMS, complaints)
    top = settle(params.tree, TOP, params.place(), complaints)
    for other in profiles.values():
        said = settle(other.tree, PROFILE, other.place(), complaints)
        for name in said["topics"].keys() - set(plugins.names("topics")):
            complaints.unknown(other.place("topics", name), name, plugins.names("topics"))
    chains = {name: _chain(name, params, profiles, complaints) for name in PROFILES}
    every = {name: _settings(name, top, Reading(chain, complaints)) for name, chain in chains.items()}
    if complaints.lines:
        raise ParamsError(complaints.lines)
    return every[profile or top["profile"]]


def _chain(profile: str, params: File, profiles: Mapping[str, File], complaints: Complaints) -> list[File]:
    """The files of a profile, params.yaml first, then what the profile extends, then its own."""
    chain: list[File] = []
    name: Any = profile
    while name in profiles:
        if profiles[name] in chain:
            allowed = "a profile that does not come back to this one"
            complaints.add(chain[-1].place("extends"), repr(name), allowed)
            break
        chain.append(profiles[name])
        name = getattr(profiles[name].tree.get("extends"), "value", None)
    return [params, *reversed(chain)]


def _settings(profile: str, top: Mapping[str, Any], reading: Reading) -> Settings:
    data = {name: data_settings(name, reading) for name in reading.names("data")}
    seeds = reading.files[0].tree.get("seeds")
    topics = {name: topic_settings(name, data, seeds, reading) for name in reading.names("topics")}
    return Settings(
        profile=profile,
        workers=top["workers"],
        runs_per_gpu=top["runs_per_gpu"],
        run_minutes=top["run_minutes"],
        data={name: block for name, block in data.items() if block is not None},
        topics={name: block for name, block in topics.items() if block is not None},
        voids=() if reading.complaints.lines else voids.collect(reading.files, reading.uses),
    )
