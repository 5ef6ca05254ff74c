"""Turn params.yaml and the profiles beside it into frozen, typed, strict settings."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from pipeline import paths
from pipeline.contracts import LanguageChoice
from pipeline.number_types import Count, NotNegative, Positive, Whole
from pipeline.numerics import Mode
from pipeline.plugin_files import Setting
from pipeline.settings import files
from pipeline.settings.cluster_block import ClusterSettings, resolve_cluster
from pipeline.settings.data_blocks import DataSettings, LongTail, Split, check_views, resolve_data
from pipeline.settings.profiles import PROFILES, Profile, check_names, read_profiles
from pipeline.settings.shared_store import SharedStoreSettings, resolve_store
from pipeline.settings.sweep_blocks import SweepSettings, resolve_sweep
from pipeline.settings.topic_blocks import Context, TopicSettings, Variant, resolve_topic
from pipeline.settings.tree import Block, Given, merge
from pipeline.settings.validation import Complaints, ParamsError, settle, show
from pipeline.settings.voids import Uses, Void

__all__ = [
    "PROFILES",
    "DataSettings",
    "LongTail",
    "ParamsError",
    "Settings",
    "Split",
    "SweepSettings",
    "TopicSettings",
    "Variant",
    "read",
]


@dataclass(frozen=True)
class Settings:
    """All of params.yaml, resolved for one profile; `left_out` are the topics that `only` leaves out."""

    profile: str
    language: LanguageChoice
    workers: int | str
    runs_per_gpu: int
    gpus_per_run: int
    run_minutes: float
    first_seed: int
    budget_minutes: float
    same_on_every_processor: bool
    data: Mapping[str, DataSettings]
    topics: Mapping[str, TopicSettings]
    voids: tuple[Void, ...] = ()
    left_out: tuple[str, ...] = ()
    sweeps: Mapping[str, SweepSettings] = field(default_factory=dict)
    executor: Literal["local", "ray"] = "local"
    cluster: ClusterSettings = field(default_factory=ClusterSettings)
    store: SharedStoreSettings = field(default_factory=SharedStoreSettings)

    @property
    def numerics(self) -> Mode:
        """How numbers are added up: alike on every processor, or as fast as this one can."""
        return "portable" if self.same_on_every_processor else "native"


TOP = {
    "profile": Setting(Literal[PROFILES], "laptop"),
    "language": Setting(LanguageChoice, "auto"),
    "seeds": Setting(Count, 6),
    "first_seed": Setting(Whole, 100),
    "looks": Setting(Literal[1, 2, 3], 3),
    "budget_minutes": Setting(NotNegative, 20.0),
    "workers": Setting(Literal["auto"] | Count, "auto"),
    "executor": Setting(Literal["local", "ray"], "local"),
    "cluster": Setting(dict, {}),
    "runs_per_gpu": Setting(Count, 1),
    "gpus_per_run": Setting(Count, 1),
    "run_minutes": Setting(Positive, 60.0),
    "same_on_every_processor": Setting(bool, True),
    "only": Setting(list[str] | None, None),
    "store": Setting(dict, {}),
    "views": Setting(dict, {}),
    "data": Setting(dict, required=True),
    "topics": Setting(dict, required=True),
    "sweeps": Setting(dict, {}),
}
EACH_TOPIC = ("seeds", "looks")  # which a topic may set for itself


def read(file: Path | None = None, profile: str | None = None, *, every_topic: bool = False) -> Settings:
    """Settings of the profile that params.yaml (or `profile`) names; every profile is checked (ParamsError).

    With `every_topic` those that `only` leaves out are there as well.
    """
    file, complaints = file or paths.PARAMS, Complaints()
    tree = files.read_tree(file, file.name, complaints)
    chosen = profile or settle(tree, TOP, complaints)["profile"]
    profiles = read_profiles(file, complaints)
    if chosen not in profiles:
        files.parse(paths.profile(file, chosen), f"profiles/{chosen}.yaml")  # says that it cannot be read
    sections = [item for name, item in tree.items() if name in ("views", "data", "topics", "sweeps")]
    if not {"data", "topics"} <= tree.keys() or any(isinstance(item, Given) for item in sections):
        raise ParamsError(complaints.lines)  # nearly everything else would follow from that
    new = {topic: _new_variants(topic, profiles.values()) for topic in tree.block("topics")}
    every = {name: _resolve(tree, each, new, complaints) for name, each in profiles.items()}
    only = _only(tree, complaints)
    if complaints.lines:
        raise ParamsError(complaints.lines)
    unused = _unused(tree, every.values())
    settings = replace(every[chosen], voids=every[chosen].voids + unused)
    return settings if every_topic else _chosen(settings, only)


def _new_variants(topic: str, profiles: Iterable[Profile]) -> list[str]:
    """Names of the variants that any profile adds to a topic."""
    return [name for profile in profiles for name in profile.tree.block("topics", topic, "new_variants")]


def _only(tree: Block, complaints: Complaints) -> list[str] | None:
    """The topics that `only` names; None where it is left out, or of the wrong type."""
    item, topics = tree.get("only"), list(tree.block("topics"))
    if not isinstance(item, Given) or not isinstance(item.value, list):
        return None
    if not item.value:
        complaints.add(item.place, "an empty list", f"one topic or more of {', '.join(topics)}; no such key for all")
    for name in dict.fromkeys(name for name in item.value if isinstance(name, str)):
        if name not in topics:
            complaints.unknown(item.place, name, topics)
        if item.value.count(name) > 1:
            complaints.add(item.place, f"{show(name)} {item.value.count(name)} times", "once")
    return item.value


def _chosen(settings: Settings, only: Collection[str] | None) -> Settings:
    """The settings with the topics of `only` alone, and the data that these learn from."""
    if only is None:
        return settings
    topics = {name: topic for name, topic in settings.topics.items() if name in only}
    learnt = {variant.data for topic in topics.values() for variant in topic.variants.values()}
    left_out = tuple(name for name in settings.topics if name not in only)
    data = {name: block for name, block in settings.data.items() if name in learnt}
    unused = settings.data.keys() - learnt - {block.like for block in data.values()}
    parts = [*(f"topics.{name}" for name in left_out), *(f"data.{name}" for name in unused)]
    meant = (void.without(left_out) for void in settings.voids if not any(void.stands_in(part) for part in parts))
    voids = tuple(void for void in meant if void.reasons)
    sweeps = {name: sweep for name, sweep in settings.sweeps.items() if sweep.topic in topics}
    return replace(settings, topics=topics, data=data, voids=voids, left_out=left_out, sweeps=sweeps)


def _resolve(tree: Block, profile: Profile, new: Mapping[str, list[str]], complaints: Complaints) -> Settings:
    """The settings of one profile: layers are merged, checked and frozen, block by block."""
    top, uses = settle(tree, TOP, complaints), Uses(tree.place.file)
    check_names(profile, tree, complaints)
    check_views(tree.block("views"), complaints)
    data = {name: resolve_data(name, tree, profile, uses, complaints) for name in tree.block("data")}
    context = Context(data, uses, complaints, new, top["gpus_per_run"])
    _check_gpus(tree, top, complaints)
    topics = {
        name: resolve_topic(name, block, profile, {key: top[key] for key in EACH_TOPIC}, context)
        for name, block in tree.block("topics").items()
    }
    _note_seeds(tree, profile, uses)
    sweeps = {
        name: resolve_sweep(name, block, tree.block("topics"), profile, context)
        for name, block in tree.block("sweeps").items()
    }
    return Settings(
        profile=profile.name,
        language=top["language"],
        workers=top["workers"],
        executor=top["executor"],
        cluster=resolve_cluster(tree.block("cluster"), complaints),
        runs_per_gpu=top["runs_per_gpu"],
        gpus_per_run=top["gpus_per_run"],
        run_minutes=top["run_minutes"],
        first_seed=top["first_seed"],
        budget_minutes=top["budget_minutes"],
        same_on_every_processor=top["same_on_every_processor"],
        data={name: block for name, block in data.items() if block},
        topics={name: block for name, block in topics.items() if block},
        sweeps={name: block for name, block in sweeps.items() if block},
        voids=uses.voids(),
        store=resolve_store(tree.get("store", top["store"]), complaints),
    )


def _check_gpus(tree: Block, top: Mapping[str, Any], complaints: Complaints) -> None:
    """Complain of runs that are to have several GPUs each and to share them, or to go to nodes, which give one."""
    place, shared = tree.place.at("gpus_per_run"), top["runs_per_gpu"]
    if top["gpus_per_run"] > 1 and shared > 1:
        complaints.add(place, f"{top['gpus_per_run']} with runs_per_gpu: {shared}", "one of the two above 1")
    if top["gpus_per_run"] > 1 and top["executor"] == "ray":
        complaints.add(place, f"{top['gpus_per_run']} with executor: ray", "1, or executor: local")


def _unused(tree: Block, every: Iterable[Settings]) -> tuple[Void, ...]:
    """Views that no data set lists, and data sets that no variant of any profile learns from."""
    uses, every = Uses(tree.place.file), list(every)
    listed = {view for settings in every for block in settings.data.values() for view in block.views}
    topics = [topic for settings in every for topic in settings.topics.values()]
    learnt = {variant.data for topic in topics for variant in topic.variants.values()}
    for name, item in tree.block("views").items():
        if name not in listed:
            uses.note_unused_whole(item.place, "no data set lists it")
    blocks = [block for settings in every for block in settings.data.values()]
    learnt |= {block.like for block in blocks if block.like and block.name in learnt}
    for name, item in tree.block("data").items():
        if name not in learnt:
            uses.note_unused_whole(item.place, "no variant of any profile learns from it")
    return uses.voids()


def _note_seeds(tree: Block, profile: Profile, uses: Uses) -> None:
    """Where a topic or the profile sets its own number, the one that params.yaml begins with has no effect."""
    numbers = tree.only(dict.fromkeys(EACH_TOPIC))
    for name in tree.block("topics"):
        every, own = profile.topic(name)
        merged = merge([numbers, *(block.only(numbers) for block in (tree.block("topics", name), every, own))])
        uses.note_block(numbers, merged, consumer=name)
