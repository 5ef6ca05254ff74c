"""What is imported is declared in pyproject.toml, and what is declared is imported or run."""

import ast
import functools
import importlib.metadata
import re
import sys
import tomllib

from pipeline import paths

PROJECT = tomllib.loads((paths.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
COMMANDS = {"dvc", "pytest-xdist", "ruff", "mypy", "ipykernel", "jupyterlab"}  # run, by name or as a plugin of another
EXTRAS = [each for name in ("store", "ray", "handout") for each in PROJECT["optional-dependencies"][name]]
TYPING_ONLY = {"_typeshed"}
OF_SERVERS = [
    "asyncssh",
    "psycopg",
]  # tests of servers have these: sshfs brings the one, server/requirements.lock the other
OF_TUNERS = ["keras-tuner"]  # benchmarks/tuners.py is run by an interpreter that has it
SCRIPTS = [file for folder in ("benchmarks", "tests") for file in (paths.ROOT / folder).rglob("*.py")]
OWN_MODULES = {"pipeline", "benchmarks", "tests", *(file.stem for file in SCRIPTS)}


def normalized(name):
    """The name of a distribution as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(requirements):
    return {normalized(re.match(r"[\w.-]+", requirement)[0]) for requirement in requirements}


def modules(file):
    """Top-level modules that a file imports."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]


def imported(*folders):
    """Third-party modules that the Python files of these folders import, each with one of its importers."""
    files = [file for folder in folders for file in sorted((paths.ROOT / folder).rglob("*.py"))]
    importers = {name: file.relative_to(paths.ROOT) for file in files for name in modules(file)}
    other = OWN_MODULES | TYPING_ONLY | sys.stdlib_module_names
    return {name: str(file) for name, file in importers.items() if name not in other}


installed = functools.cache(importlib.metadata.packages_distributions)  # it reads all there is, for seconds


def distributions(module):
    """Those that bring the module; of an extra that is not installed here, the one of its name."""
    return {normalized(name) for name in installed().get(module, (module,))}


def undeclared(folders, requirements):
    """What the folders import of no declared distribution."""
    known = declared(requirements)
    return {name: file for name, file in imported(*folders).items() if not distributions(name) & known}


def test_what_the_pipeline_imports_is_declared():
    assert undeclared(["pipeline"], [*PROJECT["dependencies"], *EXTRAS]) == {}


def test_what_tests_and_benchmarks_import_is_declared():
    optional = PROJECT["optional-dependencies"]
    known = PROJECT["dependencies"] + optional["test"] + EXTRAS + OF_SERVERS + OF_TUNERS
    assert undeclared(["benchmarks", "tests"], known) == {}


def test_what_is_declared_is_imported_or_run():
    optional = PROJECT["optional-dependencies"]
    used = set().union(*map(distributions, imported("pipeline", "benchmarks", "tests"))) | COMMANDS
    assert declared([*PROJECT["dependencies"], *optional["test"], *optional["notebooks"], *EXTRAS]) - used == set()
