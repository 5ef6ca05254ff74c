"""A data card in the words and numbers that a reader of the report wants."""

from collections.abc import Mapping
from typing import Any

from pipeline import paths
from pipeline.records import read_json
from pipeline.report.formatting import number

FEW = 12  # classes up to which each has a column of its own, and values up to which a list is shown


def card(data: str) -> dict[str, Any]:
    """What the card of `data` says of origin, shape, counts and steps; `found` is False where there is none."""
    if not paths.card(data).exists():
        return {"data": data, "found": False}
    told: dict[str, Any] = read_json(paths.card(data))
    rows = [(f"training, {view}", of["counts"]) for view, of in told["views"].items()]
    rows += [(part, told["counts"][part]) for part in ("validation", "test")]
    notes = {view: _told(of.get("steps", {})) for view, of in told["views"].items()}
    classes = told["classes"]
    return told | {
        "found": True,
        "scaled": _scaling(told["scale"]),
        "rows": [{"name": name, "counts": counts, "total": sum(counts)} for name, counts in rows],
        "notes": {view: note for view, note in notes.items() if note},
        "classes": classes,
        "columns": "each" if 0 < classes <= FEW else "ends" if classes else "none",
    }


def _scaling(scale: Mapping[str, Any]) -> str:
    by = _told({key: item for key, item in scale.items() if key != "kind"})
    return f"{scale['kind']} ({by})" if by else str(scale["kind"])


def _told(notes: Any) -> str:
    """Nested notes as a line of text; long lists are counted, not shown."""
    if isinstance(notes, Mapping):
        return ", ".join(f"{key}: {_told(item)}" if item != {} else str(key) for key, item in notes.items())
    if isinstance(notes, list):
        return f"{len(notes)} values" if len(notes) > FEW else " ".join(_told(item) for item in notes)
    return number(notes) if isinstance(notes, float) else str(notes)
