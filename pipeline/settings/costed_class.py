"""Refuse costs of errors that the data have no class for."""

from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.settings.costs import class_of
from pipeline.settings.plan import card

if TYPE_CHECKING:
    from pipeline.settings.params import Settings


def refuse_unfit(settings: "Settings") -> None:
    """InputError, a line each: costs for data of other than two classes, or of a class that is not there.

    Asked are the cards of data that are prepared as the settings have them; the others are asked once they are.
    """
    lines = [line for name, topic in settings.topics.items() if topic.topic.costs for line in _unfit(settings, name)]
    if lines:
        raise InputError("\n".join(lines))


def _unfit(settings: "Settings", name: str) -> list[str]:
    topic, lines = settings.topics[name], []
    for data in dict.fromkeys(variant.data for variant in topic.variants.values()):
        block = settings.data[data]
        try:
            found = card(block, block.draw(settings.first_seed))
        except InputError:
            continue  # not prepared
        try:
            class_of(topic.topic.costs, found, name)
        except InputError as error:
            lines.append(str(error))
    return lines
