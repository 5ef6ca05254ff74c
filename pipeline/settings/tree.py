"""Settings as they were written: every value and every block knows the file and the key where it stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any


@dataclass(frozen=True)
class Place:
    """A file, as messages name it, and a dotted key in it."""

    file: str
    key: str = ""

    def at(self, *names: str) -> "Place":
        """The place of something within."""
        return Place(self.file, ".".join(part for part in (self.key, *names) if part))


@dataclass(frozen=True, eq=False)  # compared by identity: two places may hold the same value
class Given:
    """One value (a list is one as well)."""

    value: Any
    place: Place


class Block(dict[str, "Block | Given"]):
    """A mapping of a settings file, or what several of them come to; then `place` is that of the first."""

    def __init__(self, items: Mapping[str, "Block | Given"], place: Place) -> None:
        super().__init__(items)
        self.place = place

    def only(self, names: Mapping[str, Any]) -> "Block":
        """The part of the block that `names` has."""
        return Block({name: item for name, item in self.items() if name in names}, self.place)

    def block(self, *names: str) -> "Block":
        """The block under nested `names`; an empty one where there is none, or a value."""
        found = self.find(*names)
        return found if isinstance(found, Block) else Block({}, self.place.at(*names))

    def find(self, *names: str) -> "Block | Given | None":
        """What stands under nested `names`, or the value that stands in its way."""
        found: Block | Given | None = self
        for name in names:
            if not isinstance(found, Block):
                break
            found = found.get(name)
        return found

    def leaves(self) -> Iterator[tuple[tuple[str, ...], Given]]:
        """Each value within, and the names that lead to it."""
        for name, item in self.items():
            if isinstance(item, Given):
                yield (name,), item
            else:
                yield from (((name, *names), leaf) for names, leaf in item.leaves())


def merge(layers: list[Block]) -> Block:
    """One block of several: a later one's values take the place of an earlier one's, key by key."""
    return reduce(_lay_on, layers)


def _lay_on(under: Block, over: Block) -> Block:
    merged: dict[str, Block | Given] = dict(under)
    for name, item in over.items():
        below = merged.get(name)
        merged[name] = _lay_on(below, item) if isinstance(below, Block) and isinstance(item, Block) else item
    return Block(merged, under.place)
