"""Of very many seeds a page shows some, spread evenly: its size must not grow with their number."""

from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")
SHOWN = 40  # as many as a course's claims ask for at most: its pages show all


def some(items: Sequence[Item]) -> list[Item]:
    """All items, or SHOWN of them: the first, the last, and those between at equal steps."""
    if len(items) <= SHOWN:
        return list(items)
    return [items[round(at * (len(items) - 1) / (SHOWN - 1))] for at in range(SHOWN)]


def spread(values: Sequence[float]) -> list[float]:
    """All values as they are, or of more than SHOWN some, from the lowest to the highest."""
    return list(values) if len(values) <= SHOWN else some(sorted(values))
