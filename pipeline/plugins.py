"""Find a source, view step, model, task or topic by its module's name: the folder is the registry."""

import importlib
import inspect
import os
import traceback
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, wraps
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

from pipeline import contracts, paths, plugin_files
from pipeline.errors import InputError
from pipeline.plugin_files import Setting


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


def names(kind: str) -> list[str]:
    """Every plugin of `kind` ("sources", "views", "models", "tasks", "topics"), sorted."""
    folder = paths.PACKAGE / kind
    if kind == "topics":
        return sorted(file.parent.name for file in folder.glob("*/__init__.py"))
    with os.scandir(folder) as entries:  # asked for hundreds of times: a glob is five times slower
        files = [entry.name for entry in entries]
    return sorted(name.removesuffix(".py") for name in files if name.endswith(".py") and not name.startswith("_"))


def load(kind: str, name: str) -> ModuleType:
    """Import one plugin. InputError: an unknown name (what exists is listed), or a plugin that lacks something."""
    if name not in names(kind):
        word = KINDS[kind].word if kind in KINDS else "topic"
        raise InputError(f"{word}: given {name!r}, allowed {', '.join(names(kind))}: name one of these")
    found = faults(kind, name) if kind in KINDS else topic_faults(name)
    if found:
        raise InputError("\n".join(found))
    module = imported(f"{kind}.{name}")
    return _building_functional(module) if kind == "models" else module


def _building_functional(module: ModuleType) -> ModuleType:
    """The module with a `build` whose keras.Sequential has become functional: it alone knows no `input` of its own.

    A class that somebody has made of it, with a step of its own perhaps, is left as it is.
    """
    own = module.build

    @wraps(own)
    def build(shape: tuple[int, ...], outputs: int, **settings: Any) -> Any:
        import keras

        model = own(shape, outputs, **settings)
        if type(model) is not keras.Sequential:
            return model
        if not model.built:
            model.build((None, *shape))
        return keras.Model(model.inputs[0], model.outputs[0], name=model.name)

    same = ModuleType(module.__name__, module.__doc__)
    same.__dict__.update(module.__dict__ | {"build": build})
    return same


def imported(module: str) -> ModuleType:
    """Import a plugin's module, "models.mlp" say. InputError: its own code raises, as where a library is missing."""
    try:
        return importlib.import_module(f"pipeline.{module}")
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if Path(frame.filename).is_relative_to(paths.PACKAGE)]
        place = Path(ours[-1].filename).relative_to(paths.PACKAGE).with_suffix("") if ours else Path()
        if isinstance(error, InputError) or ".".join(place.parts).removesuffix(".__init__") != module:
            raise
        told = f"given {type(error).__name__}: {error} in line {ours[-1].lineno}, allowed what can be imported"
        raise InputError(f"pipeline/{place.as_posix()}.py: {' '.join(told.split())}") from None


def path(kind: str, name: str) -> Path:
    """The file of one source, view step, model or task."""
    return paths.PACKAGE / kind / f"{name}.py"


def settings(kind: str, name: str) -> Mapping[str, Setting]:
    """What a user may set on a plugin."""
    return plugin_files.signature(path(kind, name), KINDS[kind].function)


def constant(kind: str, name: str, word: str, default: Any = None) -> Any:
    """A literal constant of a plugin's module; LookupError without one and without default."""
    value = plugin_files.literal(path(kind, name), word)
    if value is None and default is None:
        raise LookupError(f"{kind}/{name}.py has no constant {word}")
    return default if value is None else value


def has(kind: str, name: str, function: str) -> bool:
    """Whether a plugin has one of the functions that it may have, or not; it is read, not imported."""
    return function in plugin_files.functions(path(kind, name))


def scored_as(task: str) -> str:
    """The task by whose metrics a task is scored: its own, unless it says SCORED_AS (contracts.Task)."""
    told: str = constant("tasks", task, "SCORED_AS", task)
    return told


def kind(source: str, load: Mapping[str, Any]) -> contracts.Kind:
    """The kind of data that a source gives under its settings `load`: see contracts.Source."""
    told: contracts.Kind = _told(source, load, contracts.Kind) or constant("sources", source, "KIND")
    return told


def labels(source: str, load: Mapping[str, Any]) -> contracts.Labels:
    """What a source has for labels under its settings `load`: see contracts.Source."""
    told: contracts.Labels = _told(source, load, contracts.Labels) or constant("sources", source, "LABELS", "class")
    return told


def _told(source: str, load: Mapping[str, Any], words: Any) -> Any:
    """The value of the setting that chooses among some of these words; None: the source has none."""
    for name, setting in settings("sources", source).items():
        choices = typing.get_args(setting.annotation) if typing.get_origin(setting.annotation) is Literal else ()
        if choices and {*choices} <= {*typing.get_args(words)}:
            return load.get(name, setting.default)
    return None


# What is wrong with a plugin, told before it is imported


@cache
def faults(kind: str, name: str) -> tuple[str, ...]:
    """One line for each thing by which a plugin's file breaks its contract."""
    file = path(kind, name)
    try:
        plugin_files.module(file)
    except InputError as error:
        return (str(error),)
    lacking = missing(kind, name)
    told = f"pipeline/{kind}/{name}.py: given no {', no '.join(lacking)}; contracts.py says what each is for"
    if lacking:
        return (told,)
    where = f"pipeline/{kind}/{name}.py"
    return tuple(f"{where}: {fault}" for fault in [*_constant_faults(kind, file), *_function_faults(kind, file)])


