"""Names of classes as pages, pictures and MLflow show them: what cannot be seen is spelt out, what is long is cut."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

MOST_SIGNS = 18  # of a name in a table


def of_card(card: Mapping[str, Any]) -> list[str]:
    """Every class's whole name in the order of its code; empty where the data have no names, and codes must do."""
    names = [str(name) for name in card.get("class_names") or ()]
    return names if len(names) == card.get("classes") else []


def shown(names: Sequence[str], most: int = MOST_SIGNS) -> list[str]:
    """Names of `most` signs or a few more, in their order; different names stay different."""
    visible = [_visible(name) for name in names]
    short = [name if len(name) <= most else f"{name[: most - 1]}…" for name in visible]
    if len({*short}) < len(short):  # what they differ in was cut off: show both ends
        start, end = most - 1 - most // 2, most // 2
        short = [name if len(name) <= most else f"{name[:start]}…{name[-end:]}" for name in visible]
    counts = Counter(short)
    return [f"{name} ({code})" if counts[name] > 1 else name for code, name in enumerate(short)]


def _visible(name: str) -> str:
    """The name with signs that nobody sees spelt out: controls, marks of direction, blanks at an end or in a row."""
    text = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in name).replace("  ", "␣␣")
    inner = text.strip()
    start, end = len(text) - len(text.lstrip()), len(text) - len(text.rstrip())
    return f"{'␣' * start}{inner}{'␣' * end}" if inner else "␣" * max(1, len(text))
