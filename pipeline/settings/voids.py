"""Name values of params.yaml that have no effect, and what is set in their place."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from pipeline.settings.tree import Block, Given, Place

MOST_REASONS = 4  # in one line


@dataclass(frozen=True)
class Void:
    """A value without effect on some of what it is meant for (variants, topics, a data set), or on all of it."""

    place: Place
    value: Any
    meant_for: int
    reasons: Mapping[str, str]  # of each variant, topic or data set: what takes the value's place
    by_profile: bool

    @property
    def is_whole(self) -> bool:
        """Whether the value has no effect at all."""
        return len(self.reasons) == self.meant_for

    def concerns(self, part: str) -> bool:
        """Whether it stands in a part of params.yaml ("topics.memory", "data"; "": any), or is meant for that topic."""
        key = self.place.key
        if key == "seeds":
            return not part or part.removeprefix("topics.") in self.reasons
        return not part or f"{key}.".startswith(f"{part}.")

    def line(self) -> str:
        """What users are told."""
        noun = "topics" if self.place.key == "seeds" else "variants"
        extent = "" if self.is_whole else f" on {len(self.reasons)} of {self.meant_for} {noun}"
        counts = [reason for reason, _ in Counter(self.reasons.values()).most_common()]
        more = ", ..." if len(counts) > MOST_REASONS else ""
        reasons = ", ".join(counts[:MOST_REASONS]) + more
        return f"{self.place.file}: {self.place.key}: {spell(self.value)} has no effect{extent}: {reasons}"


@dataclass
class Uses:
    """For each value of params.yaml: what it is meant for, and what takes its place there (None: it counts)."""

    file: str
    reasons: dict[Given, dict[str, tuple[str, bool] | None]] = field(default_factory=dict)

    def note_block(self, block: Block, merged: Block, consumer: str) -> None:
        """Every value of `block`, which was merged with others into the settings of `consumer`."""
        if block.place.file != self.file:
            return
        for names, leaf in block.leaves():
            winner = merged.find(*names)
            reason = None if winner is leaf else self._reason(winner, merged)
            self.reasons.setdefault(leaf, {})[consumer] = reason

    def note_optimizer(self, optimizer: str, fit: Block, consumer: str) -> None:
        """The momentum of `fit`, once noted, if it stands beside another optimizer than sgd: that alone has one."""
        momentum, chosen = fit.get("momentum"), fit.get("optimizer")
        if optimizer == "sgd" or not isinstance(momentum, Given) or momentum not in self.reasons:
            return
        if chosen is None:
            self.reasons[momentum][consumer] = f"the optimizer is {optimizer}", False
        else:
            text = f"{setter(chosen.place, self.file)} sets optimizer {optimizer}"
            self.reasons[momentum][consumer] = text, chosen.place.file != self.file

    def note_unused(self, block: Block, reason: str) -> None:
        """Every value of a block that nothing uses."""
        for _, leaf in block.leaves():
            self.reasons[leaf] = {"": (reason, False)}

    def _reason(self, winner: Block | Given | None, merged: Block) -> tuple[str, bool]:
        """What users are told of the value that counts instead, and whether a profile set it."""
        verb, item = ("sets", winner) if winner is not None else ("names model", merged.find("model"))
        assert item is not None  # only a `build` is left out, and only for the sake of another model
        value = spell(item.value) if isinstance(item, Given) else "a mapping"
        return f"{setter(item.place, self.file)} {verb} {value}", item.place.file != self.file

    def voids(self) -> tuple[Void, ...]:
        """The values without effect, in the order of the file's blocks."""
        found = []
        for leaf, consumers in self.reasons.items():
            lost = {name: reason for name, reason in consumers.items() if reason}
            if lost:
                words = {name: text for name, (text, _) in lost.items()}
                by_profile = any(by for _, by in lost.values())
                found.append(Void(leaf.place, leaf.value, len(consumers), words, by_profile))
        return tuple(found)


def setter(place: Place, params: str) -> str:
    """Who sets a value: "profile full", "group yeast5", "variant plain", "topic memory"."""
    if place.file != params:
        return f"profile {PurePath(place.file).stem}"
    parts = place.key.split(".")
    inner = {"groups": "group", "variants": "variant"}.get(parts[2])
    return f"{inner} {parts[3]}" if inner else f"topic {parts[1]}"


def spell(value: Any) -> str:
    """A value as YAML spells it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"[{', '.join(map(spell, value))}]" if isinstance(value, list) else str(value)
