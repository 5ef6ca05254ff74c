"""Find the values in the files that another value makes void, and say so."""

import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.settings.files import File, parse_text
from pipeline.settings.reading import Use
from pipeline.settings.validation import Given, ParamsError, leaves, show

MOST_CAUSES, MOST_LINES = 3, 5
# Settings of `fit` that only some optimizers take: key -> the settings that name an optimizer, and those that take it.
# Here and not beside the tasks' functions: keys of finished runs are made of the tasks' code.
ONLY_WITH = {
    "momentum": (("optimizer",), ("sgd",)),
    "beta_1": (("generator_optimizer", "discriminator_optimizer"), ("adam",)),
}


@dataclass(frozen=True)
class Void:
    """A value without effect, wholly or on some units: what is instead (in words), and for which units."""

    file: str
    key: str
    value: Any
    instead: Mapping[str, tuple[str, ...]]
    taken: int  # units on which it has its effect

    @property
    def units(self) -> tuple[str, ...]:
        """Data sets, topics or variants on which the value has no effect."""
        return tuple(unit for units in self.instead.values() for unit in units)

    def concerns(self, block: str) -> bool:
        """Whether one of the units is `block` ("data.ring", "topics.memory") or lies within."""
        return any(f"{unit}.".startswith(f"{block}.") for unit in self.units)

    def line(self) -> str:
        """What a user reads."""
        lost, nouns = len(self.units), "variants"
        if self.key.rpartition(".")[2] in ("seeds", "metrics"):
            nouns = "topics"
        elif self.key.startswith(("data.", "every_data.", "views.")):
            nouns = "data sets"
        part = f" on {lost} of {lost + self.taken} {nouns}" if self.taken else ""
        causes = list(self.instead)
        more = f", and {len(causes) - MOST_CAUSES} more" if len(causes) > MOST_CAUSES else ""
        return (
            f"{self.file}: {self.key}: {show(self.value)} has no effect{part}: {', '.join(causes[:MOST_CAUSES])}{more}"
        )


def collect(files: Sequence[File], uses: Iterable[Use]) -> tuple[Void, ...]:
    """Every void value of the files, in their order."""
    taken: dict[tuple[str, str], list[Given]] = {}
    lost: dict[tuple[str, str], dict[str, list[str]]] = {}
    for use in uses:
        for leaf in leaves(use.tree):
            taken.setdefault((leaf.file, leaf.key), []).append(leaf)
        for value, cause in _losses(use):
            lost.setdefault((value.file, value.key), {}).setdefault(cause, []).append(use.unit)
    voids = []
    for file in files:
        for leaf in leaves({part: file.at(part) for part in file.tree if _is_for_units(part)}):
            takers = taken.get((leaf.file, leaf.key), [])
            causes = lost.get((leaf.file, leaf.key), {}) or _idle(leaf, takers)
            if causes:
                instead = {cause: tuple(units) for cause, units in causes.items()}
                meaningless = sum(len(units) for cause, units in causes.items() if cause.endswith("takes none"))
                voids.append(Void(leaf.file, leaf.key, leaf.value, instead, max(0, len(takers) - meaningless)))
    return tuple(voids)


def _is_for_units(part: str) -> bool:
    return part in ("seeds", "views", "data", "topics", "every_data", "every_topic")


def _losses(use: Use) -> Iterator[tuple[Given, str]]:
    """Values that a unit does not take, each with what is instead."""
    for leaf in leaves(use.tree):
        for hidden in leaf.replaces:
            yield hidden, f"{_author(leaf)} {_deed(leaf)}"
    for dropped in use.dropped:
        yield dropped.value, f"{_author(dropped.model)} names the model {dropped.model.value}"
    for key, (optimizers, takers) in ONLY_WITH.items():
        chosen = [use.fit[optimizer] for optimizer in optimizers if optimizer in use.fit]
        value = use.tree.get("fit", {}).get(key) if chosen else None
        if isinstance(value, Given) and not set(chosen) & set(takers):
            yield value, f"{optimizers[0]} {chosen[0]} takes none"


def _author(leaf: Given) -> str:
    """Who sets a value: a profile, a group, a variant or a topic."""
    if leaf.file.startswith("profiles/"):
        return f"profile {Path(leaf.file).stem}"
    parts = leaf.key.split(".")
    for word in ("groups", "variants", "topics"):
        if word in parts[:-1]:
            return f"{word[:-1]} {parts[parts.index(word) + 1]}"
    return leaf.file


def _deed(leaf: Given) -> str:
    is_variant = leaf.value is None and leaf.key.split(".")[-2:-1] == ["variants"]
    return "leaves the variant out" if is_variant else f"sets {show(leaf.value)}"


def _idle(leaf: Given, takers: Sequence[Given]) -> dict[str, list[str]]:
    """Why a value that nothing replaces has no effect all the same: nobody takes it, or it is so already."""
    if not takers:
        return {"nothing takes it": []}
    before = [taker.replaces[-1] for taker in takers if taker.replaces and taker.replaces[-1].value == leaf.value]
    if leaf.file.startswith("profiles/") and len(before) == len(takers):
        return {f"{before[0].file} sets {show(leaf.value)} already": []}
    return {}


def notices(voids: Iterable[Void], blocks: Sequence[str], profile: str, folder: Path) -> list[str]:
    """What a stage says first: values that differ from Git's HEAD, a line each; how many others, in one line."""
    told = [void for void in voids if void.file == "params.yaml" and any(void.concerns(block) for block in blocks)]
    committed = _committed(folder)
    if committed is not None:
        single = [void for void in told if _at(committed, void.key) != void.value]
    else:
        single = [void for void in told if not (void.taken and profile == "laptop")][:MOST_LINES]
    lines = [void.line() for void in single]
    rest = len(told) - len(single)
    if rest and profile != "laptop":
        more = " more" if single else ""
        lines.append(
            f"params.yaml: {rest}{more} values have no effect, or not on all variants, under profile {profile}:"
            " `python -m pipeline check` lists them"
        )
    return lines


def _committed(folder: Path) -> Any:
    """params.yaml at Git's HEAD as plain values; None without Git, a commit or sound YAML."""
    command = ["git", "show", "HEAD:./params.yaml"]
    try:
        shown = subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=10).stdout
        return parse_text(shown.decode("utf-8"), "params.yaml")
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError, ParamsError):
        return None


def _at(tree: Any, key: str) -> Any:
    for part in key.split("."):
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree
