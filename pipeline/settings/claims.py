"""Read `claims:` of a topic in params.yaml: a topic needs Python for probes alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from pipeline import paths, plugin_files, plugins
from pipeline.contracts import Verdict
from pipeline.errors import InputError
from pipeline.number_types import Positive
from pipeline.plugin_files import Setting
from pipeline.settings import costs
from pipeline.settings.tree import Block, Given, Place
from pipeline.settings.validation import Complaints, settle, show
from pipeline.verdicts import margins
from pipeline.verdicts.margins import Comparison
from pipeline.verdicts.topic import COST, Claim, Topic

CHAPTER = "Your data"
CLAIM = {
    "name": Setting(str, required=True),
    "sentence": Setting(str, required=True),
    "metric": Setting(str, required=True),
    "better": Setting(str, required=True),
    "worse": Setting(str, required=True),
    "margin": Setting(Positive | None, None),
    "margin_because": Setting(str, ""),
    "higher_is_better": Setting(bool | None, None),
    "kind": Setting(Literal[get_args(Comparison)], "mean"),
    "expects": Setting(Literal[get_args(Verdict)], "reproduced"),
    "chapter": Setting(str, CHAPTER),
}
WORDS = {"title": Setting(str | None, None), "question": Setting(str | None, None), "claims": Setting(list, [])}
# Of these a lower value is the better one, unless a claim says otherwise.
LOWER = frozenset({"brier", "calibration_error", "cross_entropy", "diverged", "gap", "late_rise", "squared_error"})
LOWER |= {"absolute_error", "accuracy_gap", "cost", "recall_gap"}


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a claim may name: variants, of this profile and of any, and the metrics that speak of each variant.

    `costed` is the cost of errors, if the topic says what these cost.
    """

    variants: Mapping[str, Any]
    elsewhere: Iterable[str]
    probes: Sequence[str]
    costed: Sequence[str] = ()


def resolve(name: str, block: Block, python: Topic | None, known: Known, complaints: Complaints) -> Topic:
    """The topic `name`: what its module says (None: there is none), then what params.yaml says."""
    settled = settle(block.only(WORDS), WORDS, complaints, partial=True)
    before = python or Topic(title=_title(name), question="", claims=(), own=True)
    item = block.get("claims")
    written = _claims(item, known, complaints) if isinstance(item, Given) and isinstance(item.value, list) else []
    told = {word: settled[word] for word in ("title", "question") if settled.get(word)}
    names = [claim.name for claim in before.claims]
    fresh = []
    for claim, place in written:
        if claim.name in names:
            complaints.add(place.at("name"), show(claim.name), "a name that no other claim of the topic has")
        else:
            fresh.append(claim)
        names.append(claim.name)
    return replace(before, **told, claims=(*before.claims, *fresh))


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _claims(item: Given, known: Known, complaints: Complaints) -> list[tuple[Claim, Place]]:
    """Those that make sense, each with its place."""
    found = []
    for number, value in enumerate(item.value):
        place = _place(item.place, number, value)
        if not isinstance(value, dict):
            complaints.add(place, show(value), f"a mapping with {', '.join(CLAIM)}")
            continue
        block = Block({str(key): Given(each, place.at(str(key))) for key, each in value.items()}, place)
        claim = _claim(block, known, complaints)
        if claim:
            found.append((claim, place))
    return found


def _place(around: Place, number: int, value: Any) -> Place:
    """Of one claim: by its name, if it has one, else by its number from 0, as `dvc exp run -S` counts."""
    name = value.get("name") if isinstance(value, dict) else None
    return around.at(name) if isinstance(name, str) and name.isidentifier() else around.at(str(number))


def _claim(block: Block, known: Known, complaints: Complaints) -> Claim | None:
    """The claim; None, after complaints of all that is wrong with it, if it makes no sense."""
    own = Complaints()
    settled = settle(block, CLAIM, own)
    _check_arms(block, known, own)
    if not _is_metric(block, settled, known, own):
        settled |= {"margin": 1.0, "margin_because": "follows from the metric, which is not there"}
    if settled.get("higher_is_better") is None and "higher_is_better" not in block:
        settled["higher_is_better"] = settled.get("metric") not in LOWER
    if all(isinstance(settled.get(word), str) for word, setting in CLAIM.items() if setting.required):
        _check_whole(block, settled, own)
    for line in own.lines:
        complaints.say(line)
    return None if own.lines else Claim(**settled)


def _check_whole(block: Block, settled: Mapping[str, Any], complaints: Complaints) -> None:
    """Complain of what a claim itself refuses, at the key where it stands."""
    try:
        Claim(**settled)
    except InputError as error:
        for line in str(error).splitlines():
            fault = line.removeprefix("claim ").removeprefix(f"{settled['name']!r}: ")
            complaints.say(f"{block.place.file}: {block.place.key}.{fault}")


def _check_arms(block: Block, known: Known, complaints: Complaints) -> None:
    everywhere = list(dict.fromkeys([*known.variants, *known.elsewhere]))
    for word in ("better", "worse"):
        arm = block.get(word)
        if isinstance(arm, Given) and isinstance(arm.value, str) and arm.value not in everywhere:
            complaints.unknown(arm.place, arm.value, everywhere)


def _is_metric(block: Block, settled: Mapping[str, Any], known: Known, complaints: Complaints) -> bool:
    """Whether there is a metric of that name for the variants; complaints say if not, or if it is of another kind."""
    item = block.get("metric")
    if not isinstance(item, Given) or not isinstance(item.value, str):
        return False
    arms = (known.variants.get(str(settled.get(word))) for word in ("better", "worse"))
    tasks = list(dict.fromkeys(arm.task for arm in arms if arm))
    measured = [metrics_of(task, (*known.probes, *known.costed)) for task in tasks or ("*",)]
    allowed = [metric for metric in measured[0] if all(metric in each for each in measured)]
    if item.value == COST and not known.costed:
        complaints.add(item.place, show(COST), f"it in a topic that says what errors cost, such as {costs.EXAMPLE}")
        return False
    if item.value not in allowed:
        complaints.unknown(item.place, item.value, allowed)
        return False
    if margins.metric(item.value).rate and settled.get("kind") == "mean":
        complaints.add(block.place.at("kind"), show(settled["kind"]), f"rate: {item.value} is 0 or 1 for each run")
    elif settled.get("kind") == "rate" and not margins.metric(item.value).rate and item.value not in known.probes:
        complaints.add(block.place.at("kind"), "'rate'", f"mean or ratio: {item.value} is not 0 or 1 for each run")
    return True


def metrics_of(task: str, probes: Iterable[str]) -> list[str]:
    """The metrics that say something of runs of a task ("*": of any), probes of the topic included."""
    files, own = sorted(paths.METRICS.glob("[!_]*.py")), task if task == "*" else plugins.scored_as(task)
    public = {
        name for file in files if task == "*" or file.stem in ("history", own) for name in plugin_files.functions(file)
    }
    return sorted(public | set(probes))
