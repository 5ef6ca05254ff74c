"""The best model of a topic as a folder that MLflow can load; it is chosen by validation, never by test scores."""

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import paths, plugins
from pipeline.mlflow_sync import gather, mlflow_internals, own_package, tracking_store
from pipeline.mlflow_sync.gather import RecordedRun
from pipeline.records import read_examples, read_json, write_bytes
from pipeline.settings.plan import data_digest
from pipeline.training import objective
from pipeline.training.best_run import reached

if TYPE_CHECKING:
    from mlflow.models import Model, ModelSignature

BEST = "best"  # alias of a registered model's version
MEASURED_ON = "measured_on"  # tag of a version: which of them its validation can be compared with
FOLDER = "model"
EXAMPLES = 2  # in an input example
ANSWERS: dict[str, tuple[int | None, ...]] = {  # shape of a task's answers, after the examples; None: its outputs
    "classify": (None,),
    "regress": (None,),
    "tag": (-1, None),
}
LOADER = '''"""How mlflow.pyfunc loads the model beside this file, and asks it: in evaluation mode."""

import importlib
from pathlib import Path

import numpy as np

ROWS = 2048  # examples asked at a time


class Model:
    def __init__(self, model):
        self.model = model

    def predict(self, data):
        data = np.asarray(data, np.float32)
        parts = [np.asarray(self.model(data[at : at + ROWS], training=False)) for at in range(0, len(data), ROWS)]
        return np.concatenate(parts)


def _load_pyfunc(path):
    import keras

    code = Path(path).parents[1] / "code"  # not beside this module: Python loads it once, for the first of two models
    for file in sorted((code / "pipeline" / "models").glob("[!_]*.py")):
        importlib.import_module(f"pipeline.models.{file.stem}")  # its own layers must be known
    return Model(keras.saving.load_model(path, compile=False))
'''


def name(topic: str) -> str:
    """Name of a topic's registered model."""
    return f"{tracking_store.prefix()}aula-{topic}"


def alias(comparison: str) -> str:
    """Alias of the best model of one comparison."""
    return f"{BEST}-{comparison}"


def tags(run: RecordedRun) -> dict[str, str]:
    """Tags of a version; the key tells it from all others, `measured_on` which of them it can be compared with."""
    identity = {"run_key": run["run_key"], "topic": run["topic"], "variant": run["variant"]}
    chosen = {"data": run["settings"]["data"], "validation": f"{reached(run):.6g}", MEASURED_ON: _measured_on(run)}
    return identity | {"seed": str(run["seed"]), "profile": run["profile"]} | chosen


def _measured_on(run: RecordedRun) -> str:
    """Objective and validation examples, by their digest if they are still those of the run, else by its data's."""
    name, view = run["settings"]["data"], run["settings"]["view"]
    file = paths.card(name, run["draw"])
    card: Any = read_json(file) if file.exists() else None
    known = card and view in card["views"] and data_digest(card, view) == run["data_digest"]
    seen = card["digests"]["validation"] if known else run["data_digest"]
    return f"{objective.name(run['history'])} on {name} {seen[: gather.DIGEST_LENGTH]}"


@contextlib.contextmanager
def packed(run: RecordedRun, run_id: str) -> Iterator[Path | None]:
    """A folder in MLflow's model format, with signature and input example; None where files of the run are gone, or a
    user's classifier has no temperature yet, which scoring fits.

    `run_id` is the run's identifier in MLflow. mlflow.pyfunc writes it, with a loader of ours and model.keras as it is:
    0.7 s for the first model of a process, 0.02 s for each further one, without TensorFlow. mlflow.keras (3.17.2) takes
    a loaded model only, and importing it takes 9.6 s: test_mlflow_keras_loads_tensorflow fails once that is over.
    """
    model = paths.run(run["topic"], run["variant"], run["seed"]) / "model.keras"
    validation = paths.validation_split(run["settings"]["data"], run["draw"])
    if not (model.exists() and validation.exists() and (not own_package.is_for(run) or own_package.is_ready(run))):
        yield None
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / FOLDER
        _save(run, run_id, model, validation, folder)
        yield folder


def _save(run: RecordedRun, run_id: str, model: Path, validation: Path, folder: Path) -> None:
    with mlflow_internals.silenced():
        import mlflow.pyfunc

        mlflow.pyfunc.save_model(
            folder,
            data_path=str(model),
            mlflow_model=_description(run, run_id),
            **(_of_raw_data(run, folder) if own_package.is_for(run) else _of_tensors(run, validation, folder)),
        )


def _of_tensors(run: RecordedRun, validation: Path, folder: Path) -> dict[str, Any]:
    """A model that takes what it has learnt from, and answers as Keras does."""
    example = read_examples(validation).x[:EXAMPLES]
    return {
        "loader_module": "aula_loader",
        "code_paths": _code(run["settings"]["model"], folder.parent / "code"),
        "signature": _signature(run, example.shape[1:]),
        "input_example": example,
        "pip_requirements": _requirements(run),
    }


def _of_raw_data(run: RecordedRun, folder: Path) -> dict[str, Any]:
    """A model that takes raw data, and answers classes and probabilities, or numbers."""
    return {
        "loader_module": own_package.LOADED_BY,
        "code_paths": own_package.code(run, folder.parent / "code"),
        "signature": own_package.signature(run),
        "input_example": own_package.example(run),
        "pip_requirements": [*_requirements(run), *own_package.requirements(run)],
    }


def _code(model: str, folder: Path) -> list[str]:
    """The loader and, of a model that has layers of its own, its source and what it imports."""
    write_bytes(folder / "aula_loader.py", LOADER.encode())
    source = plugins.path("models", model)
    if "register_keras_serializable" in source.read_text("utf-8"):
        own_package.copy([source], folder)
    return [str(path) for path in sorted(folder.iterdir())]


def _description(run: RecordedRun, run_id: str) -> "Model":
    """What mlflow.keras needs to load the same file, besides what mlflow.pyfunc writes."""
    from mlflow.models import Model

    model = Model(
        artifact_path=FOLDER,
        run_id=run_id,
        metadata={"run_key": run["run_key"], "variant": run["variant"], "seed": run["seed"]},
    )
    model.add_flavor(
        "keras",
        data="data/model",  # mlflow.keras adds the suffix
        keras_version=run["versions"].get("keras"),
        keras_backend="tensorflow",
        save_exported_model=False,
    )
    return model


def _signature(run: RecordedRun, shape: Sequence[int]) -> "ModelSignature":
    """Of inputs (examples, *shape) and of the answers that the run's task gives."""
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types.schema import Schema, TensorSpec

    answer = [run["outputs"] if size is None else size for size in ANSWERS[plugins.scored_as(run["settings"]["task"])]]
    inputs, outputs = (Schema([TensorSpec(np.dtype(np.float32), (-1, *sizes))]) for sizes in (shape, answer))
    return ModelSignature(inputs, outputs)


def _requirements(run: RecordedRun) -> list[str]:
    """The versions that made the model, for whoever serves it elsewhere."""
    return ["mlflow", *(f"{name}=={version}" for name, version in run["versions"].items() if name != "python")]
