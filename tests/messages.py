"""Every line that the program may tell its user, read from its code: `...` stands for each value that is put in."""

import ast
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

from pipeline import paths

VARIES = "..."
FILES = {"place.file": "params.yaml", "self.place.file": "params.yaml", "params.name": "params.yaml"}
# Calls that tell what they are given, and which argument that is; `reason` of any call is told as well.
TELLS = {"print": 0, "say": 0, "_say": 0, "warn": 0, "exit": 0, "SystemExit": 0, "tell": 0, "tell_each": 0}
TELLS |= {"Ending": 1, "failure": 1, "Table": 0, "Results": 2}
WRITES = ("sys.stderr.write", "sys.stdout.write", "super().__init__")
SAME_ITEMS = ("sorted", "list", "tuple", "set", "next", "reversed", "filter")  # calls that hand on what they are given
MOST = 40  # ways in which one line may be told; what has more is a value
MANY_WORDS, MANY_LETTERS = 3, 9  # a text with values in it that has neither counts as a value itself

MANY_WORDS_TOLD = 6  # a line of so many words is known again within another


@dataclass(frozen=True, order=True)
class Message:
    """A line, and where the code tells it."""

    text: str
    place: str


@dataclass(frozen=True)
class Module:
    """A file of the code: its constants, functions and imports by name."""

    name: str
    tree: ast.Module

    @cached_property
    def constants(self) -> dict[str, ast.expr]:
        """Values that are assigned at its top."""
        return {name: value for node in self.tree.body for name, value in assigned(node) if value is not None}

    @cached_property
    def functions(self) -> dict[str, ast.FunctionDef]:
        """Functions at its top."""
        return {node.name: node for node in self.tree.body if isinstance(node, ast.FunctionDef)}

    @cached_property
    def imports(self) -> dict[str, str]:
        """{name: what it is called in full}, imports within functions included."""
        nodes = [node for node in ast.walk(self.tree) if isinstance(node, ast.ImportFrom)]
        return {alias.asname or alias.name: f"{node.module}.{alias.name}" for node in nodes for alias in node.names}


def assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    """(name, value) of what a statement or an expression binds or adds to a name."""
    if isinstance(node, ast.Assign):
        yield from (pair for target in node.targets for pair in _pairs(target, node.value))
    elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr | ast.For | ast.comprehension):
        yield from _pairs(node.target, node.iter if isinstance(node, ast.For | ast.comprehension) else node.value)
    elif isinstance(node, ast.Call) and last(node.func) in ("append", "extend"):
        yield ast.unparse(node.func).rpartition(".")[0], node.args[0]


def _pairs(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple):
        matched = isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts)
        values = value.elts if matched else [value if isinstance(value, ast.Call) else None] * len(target.elts)
        for part, item in zip(target.elts, values, strict=True):
            yield from _pairs(part, item)


@dataclass(frozen=True)
class Code:
    """All modules of the program, by their full names."""

    modules: dict[str, Module]

    def methods(self, name: str) -> list[tuple[Module, ast.FunctionDef]]:
        """Methods of that name, of whatever class."""
        return self._methods.get(name, [])

    @cached_property
    def _methods(self) -> dict[str, list[tuple[Module, ast.FunctionDef]]]:
        found: dict[str, list[tuple[Module, ast.FunctionDef]]] = {}
        for module in self.modules.values():
            for kind in (node for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)):
                for node in kind.body:
                    if isinstance(node, ast.FunctionDef):
                        found.setdefault(node.name, []).append((module, node))
        return found

    @cached_property
    def errors(self) -> set[str]:
        """Names of the program's own errors."""
        kinds = [
            node for each in self.modules.values() for node in ast.walk(each.tree) if isinstance(node, ast.ClassDef)
        ]
        known = {"ValueError", "RuntimeError", "ConnectionError", "Exception"}
        for _ in kinds:  # until nothing is added: a class may stand before the one that it is made from
            known |= {kind.name for kind in kinds if known & {last(base) for base in kind.bases}}
        return known

    def find(self, full: str) -> tuple[Module, str] | None:
        """The module and the name in it of what is called `full`."""
        place, _, name = full.rpartition(".")
        return (self.modules[place], name) if place in self.modules else None


