"""What a sweep tries: settings by their paths, each a range, or one of some values, under conditions."""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.settings.tree import Block, Given
from pipeline.settings.validation import Complaints, show

NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
RANGE = re.compile(rf"({NUMBER}) *\.\. *({NUMBER})( +log)?(?: +in +(\d+))?")
WHOLE = re.compile(r"[-+]?\d+")
FORMS = "LOW .. HIGH, LOW .. HIGH log, either with `in N` for N values, or {any: [...]}"
MOST_VALUES = 200  # of one setting in a grid
DIGITS = 4  # significant, of a number that is drawn: readable, and finer than any result

Value = Any  # of a setting, as params.yaml holds it
Values = Mapping[str, Value]  # {path: value} of the settings that are tried in a trial


def spelled(value: Value) -> str:
    """A value as params.yaml has it: null, true, [5, 3], and text as it is."""
    return value if isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, whole ones if both ends are; with `points`, only so many, evenly apart."""

    low: float
    high: float
    log: bool = False
    points: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it holds whole numbers alone."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def values(self) -> list[float] | None:
        """All that it holds, in order; None: too many to list."""
        if self.points:
            steps = range(self.points)
            return list(dict.fromkeys(self.at(step / max(1, self.points - 1)) for step in steps))
        if self.is_whole and self.high - self.low < MOST_VALUES:
            return list(range(int(self.low), int(self.high) + 1))
        return None

    def at(self, share: float) -> float:
        """The number that lies so far on the way from the low end (0) to the high one (1)."""
        if self.log:
            return self.rounded(math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low))))
        return self.rounded(self.low + share * (self.high - self.low))

    def rounded(self, number: float) -> float:
        """The number as it is tried: whole, or of DIGITS digits, and never beyond an end."""
        tried = round(number) if self.is_whole else float(f"{number:.{DIGITS}g}")
        return min(max(tried, self.low), self.high)

    def ends(self) -> list[Value]:
        """The values at which it could leave what a setting allows."""
        return [self.low, self.high]


@dataclass(frozen=True)
class Choice:
    """One of these values, which have no order."""

    options: tuple[Value, ...]

    def values(self) -> list[Value] | None:
        """All of them."""
        return list(self.options)

    def ends(self) -> list[Value]:
        """All of them: each may be one that a setting does not allow."""
        return list(self.options)


@dataclass(frozen=True)
class Tried:
    """A setting that is tried; `when` has what settings above it must be, each one of some values, for it to count."""

    path: str
    domain: Range | Choice
    when: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    def counts(self, values: Values) -> bool:
        """Whether it is tried where the settings above it have these values."""
        return all(path in values and values[path] in allowed for path, allowed in self.when.items())


@dataclass(frozen=True)
class Space:
    """All settings that a sweep tries, in the order in which they are written."""

    tried: tuple[Tried, ...]

    def size(self) -> float:
        """How many different combinations there are, conditions regarded; infinite where a range has no steps."""
        if any(each.domain.values() is None for each in self.tried):
            return math.inf
        return sum(1 for _ in self._combinations({}, 0, most=MOST_COUNTED))

    def combinations(self) -> Iterator[dict[str, Value]]:
        """Every combination in order, the last setting changing fastest."""
        return self._combinations({}, 0, most=None)

    def conditions(self, each: Tried) -> dict[str, Value]:
        """Values of the settings above one, as far as they must be something for it to count."""
        found: dict[str, Value] = {}
        for above in self.tried:
            if above.path in each.when:
                found |= {**self.conditions(above), above.path: each.when[above.path][0]}
        return found

    def edges(self, each: Tried) -> list[dict[str, Value]]:
        """A setting at each of its ends, and what must be so for it to count."""
        return [{**self.conditions(each), each.path: end} for end in each.domain.ends()]

    def firsts(self) -> dict[str, Value]:
        """Settings that are tried in every trial, each at its first end: an edge may be sound only beside these."""
        return {each.path: each.domain.ends()[0] for each in self.tried if not each.when}

    def _combinations(self, before: Values, at: int, most: int | None) -> Iterator[dict[str, Value]]:
        if at == len(self.tried):
            yield dict(before)
            return
        each, found = self.tried[at], 0
        options = [{each.path: value} for value in each.domain.values() or ()] if each.counts(before) else [{}]
        for option in options:
            for combination in self._combinations({**before, **option}, at + 1, most):
                yield combination
                found += 1
                if most is not None and found >= most:
                    return


MOST_COUNTED = 1_000_000  # combinations; a larger grid is refused whatever its number


def read_space(block: Block, complaints: Complaints) -> Space:
    """The settings under `try:`; complaints say what is wrong with their form, not whether they exist."""
    found: list[Tried] = []
    for path, item in block.items():
        tried = _read_tried(path, item, found, complaints)
        if tried:
            found.append(tried)
    return Space(tuple(found))


def _read_tried(path: str, item: Block | Given, above: Sequence[Tried], complaints: Complaints) -> Tried | None:
    if isinstance(item, Given):
        simple = read_range(item, complaints)
        return Tried(path, simple) if simple else None
    for name in item:
        if name not in ("any", "range", "when"):
            complaints.unknown(item[name].place, name, ["any", "range", "when"])
            return None
    if ("any" in item) == ("range" in item):
        complaints.add(item.place, "both any and range" if "any" in item else "neither any nor range", "one of them")
        return None
    part = item["any"] if "any" in item else item["range"]
    domain: Range | Choice | None = _read_choice(part, complaints) if "any" in item else read_range(part, complaints)
    written = item.get("when")
    if isinstance(written, Given):
        told = "conditions by their paths, such as {fit.optimizer: sgd}"
        complaints.add(written.place, show(written.value), told)
        return None
    when = _read_when(item.block("when"), above, complaints)
    return Tried(path, domain, when) if domain else None


def read_range(item: Block | Given, complaints: Complaints) -> Range | None:
    """Such as "0.0001 .. 0.1 log"; None after a complaint."""
    value = item.value if isinstance(item, Given) else {}
    match = RANGE.fullmatch(value.strip()) if isinstance(value, str) else None
    if not match:
        complaints.add(item.place, show(value), FORMS)
        return None
    low, high = (int(end) if WHOLE.fullmatch(end) else float(end) for end in match.group(1, 2))
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        complaints.add(item.place, show(value), "a lower end below the upper one")
        return None
    if match[3] and low <= 0:
        complaints.add(item.place, show(value), "ends above 0 where it is log")
        return None
    points = int(match[4]) if match[4] else None
    if points is not None and not 2 <= points <= MOST_VALUES:
        complaints.add(item.place, show(value), f"2 to {MOST_VALUES} values")
        return None
    return Range(low, high, bool(match[3]), points)


def _read_choice(item: Block | Given, complaints: Complaints) -> Choice | None:
    value = item.value if isinstance(item, Given) else None
    if not isinstance(value, list) or len(value) < 2:
        complaints.add(item.place, show(value), "a list of two values or more")
        return None
    shown = [f"{type(each).__name__} {each!r}" for each in value]
    if len(set(shown)) < len(shown):
        complaints.add(item.place, show(value), "each value once")
        return None
    return Choice(tuple(value))


def _read_when(block: Block, above: Sequence[Tried], complaints: Complaints) -> dict[str, tuple[Value, ...]]:
    """{path: values} of conditions, each on a setting that stands above and is one of some values."""
    known = {each.path: each.domain for each in above if isinstance(each.domain, Choice)}
    when = {}
    for path, item in block.items():
        if path not in known:
            complaints.unknown(item.place, path, list(known))
            continue
        value = item.value if isinstance(item, Given) else None
        options = known[path].options
        allowed = value if isinstance(value, list) and value not in options else [value]
        strange = [each for each in allowed if each not in options]
        if strange or not allowed:
            complaints.add(item.place, show((strange or [[]])[0]), ", ".join(show(option) for option in options))
            continue
        when[path] = tuple(allowed)
    return when
