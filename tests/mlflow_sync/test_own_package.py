"""The model of a user's table is packed with names and types of its raw columns, cheaply, and answers by itself."""

import json
import subprocess
import sys

import demo_topic
import keras
import mlflow
import numpy as np
import pandas as pd
import pytest
from folders import FOLDERS
from ruamel.yaml import YAML

from pipeline import paths
from pipeline.mlflow_sync import descriptions, model_registry, own_package
from pipeline.prediction import served
from pipeline.preparation import encoder
from pipeline.raw_data import Column
from pipeline.records import Examples, digest_of, write_examples, write_json, write_sealed
from pipeline.scoring import calibration, temperature
from pipeline.settings.plan import data_digest
from pipeline.tasks import classify

COLUMNS = (
    Column("age", "number", np.array([20.0, 40.0, np.nan, 60.0])),
    Column("job", "category", np.array(["sea", "farm", "sea", None], object)),
    Column("day", "date", np.array(["2024-01-01", "2024-01-03", None, "2024-01-05"], object)),
)
FITTED = encoder.fit(COLUMNS, np.arange(4))
FORM = {"decimal": ".", "thousands": "", "missing": [], "precision": "float64", "days": {}}
EXAMPLES = {"age": "20", "job": "sea", "day": "2024-01-01"}
READ = [{"column": name, "example": example} for name, example in EXAMPLES.items()]
FRAME = pd.DataFrame({"age": [20.0, None], "job": ["sea", None], "day": ["2024-01-03", None]})
VALIDATION = Examples(np.zeros((2, len(FITTED.features)), np.float32), np.array([0, 1]))
PACK = (
    "import json, sys; from pathlib import Path; from pipeline import paths\n"
    "for name in sys.argv[2:]:\n"
    "    setattr(paths, name, Path(sys.argv[1]) / getattr(paths, name).relative_to(paths.ROOT))\n"
    "from pipeline.mlflow_sync import model_registry\n"
    "with model_registry.packed(json.loads(sys.stdin.read()), 'f' * 32) as folder:\n"
    "    print((folder / 'MLmodel').exists(), sorted({'keras', 'tensorflow', 'sklearn'} & sys.modules.keys()))\n"
)


@pytest.fixture
def run(house):
    """A finished run of a topic of one's own on a table, with its card, model and temperature."""
    card = demo_topic.CARD | {"source": "table", "kind": "table", "labels": "class", "class_names": ["No", "Yes"]}
    card |= {"encoder": FITTED.to_json(), "form": FORM, "scale": {"kind": "standard"}, "columns": READ}
    card["digests"] = card["digests"] | {"validation": digest_of(VALIDATION)}
    write_sealed(paths.card("toy", 0), card)
    write_examples(paths.validation_split("toy", 0), VALIDATION)
    folder = paths.run("mine", "plain", 0)
    network = keras.Sequential([keras.Input((len(FITTED.features),)), keras.layers.Dense(2)])
    folder.mkdir(parents=True)
    network.save(folder / "model.keras")
    settings = {"data": "toy", "view": "plain", "model": "mlp", "task": "classify", "build": {}, "fit": {}}
    history = [{"epoch": 1, "cross_entropy": 0.5, "val_cross_entropy": 0.6}]
    found = {"topic": "mine", "variant": "plain", "seed": 0, "draw": 0, "run_key": "ab12", "profile": "laptop"}
    found |= {"settings": settings, "status": "finished", "history": history, "outputs": 2, "numerics": "portable"}
    found |= {"versions": {"keras": keras.__version__}, "data_digest": data_digest(card, "plain")}
    calibration.of_run("ab12", settings, 0, lambda: network)
    write_json(folder / "run.json", found)
    return found, network


def test_raw_columns_by_name_and_type_in_classes_and_probabilities_out(run):
    record, network = run
    with model_registry.packed(record, "f" * 32) as folder:
        told = YAML(typ="safe").load((folder / "MLmodel").read_text())
        inputs = {column["name"]: column["type"] for column in json.loads(told["signature"]["inputs"])}
        outputs = [column["name"] for column in json.loads(told["signature"]["outputs"])]
        model = mlflow.pyfunc.load_model(str(folder))
        answered = model.predict(FRAME)
        example = model.predict(model.input_example)
        kept = [file.name for file in (folder / "code").iterdir() if file.name != "__pycache__"]
    assert inputs == {"age": "double", "job": "string", "day": "string"}
    assert outputs == ["predicted", "p(No)", "p(Yes)"] == list(answered)
    assert sorted(kept) == ["aula_model.json", "aula_own_loader.py", "pipeline"]
    rows = (("job", "category", ["sea", None]), ("day", "date", ["2024-01-03", None]))
    words = [Column(name, kind, np.array(cells, object)) for name, kind, cells in rows]
    x, _ = FITTED.apply([Column("age", "number", FRAME["age"].to_numpy()), *words])
    sure = classify.softmax(np.asarray(network(x.astype(np.float32), training=False), np.float64))
    expected = temperature.apply(sure, calibration.kept("ab12")["temperature"])
    np.testing.assert_allclose(answered[["p(No)", "p(Yes)"]].to_numpy(), expected, rtol=1e-6)
    assert answered["predicted"].tolist() == [("No", "Yes")[code] for code in expected.argmax(1)] and len(example) == 1


def test_packing_loads_no_tensorflow(run, house):
    command = [sys.executable, "-c", PACK, str(house), *FOLDERS]
    told = subprocess.run(
        command, cwd=paths.ROOT, input=json.dumps(run[0]), capture_output=True, text=True, env=demo_topic.clean()
    )
    assert told.stdout.strip() == "True []", told.stderr


def test_a_classifier_without_a_temperature_waits_for_one(run):
    record, _ = run
    with model_registry.packed(record | {"run_key": "cd34"}, "f" * 32) as folder:
        assert folder is None


def test_shipped_topics_keep_tensors(run):
    record, _ = run
    assert own_package.is_for(record) and not own_package.is_for(record | {"topic": "imbalance"})
    write_sealed(paths.card("toy", 0), demo_topic.CARD)
    assert not own_package.is_for(record)


def test_what_it_answers_is_described(run):
    record, _ = run
    told = descriptions.of_model(record, [record])
    assert "raw data, `age` (double), `job` (string), `day` (string), with a class" in told
    assert "temperature of" in told and "logits" not in told


def test_facts_name_all_that_loading_needs(run):
    record, _ = run
    with model_registry.packed(record, "f" * 32) as folder:
        facts = json.loads((folder / "code" / served.FACTS).read_text())
    assert facts["model"] == "mlp" and facts["task"] == "classify" and facts["numerics"] == "portable"
    assert facts["card"]["class_names"] == ["No", "Yes"] and facts["card"]["encoder"] == FITTED.to_json()
