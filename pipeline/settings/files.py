"""Read a settings file as YAML 1.2 into a tree that remembers where each value was written."""

import re
from pathlib import Path
from typing import Any

from pipeline.settings.tree import Block, Given, Place
from pipeline.settings.validation import Complaints, ParamsError, show

MOST_VALUES, MOST_LEVELS = 20_000, 12
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


def read_tree(file: Path, name: str, complaints: Complaints) -> Block:
    """The tree of `file`, which messages call `name` (ParamsError: it cannot be read at all)."""
    return mark(parse(file, name), name, complaints)


def parse(file: Path, name: str = "") -> Any:
    """The file as plain values (ParamsError)."""
    name = name or file.name
    try:
        return parse_text(file.read_text(encoding="utf-8"), name)
    except OSError as error:
        raise ParamsError([f"{name}: given no readable file ({error.strerror}), allowed YAML 1.2"]) from None
    except UnicodeDecodeError:
        raise ParamsError([f"{name}: given bytes that are not UTF-8, allowed YAML 1.2 in UTF-8"]) from None


def parse_text(text: str, name: str) -> Any:
    """YAML 1.2 as plain values (ParamsError)."""
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import DuplicateKeyError
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe").load(text)
    except DuplicateKeyError as error:
        line, word = error.problem_mark.line + 1, str(error.problem).split('"')[1]
        raise ParamsError([f"{name}: {word} (line {line}): given twice in one block, allowed once"]) from None
    except (YAMLError, ValueError, RecursionError) as error:
        position = getattr(error, "problem_mark", None)
        line_number = f" (line {position.line + 1})" if position else ""
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ParamsError([f"{name}: syntax{line_number}: given {reason}, allowed YAML 1.2"]) from None


def mark(value: Any, name: str, complaints: Complaints) -> Block:
    """The tree of plain values; names are checked on the way, aliases that blow up are refused (ParamsError)."""
    budget = iter(range(MOST_VALUES))

    def walk(value: Any, place: Place, level: int) -> Block | Given:
        if next(budget, None) is None or level > MOST_LEVELS:
            raise ParamsError([f"{name}: {place.key}: given too much or too deep, allowed {MOST_VALUES} values"])
        if not isinstance(value, dict):
            return Given(value, place)
        for key in value:
            if not (isinstance(key, str) and NAME.fullmatch(key)):
                complaints.add(place.at(str(key)), f"the name {key!r}", "lower-case letters, digits and _")
        return Block({key: walk(item, place.at(str(key)), level + 1) for key, item in value.items()}, place)

    tree = walk(value, Place(name), 0)
    if isinstance(tree, Given):
        raise ParamsError([f"{name}: the file: given {show(value)}, allowed a mapping of settings"])
    return tree
