"""The best model of a topic as a folder that MLflow can load; it is chosen by validation, never by test scores."""

import contextlib
import json
import math
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline import paths, plugins
from pipeline.records import read_examples, write_bytes, write_json
from pipeline.training import objective

Run = Mapping[str, Any]

FOLDER = "model"
EXAMPLES = 2  # in an input example
ANSWERS = {  # shape of what a model of each task answers, after the examples
    "classify": (None,),
    "regress": (None,),
    "tag": (-1, None),
}
WORDS = {
    "classify": "logits of {outputs} classes, (examples, {outputs}): their softmax is the probabilities",
    "regress": "numbers, (examples, {outputs})",
    "tag": "logits of {outputs} tokens at each step, (examples, steps, {outputs}): their softmax is the probabilities",
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

    for file in sorted((Path(path).parent / "code" / "pipeline" / "models").glob("[!_]*.py")):
        importlib.import_module(f"pipeline.models.{file.stem}")  # its own layers must be known
    return Model(keras.saving.load_model(Path(path) / "model.keras", compile=False))
'''


def name(topic: str) -> str:
    """Name of a topic's registered model."""
    return f"aula-{topic}"


def best(runs: Sequence[Run]) -> Run | None:
    """The finished run whose saved model has the lowest validation objective, on the data that most variants use.

    `runs` are records with their history. None where no run has an objective, as where samples are generated.
    """
    counts = Counter({run["variant"]: run["settings"]["data"] for run in runs}.values())
    main = counts.most_common(1)[0][0] if counts else None
    there = [run for run in runs if run["status"] == "finished" and run["settings"]["data"] == main]
    told = [(reached(run), at) for at, run in enumerate(there)]
    found = min(((value, at) for value, at in told if value is not None and math.isfinite(value)), default=None)
    return there[found[1]] if found else None


def reached(run: Run) -> float | None:
    """Validation objective of the saved model: of the best epoch where patience kept it, else of the last."""
    column = objective.name(run["history"])
    if column is None:
        return None
    values = [row[f"val_{column}"] for row in run["history"]]
    return min(filter(math.isfinite, values), default=None) if run["settings"]["fit"].get("patience") else values[-1]


def described(run: Run, runs: Sequence[Run]) -> str:
    """What a version of the registered model says of itself."""
    data, column = run["settings"]["data"], objective.name(run["history"]) or ""
    among = sum(other["status"] == "finished" and other["settings"]["data"] == data for other in runs)
    answer = WORDS[run["settings"]["task"]].format(outputs=run["outputs"])
    return (
        f"{run['variant']} seed {run['seed']}: validation {column.replace('_', '-')} {reached(run):.4g}, the lowest of"
        f" {among} finished runs on {data}. Test scores had no part in the choice.\n\nIt answers {answer}."
    )


def tags(run: Run) -> dict[str, str]:
    """Tags of a version; the key tells it from all others."""
    told = {key: str(run[key]) for key in ("run_key", "topic", "variant", "seed", "profile")}
    return told | {"data": run["settings"]["data"], "validation": f"{reached(run):.6g}"}


@contextlib.contextmanager
def packed(run: Run, run_id: str) -> Iterator[Path | None]:
    """A folder in MLflow's model format, with signature and input example; None where files of the run are gone.

    `run_id` is the run's identifier in MLflow. The format is written here, as MLflow's own way loads TensorFlow first:
    model.keras is copied as it is.
    """
    folder = paths.run(run["topic"], run["variant"], run["seed"])
    validation = paths.validation_split(run["settings"]["data"])
    if not ((folder / "model.keras").exists() and validation.exists()):
        yield None
        return
    with tempfile.TemporaryDirectory() as made:
        place = Path(made) / FOLDER
        example = read_examples(validation).x[:EXAMPLES]
        (place / "data").mkdir(parents=True)
        shutil.copyfile(folder / "model.keras", place / "data" / "model.keras")
        write_bytes(place / "data" / "keras_module.txt", b"keras")
        write_bytes(place / "code" / "aula_loader.py", LOADER.encode())
        _own_layers(run["settings"]["model"], place / "code")
        write_json(place / "input_example.json", example.tolist())
        _needs(run, place)
        write_json(place / "MLmodel", _description(run, run_id, example.shape[1:]))  # JSON is YAML as well
        yield place


def _own_layers(model: str, code: Path) -> None:
    """The source of a model that has layers of its own, and what it imports."""
    source = plugins.path("models", model)
    if "register_keras_serializable" not in source.read_text("utf-8"):
        return
    (code / "pipeline" / "models").mkdir(parents=True)
    for name in ("__init__.py", "errors.py", "number_types.py", "records.py", "models/__init__.py"):
        shutil.copyfile(paths.PACKAGE / name, code / "pipeline" / name)
    shutil.copyfile(source, code / "pipeline" / "models" / source.name)


def _needs(run: Run, place: Path) -> None:
    """The versions that made the model, for whoever serves it elsewhere."""
    versions = {library: version for library, version in run["versions"].items() if library != "python"}
    lines = ["mlflow", *(f"{library}=={version}" for library, version in versions.items())]
    write_bytes(place / "requirements.txt", "".join(f"{line}\n" for line in lines).encode())
    python = {"python": run["versions"]["python"], "build_dependencies": ["pip"]}
    write_json(place / "python_env.yaml", python | {"dependencies": ["-r requirements.txt"]})


def _description(run: Run, run_id: str, shape: Sequence[int]) -> dict[str, Any]:
    answer = [run["outputs"] if size is None else size for size in ANSWERS[run["settings"]["task"]]]
    versions = run["versions"]
    keras = {"data": "data", "keras_version": versions.get("keras"), "keras_backend": "tensorflow"}
    python = {"loader_module": "aula_loader", "code": "code", "data": "data", "python_version": versions["python"]}
    return {
        "artifact_path": FOLDER,
        "run_id": run_id,
        "flavors": {
            "keras": keras | {"save_exported_model": False},
            "python_function": python | {"env": {"virtualenv": "python_env.yaml"}},
        },
        "saved_input_example_info": {"artifact_path": "input_example.json", "type": "ndarray"},
        "signature": {"inputs": _tensor(shape), "outputs": _tensor(answer), "params": None},
        "metadata": {"run_key": run["run_key"], "variant": run["variant"], "seed": run["seed"]},
    }


def _tensor(shape: Sequence[int]) -> str:
    return json.dumps([{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, *shape]}}])
