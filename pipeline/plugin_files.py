"""Read what a plugin's file defines without importing it: models and tasks would bring TensorFlow."""

import ast
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline import number_types, paths
from pipeline.errors import InputError

TYPES: dict[str, Any] = {**vars(number_types), **vars(typing), "__builtins__": {}}  # that annotations are made of
TYPES |= {kind.__name__: kind for kind in (int, float, bool, str, list, dict, tuple)}


@dataclass(frozen=True)
class Setting:
    """One keyword argument that a user may set: its type, and its default unless it is required."""

    annotation: Any
    default: Any = None
    required: bool = False


@cache
def module(file: Path) -> ast.Module:
    """The file's syntax tree. InputError: it is not Python."""
    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise InputError(f"{name(file)}: given {error.msg} in line {error.lineno}, allowed Python") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{name(file)}: given bytes that are not UTF-8 at {error.start}, allowed UTF-8") from None
    except ValueError:  # Python 3.11's word for it
        raise InputError(f"{name(file)}: given null bytes, allowed Python") from None


def name(file: Path) -> str:
    """How messages name a file."""
    return file.relative_to(paths.ROOT).as_posix() if file.is_relative_to(paths.ROOT) else file.name


def bound(file: Path) -> Iterator[str]:
    """Names that a module binds by assignment or definition."""
    for node in module(file).body:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))


def definition(file: Path, function: str) -> ast.FunctionDef | None:
    """The function of that name; None where it is another module's, or nothing."""
    nodes = [node for node in module(file).body if isinstance(node, ast.FunctionDef) and node.name == function]
    return nodes[-1] if nodes else None


def functions(file: Path) -> list[str]:
    """Public functions defined in `file`."""
    definitions = (node.name for node in module(file).body if isinstance(node, ast.FunctionDef))
    return sorted(name for name in definitions if not name.startswith("_"))


def siblings(file: Path) -> list[Path]:
    """The files of its own folder that `file` imports, directly or through one another; `file` itself is not one."""
    found, asked = [file], [file]
    while asked:
        more = [place for place in _imported(asked.pop()) if place not in found]
        found, asked = found + more, asked + more
    return sorted(found[1:])


def _imported(file: Path) -> list[Path]:
    """The files of its own folder that a file imports by itself, in whatever way it says so."""
    package = ".".join(["pipeline", *file.parent.relative_to(paths.PACKAGE).parts])
    places = [file.parent / f"{name}.py" for name in _names_of_siblings(module(file), package)]
    return [place for place in places if place.is_file()]


@cache  # as plans ask it of the same files for every draw of every data set
def _names_of_siblings(tree: ast.Module, package: str) -> list[str]:
    """What a module of `package` imports from there: modules, and names that may be some."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            own = [alias.name for alias in node.names if alias.name.startswith(f"{package}.")]
            names |= {name.removeprefix(f"{package}.") for name in own}
        elif isinstance(node, ast.ImportFrom):
            source = ".".join(filter(None, [package if node.level == 1 else "", node.module]))
            inside = source.removeprefix(package).removeprefix(".") if source.startswith(package) else None
            names |= {alias.name for alias in node.names} if inside == "" else {inside or ""}
    return [name for name in sorted(names) if name.isidentifier()]


@cache
def literal(file: Path, word: str) -> Any:
    """A constant of a module as it is written there, None without one. InputError: it is computed."""
    for node in module(file).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == word for target in targets):
                try:
                    return ast.literal_eval(node.value)
                except ValueError:
                    raise InputError(
                        f"{name(file)}: {word}: given an expression, allowed a literal:"
                        " it is read without importing the file"
                    ) from None
    return None


@cache
def signature(file: Path, function: str) -> Mapping[str, Setting]:
    """Keyword-only arguments of `function` in `file`, with their types.

    InputError: one has no type, or one that is not made of those in number_types and `typing`; its default is computed.
    """
    node = definition(file, function)
    if node is None:
        raise LookupError(f"{name(file)} has no function {function!r}")
    pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    settings = {}
    for argument, default in pairs:
        try:
            settings[argument.arg] = _setting(argument, default)
        except InputError as error:
            raise InputError(f"{name(file)}: {function}: {argument.arg}: {error}") from None
    return settings


def _setting(argument: ast.arg, default: ast.expr | None) -> Setting:
    if argument.annotation is None:
        raise InputError("given no type, allowed one, such as Count or float: a user's value is checked against it")
    text = ast.unparse(argument.annotation)
    try:
        annotation = eval(text, dict(TYPES))  # our own source, in a vocabulary of types
    except (NameError, AttributeError, TypeError):
        known = "int, float, bool, str, list, dict, Literal and those of number_types.py"
        raise InputError(f"given the type {text}, allowed what is made of {known}") from None
    if default is None:
        return Setting(annotation, required=True)
    try:
        return Setting(annotation, ast.literal_eval(default))
    except ValueError:
        raise InputError(f"given the default {ast.unparse(default)}, allowed a literal") from None


def needed(files: Sequence[Path]) -> list[Path]:
    """The files of the package that these import, directly or through one another, with themselves: they run alone.

    What is imported for type checkers alone is not among them.
    """
    found: list[Path] = []
    asked = list(files)
    while asked:
        file = asked.pop()
        if file not in found:
            found.append(file)
            asked += [*_of_package(module(file)), *_parents(file)]
    return sorted(found)


def _of_package(node: ast.AST) -> Iterator[Path]:
    """Files of the package that statements import, but for those under `if TYPE_CHECKING`."""
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "pipeline":
        place = paths.PACKAGE.joinpath(*node.module.split(".")[1:])
        names = [place, *(place / alias.name for alias in node.names)]
        yield from (file for name in names if (file := name.with_suffix(".py")).is_file())
    for inner in ast.iter_child_nodes(node):
        yield from _of_package(inner)


def _parents(file: Path) -> list[Path]:
    """The packages that a file is in."""
    folders = [folder for folder in file.parents if folder.is_relative_to(paths.PACKAGE)]
    return [folder / "__init__.py" for folder in folders]
