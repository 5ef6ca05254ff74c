"""A data card in the words and numbers that a reader of the report wants."""

import re
from collections.abc import Mapping
from typing import Any, cast

from pipeline import paths
from pipeline.contracts import DataCard
from pipeline.records import read_sealed
from pipeline.report import class_names
from pipeline.report.formatting import count, number
from pipeline.report.language import NumberText, Said, listed, phrase, word

MOST_CLASS_COLUMNS = 12  # of a table with one column per class
MOST_LISTED_VALUES = 12
REBALANCED = {  # note of the view: what became of so many classes
    "under": word("classes that were thinned: {count}"),
    "over": word("filled up by copies: {count}"),
    "smote": word("filled up by SMOTE: {count}"),
    "smote_k_reduced": word("of these from fewer neighbours: {count}"),
    "untouched": word("left as they were: {count}"),
    "categories": word("columns taken as categories: {count}"),
}
VALUES = re.compile(r"\{(\w+)\}")  # of a message
CHANGED = {
    "augment": word("changed copies of each image: {copies}; images that they add: {added}"),
    "relabel": word("labels drawn at random: {drawn}; true ones among them, by chance: {true_by_chance}"),
}


def card(data: str, draw: int) -> dict[str, Any]:
    """What the card of a draw says of origin, shape, counts and steps; `exists` is False where there is none."""
    if not paths.card(data, draw).exists():
        return {"data": data, "exists": False}
    record = cast("DataCard", read_sealed(paths.card(data, draw)))
    counts = {f"training, {name}": view["counts"] for name, view in record["views"].items()}
    counts |= {part: record["counts"][part] for part in ("validation", "test")}
    notes = {name: _of_view(view.get("steps", {})) for name, view in record["views"].items()}
    return {
        **record,
        "exists": True,
        "scaled": _scaling(record["scale"]),
        "rows": [{"name": name, "counts": of_class, "total": sum(of_class)} for name, of_class in counts.items()],
        "notes": {name: note for name, note in notes.items() if note},
        "read": record.get("columns", []),
        "findings": record.get("findings", []),
        "columns": _columns(record["classes"]),
        "heads": class_names.shown(class_names.of_card(record)) or _codes(record["classes"]),
    }


def _columns(classes: int) -> str:
    """One column for each class, for the fewest and the most examples of a class, or none."""
    if not classes:
        return "none"
    return "each" if classes <= MOST_CLASS_COLUMNS else "ends"


def _codes(classes: int) -> list[Said]:
    return [phrase("class {code}", code=code) for code in range(classes)]


def _scaling(scale: Mapping[str, Any]) -> Said:
    """How examples were scaled, in words."""
    if scale["kind"] == "none":
        return phrase("not at all")
    numbers = {key: item for key, item in scale.items() if key != "kind"}
    told = NumberText(_in_words(numbers))
    if numbers.keys() == {"mean", "sd"}:
        mean, sd = (NumberText(_in_words(numbers[key])) for key in ("mean", "sd"))
        return phrase("standard (mean: {mean}, sd: {sd})", mean=mean, sd=sd)
    return phrase("{kind} ({numbers})", kind=word(scale["kind"]), numbers=told) if numbers else word(scale["kind"])


def _of_view(steps: Mapping[str, Any]) -> Said | str:
    """What the steps of a view have done, a clause each; empty without any."""
    return listed([_of_step(step, notes) for step, notes in steps.items()], "; ") if steps else ""


def _of_step(step: str, notes: Mapping[str, Any]) -> Said:
    """A step that is known in words, any other as its notes have it."""
    numbers = {key: count(item) for key, item in notes.items() if isinstance(item, int)}
    if step == "rebalance" and numbers.keys() >= {"target", "under", "over", "smote", "untouched"}:
        done = [phrase(words, count=numbers[key]) for key, words in REBALANCED.items() if notes.get(key)]
        return phrase("{target} examples a class ({classes})", target=numbers["target"], classes=listed(done, "; "))
    if step in CHANGED and set(VALUES.findall(CHANGED[step])) == numbers.keys():
        return phrase(CHANGED[step], **numbers)
    return listed([step, NumberText(_in_words(notes))], ": ")


def _in_words(notes: Any) -> str:
    """Nested notes as a line of text; long lists are counted, not shown."""
    if isinstance(notes, Mapping):
        return ", ".join(f"{key}: {_in_words(item)}" if item != {} else str(key) for key, item in notes.items())
    if isinstance(notes, list):
        return f"{len(notes)} values" if len(notes) > MOST_LISTED_VALUES else " ".join(map(_in_words, notes))
    return number(notes) if isinstance(notes, float) else str(notes)
