"""Resolve blocks under `sweeps:`: what is searched, by what, how often, and what each setting may be."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

from pydantic import Field

from pipeline import plugins
from pipeline.number_types import Positive, Whole
from pipeline.plugin_files import Setting
from pipeline.records import digest
from pipeline.settings import topic_blocks
from pipeline.settings.data_blocks import DataSettings, view_steps
from pipeline.settings.profiles import Profile
from pipeline.settings.sweep_space import Space, Values, read_space
from pipeline.settings.topic_blocks import Context, TopicLayers, Variant
from pipeline.settings.tree import Block, Given, Place, merge
from pipeline.settings.validation import Complaints, ParamsError, settle, show
from pipeline.settings.voids import Uses
from pipeline.verdicts import margins

Search = Literal["grid", "random", "tpe"]
MOST_TRIALS, MOST_SEEDS = 1000, 10  # seeds below 10 are for exploring
HIGHEST = ("accuracy",)  # of validation metrics, those that are better high
TOP_PATHS = ("model", "view", "precision")
PARTS = ("build", "fit", "augment")
PATHS = "model, view, precision, or one such as fit.learning_rate, build.width, augment.shift, view.rebalance.ratio"
SWEEP = {
    "topic": Setting(str, required=True),
    "variant": Setting(str, required=True),
    "try": Setting(dict, required=True),
    "best": Setting(str, required=True),
    "search": Setting(Search, "tpe"),
    "trials": Setting(Annotated[int, Field(ge=2, le=MOST_TRIALS)] | None, None),
    "seeds": Setting(Annotated[int, Field(ge=1, le=MOST_SEEDS)], 3),
    "at_once": Setting(Annotated[int, Field(ge=1, le=64)], 8),
    "finalists": Setting(dict, {}),
    "budget_minutes": Setting(Positive | None, None),
    "run_minutes": Setting(Positive | None, None),
    "margin": Setting(Positive | None, None),
    "seed": Setting(Whole, 0),
    "repro": Setting(bool, False),
}
FINALISTS = {
    "keep": Setting(Annotated[int, Field(ge=1, le=20)], 3),
    "seeds": Setting(Annotated[int, Field(ge=2, le=100)], 6),
}


@dataclass(frozen=True)
class Arm:
    """Where a sweep starts from: all that is written on its topic, and the data sets that there are."""

    layers: TopicLayers
    variant: Variant
    data: Mapping[str, DataSettings | None]


@dataclass(frozen=True, kw_only=True)
class SweepSettings:
    """One block under `sweeps:`. `metric` is a column of the history; `keep` finalists get `fresh` other seeds."""

    name: str
    topic: str
    variant: str
    space: Space
    metric: str
    highest: bool
    search: Search
    trials: int
    seeds: int
    at_once: int
    keep: int
    fresh: int
    budget_minutes: float | None
    run_minutes: float | None
    margin: float
    has_own_margin: bool
    seed: int
    repro: bool
    arm: Arm = field(compare=False, repr=False)

    @property
    def test_metric(self) -> str:
        """The metric of the final comparison, on test data."""
        return self.metric.removeprefix("val_")

    def tried(self, values: Values, name: str = "tried") -> tuple[Variant, DataSettings]:
        """The variant with these settings, and its data. ParamsError: they do not go together."""
        complaints = Complaints()
        found = _tried(self.arm, self.name, name, values, complaints)
        if found is None or complaints.lines:
            raise ParamsError(complaints.lines)
        return found

    def search_seeds(self, first_seed: int) -> list[int]:
        """The same for every trial, and never one of `fresh_seeds`."""
        first = 0 if first_seed >= self.seeds else first_seed + self.fresh
        return list(range(first, first + self.seeds))

    def fresh_seeds(self, first_seed: int) -> list[int]:
        """Those of the finalists: the first of the topic's own, so that what it has trained is there already."""
        return list(range(first_seed, first_seed + self.fresh))


