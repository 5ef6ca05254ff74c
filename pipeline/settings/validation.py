"""Read blocks of settings and check them against what a function takes; say what is wrong, key by key."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from pipeline.errors import InputError
from pipeline.plugins import Setting

MOST_VALUES, MOST_LEVELS = 20_000, 12
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class ParamsError(InputError):
    """Everything that is wrong with the user's settings: `lines`, one an error."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True)
class Given:
    """A value as the user wrote it, and the key under which it stands in the file."""

    value: Any
    key: str


@dataclass
class Complaints:
    """Errors found so far, in the order of the file, each once."""

    file: str
    lines: list[str] = field(default_factory=list)

    def add(self, key: str, given: str, allowed: str) -> None:
        """One line: file, key, what was given, what is allowed."""
        line = f"{self.file}: {key}: given {given}, allowed {allowed}"
        if line not in self.lines:
            self.lines.append(line)

    def unknown(self, key: str, given: str, allowed: list[str]) -> None:
        """A name that does not exist, with those that do and the nearest of them."""
        near = difflib.get_close_matches(given, allowed, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        self.add(key, repr(given), f"{', '.join(allowed) or 'none'}{hint}")


def parse(file: Path) -> Any:
    """The file as plain values, read as YAML 1.2 (ParamsError)."""
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import DuplicateKeyError
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ParamsError([f"{file.name}: given no readable file ({error.strerror}), allowed YAML 1.2"]) from None
    except UnicodeDecodeError:
        raise ParamsError([f"{file.name}: given bytes that are not UTF-8, allowed YAML 1.2 in UTF-8"]) from None
    except DuplicateKeyError as error:
        line, word = error.problem_mark.line + 1, str(error.problem).split('"')[1]
        raise ParamsError([f"{file.name}: {word} (line {line}): given twice in one block, allowed once"]) from None
    except (YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark else ""
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ParamsError([f"{file.name}: syntax{place}: given {reason}, allowed YAML 1.2"]) from None


def mark(value: Any, key: str, complaints: Complaints) -> Any:
    """The file's tree with each leaf as `Given`; names checked on the way, aliases that blow up refused."""
    budget = iter(range(MOST_VALUES))

    def walk(value: Any, key: str, level: int) -> Any:
        if next(budget, None) is None or level > MOST_LEVELS:
            raise ParamsError([f"{complaints.file}: {key}: given too much or too deep, allowed {MOST_VALUES} values"])
        if not isinstance(value, dict):
            return Given(value, key)
        for name in value:
            if not (isinstance(name, str) and NAME.fullmatch(name)):
                complaints.add(join(key, str(name)), f"the name {name!r}", "lower-case letters, digits and _")
        return {name: walk(item, join(key, str(name)), level + 1) for name, item in value.items()}

    tree = walk(value, key, 0)
    if not isinstance(tree, dict):
        raise ParamsError([f"{complaints.file}: the file: given {show(value)}, allowed a mapping of settings"])
    return tree


def join(*parts: str) -> str:
    """A key from its parts; empty ones do not count."""
    return ".".join(part for part in parts if part)


def show(value: Any) -> str:
    """A value as an error message quotes it."""
    if value is None:
        return "nothing"
    text = "a mapping" if isinstance(value, dict) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def merge(under: Any, over: Any) -> Any:
    """`over` laid on `under`, key by key."""
    if not (isinstance(under, dict) and isinstance(over, dict)):
        return over
    return under | {key: merge(under[key], item) if key in under else item for key, item in over.items()}


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
    block: Any, fields: Mapping[str, Setting], key: str, complaints: Complaints, *, partial: bool = False
) -> dict[str, Any]:
    """Values of a block, checked against `fields`, with defaults filled in; blocks within stay marked."""
    if isinstance(block, Given):
        complaints.add(block.key, show(block.value), f"a mapping with {', '.join(fields) or 'no keys'}")
        block = {}
    for name in block.keys() - fields.keys():
        origin = next((item.key for item in _leaves({name: block[name]})), join(key, name))
        complaints.unknown(_cut(origin, name), name, list(fields))
    settled = {}
    for name, setting in fields.items():
        if name in block:
            settled[name] = _checked(block[name], setting, join(key, name), complaints)
        elif setting.required and not partial:
            complaints.add(join(key, name), "nothing", describe(setting.annotation))
        elif not partial:
            settled[name] = setting.default
    return settled


def _leaves(tree: Any) -> Iterator[Given]:
    for item in tree.values():
        if isinstance(item, Given):
            yield item
        else:
            yield from _leaves(item)


def _cut(key: str, name: str) -> str:
    """`key` up to and including its part `name`."""
    parts = key.split(".")
    return ".".join(parts[: len(parts) - parts[::-1].index(name)]) if name in parts else key


def _checked(item: Any, setting: Setting, key: str, complaints: Complaints) -> Any:
    value = item.value if isinstance(item, Given) else item
    try:
        _adapter(setting.annotation).validate_python(value)
    except ValidationError:
        complaints.add(item.key if isinstance(item, Given) else key, show(value), describe(setting.annotation))
        return {} if setting.annotation is dict else setting.default
    return value
