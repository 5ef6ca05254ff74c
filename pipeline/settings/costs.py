"""Read `cost:` of a topic in params.yaml: what it costs to miss a class, and to see it where it is not."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline import plugins
from pipeline.errors import InputError
from pipeline.number_types import Positive
from pipeline.plugin_files import Setting
from pipeline.settings.tree import Block, Given
from pipeline.settings.validation import Complaints, settle, show
from pipeline.verdicts.topic import COST, Costs

WORDS = {COST: Setting(dict, {})}
PARTS = {
    "missed": Setting(Positive, required=True),
    "false_alarm": Setting(Positive, required=True),
    "of": Setting(str | int | None, None),
}
EXAMPLE = "cost: {missed: 50, false_alarm: 1}"


def resolve(written: Block, variants: Mapping[str, Any], complaints: Complaints) -> Costs | None:
    """The costs that a topic gives; None, after complaints, if they make no sense, or if there are none."""
    item, own = written.get(COST), Complaints()
    if not isinstance(item, Block):
        return None  # there is none, or its wrong type has been complained of
    settled = settle(item, PARTS, own)
    _check_tasks(item, [variant.task for variant in variants.values() if variant], own)
    for line in own.lines:
        complaints.say(line)
    return None if own.lines else Costs(**settled)


def _check_tasks(item: Block, tasks: Sequence[str], complaints: Complaints) -> None:
    if tasks and not any(map(answers_classes, tasks)):
        allowed = "them where variants tell classes apart: there is none to miss here"
        complaints.add(item.place, "costs of errors", allowed)


def answers_classes(task: str) -> bool:
    """Whether a task's models answer with probabilities of classes, one for each input."""
    labels = plugins.constant("tasks", task, "LABELS", ())
    return "class" in labels and plugins.constant("tasks", task, "OBJECTIVE", "none") == "cross_entropy"


def complain_of_none(item: Block | Given | None, metrics: Iterable[str], complaints: Complaints) -> None:
    """Say that a topic asks for the cost of errors, and not what these cost."""
    if item and COST in metrics:
        complaints.add(item.place, show(COST), f"it in a topic that says what errors cost, such as {EXAMPLE}")


def class_of(costs: Costs | None, card: Mapping[str, Any], topic: str) -> int:
    """Code of the class that errors are about: that of the costs, else the one of the fewest examples in all parts.

    InputError: costs for data of other than two classes, or of a class that these have not.
    """
    counts = [sum(of_class) for of_class in zip(*card["counts"].values(), strict=True)]
    rarest = counts.index(min(counts))
    if costs is None:
        return rarest
    place = f"topics.{topic}.cost"
    if card["classes"] != 2:
        told = f"given for {card['data']}, of {card['classes']} classes"
        raise InputError(f"{place}: {told}, allowed for data of two classes")
    names = list(card.get("class_names") or map(str, range(2)))
    if costs.of is None:
        return rarest
    if str(costs.of) not in names:
        allowed = f"a class of {card['data']}: {' or '.join(map(repr, names))}"
        raise InputError(f"{place}.of: given {costs.of!r}, allowed {allowed}")
    return names.index(str(costs.of))
