"""One-line mistakes that can be made in a Python file: comparisons, arithmetic, constants, branches, arguments."""

import ast
import contextlib
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
# Arguments that guard against what cannot happen, or say what this platform does anyway.
GUARDS = {"strict", "encoding"}
# Fields that hold no behaviour, or words that no test should pin.
SKIPPED_FIELDS = {"annotation", "returns", "decorator_list", "type_params"}
SHOWN, AROUND = 70, 20  # letters of a change that are shown: of all of it, or around the difference
SKIPPED_NODES = (ast.JoinedStr, ast.Import, ast.ImportFrom)


@dataclass(frozen=True)
class Mutant:
    """A file with one mistake: `before` -> `after` in `scope`, the `number`-th of its kind there; `source` is whole."""

    file: str
    line: int
    scope: str
    before: str
    after: str
    number: int
    source: str

    @property
    def name(self) -> str:
        """What stays the same when lines move: the file, the function and the change."""
        again = f" #{self.number}" if self.number > 1 else ""
        return f"{self.file}::{self.scope}: {self.before} -> {self.after}{again}"


def mutants(root: Path, file: str) -> list[Mutant]:
    """Every mutant of `file`, a path relative to `root`, in the order of its lines."""
    tree = ast.parse((root / file).read_text("utf-8"))
    seen: Counter[tuple[str, str, str]] = Counter()
    made = []
    for parent, name, index, node, scope in list(_places(tree, "module")):
        shown = parent if isinstance(node, ast.Constant) else node  # a number by itself says little
        for changed in _mistakes(node):
            text = ast.unparse(shown)
            with _put(parent, name, index, changed):
                source = ast.unparse(ast.fix_missing_locations(tree))
                before, after = _difference(text, ast.unparse(changed if shown is node else shown))
            seen[scope, before, after] += 1
            number = seen[scope, before, after]
            made.append(Mutant(file, getattr(node, "lineno", 0), scope, before, after, number, source))
    return sorted(made, key=lambda mutant: mutant.line)


def _places(node: ast.AST, scope: str) -> Iterator[tuple[ast.AST, str, int | None, ast.AST, str]]:
    """(parent, field, index in the field, node, scope) of every node that says what the program does."""
    for name, value in ast.iter_fields(node):
        if name in SKIPPED_FIELDS:
            continue
        children = enumerate(value) if isinstance(value, list) else [(None, value)]
        for index, child in children:
            if not isinstance(child, ast.AST) or isinstance(child, SKIPPED_NODES) or _is_unsaid(child):
                continue
            yield node, name, index, child, scope
            yield from _places(child, _scope(child, scope))


def _scope(node: ast.AST, scope: str) -> str:
    if not isinstance(node, ast.FunctionDef | ast.ClassDef):
        return scope
    return node.name if scope == "module" else f"{scope}.{node.name}"


def _is_unsaid(node: ast.AST) -> bool:
    """Whether a node is a docstring, for type checkers alone, or a guard."""
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    if isinstance(node, ast.keyword):
        return node.arg in GUARDS
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@contextlib.contextmanager
def _put(parent: ast.AST, name: str, index: int | None, changed: ast.AST) -> Iterator[None]:
    """`changed` in one place of a tree, for as long as the block lasts."""
    field: Any = getattr(parent, name)
    if index is None:
        setattr(parent, name, changed)
        yield
        setattr(parent, name, field)
    else:
        before, field[index] = field[index], changed
        yield
        field[index] = before


def _difference(before: str, after: str) -> tuple[str, str]:
    """Both texts on one line, cut down to where they differ and what stands around it."""
    texts = [" ".join(text.split()) for text in (before, after)]
    if max(map(len, texts)) <= SHOWN:
        return texts[0], texts[1]
    ahead, behind = _alike(*texts), _alike(*(text[::-1] for text in texts))
    return tuple(_cut(text, ahead - AROUND, len(text) - behind + AROUND) for text in texts)  # type: ignore[return-value]


