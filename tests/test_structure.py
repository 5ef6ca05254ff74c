"""The house rules that a machine can hold: arrows of dependency, first lines, sizes, light start."""

import ast
import subprocess
import sys

import pytest

from pipeline import paths, plugins

FILES = sorted(paths.PACKAGE.rglob("*.py"))
NAMES = [str(file.relative_to(paths.PACKAGE)) for file in FILES]
FLOOR = {  # known to all; they know each other
    *("contracts", "errors", "number_types", "numerics", "paths", "streams", "plugin_files", "plugins", "records"),
    *("raw_data", "new_data", "prepared", "result_rows", "arguments", "spoken"),
}
ARROWS = {  # room: the rooms it may import from, beside the floor
    **dict.fromkeys(FLOOR, frozenset()),
    **dict.fromkeys(("sources", "views", "models", "verdicts", "training"), frozenset()),
    "settings": {"verdicts"},
    "preparation": {"settings"},
    "metrics": {"training"},
    "pool": {"training"},
    "cluster": {"devices", "pool", "settings", "training"},
    "scoring": {"metrics", "settings", "training", "verdicts"},
    "tasks": {"scoring", "training"},
    "topics": {"scoring", "tasks", "verdicts"},
    "report": {"freshness", "settings", "training", "verdicts"},
    "devices": {"pool", "training"},
    "operations": {"devices", "settings", "sharing", "training"},
    "sharing": {"settings", "training"},
    "sweeps": {"cluster", "devices", "freshness", "pool", "scoring", "settings", "sharing", "training", "verdicts"},
    "mlflow_sync": {"freshness", "operations", "prediction", "report", "scoring", "settings", "training"},
    "prediction": {"freshness", "preparation", "report", "scoring", "settings", "sources", "training", "verdicts"},
    "freshness": {"scoring", "settings", "training", "verdicts"},  # a state has what the topic asks
    "stages": {
        "cluster",
        "devices",
        "freshness",
        "mlflow_sync",
        "pool",
        "preparation",
        "report",
        "scoring",
        "settings",
        "sharing",
        "sweeps",
        "training",
        "verdicts",
    },
    "notebook": {"freshness", "report", "scoring", "settings", "stages", "training", "verdicts"},
    "lessons": {"freshness", "notebook", "report", "settings", "verdicts"},
    "trial": {"notebook"},
    "demo": {"settings", "trial"},
    "__main__": {
        "cluster",
        "sharing",
        "demo",
        "freshness",
        "lessons",
        "mlflow_sync",
        "operations",
        "prediction",
        "report",
        "settings",
        "stages",
    },
}


def imports(file):
    """Modules of the pipeline that a file imports, as dotted names below `pipeline`."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "pipeline":
            inner = node.module.split(".")[1:]
            for alias in node.names:
                place = paths.PACKAGE.joinpath(*inner, alias.name)
                is_module = place.with_suffix(".py").exists() or place.is_dir()
                yield ".".join([*inner, alias.name] if is_module or not inner else inner)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_says_in_one_sentence_why_it_exists(name):
    doc = ast.get_docstring(ast.parse((paths.PACKAGE / name).read_text("utf-8")))
    assert doc and "\n" not in doc.strip() and len(doc) < 120


@pytest.mark.parametrize("name", NAMES)
def test_no_function_above_fifty_lines(name):
    for node in ast.walk(ast.parse((paths.PACKAGE / name).read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno + 1 - (ast.get_docstring(node) or "").count("\n") <= 50, node.name


@pytest.mark.parametrize("name", NAMES)
def test_no_file_above_four_hundred_lines(name):
    assert len((paths.PACKAGE / name).read_text("utf-8").splitlines()) <= 400


@pytest.mark.parametrize("kind", ["sources", "views", "models"])
def test_plugins_import_the_floor_at_most(kind):
    """And files of their own folder that are no plugins themselves, as their names begin with _."""
    for name in plugins.names(kind):
        used = {module for module in imports(plugins.path(kind, name)) if not module.startswith(f"{kind}._")}
        assert used <= {"errors", "new_data", "number_types", "raw_data", "records"}, name


def test_no_topic_imports_a_topic():
    for topic in plugins.names("topics"):
        for file in (paths.PACKAGE / "topics" / topic).glob("*.py"):
            others = [name for name in imports(file) if name.startswith("topics") and topic not in name]
            known = {"contracts", "verdicts.topic", "scoring.graph_cache", "scoring.finished_run", "records"}
            used = {name for name in imports(file) if not name.startswith(("tasks.", "topics."))}
            assert not others and used <= known, file.name


def test_the_arrows_between_folders_go_one_way():
    """A file in a folder imports from those that its own may know, and from its own."""
    for file in FILES:
        room = file.relative_to(paths.PACKAGE).parts[0].removesuffix(".py")
        rooms = {found.split(".")[0] for found in imports(file)} - {room}
        assert rooms <= ARROWS.get(room, set()) | FLOOR, file.relative_to(paths.PACKAGE)


@pytest.mark.parametrize(("library", "home"), [("mlflow", "mlflow_sync"), ("matplotlib", "report"), ("ray", "cluster")])
def test_a_library_is_imported_in_one_place(library, home):
    users = []
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] == library for name in names):
                users.append(file)
    assert all((paths.PACKAGE / home) in (file, *file.parents) for file in users)


def test_help_is_light():
    script = (
        "import sys, pipeline.__main__ as m\n"
        "try: m.main(['--help'])\n"
        "except SystemExit as stop: assert stop.code == 0\n"
        "print(sorted({'tensorflow', 'keras', 'mlflow', 'matplotlib', 'scipy', 'numpy', 'ray'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=paths.ROOT, check=True)
    assert told.stdout.strip().endswith("[]") and "train" in told.stdout