def missing(kind: str, name: str) -> list[str]:
    """What a plugin lacks of its contract: constants by name, functions with the arguments that they must take."""
    contract, file = KINDS[kind].contract, path(kind, name)
    bound = set(plugin_files.bound(file))
    lacking = [word for word in typing.get_type_hints(contract) if word not in bound]
    for word, wanted in _functions(contract).items():
        if word not in bound or _arguments(file, word, wanted) != wanted:
            lacking.append(f"{word}({', '.join(wanted)})")
    return lacking


def _functions(contract: type) -> dict[str, list[str]]:
    """The functions of a contract, and the names of their arguments."""
    members = inspect.getmembers(contract, inspect.isfunction)
    public = {word: inspect.signature(function).parameters for word, function in members if not word.startswith("_")}
    return {word: [argument for argument in arguments if argument != "self"] for word, arguments in public.items()}


def _arguments(file: Path, function: str, wanted: list[str]) -> list[str]:
    """First positional arguments of a function; those `wanted` if it is another module's under its own name."""
    node = plugin_files.definition(file, function)
    return [argument.arg for argument in node.args.args][: len(wanted)] if node else wanted


def _constant_faults(kind: str, file: Path) -> list[str]:
    """Constants whose values the contract does not know."""
    found = []
    for word, annotation in typing.get_type_hints(KINDS[kind].contract).items():
        try:
            value = plugin_files.literal(file, word)
        except InputError as error:
            found.append(str(error).split(": ", 1)[1])
            continue
        if not _is_of_type(value, annotation) or value == ():
            found.append(f"{word}: given {value!r}, allowed {_words(annotation)}")
    return found


def _words(annotation: Any) -> str:
    """A type of the contract as messages say it."""
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is Literal:
        return " or ".join(map(repr, arguments))
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        return " or ".join(map(_words, arguments))
    return "None" if annotation is type(None) else f"a tuple of {_words(arguments[0])}, at least one"


def _function_faults(kind: str, file: Path) -> list[str]:
    """What stands in the way of calling its functions, and of checking what users set on the main one."""
    registry, found = KINDS[kind], []
    for word, wanted in _functions(registry.contract).items():
        node = plugin_files.definition(file, word)
        if node is None and word == registry.function:
            found.append(f"{word}: given another module's, allowed a definition here: its keywords are what users set")
        more = [argument.arg for argument in node.args.args[len(wanted) :]] if node else []
        needed = len(more) - len(node.args.defaults) if node else 0
        if more and (word == registry.function or needed > 0):
            found.append(f"{word}: given {', '.join(more)} before the *, allowed {', '.join(wanted)} there")
    return found or _keyword_faults(registry.function, file)


def _keyword_faults(function: str, file: Path) -> list[str]:
    """Keywords without a type, of an unknown one, or with a default that is not of it."""
    try:
        keywords = plugin_files.signature(file, function)
    except InputError as error:
        return [str(error).split(": ", 1)[1]]
    return [
        f"{function}: {name}: given the default {setting.default!r}, allowed one of its own type"
        for name, setting in keywords.items()
        if not setting.required and not _is_of_type(setting.default, setting.annotation)
    ]


def _is_of_type(value: Any, annotation: Any) -> bool:
    try:
        TypeAdapter(annotation, config=ConfigDict(strict=True)).validate_python(value)
    except ValidationError:
        return False
    return True


# Topics


def topic_faults(topic: str) -> list[str]:
    """What is wrong with a topic: no TOPIC, or probes.py lacks some of the probes and series that it names."""
    try:
        if "TOPIC" not in set(plugin_files.bound(path("topics", f"{topic}/__init__"))):
            told = "given no TOPIC, allowed TOPIC = Topic(...): verdicts/topic.py says of what"
            return [f"pipeline/topics/{topic}/__init__.py: {told}"]
        lacking = topic_missing(topic)
    except InputError as error:
        return [str(error)]
    place = f"pipeline/topics/{topic}/probes.py: given no {', no '.join(lacking)}; allowed all that TOPIC"
    return [f"{place} names in probes and series: contracts.py says what each is for"] if lacking else []


def topic_missing(topic: str) -> list[str]:
    """What a topic's probes.py lacks of the probes and series that its TOPIC names; it is read, not imported."""
    record = imported(f"topics.{topic}").TOPIC
    return probes_missing(path("topics", f"{topic}/probes"), record.probes, record.series)


def probes_missing(file: Path, probes: Iterable[str], series: Iterable[str]) -> list[str]:
    """What `file` lacks of these: for each a function of `run`, and an entry of APPLIES_TO or SERIES."""
    bound = set(plugin_files.bound(file)) if file.exists() else set()
    lacking = []
    for word, names in (("APPLIES_TO", probes), ("SERIES", series)):
        entries = plugin_files.literal(file, word) if word in bound else {}
        for name in names:
            if name not in bound or _arguments(file, name, ["run"]) != ["run"]:
                lacking.append(f"{name}(run)")
            if name not in entries:
                lacking.append(f"{word}[{name!r}]")
    return lacking