def last(node: ast.expr) -> str:
    """The last part of a name: what a.b.c is called where it is defined."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def words(text: str) -> int:
    """How many words a line has, values not counted."""
    return sum(bool(re.search("[a-z]", word)) for word in text.split())


def says_much(text: str) -> bool:
    """Whether a text that is put into another is worth its place there."""
    return len(text.split()) >= MANY_WORDS or len(re.findall("[a-z]", text)) >= MANY_LETTERS


@dataclass(frozen=True)
class Reader:
    """What the expressions of one function may be, as texts."""

    code: Code
    module: Module
    function: ast.FunctionDef | None
    trail: tuple[int, ...] = field(default=())  # what is being read already

    def texts(self, node: ast.expr | None) -> set[str]:
        """The texts that an expression, or an item of it, may be; VARIES for what only a run knows."""
        read = getattr(self, f"_{type(node).__name__.lower()}", None)
        if read is None or id(node) in self.trail:
            return {VARIES}
        found: set[str] = replace(self, trail=(*self.trail, id(node))).__getattribute__(read.__name__)(node)
        return found if len(found) <= MOST else {VARIES}

    def _constant(self, node: ast.Constant) -> set[str]:
        return {node.value} if isinstance(node.value, str) else set()

    def _joinedstr(self, node: ast.JoinedStr) -> set[str]:
        return self._in_a_row(node.values)

    def _in_a_row(self, parts: Iterable[ast.expr]) -> set[str]:
        choices = [sorted(self.texts(part)) or [VARIES] for part in parts]
        return {"".join(chosen) for chosen in itertools.islice(itertools.product(*choices), MOST + 1)}

    def _formattedvalue(self, node: ast.FormattedValue) -> set[str]:
        if ast.unparse(node.value) in FILES:
            return {FILES[ast.unparse(node.value)]}
        found = self.texts(node.value) or {VARIES}
        values = {text for text in found if VARIES in text and not says_much(text)}
        return found if not values else {VARIES} | {text for text in found if says_much(text)}

    def _binop(self, node: ast.BinOp) -> set[str]:
        if isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant | ast.JoinedStr):
            return {re.sub(r"%(\(\w+\))?[-+ 0-9.]*[a-zA-Z]", VARIES, text) for text in self.texts(node.left)}
        if not isinstance(node.op, ast.Add):
            return {VARIES}
        sides = (node.left, node.right)
        one_line = any(isinstance(side, ast.Constant | ast.JoinedStr) for side in sides)
        return self._in_a_row(sides) if one_line else self._any(sides)

    def _any(self, nodes: Iterable[ast.expr | None]) -> set[str]:
        return {text for node in nodes for text in self.texts(node)}

    def _boolop(self, node: ast.BoolOp) -> set[str]:
        return self._any(node.values)

    def _ifexp(self, node: ast.IfExp) -> set[str]:
        return self._any([node.body, node.orelse])

    def _namedexpr(self, node: ast.NamedExpr) -> set[str]:
        return self.texts(node.value)

    def _starred(self, node: ast.Starred) -> set[str]:
        return self.texts(node.value)

    def _list(self, node: ast.List | ast.Tuple) -> set[str]:
        return self._any(node.elts)

    _tuple = _list

    def _dict(self, node: ast.Dict) -> set[str]:
        return self._any(node.values)

    def _listcomp(self, node: ast.ListComp | ast.GeneratorExp) -> set[str]:
        return self.texts(node.elt)

    _generatorexp = _listcomp

    def _subscript(self, node: ast.Subscript) -> set[str]:
        return {VARIES} if isinstance(node.slice, ast.Slice) else self.texts(node.value)

    def _yieldfrom(self, node: ast.YieldFrom) -> set[str]:
        return self.texts(node.value)

    def _attribute(self, node: ast.Attribute) -> set[str]:
        full = self.module.imports.get(last(node.value))
        return self._named(f"{full}.{node.attr}") if full else {VARIES}

    def _name(self, node: ast.Name) -> set[str]:
        bound = (pair for each in ast.walk(self.function or ast.Pass()) for pair in assigned(each))
        values = [value for name, value in bound if name == node.id]
        if values:
            return self._any(values)
        if node.id in self.module.constants:
            return replace(self, function=None).texts(self.module.constants[node.id])
        return self._named(self.module.imports.get(node.id, ""))

    def _named(self, full: str) -> set[str]:
        """A constant of another module."""
        found = self.code.find(full)
        if found is None or found[1] not in found[0].constants:
            return {VARIES}
        return replace(self, module=found[0], function=None).texts(found[0].constants[found[1]])

    def _call(self, node: ast.Call) -> set[str]:
        name = last(node.func)
        if name == "join" and isinstance(node.func, ast.Attribute):
            return self._joined(node.func.value, node.args[0])
        if name == "format" and isinstance(node.func, ast.Attribute):
            return {re.sub(r"\{[^{}]*\}", VARIES, text) for text in self.texts(node.func.value)}
        if name in SAME_ITEMS and isinstance(node.func, ast.Name):
            return self.texts(node.args[-1] if name == "filter" else node.args[0])
        called = node.args[0] if name == "map" else node.func
        return self._any_of([found for found in self._called(called) if id(found[1]) not in self.trail])

    def _joined(self, sign: ast.expr, parts: ast.expr) -> set[str]:
        """Lines that are told one by one, or a text of which only the blanks change."""
        if isinstance(parts, ast.Call) and isinstance(parts.func, ast.Attribute) and parts.func.attr == "split":
            return self.texts(parts.func.value)
        return self.texts(parts) if ast.unparse(sign) == repr("\n") else {VARIES}

    def _called(self, function: ast.expr) -> list[tuple[Module, ast.FunctionDef]]:
        """The functions of the program that a call may mean."""
        if isinstance(function, ast.Name) and function.id in self.module.functions:
            return [(self.module, self.module.functions[function.id])]
        attribute = function if isinstance(function, ast.Attribute) else None
        imported = self.module.imports.get(last(attribute.value if attribute else function), "")
        full = f"{imported}.{attribute.attr}" if attribute else imported
        found = self.code.find(full)
        if found and found[1] in found[0].functions:
            return [(found[0], found[0].functions[found[1]])]
        return self.code.methods(attribute.attr) if attribute and not imported else []

    def _any_of(self, functions: list[tuple[Module, ast.FunctionDef]]) -> set[str]:
        """What these functions give back."""
        found: set[str] = set()
        for module, function in functions:
            reader = Reader(self.code, module, function, (*self.trail, id(function)))
            given = [each for each in ast.walk(function) if isinstance(each, ast.Return | ast.Yield | ast.YieldFrom)]
            found |= {text for each in given if each.value for text in reader.texts(each.value)}
        return found or {VARIES}


@cache
def read() -> Code:
    """The program as it is now."""
    files = sorted(paths.PACKAGE.rglob("*.py"))
    names = {".".join(file.relative_to(paths.ROOT).with_suffix("").parts): file for file in files}
    trees = {name.removesuffix(".__init__"): ast.parse(file.read_text("utf-8")) for name, file in names.items()}
    return Code({name: Module(name, tree) for name, tree in trees.items()})


def messages() -> list[Message]:
    """All lines, sorted; those in which nothing stands but values are left out.

    A line that is told on within another (`MLflow: <it>; ...`) counts as a value there.
    """
    code = read()
    found = [told for module in code.modules.values() for told in of_module(code, module)] + list(_of_make())
    whole = sorted({told.text for told in found if words(told.text) >= MANY_WORDS_TOLD}, key=len, reverse=True)
    lines = {Message(line, told.place) for told in found for line in _lines(_outer(told.text, whole))}
    return sorted(lines)


def _outer(text: str, whole: Iterable[str]) -> str:
    """What a line adds to the longest line of `whole` that is told on within it."""
    inner = next((line for line in whole if line in text and line != text), None)
    return text if inner is None else text.replace(inner, VARIES)


def of_module(code: Code, module: Module) -> Iterator[Message]:
    """The lines that one module tells, as they are told there."""
    found = [(node, _told(Reader(code, module, function), node)) for function, node in _calls(module.tree, None)]
    for name, function in module.functions.items():
        if name == "check" and ".sources." in module.name:  # `python -m pipeline check` tells what it gives back
            found.append((function, Reader(code, module, None)._any_of([(module, function)])))
    for node, texts in found:
        place = f"{module.name.replace('.', '/')}.py:{node.lineno}"
        yield from (Message(line, place) for text in texts for line in _lines(text))


def _calls(node: ast.AST, function: ast.FunctionDef | None) -> Iterator[tuple[ast.FunctionDef | None, ast.Call]]:
    """(the outermost function around it, call) of every call."""
    if isinstance(node, ast.Call):
        yield function, node
    around = function or (node if isinstance(node, ast.FunctionDef) else None)
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, around)


def _told(reader: Reader, call: ast.Call) -> set[str]:
    """What a call tells; nothing if it is not one of those that tell."""
    name = last(call.func)
    if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value).endswith("complaints"):
        return _complaint(reader, call)
    is_first = name in reader.code.errors or ast.unparse(call.func) in WRITES
    place = 0 if is_first else TELLS.get(name, -1)
    told = reader.texts(call.args[place]) if 0 <= place < len(call.args) else set()
    if name == "print" and len(call.args) > 1:
        told = reader._in_a_row([part for each in call.args for part in (each, ast.Constant(" "))])
    return told.union(*(reader.texts(word.value) for word in call.keywords if word.arg == "reason"))


def _complaint(reader: Reader, call: ast.Call) -> set[str]:
    """Complaints of settings all begin alike."""
    begun = f"params.yaml: {VARIES}: given "
    if last(call.func) == "add":
        given = [*call.args, *(word.value for word in call.keywords)][1:]
        parts = [ast.FormattedValue(argument, -1, None) for argument in given]
        return reader._in_a_row([ast.Constant(begun), parts[0], ast.Constant(", allowed "), parts[1]])
    if last(call.func) == "unknown":
        return {f"{begun}{VARIES}, allowed {VARIES}", f"{begun}{VARIES}, allowed {VARIES} (did you mean {VARIES}?)"}
    return reader.texts(call.args[0]) if last(call.func) == "say" else set()


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        plain = re.sub(r"(\.\.\.)+", VARIES, line).strip()
        if re.search(r"[a-z]{2}", plain.removeprefix("params.yaml: ")) and not plain.endswith(":"):
            yield plain


def _of_make() -> Iterator[Message]:
    """What the Makefile refuses."""
    text = (paths.ROOT / "Makefile").read_text("utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        for found in re.findall(r"\$\(error (.*)\)$|\becho \"(.*?)\" >&2", line):
            plain = "".join(found).replace("$(HASH)", "#").replace("$$`", "$ `").replace("$$ ", "$ ")
            while plain != (plain := re.sub(r"\$\$?\([^()]*\)", VARIES, plain)):
                pass
            yield from (Message(each, f"Makefile:{number}") for each in _lines(plain))