def _alike(text: str, other: str) -> int:
    """How many letters two texts have in common from their start."""
    pairs = enumerate(zip(text, other, strict=False))
    return next((at for at, (letter, another) in pairs if letter != another), min(len(text), len(other)))


def _cut(text: str, start: int, end: int) -> str:
    start, end = max(0, start), min(len(text), end)
    part = text[start:end]
    if len(part) > 2 * SHOWN:
        part = part[: SHOWN - 3] + "..."
    return f"{'...' if start else ''}{part}{'...' if end < len(text) else ''}"


def _changed(node: Any, **fields: Any) -> Any:
    """A copy of a node with some of its fields set."""
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def _mistakes(node: Any) -> Iterator[ast.AST]:
    """The node with one mistake, in turn each that can be made in it."""
    maker = MISTAKES.get(type(node))
    if maker:
        yield from maker(node)


def _of_comparison(node: ast.Compare) -> Iterator[ast.AST]:
    if len(node.ops) == 1:
        for other in COMPARISONS[type(node.ops[0])]:
            yield _changed(node, ops=[other()])
        return
    for at, operator in enumerate(node.ops):  # 0 <= x < 1: each side in turn
        other = COMPARISONS[type(operator)][0]
        yield _changed(node, ops=[*node.ops[:at], other(), *node.ops[at + 1 :]])


def _of_arithmetic(node: ast.BinOp | ast.AugAssign) -> Iterator[ast.AST]:
    other = ARITHMETIC.get(type(node.op))
    if other:
        yield _changed(node, op=other())


def _of_constant(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
        if node.value:  # -1 is spelt otherwise and is rarely what is mistaken for 0
            yield ast.Constant(node.value - 1)
    elif isinstance(node.value, float):
        yield ast.Constant(node.value * 2 if node.value else 1.0)


def _of_logic(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield _changed(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())


def _of_sign(node: ast.UnaryOp) -> Iterator[ast.AST]:
    if isinstance(node.op, ast.Not | ast.USub | ast.Invert):
        yield node.operand


def _of_branch(node: ast.If | ast.IfExp | ast.While) -> Iterator[ast.AST]:
    if not isinstance(node.test, ast.Compare | ast.UnaryOp | ast.BoolOp):  # these are mistaken by themselves
        yield _changed(node, test=ast.UnaryOp(ast.Not(), node.test))


def _of_filter(node: ast.comprehension) -> Iterator[ast.AST]:
    for at in range(len(node.ifs)):
        yield _changed(node, ifs=node.ifs[:at] + node.ifs[at + 1 :])


def _of_return(node: ast.Return) -> Iterator[ast.AST]:
    if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield _changed(node, value=ast.Constant(None))


def _of_call(node: ast.Call) -> Iterator[ast.AST]:
    for at, keyword in enumerate(node.keywords):
        if keyword.arg and keyword.arg not in GUARDS:
            yield _changed(node, keywords=node.keywords[:at] + node.keywords[at + 1 :])


def _of_slice(node: ast.Slice) -> Iterator[ast.AST]:
    for bound in ("lower", "upper"):
        if getattr(node, bound) is not None:
            yield _changed(node, **{bound: None})


def _of_statement(node: ast.Expr | ast.Raise) -> Iterator[ast.AST]:
    yield ast.Pass()


MISTAKES: dict[type, Any] = {
    ast.Compare: _of_comparison,
    ast.BinOp: _of_arithmetic,
    ast.AugAssign: _of_arithmetic,
    ast.Constant: _of_constant,
    ast.BoolOp: _of_logic,
    ast.UnaryOp: _of_sign,
    ast.If: _of_branch,
    ast.IfExp: _of_branch,
    ast.While: _of_branch,
    ast.comprehension: _of_filter,
    ast.Return: _of_return,
    ast.Call: _of_call,
    ast.Slice: _of_slice,
    ast.Expr: _of_statement,
    ast.Raise: _of_statement,
}
