"""Find a source, view step, model, task or topic by its module's name: the folder is the registry."""

import ast
import importlib
import inspect
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from pipeline import contracts, number_types, paths
from pipeline.errors import InputError


@dataclass(frozen=True)
class Registry:
    """One kind of plugin: its word in messages, what a module must have, and the function whose keywords users set."""

    word: str
    contract: type
    function: str


KINDS = {
    "sources": Registry("source", contracts.Source, "load"),
    "views": Registry("view step", contracts.View, "apply"),
    "models": Registry("model", contracts.Model, "build"),
    "tasks": Registry("task", contracts.Task, "compile"),
}
TYPES: dict[str, Any] = {**vars(number_types), **vars(typing), "__builtins__": {}}  # that annotations are made of
TYPES |= {kind.__name__: kind for kind in (int, float, bool, str, list, dict, tuple)}


@dataclass(frozen=True)
class Setting:
    """One keyword argument that a user may set: its type, and its default unless it is required."""

    annotation: Any
    default: Any = None
    required: bool = False


def names(kind: str) -> list[str]:
    """Every plugin of `kind` ("sources", "views", "models", "tasks", "topics"), sorted."""
    folder = paths.PACKAGE / kind
    if kind == "topics":
        return sorted(file.parent.name for file in folder.glob("*/__init__.py"))
    return sorted(file.stem for file in folder.glob("[!_]*.py"))


def load(kind: str, name: str) -> ModuleType:
    """Import one plugin. InputError: an unknown name (what exists is listed), or a plugin that lacks something."""
    if name not in names(kind):
        word = KINDS[kind].word if kind in KINDS else "topic"
        raise InputError(f"{word}: given {name!r}, allowed {', '.join(names(kind))}")
    if kind in KINDS and missing(kind, name):
        raise InputError(refusal(kind, name))
    module = importlib.import_module(f"pipeline.{kind}.{name}")
    if kind == "topics" and topic_missing(name):
        raise InputError(topic_refusal(name))
    return module


def path(kind: str, name: str) -> Path:
    """The file of one source, view step, model or task."""
    return paths.PACKAGE / kind / f"{name}.py"


# What a plugin has, read without importing it: models and tasks bring TensorFlow


def refusal(kind: str, name: str) -> str:
    """What is said of a plugin that lacks something."""
    return (
        f"pipeline/{kind}/{name}.py: given no {', no '.join(missing(kind, name))}; contracts.py says what each is for"
    )


@cache
def missing(kind: str, name: str) -> list[str]:
    """What a plugin lacks of its contract: constants by name, functions with the arguments that they must take."""
    contract = KINDS[kind].contract
    bound = set(_bound(path(kind, name)))
    lacking = [word for word in typing.get_type_hints(contract) if word not in bound]
    for word, function in inspect.getmembers(contract, inspect.isfunction):
        wanted = [argument for argument in inspect.signature(function).parameters if argument != "self"]
        if word.startswith("_"):
            continue
        if word not in bound or _arguments(path(kind, name), word, wanted) != wanted:
            lacking.append(f"{word}({', '.join(wanted)})")
    return lacking


def topic_refusal(topic: str) -> str:
    """What is said of a topic whose probes.py lacks something."""
    return (
        f"pipeline/topics/{topic}/probes.py: given no {', no '.join(topic_missing(topic))}; allowed all that TOPIC"
        " names in probes and series: contracts.py says what each is for"
    )


def topic_missing(topic: str) -> list[str]:
    """What a topic's probes.py lacks of the probes and series that its TOPIC names; it is read, not imported."""
    record = importlib.import_module(f"pipeline.topics.{topic}").TOPIC
    return probes_missing(path("topics", f"{topic}/probes"), record.probes, record.series)


def probes_missing(file: Path, probes: Iterable[str], series: Iterable[str]) -> list[str]:
    """What `file` lacks of these: for each a function of `run`, and an entry of APPLIES_TO or SERIES."""
    bound = set(_bound(file)) if file.exists() else set()
    lacking = []
    for word, names in (("APPLIES_TO", probes), ("SERIES", series)):
        entries = _literal(file, word) if word in bound else {}
        for name in names:
            if name not in bound or _arguments(file, name, ["run"]) != ["run"]:
                lacking.append(f"{name}(run)")
            if name not in entries:
                lacking.append(f"{word}[{name!r}]")
    return lacking


def _bound(file: Path) -> Iterator[str]:
    """Names that a module binds by assignment or definition."""
    for node in _module(file).body:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))


def _arguments(file: Path, function: str, wanted: list[str]) -> list[str]:
    """First positional arguments of a function; those `wanted` if it is another module's under its own name."""
    for node in _module(file).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return [argument.arg for argument in node.args.args][: len(wanted)]
    return wanted


def settings(kind: str, name: str) -> Mapping[str, Setting]:
    """What a user may set on a plugin."""
    return signature(path(kind, name), KINDS[kind].function)


@cache
def _module(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def signature(file: Path, function: str) -> Mapping[str, Setting]:
    """Keyword-only arguments of `function` in `file`, with their types."""
    for node in _module(file).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            return {argument.arg: _setting(argument, default) for argument, default in pairs}
    raise LookupError(f"{file.name} has no function {function!r}")


def _setting(argument: ast.arg, default: ast.expr | None) -> Setting:
    if argument.annotation is None:
        raise LookupError(f"argument {argument.arg!r} has no type")
    annotation = eval(ast.unparse(argument.annotation), dict(TYPES))  # our own source, in a vocabulary of types
    if default is None:
        return Setting(annotation, required=True)
    return Setting(annotation, ast.literal_eval(default))


def constant(kind: str, name: str, word: str, default: Any = None) -> Any:
    """A literal constant of a plugin's module; LookupError without one and without default."""
    value = _literal(path(kind, name), word)
    if value is None and default is None:
        raise LookupError(f"{kind}/{name}.py has no constant {word}")
    return default if value is None else value


def _literal(file: Path, word: str) -> Any:
    """A constant of a module as it is written there, None without one. InputError: it is computed."""
    for node in _module(file).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == word for target in targets):
                try:
                    return ast.literal_eval(node.value)
                except ValueError:
                    raise InputError(
                        f"{file.relative_to(paths.ROOT)}: {word}: given an expression, allowed a literal:"
                        " it is read without importing the file"
                    ) from None
    return None


def functions(file: Path) -> list[str]:
    """Public functions defined in `file`."""
    definitions = (node.name for node in _module(file).body if isinstance(node, ast.FunctionDef))
    return sorted(name for name in definitions if not name.startswith("_"))
