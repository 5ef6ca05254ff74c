"""Name values of params.yaml and its profiles that have no effect, and what is set in their place."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

from pipeline.settings.tree import Block, Given, Place

MOST_REASONS = 4  # in one line
MEANT_FOR_TOPICS = ("seeds", "looks", "every_topic.seeds", "every_topic.looks", "every_topic.metrics")


@dataclass(frozen=True)
class Void:
    """A value without effect on some of what it is meant for (variants, topics, a data set), or on all of it."""

    place: Place
    value: Any
    meant_for: int
    reasons: Mapping[str, str]  # of each variant ("memory.gru"), topic or data set: what takes the value's place
    by_profile: bool

    @property
    def is_whole(self) -> bool:
        """Whether the value has no effect at all."""
        return len(self.reasons) == self.meant_for

    def concerns(self, part: str) -> bool:
        """Whether it stands in a part of params.yaml ("topics.memory", "data"; "": any), or is meant for that topic."""
        key = self.place.key
        if key in ("seeds", "looks"):
            return not part or part.removeprefix("topics.") in self.reasons
        return not part or self.stands_in(part)

    def stands_in(self, part: str) -> bool:
        """Whether it is written in that block ("topics.memory", "data.ring")."""
        return f"{self.place.key}.".startswith(f"{part}.")

    def without(self, topics: Collection[str]) -> "Void":
        """The same as far as it concerns other topics than these, where it is meant for topics."""
        if self.place.key not in MEANT_FOR_TOPICS:
            return self
        reasons = {name: reason for name, reason in self.reasons.items() if name not in topics}
        return replace(self, reasons=reasons, meant_for=self.meant_for - len(topics))

    def line(self) -> str:
        """What users are told."""
        extent = "" if self.is_whole else f" on {len(self.reasons)} of {self.meant_for} {self._noun()}"
        counts = [reason for reason, _ in Counter(self.reasons.values()).most_common()]
        more = ", ..." if len(counts) > MOST_REASONS else ""
        reasons = ", ".join(counts[:MOST_REASONS]) + more
        return f"{self.place.file}: {self.place.key}: {spell(self.value)} has no effect{extent}: {reasons}"

    def _noun(self) -> str:
        if self.place.key.startswith("every_data."):
            return "data sets"
        return "topics" if self.place.key in MEANT_FOR_TOPICS else "variants"


@dataclass
class Uses:
    """For each value of params.yaml and a profile: what it is meant for, and what takes its place there (or None)."""

    file: str  # params.yaml, as messages name it
    reasons: dict[Given, dict[str, tuple[str, bool] | None]] = field(default_factory=dict)

    def note_block(self, block: Block, merged: Block, consumer: str) -> None:
        """Every value of `block`, which was merged with others into the settings of `consumer`."""
        for names, leaf in block.leaves():
            winner = merged.find(*names)
            reason = None if winner is leaf else self._reason(leaf, winner, merged)
            self.reasons.setdefault(leaf, {})[consumer] = reason

    def note_optimizer(self, optimizer: str, fit: Block, consumer: str) -> None:
        """The momentum of `fit`, once noted, if it stands beside another optimizer than sgd: that alone has one."""
        momentum, chosen = fit.get("momentum"), fit.get("optimizer")
        if optimizer == "sgd" or not isinstance(momentum, Given) or momentum not in self.reasons:
            return
        if chosen is None:
            self.reasons[momentum][consumer] = f"the optimizer is {optimizer}", False
        else:
            text = f"{self._setter(chosen.place, momentum)} sets optimizer {optimizer}"
            self.reasons[momentum][consumer] = text, chosen.place.file != self.file

    def note_unused(self, block: Block, reason: str) -> None:
        """Every value of a block that nothing uses."""
        for _, leaf in block.leaves():
            self.reasons[leaf] = {"": (reason, False)}

    def note_unused_whole(self, place: Place, reason: str) -> None:
        """A block that nothing uses, as one."""
        self.reasons[Given({}, place)] = {"": (reason, False)}

    def _reason(self, leaf: Given, winner: Block | Given | None, merged: Block) -> tuple[str, bool]:
        """What users are told of what counts in place of `leaf`, and whether a profile set it."""
        verb, item = ("sets", winner) if winner is not None else ("names model", merged.find("model"))
        if item is None:  # a layer has a value where a block belongs, which is complained of
            return "another layer has no such block", False
        value = spell(item.value) if isinstance(item, Given) else "a mapping"
        return f"{self._setter(item.place, leaf)} {verb} {value}", item.place.file != self.file

    def _setter(self, place: Place, leaf: Given) -> str:
        """Who sets what stands at `place`, as the file of `leaf` sees it: "group yeast5", "profile full"."""
        is_near = place.file in (self.file, leaf.place.file)
        return setter(place.key) if is_near else f"profile {PurePath(place.file).stem}"

    def voids(self) -> tuple[Void, ...]:
        """The values without effect: those of params.yaml, then the profile's, in the order of their blocks."""
        found = []
        for leaf, consumers in self.reasons.items():
            lost = {name: reason for name, reason in consumers.items() if reason}
            if lost:
                words = {name: text for name, (text, _) in lost.items()}
                by_profile = any(by for _, by in lost.values())
                found.append(Void(leaf.place, leaf.value, len(consumers), words, by_profile))
        return tuple(sorted(found, key=lambda void: void.place.file != self.file))


def setter(key: str) -> str:
    """Who sets a value within a file, by its key: "group yeast5", "variant plain", "topic memory", "data set ring"."""
    part, name, *rest = key.split(".")
    if part in ("every_topic", "every_data"):
        return part
    inner = {"groups": "group", "variants": "variant", "new_variants": "variant"}.get(rest[0])
    return f"{inner} {rest[1]}" if inner else f"{'topic' if part == 'topics' else 'data set'} {name}"


def spell(value: Any) -> str:
    """A value as YAML spells it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "all of it"
    return f"[{', '.join(map(spell, value))}]" if isinstance(value, list) else str(value)
