"""Refuse claims on the recall of a class of which the test part holds too few examples to measure it by."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.settings.plan import card

if TYPE_CHECKING:
    from pipeline.settings.params import Settings

FEWEST = 30  # of p right, the standard error of a recall is sqrt(p (1 - p) / 30): 9 points at one half
LOOK = "smoke"  # a profile for a look at how it goes: its verdicts are worth nothing, and it says so


def refuse_few(settings: "Settings") -> None:
    """InputError, a line each: claims on a recall that fewer than 30 test examples of a class stand behind.

    Asked are the cards of data that are prepared as the settings have them; the others are asked once they are.
    """
    lines = [] if settings.profile == LOOK else [line for topic in settings.topics for line in _few(settings, topic)]
    if lines:
        raise InputError("\n".join(lines))


def _few(settings: "Settings", name: str) -> list[str]:
    topic, lines = settings.topics[name], []
    for claim in topic.claims:
        for arm in (claim.better, claim.worse):
            if claim.metric in BEHIND and claim.name not in topic.left_out and arm in topic.variants:
                data = topic.variants[arm].data
                count = _examples(settings, data, claim.metric)
                if count is not None and count < FEWEST:
                    lines.append(
                        f"topics.{name}: claim {claim.name} on {claim.metric} of {arm}: given {count} test examples of"
                        f" a class in data.{data}, allowed {FEWEST} or more: make its test part larger"
                    )
    return lines


def _examples(settings: "Settings", data: str, metric: str) -> int | None:
    """Fewest test examples behind one recall; None where the data are not prepared or have no classes."""
    try:
        block = settings.data[data]
        found = card(block, block.draw(settings.first_seed))
    except InputError:
        return None
    return BEHIND[metric](found["counts"]) if found["classes"] else None


Counts = Mapping[str, list[int]]  # of each class, in "train" (before any view) and "test"


def _of_each(counts: Counts) -> int:
    return min(counts["test"])


def _of_rarest(counts: Counts) -> int:
    """Of the classes that metrics/classify.py calls rare: the rarest third."""
    order = sorted(range(len(counts["train"])), key=counts["train"].__getitem__)
    return min(counts["test"][label] for label in order[: max(1, len(order) // 3)])


def _of_singletons(counts: Counts) -> int:
    """Together: their recall is that of one pool."""
    return sum(test for train, test in zip(counts["train"], counts["test"], strict=True) if train == 1)


def _of_repeated(counts: Counts) -> int:
    return sum(test for train, test in zip(counts["train"], counts["test"], strict=True) if train > 1)


BEHIND: Mapping[str, Callable[[Counts], int]] = {
    "balanced_accuracy": _of_each,
    "cost": _of_each,
    "moved_balanced_accuracy": _of_each,
    "pr_auc": _of_rarest,
    "rare_recall": _of_rarest,
    "recall_at_precision": _of_rarest,
    "recall_gap": _of_each,
    "repeated_recall": _of_repeated,
    "singleton_recall": _of_singletons,
}