def resolve_sweep(
    name: str, written: Block | Given, topics: Block, profile: Profile, context: Context
) -> SweepSettings | None:
    """The sweep `name` under a profile; None if too little of it is sound."""
    complaints = context.complaints
    settled = settle(written, SWEEP, complaints)
    if isinstance(written, Given) or not {"topic", "variant", "try", "best"} <= written.keys():
        return None
    finalists = settle(settled["finalists"], FINALISTS, complaints)
    arm = _arm(written, topics, profile, context)
    if arm is None or isinstance(written["try"], Given):
        return None
    complaints = Complaints()  # of this profile: another one may have met the same
    space = read_space(written.block("try"), complaints)
    if not written.block("try"):
        complaints.add(written["try"].place, "nothing to try", "one setting or more")
    objective = _objective(written["best"], arm.variant, complaints)
    _check_paths(name, arm, space, complaints)
    for line in complaints.lines:
        context.complaints.say(line)
    if objective is None or complaints.lines:
        return None
    complaints = context.complaints
    _note_void(name, arm, space, written.block("try"), context.uses)
    metric, highest = objective
    margin = _margin(written, settled["margin"], metric, complaints)
    numbers = {key: settled[key] for key in ("budget_minutes", "run_minutes", "seeds", "at_once", "seed", "repro")}
    return SweepSettings(
        name=name,
        topic=settled["topic"],
        variant=settled["variant"],
        space=space,
        metric=metric,
        highest=highest,
        search=settled["search"],
        trials=_trials(written, settled["search"], settled["trials"], space, complaints),
        keep=finalists["keep"],
        fresh=finalists["seeds"],
        margin=margin,
        has_own_margin=settled["margin"] is not None,
        arm=arm,
        **numbers,
    )


def _arm(written: Block, topics: Block, profile: Profile, context: Context) -> Arm | None:
    """The variant that a sweep starts from, as the profile has it."""
    topic, variant, complaints = written["topic"], written["variant"], context.complaints
    if not (isinstance(topic, Given) and isinstance(topic.value, str)):
        return None
    block = topics.get(topic.value)
    if block is None and topic.value in plugins.names("topics"):
        context.uses.note_unused_whole(written.place, f"there is no topic {topic.value}")
    elif block is None:
        complaints.unknown(topic.place, topic.value, list(topics))
    if not isinstance(block, Block) or not (isinstance(variant, Given) and isinstance(variant.value, str)):
        return None
    layers = TopicLayers(topic.value, block, *profile.topic(topic.value))
    if variant.value not in layers.variants():
        complaints.unknown(variant.place, variant.value, layers.variants())
        return None
    quiet = replace(context, uses=Uses(context.uses.file), complaints=Complaints())  # its own faults are told elsewhere
    resolved = topic_blocks.changed(layers, variant.value, Block({}, written.place), quiet)
    return Arm(layers, resolved, context.data) if resolved and not quiet.complaints.lines else None


def _objective(item: Block | Given, variant: Variant, complaints: Complaints) -> tuple[str, bool] | None:
    """Metric and whether it is better high, of `best:`, such as "val_cross_entropy lowest"."""
    objective = plugins.constant("tasks", variant.task, "OBJECTIVE", "")
    known = [f"val_{objective}"] if objective else []
    known += ["val_accuracy"] if objective == "cross_entropy" else []
    if not known:
        told = f"another topic: of the task {variant.task} no validation score is known"
        complaints.add(item.place, show(item.value if isinstance(item, Given) else None), told)
        return None
    allowed = [f"{name} {'highest' if _is_highest(name) else 'lowest'}" for name in known]
    text = item.value if isinstance(item, Given) else None
    name, _, direction = text.partition(" ") if isinstance(text, str) else ("", "", "")
    if name not in known or direction not in ("", "highest" if _is_highest(name) else "lowest"):
        told = f"{', '.join(allowed)}: a search sees validation scores alone, test data are for its end"
        complaints.add(item.place, show(text), told)
        return None
    return name, _is_highest(name)


def _is_highest(metric: str) -> bool:
    return metric.removeprefix("val_") in HIGHEST


def _margin(written: Block, own: float | None, metric: str, complaints: Complaints) -> float:
    """The smallest difference that matters in the final comparison."""
    usual = margins.smallest_difference(metric.removeprefix("val_"), "mean")
    if own is None and usual is None:
        of = metric.removeprefix("val_")
        complaints.add(written.place.at("margin"), "nothing", f"the smallest difference of {of} that matters to you")
    return own if own is not None else usual or math.inf


def _trials(written: Block, search: str, trials: int | None, space: Space, complaints: Complaints) -> int:
    """How many trials at most, the untouched variant included."""
    size = space.size()
    place = written["trials"].place if "trials" in written else written.place.at("trials")
    if search == "grid":
        if size > MOST_TRIALS:
            given = "a range without steps" if math.isinf(size) else f"{size:,.0f} combinations"
            complaints.add(written["try"].place, given, f"{MOST_TRIALS} at most in a grid: `in 4`, or search: tpe")
        if trials is not None:
            complaints.add(place, str(trials), "no such key for a grid, which tries every combination")
        return 1 + int(min(size, MOST_TRIALS))
    if trials is None:
        complaints.add(place, "nothing", f"a number of trials, 2 to {MOST_TRIALS}")
    elif trials > size + 1:
        complaints.add(place, str(trials), f"{size + 1:.0f} at most, as there are no more settings; or search: grid")
    return trials or 2


