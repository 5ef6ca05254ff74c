"""Another minor version of Python makes the same keys of the same code, so that nothing is trained anew under it."""

import ast
import inspect
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from pipeline import paths
from pipeline.settings import plan

VERSIONS = ("3.11", "3.12", "3.13")
# What `ast` spells differently from version to version: texts in pieces, types, patterns, decorators, asynchrony.
SOURCES = {
    "formats": (
        'def f(x, m, *a, **k):\n    return f"{x:%Y-{m}}" f"{x!r:>{m}.3g}{{}}" + f"{x=}" + f"" + f"{x:}"\n',
        "5e2004ff36b6f4c6",
    ),
    "classes": (
        "@d(1)\nclass A(B, metaclass=C):\n    x: int = 1\n    y: 'A'\n\n    async def f(self): ...\n",
        "d5ae3df5b0b20ec3",
    ),
    "patterns": (
        "match x:\n    case [1, *_] | {'a': 2, **r} if r:\n        pass\n    case A(b=-1j):\n        del x\n",
        "7138a773cdcfd074",
    ),
    "numbers": (
        "x = (1, 1.0, 1e-7, 1e400, 0x10, 1_000, True, None, ..., b'\\x00', 'ñ', '', lambda: (yield))\n",
        "935432868b0ae94d",
    ),
    "guards": (
        "try:\n    pass\nexcept* E as e:\n    raise X from e\nwith a as b, c:\n    assert b, f('')\n",
        "6bf2c50aca764356",
    ),
}
SCRIPT = """
import ast, json, sys
from typing import Any

{functions}

files, sources = json.load(sys.stdin)
texts = sources + [open(file, encoding="utf-8").read() for file in files]
print(json.dumps([_as_lists(ast.parse(text)) for text in texts]))
"""


def interpreters():
    """Pythons of this machine, by version: on the path, or brought by pyenv."""
    for version in VERSIONS:
        brought = [*Path.home().glob(f".pyenv/versions/{version}.*/bin/python")]
        found = shutil.which(f"python{version}")
        for python in [*brought, *([found] if found else [])]:
            told = subprocess.run([python, "-c", "import sys; print(sys.version)"], capture_output=True, text=True)
            if told.stdout.startswith(f"{version}."):
                yield version, python
                break


def functions():
    """What reads a syntax tree, as source: other interpreters have none of our packages."""
    ignored = f"IGNORED_FIELDS = {plan.IGNORED_FIELDS!r}\nTRANSLATIONS = {plan.TRANSLATIONS!r}"
    return "\n\n".join([ignored, *(inspect.getsource(each) for each in (plan._as_lists, plan._is_ignored))])


@pytest.mark.parametrize("name", SOURCES)
def test_the_digests_of_what_versions_spell_differently(name):
    """Constants: they were made under 3.11, 3.12 and 3.13."""
    source, digest = SOURCES[name]
    assert plan.code_digest(source)[:16] == digest


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_every_file_of_the_pipeline_means_the_same_there(version):
    python = dict(interpreters()).get(version)
    if not python:
        pytest.skip(f"no Python {version} on this machine")
    files = [str(file) for file in sorted(paths.PACKAGE.rglob("*.py"))]
    sources = [source for source, _ in SOURCES.values()]
    given = json.dumps([files, sources])
    told = subprocess.run(
        [python, "-c", SCRIPT.format(functions=functions())], input=given, capture_output=True, text=True, check=True
    )
    texts = sources + [Path(file).read_text("utf-8") for file in files]
    assert json.loads(told.stdout) == [plan._as_lists(ast.parse(text)) for text in texts]


def test_an_empty_text_counts_where_it_is_one():
    assert plan.code_digest("f('')") != plan.code_digest("f()")
    assert plan.code_digest("f(['', f'{x}'])") != plan.code_digest("f([f'{x}'])")
