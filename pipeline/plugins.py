"""Find a source, view step, model, task or topic by its module's name: the folder is the registry."""

import ast
import importlib
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from pipeline import number_types, paths
from pipeline.errors import InputError

FUNCTIONS = {"sources": "load", "views": "apply", "models": "build", "tasks": "compile"}
WORDS = {"sources": "source", "views": "view step", "models": "model", "tasks": "task", "topics": "topic"}
_VOCABULARY: dict[str, Any] = {**vars(number_types), **vars(typing), "__builtins__": {}}
_VOCABULARY |= {kind.__name__: kind for kind in (int, float, bool, str, list, dict, tuple)}


@dataclass(frozen=True)
class Setting:
    """One keyword argument that a user may set: its type, and its default unless it is required."""

    annotation: Any
    default: Any = None
    required: bool = False


def names(kind: str) -> list[str]:
    """Every plugin of `kind` ("sources", "views", "models", "tasks", "topics"), sorted."""
    folder = paths.PACKAGE / kind
    found = folder.glob("*/__init__.py") if kind == "topics" else folder.glob("[!_]*.py")
    return sorted(path.parent.name if kind == "topics" else path.stem for path in found)


def load(kind: str, name: str) -> ModuleType:
    """Import one plugin; an unknown name lists what exists (InputError)."""
    if name not in names(kind):
        raise InputError(f"{WORDS[kind]}: given {name!r}, allowed {', '.join(names(kind))}")
    return importlib.import_module(f"pipeline.{kind}.{name}")


def path(kind: str, name: str) -> Path:
    """The file of one source, view step, model or task."""
    return paths.PACKAGE / kind / f"{name}.py"


def settings(kind: str, name: str) -> Mapping[str, Setting]:
    """What a user may set on a plugin, read from its function without importing it."""
    return signature(path(kind, name), FUNCTIONS[kind])


@cache
def _module(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def signature(file: Path, function: str) -> Mapping[str, Setting]:
    """Keyword-only arguments of `function` in `file`, with their types, without importing the file."""
    for node in _module(file).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            return {argument.arg: _setting(argument, default) for argument, default in pairs}
    raise LookupError(f"{file.name} has no function {function!r}")


def _setting(argument: ast.arg, default: ast.expr | None) -> Setting:
    if argument.annotation is None:
        raise LookupError(f"argument {argument.arg!r} has no type")
    text = ast.unparse(argument.annotation)
    annotation = eval(text, dict(_VOCABULARY))  # our own source, in a vocabulary of types
    if default is None:
        return Setting(annotation, required=True)
    return Setting(annotation, ast.literal_eval(default))


def constant(kind: str, name: str, word: str, default: Any = None) -> Any:
    """A literal constant of a plugin's module, without importing it; LookupError without one and without default."""
    for node in _module(path(kind, name)).body:
        if isinstance(node, ast.Assign) and any(getattr(target, "id", None) == word for target in node.targets):
            return ast.literal_eval(node.value)
    if default is None:
        raise LookupError(f"{kind}/{name}.py has no constant {word}")
    return default


def functions(file: Path) -> list[str]:
    """Public functions defined in `file`, without importing it."""
    found = (node.name for node in _module(file).body if isinstance(node, ast.FunctionDef))
    return sorted(name for name in found if not name.startswith("_"))
