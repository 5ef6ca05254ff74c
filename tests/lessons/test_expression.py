"""Answers are arithmetic over named functions, and nothing else that Python can do."""

import math

import pytest

from pipeline.lessons.expression import evaluate


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.25 ** 10", 0.25**10),
        ("-2 + 3 * (4 - 1) / 2", 2.5),
        ("sigmoid(0) + tanh(0) + exp(0)", 1.5),
        ("log(10) / log10(100)", math.log(10) / 2),
        ('"many_to_one"', "many_to_one"),
        ('twice("a") + twice("bc")', 6),
    ],
)
def test_arithmetic_and_functions(text, value):
    assert evaluate(text, {"twice": lambda word: 2 * len(word)}) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 +",
        "__import__('os')",
        "mean",
        "(1).real",
        "[1]",
        "open('x')",
        "1 if 2 else 3",
        "lambda: 1",
        "f(*x)",
        "a.b()",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match=r"answer: given .* allowed"):
        evaluate(text, {})
