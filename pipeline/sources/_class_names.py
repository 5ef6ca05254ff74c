"""Names of classes as users have them: put in order, compared in spelling and number, listed in messages."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

NO_LABEL = {"", "nan", "na", "n/a", "null", "?"}
UNEVEN = 10  # times fewer examples of a class, at which it is said


def in_order(names: Iterable[str]) -> list[str]:
    """Names of classes: by value if all are whole numbers, else by their letters."""
    names = sorted(names)
    return sorted(names, key=int) if all(re.fullmatch(r"-?[0-9]+", name) for name in names) else names


def look_alikes(place: str, names: Iterable[str], *, most: int) -> list[str]:
    """A line on names that differ in blanks or capitals alone, of which it tells the `most` first; none without."""
    alike = defaultdict(list)
    for name in names:
        alike[" ".join(name.casefold().split())].append(name)
    pairs = [" and ".join(map(repr, sorted(group))) for group in alike.values() if len(group) > 1]
    told = f"{place}: classes whose names differ in capitals or blanks alone"
    return [f"{told}: {first_of(pairs, most=most)}"] if pairs else []


def unevenness(labels: np.ndarray, names: Sequence[str], *, what: str) -> list[str]:
    """A line where a class has so many times more examples, called `what`, than another; none where it has not."""
    counts = np.bincount(labels, minlength=len(names))
    most, fewest = int(counts.argmax()), int(counts.argmin())
    if counts[most] < UNEVEN * counts[fewest]:
        return []
    return [
        f"classes are far from even: {names[most]!r} has {counts[most]} {what}, {names[fewest]!r} {counts[fewest]}:"
        " accuracy says little then, balanced_accuracy more"
    ]


def first_of(items: Iterable[str], *, most: int) -> str:
    """The first few of them, and how many more there are."""
    items = list(items)
    return ", ".join([*items[:most], *([f"{len(items) - most} more"] if len(items) > most else [])])
