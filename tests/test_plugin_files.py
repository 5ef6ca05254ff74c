"""What a plugin imports from its own folder is found in whatever way it says so, and through one another."""

import shutil
import subprocess
import sys

import pytest

from pipeline import paths, plugin_files, plugins


@pytest.fixture
def models(tmp_path, monkeypatch):
    """A folder of models with two modules that are no models; write one more by its text, and read its siblings."""
    monkeypatch.setattr(paths, "PACKAGE", tmp_path)
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "_blocks.py").write_text("from pipeline.models._sizes import WIDTH\n")
    (folder / "_sizes.py").write_text("from pipeline.models import _blocks\nWIDTH = 4\n")

    def read(text):
        plugin_files.module.cache_clear()
        (folder / "own.py").write_text(text)
        return [file.name for file in plugin_files.siblings(folder / "own.py")]

    yield read
    plugin_files.module.cache_clear()


@pytest.mark.parametrize(
    "text",
    [
        "from pipeline.models import _blocks\n",
        "from pipeline.models._blocks import block\n",
        "import pipeline.models._blocks\n",
        "import pipeline.models._blocks as blocks\n",
        "from . import _blocks\n",
        "from ._blocks import block\n",
        "def build(shape, outputs):\n    from pipeline.models import _blocks as blocks\n",
    ],
)
def test_a_module_is_found_with_what_it_imports_itself(models, text):
    assert models(text) == ["_blocks.py", "_sizes.py"]


@pytest.mark.parametrize(
    "text",
    ["import numpy\n", "from pipeline import errors\n", "from pipeline.errors import InputError\n", "import _sizes\n"],
)
def test_other_imports_are_none(models, text):
    assert models(text) == []


def test_what_of_what_is_shipped_leans_on_files_beside_it():
    found = {
        f"{kind}/{name}": [file.stem for file in plugin_files.siblings(plugins.path(kind, name))]
        for kind in ("sources", "views", "models", "tasks")
        for name in plugins.names(kind)
    }
    assert {name: files for name, files in found.items() if files} == {
        "sources/archive": [
            *("_array_columns", "_array_inputs", "_array_labels", "_class_names", "_copies", "_delimited"),
            *("_findings", "_habits", "_kinds", "_npz"),
        ],
        "sources/folder": ["_class_folders", "_class_names", "_picture_files", "_picture_findings"],
        "sources/recordings": [
            *("_class_names", "_constant", "_copies", "_delimited", "_habits", "_long_rows", "_series"),
        ],
        "sources/table": [
            *(
                "_copies",
                "_delimited",
                "_findings",
                "_habits",
                "_kinds",
                "_labels",
                "_new_rows",
                "_table_file",
                "_typed",
            ),
        ],
        "models/boosted_trees": ["_at_once"],
        "models/prior": ["_at_once"],
        "tasks/classify_at_once": ["_at_once", "classify"],
        "tasks/classify_moved": ["classify"],
        "tasks/regress": ["classify"],
        "tasks/regress_at_once": ["_at_once", "classify", "regress"],
        "tasks/regress_scaled": ["classify", "regress"],
        "tasks/tag": ["classify"],
    }


def test_what_a_file_needs_runs_without_the_rest(tmp_path):
    """As a model's package has it: all that is imported, through one another, and nothing for type checkers alone."""
    files = plugin_files.needed([paths.PACKAGE / "prediction" / "served.py"])
    names = {file.relative_to(paths.PACKAGE).as_posix() for file in files}
    assert {"prediction/served.py", "prediction/__init__.py", "preparation/encoder.py", "__init__.py"} <= names
    assert not any(name.startswith(("settings/", "mlflow_sync/", "stages/")) for name in names)
    for name in names:
        (tmp_path / "pipeline" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(paths.PACKAGE / name, tmp_path / "pipeline" / name)
    script = "import pipeline.prediction.served as served; print(served.__file__)"
    told = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert told.stdout.startswith(str(tmp_path))
