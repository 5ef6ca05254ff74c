"""Read blocks of settings and check them against what a function takes; say what is wrong, key by key."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from pipeline.errors import InputError
from pipeline.plugins import Setting


class ParamsError(InputError):
    """Everything that is wrong with the user's settings: `lines`, one an error."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True)
class Given:
    """A value as the user wrote it, the file and the key under which it stands, and the values that it replaces."""

    value: Any
    file: str
    key: str
    replaces: tuple["Given", ...] = ()

    @property
    def place(self) -> str:
        """File and key, as messages name them."""
        return f"{self.file}: {self.key}"


@dataclass
class Complaints:
    """Errors in the order of the files, each once."""

    lines: list[str] = field(default_factory=list)

    def add(self, place: str, given: str, allowed: str) -> None:
        """One line: file and key, what was given, what is allowed."""
        line = f"{place}: given {given}, allowed {allowed}"
        if line not in self.lines:
            self.lines.append(line)

    def unknown(self, place: str, given: str, allowed: list[str]) -> None:
        """A name that does not exist, with those that do and the nearest of them."""
        near = difflib.get_close_matches(given, allowed, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        self.add(place, repr(given), f"{', '.join(allowed) or 'none'}{hint}")


def join(*parts: str) -> str:
    """A key, or a place in a file, from its parts."""
    return ".".join(part for part in parts if part).replace(": .", ": ")


def show(value: Any) -> str:
    """A value as an error message quotes it."""
    if value is None:
        return "nothing"
    text = "a mapping" if isinstance(value, dict) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation, config=ConfigDict(strict=True, allow_inf_nan=False))


def describe(annotation: Any) -> str:
    """A type in words, for error messages: "an integer >= 1"."""
    return _describe(_adapter(annotation).json_schema())


def _describe(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_describe(part) for part in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return ("one of " if len(values) > 1 else "") + ", ".join(map(repr, values))
    if schema.get("type") == "array":
        return f"a list, each item {_describe(schema.get('items', {}))}"
    words = {"integer": "an integer", "number": "a number", "boolean": "true or false", "string": "text"}
    words |= {"null": "null", "object": "a mapping"}
    signs = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    limits = [f"{sign} {schema[key]:g}" for key, sign in signs.items() if key in schema and schema[key] < 1e6]
    return " ".join([words.get(schema.get("type", ""), "a value"), " and ".join(limits)]).strip()


def settle(
    block: Any, fields: Mapping[str, Setting], place: str, complaints: Complaints, *, partial: bool = False
) -> dict[str, Any]:
    """Values of a block, checked against `fields`, with defaults filled in; blocks within stay marked."""
    if isinstance(block, Given):
        complaints.add(block.place, show(block.value), f"a mapping with {', '.join(fields) or 'no keys'}")
        block = {}
    for name in block.keys() - fields.keys():
        complaints.unknown(_origin(block[name], name, place), name, list(fields))
    settled = {}
    for name, setting in fields.items():
        if name in block:
            settled[name] = _checked(block[name], setting, join(place, name), complaints)
        elif setting.required and not partial:
            complaints.add(join(place, name), "nothing", describe(setting.annotation))
        elif not partial:
            settled[name] = setting.default
    return settled


def leaves(tree: Any) -> Iterator[Given]:
    """All values of a marked tree."""
    if isinstance(tree, Given):
        yield tree
    else:
        for item in tree.values():
            yield from leaves(item)


def place_of(block: Any, name: str, place: str) -> str:
    """Where `name` stands in the files; `place` with it if nobody set it."""
    item = block.get(name)
    return item.place if isinstance(item, Given) else join(place, name)


def _origin(item: Any, name: str, place: str) -> str:
    """Where the block `name` that holds `item` was written."""
    for leaf in leaves(item):
        parts = leaf.key.split(".")
        if name in parts:
            return f"{leaf.file}: {'.'.join(parts[: len(parts) - parts[::-1].index(name)])}"
    return join(place, name)


def _checked(item: Any, setting: Setting, place: str, complaints: Complaints) -> Any:
    """The value of an item; what it replaces has to be sound as well."""
    if isinstance(item, Given):
        for hidden in item.replaces:
            if hidden.key.rpartition(".")[2] == item.key.rpartition(".")[2]:
                _check(hidden.value, setting, hidden.place, complaints)
        return _check(item.value, setting, item.place, complaints)
    return _check(item, setting, place, complaints)


def _check(value: Any, setting: Setting, place: str, complaints: Complaints) -> Any:
    try:
        _adapter(setting.annotation).validate_python(value)
    except ValidationError:
        complaints.add(place, show(value), describe(setting.annotation))
        return {} if setting.annotation is dict else setting.default
    return value
