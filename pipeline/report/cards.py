"""A data card in the words and numbers that a reader of the report wants."""

from collections.abc import Mapping
from typing import Any, cast

from pipeline import paths
from pipeline.contracts import DataCard
from pipeline.records import read_sealed
from pipeline.report import class_names
from pipeline.report.formatting import number

MOST_CLASS_COLUMNS = 12  # of a table with one column per class
MOST_LISTED_VALUES = 12


def card(data: str, draw: int) -> dict[str, Any]:
    """What the card of a draw says of origin, shape, counts and steps; `exists` is False where there is none."""
    if not paths.card(data, draw).exists():
        return {"data": data, "exists": False}
    record = cast("DataCard", read_sealed(paths.card(data, draw)))
    counts = {f"training, {name}": view["counts"] for name, view in record["views"].items()}
    counts |= {part: record["counts"][part] for part in ("validation", "test")}
    notes = {name: _in_words(view.get("steps", {})) for name, view in record["views"].items()}
    return {
        **record,
        "exists": True,
        "scaled": _scaling(record["scale"]),
        "rows": [{"name": name, "counts": of_class, "total": sum(of_class)} for name, of_class in counts.items()],
        "notes": {name: note for name, note in notes.items() if note},
        "read": record.get("columns", []),
        "findings": record.get("findings", []),
        "columns": _columns(record["classes"]),
        "heads": class_names.shown(class_names.of_card(record)) or [f"class {at}" for at in range(record["classes"])],
    }


def _columns(classes: int) -> str:
    """One column for each class, for the fewest and the most examples of a class, or none."""
    if not classes:
        return "none"
    return "each" if classes <= MOST_CLASS_COLUMNS else "ends"


def _scaling(scale: Mapping[str, Any]) -> str:
    numbers = _in_words({key: item for key, item in scale.items() if key != "kind"})
    return f"{scale['kind']} ({numbers})" if numbers else str(scale["kind"])


def _in_words(notes: Any) -> str:
    """Nested notes as a line of text; long lists are counted, not shown."""
    if isinstance(notes, Mapping):
        return ", ".join(f"{key}: {_in_words(item)}" if item != {} else str(key) for key, item in notes.items())
    if isinstance(notes, list):
        return f"{len(notes)} values" if len(notes) > MOST_LISTED_VALUES else " ".join(map(_in_words, notes))
    return number(notes) if isinstance(notes, float) else str(notes)
