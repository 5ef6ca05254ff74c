"""The model of a user's own data as a package that answers raw data: signature, example, facts, and the code behind."""

import json
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import paths, plugin_files, plugins
from pipeline.mlflow_sync.gather import RecordedRun
from pipeline.new_data import Field
from pipeline.numerics import Mode
from pipeline.prediction import answers, encoded, served
from pipeline.records import read_json_or, write_bytes
from pipeline.scoring import calibration

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from mlflow.models import ModelSignature

LIBRARIES = {"folder": "pillow"}  # that the code needs beside those of a run and of MLflow, by source
LIBRARY = "pyarrow"  # of the other sources
SERVED = {"encoder", "form"}, {"request"}  # either of these a card must have
LOADED_BY = "aula_own_loader"
LOADER = '''"""How mlflow.pyfunc loads the model beside this file: it takes raw data."""

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
    """Whether a run is of a user's own topic on data of a kind that can be sent: other models take tensors."""
    card = _card(run)
    if run["topic"] in plugins.names("topics") or not any(needed <= card.keys() for needed in SERVED):
        return False
    return plugins.has("sources", card["source"], "read_request")


def is_ready(run: RecordedRun) -> bool:
    """Whether all is there that the package tells: of a classifier, its temperature."""
    return not calibration.is_for(_card(run), run["settings"]["task"]) or calibration.kept(run["run_key"]) is not None


def code(run: RecordedRun, folder: Path) -> list[str]:
    """Loader, facts and the files of this project that it takes to answer, written below `folder`."""
    kept, settings = calibration.kept(run["run_key"]), run["settings"]
    mode: Mode = "portable" if run["numerics"] == "portable" else "native"
    facts = served.facts(_card(run), settings, mode, kept["temperature"] if kept else None)
    write_bytes(folder / f"{LOADED_BY}.py", LOADER.encode())
    write_bytes(folder / served.FACTS, json.dumps(facts, ensure_ascii=False).encode())
    plugged = [plugins.path("models", settings["model"]), plugins.path("tasks", settings["task"])]
    plugged.append(plugins.path("sources", _card(run)["source"]))
    copy([paths.PACKAGE / "prediction" / "served.py", *plugged], folder)
    return [str(path) for path in sorted(folder.iterdir())]


def copy(files: Sequence[Path], folder: Path) -> None:
    """Put files of this project below `folder`, with all that they import: they run there without the rest."""
    for file in plugin_files.needed(files):
        place = folder / "pipeline" / file.relative_to(paths.PACKAGE)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)


def fields(run: RecordedRun) -> list[Field]:
    """What its model takes of each example."""
    card = _card(run)
    found: list[Field] = plugins.load("sources", card["source"]).fields(card)
    return found


def signature(run: RecordedRun) -> "ModelSignature":
    """Of raw data with names and types, of the answers' columns, and of what a request may set."""
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, ParamSchema, ParamSpec, Schema

    card, taken = _card(run), fields(run)
    outputs: list[Any] = [ColSpec(each.type, each.name) for each in taken if each.is_name]
    outputs.append(ColSpec("double" if card["labels"] == "number" else "string", answers.PREDICTED))
    if card["labels"] == "class":
        outputs += [ColSpec("double", f"p({name})") for name in answers.names(card)]
    inputs = Schema([_spec(each) for each in taken])
    if "encoder" not in card:
        return ModelSignature(inputs, Schema(outputs))
    params = ParamSchema([ParamSpec(served.MOST_UNSEEN, "double", encoded.MOST_UNSEEN)])
    return ModelSignature(inputs, Schema(outputs), params)


def _spec(field: Field) -> Any:
    import numpy as np
    from mlflow.types.schema import ColSpec, TensorSpec

    if field.shape is None:
        return ColSpec(field.type, field.name)
    return TensorSpec(np.dtype(field.type), (-1, *field.shape), field.name)


def example(run: RecordedRun) -> "pd.DataFrame | dict[str, np.ndarray]":
    """One made of what the source calls an example of each field, as raw data themselves are not kept."""
    import numpy as np
    import pandas as pd

    taken = fields(run)
    if any(each.shape is not None for each in taken):
        return {each.name: np.asarray([each.example], each.type) for each in taken}
    return pd.DataFrame({each.name: [each.example] for each in taken})


def requirements(run: RecordedRun) -> list[str]:
    """Libraries of the code, in the versions that are here."""
    name = LIBRARIES.get(_card(run)["source"], LIBRARY)
    return [f"{name}=={version(name)}"]


def _card(run: RecordedRun) -> Any:
    return read_json_or(paths.card(run["settings"]["data"], run["draw"]), {})
