"""Work out the answer of an exercise: arithmetic over functions that are handed in, and nothing else of Python."""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from pipeline.errors import InputError

Value = float | str
OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
ARITHMETIC: dict[str, Callable[..., Any]] = {
    "exp": math.exp,
    "log": math.log,
    "log10": math.log10,
    "sqrt": math.sqrt,
    "tanh": math.tanh,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "abs": abs,
    "round": round,
    "choose": math.comb,
}


def evaluate(text: str, functions: Mapping[str, Callable[..., Any]]) -> Value:
    """A number, or a word, from numbers, quoted words, + - * / **, `functions` and those of ARITHMETIC.

    InputError: anything else stands in `text`.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise InputError(f"answer: given {text!r}, allowed arithmetic: {error.msg}") from None
    value: Value = _value(tree.body, {**ARITHMETIC, **functions}, text)
    return value


def _value(node: ast.expr, functions: Mapping[str, Callable[..., Any]], text: str) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float | str):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, functions, text)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        sides = (_value(side, functions, text) for side in (node.left, node.right))
        return OPERATORS[type(node.op)](*sides)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions:
        return functions[node.func.id](*(_value(each, functions, text) for each in node.args))
    raise InputError(f"answer: given {text!r}, allowed numbers, + - * / ** and {', '.join(functions)}")
