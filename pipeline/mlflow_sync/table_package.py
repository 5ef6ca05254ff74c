"""The model of a user's table as a package that answers raw columns: signature, example, facts, and the code behind."""

import json
import shutil
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import paths, plugin_files, plugins
from pipeline.mlflow_sync.gather import RecordedRun
from pipeline.numerics import Mode
from pipeline.prediction import answers, served
from pipeline.records import read_json_or, write_bytes
from pipeline.scoring import calibration

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.models import ModelSignature

TYPES = {"number": "double", "category": "string", "date": "string"}  # of columns, as MLflow calls them
LIBRARIES = ("pyarrow",)  # that the code needs beside those of a run and of MLflow
LOADER = '''"""How mlflow.pyfunc loads the model beside this file: it takes raw columns of a table."""

import importlib
from pathlib import Path


def _load_pyfunc(path):
    code = Path(path).parents[1] / "code"
    for folder in [code / "pipeline", *(place for place in sorted((code / "pipeline").rglob("*")) if place.is_dir())]:
        if (folder / "__init__.py").exists():  # another model's package may have brought a part of it before
            package = importlib.import_module(".".join(folder.relative_to(code).parts))
            if str(folder) not in package.__path__:
                package.__path__.append(str(folder))
    served = importlib.import_module("pipeline.prediction.served")
    return served.load(Path(path), code / served.FACTS)
'''


def is_for(run: RecordedRun) -> bool:
    """Whether a run is of a user's own topic on a table: the models of the others answer tensors."""
    return run["topic"] not in plugins.names("topics") and {"encoder", "form"} <= _card(run).keys()


def is_ready(run: RecordedRun) -> bool:
    """Whether all is there that the package tells: of a classifier, its temperature."""
    return not calibration.is_for(_card(run), run["settings"]["task"]) or calibration.kept(run["run_key"]) is not None


def code(run: RecordedRun, folder: Path) -> list[str]:
    """Loader, facts and the files of this project that it takes to answer, written below `folder`."""
    kept, settings = calibration.kept(run["run_key"]), run["settings"]
    mode: Mode = "portable" if run["numerics"] == "portable" else "native"
    facts = served.facts(_card(run), settings, mode, kept["temperature"] if kept else None)
    write_bytes(folder / "aula_table_loader.py", LOADER.encode())
    write_bytes(folder / served.FACTS, json.dumps(facts, ensure_ascii=False).encode())
    plugged = [plugins.path("models", settings["model"]), plugins.path("tasks", settings["task"])]
    copy([paths.PACKAGE / "prediction" / "served.py", *plugged], folder)
    return [str(path) for path in sorted(folder.iterdir())]


def copy(files: Sequence[Path], folder: Path) -> None:
    """Put files of this project below `folder`, with all that they import: they run there without the rest."""
    for file in plugin_files.needed(files):
        place = folder / "pipeline" / file.relative_to(paths.PACKAGE)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)


def signature(run: RecordedRun) -> "ModelSignature":
    """Of raw columns with names and types, and of the answers' columns."""
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, Schema

    card = _card(run)
    inputs: list[Any] = [ColSpec(TYPES[column["kind"]], column["name"]) for column in card["encoder"]["columns"]]
    outputs: list[Any] = [ColSpec("double" if card["labels"] == "number" else "string", answers.PREDICTED)]
    if card["labels"] == "class":
        outputs += [ColSpec("double", f"p({name})") for name in answers.names(card)]
    return ModelSignature(Schema(inputs), Schema(outputs))


def example(run: RecordedRun) -> "pd.DataFrame":
    """A row of medians and of each column's first word, as raw rows themselves are not kept."""
    import pandas as pd

    card = _card(run)
    cells = {column["column"]: column["example"] for column in card["columns"]}
    return pd.DataFrame({column["name"]: [_cell(column, cells)] for column in card["encoder"]["columns"]})


def _cell(column: Mapping[str, Any], examples: Mapping[str, str | None]) -> float | str | None:
    if column["kind"] == "number":
        return float(column["median"])
    if column["kind"] == "date":
        return examples.get(column["name"])
    return next(iter(column["categories"]), None)


def requirements() -> list[str]:
    """Libraries of the code, in the versions that are here."""
    return [f"{name}=={version(name)}" for name in LIBRARIES]


def _card(run: RecordedRun) -> Any:
    return read_json_or(paths.card(run["settings"]["data"], run["draw"]), {})
