"""Read a settings file as YAML 1.2 into a tree that remembers where each value was written."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.settings.tree import Block, Given, Place
from pipeline.settings.validation import Complaints, ParamsError, show

MOST_VALUES, MOST_LEVELS = 20_000, 12
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
OF_A_FILE = re.compile(r"(data\.[^.]+|every_data)\.load\.[^.]+")  # mappings whose names are those of a user's columns
OF_A_SWEEP = re.compile(r"sweeps\.[^.]+\.try(\..+\.when)?")  # mappings whose names are paths of settings
PATH = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,3}")


def read_tree(file: Path, name: str, complaints: Complaints) -> Block:
    """The tree of `file`, which messages call `name` (ParamsError: it cannot be read at all)."""
    return mark(parse(file, name), name, complaints)


def parse(file: Path, name: str = "") -> Any:
    """The file as plain values (ParamsError)."""
    name = name or file.name
    try:
        return parse_text(file.read_text(encoding="utf-8"), name)
    except OSError as error:
        told = f"given no readable file ({error.strerror}), allowed YAML 1.2: `git restore {name}` brings it back"
        raise ParamsError([f"{name}: {told}"]) from None
    except UnicodeDecodeError:
        raise ParamsError([f"{name}: given bytes that are not UTF-8, allowed YAML 1.2 in UTF-8: save it so"]) from None


def parse_text(text: str, name: str) -> Any:
    """YAML 1.2 as plain values (ParamsError)."""
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import DuplicateKeyError
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe").load(text)
    except DuplicateKeyError as error:
        line, word = error.problem_mark.line + 1, str(error.problem).split('"')[1]
        raise ParamsError(
            [f"{name}: {word} (line {line}): given twice in one block, allowed once: remove one"]
        ) from None
    except (YAMLError, ValueError, RecursionError) as error:
        position = getattr(error, "problem_mark", None)
        line_number = f" (line {position.line + 1})" if position else ""
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ParamsError(
            [f"{name}: syntax{line_number}: given no YAML ({reason}), allowed YAML 1.2, indented by spaces, not tabs"]
        ) from None


def mark(value: Any, name: str, complaints: Complaints) -> Block:
    """The tree of plain values without what has no sound name; aliases that blow up are refused (ParamsError)."""
    place = Place(name)
    _weigh(value, place, iter(range(MOST_VALUES)))
    tree = _mark(value, place, complaints)
    if isinstance(tree, Given):
        raise ParamsError([f"{name}: the file: given {show(value)}, allowed a mapping of settings"])
    return tree


def _weigh(value: Any, place: Place, budget: Iterator[int], level: int = 0) -> None:
    """Take one from `budget` for each value, in lists as well (ParamsError: none is left, or it is too deep)."""
    if next(budget, None) is None or level > MOST_LEVELS:
        allowed = f"{MOST_VALUES} values, {MOST_LEVELS} levels deep"
        raise ParamsError([f"{place.file}: {place.key}: given too much or too deep, allowed {allowed}"])
    items = value.items() if isinstance(value, dict) else ()
    for key, item in items:
        _weigh(item, place.at(_label(key)), budget, level + 1)
    for item in value if isinstance(value, list) else ():
        _weigh(item, place, budget, level + 1)


def _mark(value: Any, place: Place, complaints: Complaints) -> Block | Given:
    if not isinstance(value, dict):
        return Given(value, place)
    items = {}
    for key, item in value.items():
        is_of_a_file = isinstance(key, str) and key.isprintable() and OF_A_FILE.fullmatch(place.key)
        form = PATH if OF_A_SWEEP.fullmatch(place.key) else NAME
        if is_of_a_file or (isinstance(key, str) and form.fullmatch(key)):
            items[key] = _mark(item, place.at(key), complaints)
        else:
            complaints.add(
                place.at(_label(key)), f"the name {show(key)}", "lower-case letters, digits and _, 64 at most"
            )
    return Block(items, place)


def _label(key: Any) -> str:
    """A key as messages name it: on one line, and not for ever."""
    return key if isinstance(key, str) and key.isprintable() and len(key) <= 64 else show(key)
