"""Read params.yaml and the profiles beside it as trees whose every value knows where it was written."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.settings.validation import Complaints, Given, ParamsError, join, show

PROFILES = ("smoke", "laptop", "full", "gpu")
IN_FILES = tuple(name for name in PROFILES if name != "laptop")  # laptop is params.yaml as it stands
MOST_VALUES, MOST_LEVELS = 20_000, 12
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True)
class File:
    """One file of settings: its name in messages, its profile ("" for params.yaml), and its marked tree."""

    name: str
    profile: str
    tree: dict[str, Any]

    def at(self, *path: str) -> Any:
        """The block at `path`; an empty one if the file says nothing there."""
        block: Any = self.tree
        for part in path:
            block = block.get(part, {}) if isinstance(block, dict) else {}
        return block

    def place(self, *path: str) -> str:
        """File and key, as messages name them."""
        return f"{self.name}: {join(*path)}"


def load(file: Path, complaints: Complaints) -> tuple[File, dict[str, File]]:
    """params.yaml and the profiles in the folder beside it."""
    params = File(file.name, "", mark(parse(file), file.name, complaints))
    profiles = {}
    for path in sorted((file.parent / "profiles").glob("*.y*ml")):
        name = f"profiles/{path.name}"
        if path.name in {f"{profile}.yaml" for profile in IN_FILES}:
            profiles[path.stem] = File(name, path.stem, mark(parse(path, name), name, complaints))
        else:
            complaints.unknown(name, path.name, [f"{profile}.yaml" for profile in IN_FILES])
    return params, profiles


def parse(file: Path, name: str = "") -> Any:
    """The file as plain values, read as YAML 1.2 (ParamsError)."""
    name = name or file.name
    try:
        return parse_text(file.read_text(encoding="utf-8"), name)
    except OSError as error:
        raise ParamsError([f"{name}: given no readable file ({error.strerror}), allowed YAML 1.2"]) from None
    except UnicodeDecodeError:
        raise ParamsError([f"{name}: given bytes that are not UTF-8, allowed YAML 1.2 in UTF-8"]) from None


def parse_text(text: str, name: str) -> Any:
    """Plain values of YAML 1.2 (ParamsError)."""
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import DuplicateKeyError
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe").load(text)
    except DuplicateKeyError as error:
        line, word = error.problem_mark.line + 1, str(error.problem).split('"')[1]
        raise ParamsError([f"{name}: {word} (line {line}): given twice in one block, allowed once"]) from None
    except (YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark else ""
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ParamsError([f"{name}: syntax{place}: given {reason}, allowed YAML 1.2"]) from None


def mark(value: Any, file: str, complaints: Complaints) -> dict[str, Any]:
    """The file's tree with each value as `Given`; names checked on the way, aliases that blow up refused."""
    budget = iter(range(MOST_VALUES))

    def walk(value: Any, key: str, level: int) -> Any:
        if next(budget, None) is None or level > MOST_LEVELS:
            raise ParamsError([f"{file}: {key}: given too much or too deep, allowed {MOST_VALUES} values"])
        if not isinstance(value, dict):
            return Given(value, file, key)
        for name in value:
            if not (isinstance(name, str) and NAME.fullmatch(name)):
                complaints.add(
                    f"{file}: {join(key, str(name))}", f"the name {name!r}", "lower-case letters, digits and _"
                )
        return {name: walk(item, join(key, str(name)), level + 1) for name, item in value.items()}

    tree = walk(value, "", 0)
    if not isinstance(tree, dict):
        raise ParamsError([f"{file}: the file: given {show(value)}, allowed a mapping of settings"])
    return tree
