"""Check blocks of settings against what a function takes; say what is wrong, key by key."""

import datetime
import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from pipeline.errors import InputError
from pipeline.plugin_files import Setting
from pipeline.settings.tree import Block, Given, Place


class ParamsError(InputError):
    """Everything that is wrong with the user's settings: `lines`, one an error."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass
class Complaints:
    """Errors of all settings files, in the order in which they were met, each once."""

    lines: list[str] = field(default_factory=list)

    def add(self, place: Place, given: str, allowed: str) -> None:
        """One line: file, key, what was given, what is allowed."""
        self.say(f"{place.file}: {place.key}: given {given}, allowed {allowed}")

    def say(self, line: str) -> None:
        """One line, unless it was said before."""
        if line not in self.lines:
            self.lines.append(line)

    def unknown(self, place: Place, given: str, allowed: list[str]) -> None:
        """A name that does not exist, with those that do and the nearest of them."""
        near = difflib.get_close_matches(given, allowed, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        self.add(place, show(given), f"{', '.join(allowed) or 'none'}{hint}")


def show(value: Any) -> str:
    """A value as an error message quotes it."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    text = value.isoformat() if isinstance(value, datetime.date) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation, config=ConfigDict(strict=True, allow_inf_nan=False))


def describe(annotation: Any, given: Any = None) -> str:
    """A type in words, for error messages: "an integer >= 1"; with the highest of a wide range if more was given."""
    return _describe(_adapter(annotation).json_schema(), given)


def _describe(schema: Mapping[str, Any], given: Any) -> str:
    if "anyOf" in schema:
        return " or ".join(_describe(part, given) for part in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return ("one of " if len(values) > 1 else "") + ", ".join(map(repr, values))
    if schema.get("type") == "array":
        return f"a list, each item {_describe(schema.get('items', {}), given)}"
    words = {"integer": "an integer", "number": "a number", "boolean": "true or false", "string": "text"}
    words |= {"null": "null", "object": "a mapping"}
    signs = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    items = given if isinstance(given, list) else [given]
    widest = math.inf if any(isinstance(item, int | float) and item >= 1e6 for item in items) else 1e6
    limits = [f"{sign} {schema[key]:.10g}" for key, sign in signs.items() if key in schema and schema[key] < widest]
    return " ".join([words.get(schema.get("type", ""), "a value"), " and ".join(limits)]).strip()


def settle(
    block: Block | Given, fields: Mapping[str, Setting], complaints: Complaints, *, partial: bool = False
) -> dict[str, Any]:
    """Values of a block, checked against `fields`, with defaults filled in unless `partial`; blocks within stay so."""
    if isinstance(block, Given):
        complaints.add(block.place, show(block.value), f"a mapping with {', '.join(fields) or 'no keys'}")
        complaints, block = Complaints(), Block({}, block.place)  # what it lacks follows from that
    for name, item in block.items():
        if name not in fields:
            complaints.unknown(item.place, name, list(fields))
    settled = {}
    for name, setting in fields.items():
        if name in block:
            settled[name] = _checked(block[name], setting, complaints)
        elif setting.required and not partial:
            complaints.add(block.place.at(name), "nothing", describe(setting.annotation))
        elif not partial:
            settled[name] = _default(setting, block.place.at(name))
    return settled


def _checked(item: Block | Given, setting: Setting, complaints: Complaints) -> Any:
    value = item.value if isinstance(item, Given) else item
    if isinstance(value, Block) and "dict[" in str(setting.annotation):  # a mapping of values, not of settings
        value = {name: part.value if isinstance(part, Given) else None for name, part in value.items()}
    try:
        _adapter(setting.annotation).validate_python(value)
    except ValidationError:
        complaints.add(item.place, show(value), describe(setting.annotation, value))
        return _default(setting, item.place)
    return value


def _default(setting: Setting, place: Place) -> Any:
    return Block({}, place) if setting.annotation is dict else setting.default