# Whether a setting exists, and takes what is tried


def _check_paths(name: str, arm: Arm, space: Space, complaints: Complaints) -> None:
    """Lay every end of every range, and every choice, on the variant, as a trial would."""
    for each in space.tried:
        place = _place(arm, name, each.path)
        if not _is_path(each.path):
            complaints.add(place, show(each.path), PATHS)
            continue
        for values in space.edges(each):
            alone, beside = Complaints(), Complaints()
            _tried(arm, name, name, values, alone)
            if alone.lines:
                _tried(arm, name, name, {**space.firsts(), **values}, beside)
            for line in alone.lines if beside.lines else ():
                complaints.say(line)


def _note_void(name: str, arm: Arm, space: Space, written: Block, uses: Uses) -> None:
    """Name each setting all values of which come to the same, whatever the choices beside it are."""
    for each in space.tried:
        edges = space.edges(each)
        choices = [{other.path: end} for other in space.tried for end in other.domain.ends() if other is not each]
        if all(len({_identity(arm, name, {**more, **values}) for values in edges}) == 1 for more in [{}, *choices]):
            item = written[each.path]
            uses.note_unused_whole(item.place, "all its values come to the same runs, as momentum does without sgd")


def _identity(arm: Arm, name: str, values: Values) -> str:
    """The same for settings that come to the same variant on the same view; their own where they do not go together."""
    found = _tried(arm, name, name, values, Complaints())
    if found is None:
        return digest(dict(values))
    variant, block = found
    return digest(variant.settings() | {"view": block.views[variant.view]})


def _is_path(path: str) -> bool:
    parts = path.split(".")
    if len(parts) == 1:
        return path in TOP_PATHS
    return (parts[0] in PARTS and len(parts) == 2) or (parts[0] == "view" and len(parts) == 3)


def _place(arm: Arm, sweep: str, path: str) -> Place:
    return Place(arm.layers.written.place.file, f"sweeps.{sweep}.try.{path}")


def _tried(
    arm: Arm, sweep: str, name: str, values: Values, complaints: Complaints
) -> tuple[Variant, DataSettings] | None:
    """The variant with these settings, checked as one that is written down."""
    changes, steps = _changes(arm, sweep, values)
    view = str(values.get("view", arm.variant.view))
    block = arm.data.get(arm.variant.data)
    if block is None:
        return None
    if steps:
        block, view = _with_view(block, view, steps, complaints)
        changes["view"] = Given(view, _place(arm, sweep, "view"))
    uses = Uses(arm.layers.written.place.file)
    data = {**arm.data, block.name: block}
    context = Context(data, uses, complaints, gpus_per_run=arm.variant.gpus_per_run)
    variant = topic_blocks.changed(arm.layers, arm.variant.name, changes, context)
    return (replace(variant, name=name), block) if variant else None


def _changes(arm: Arm, sweep: str, values: Values) -> tuple[Block, Block]:
    """What is laid on the variant, and the steps of its view that are changed."""
    blocks = [Block({}, _place(arm, sweep, ""))]
    steps = [Block({}, _place(arm, sweep, "view"))]
    for path, value in values.items():
        if path == "model" and value == arm.variant.model:
            continue  # the variant's own keeps what is built by
        *parents, last = path.split(".")
        item: Block | Given = Given(value, _place(arm, sweep, path))
        for depth in range(len(parents), 0, -1):
            where = ".".join(parents[:depth]) if parents[0] == "view" else path  # a step may lack what can be tried
            item = Block({last: item}, _place(arm, sweep, where))
            last = parents[depth - 1]
        if parents and parents[0] == "view":
            steps.append(item if isinstance(item, Block) else steps[0])
        else:
            blocks.append(Block({last: item}, _place(arm, sweep, path)))
    return merge(blocks), merge(steps)


def _with_view(block: DataSettings, view: str, steps: Block, complaints: Complaints) -> tuple[DataSettings, str]:
    """The data set with one view more, which has these steps in place of those of `view`, and the name of it."""
    before: dict[str, dict[str, Any]] = {
        step: {key: Given(value, steps.place) for key, value in options.items()}
        for step, options in block.views.get(view, {}).items()
    }
    under = Block({step: Block(options, steps.place) for step, options in before.items()}, steps.place)
    settled = view_steps(merge([under, steps]), block.kind, complaints)
    name = f"{view}_{digest({step: dict(options) for step, options in settled.items()})[:8]}"
    return replace(block, views={**block.views, name: settled}), name
