"""The best model of a topic is chosen by validation, registered once, and answers as it did in training."""

import json
import shutil
import subprocess
import sys

import demo_topic
import keras
import mlflow
import numpy as np
import pytest
from folders import FOLDERS
from test_faults import Server

from pipeline import paths, plugins
from pipeline.mlflow_sync import gather, mlflow_run, model_registry, tracking_store
from pipeline.mlflow_sync.publish import publish
from pipeline.records import Examples, read_history, read_json, write_examples, write_json, write_rows
from pipeline.training import integrity

NAME = model_registry.name(demo_topic.TOPIC)
ASK = (
    "import json, sys, mlflow, numpy as np\n"
    "mlflow.set_tracking_uri(sys.argv[1])\n"
    "answers = []\n"
    "for name in sys.argv[2:]:\n"
    "    model = mlflow.pyfunc.load_model(f'models:/{name}@best')\n"
    "    example = model.metadata.load_input_example()\n"
    "    answers.append([example.tolist(), model.predict(example).tolist(), str(model.metadata.signature)])\n"
    "print(json.dumps(answers))\n"
)


def trained(topic, model, network, shape, **changes):
    """Runs of a topic, the best of which has `network` as its model."""
    demo_topic.train(topic, **changes)
    for variant in demo_topic.VARIANTS:
        for seed in demo_topic.SEEDS:
            folder = paths.run(topic, variant, seed)
            record = read_json(folder / "run.json")
            record["settings"] |= {"task": "classify", "model": model}
            write_json(folder / "run.json", record | {"outputs": 2})
            network.save(folder / "model.keras")
            integrity.seal(folder, record["run_key"])
    x = np.random.default_rng(0).random((4, *shape), np.float32)
    write_examples(paths.validation_split("toy", 0), Examples(x, np.zeros(4, np.int64)))
    return np.asarray(network(x[:2], training=False))


def dense():
    return keras.Sequential([keras.Input((5,)), keras.layers.Dense(2), keras.layers.Dropout(0.5)])


def version(name=NAME, alias=model_registry.BEST):
    return demo_topic.mlflow_client().get_model_version_by_alias(name, alias)


def test_it_is_registered_once_with_what_tells_it_from_others(mlflow_store):
    trained(demo_topic.TOPIC, "mlp", dense(), (5,))
    assert publish()["models"] == 1 and publish() == demo_topic.NOTHING
    found = version()
    assert (
        found.tags["variant"] in demo_topic.VARIANTS
        and found.run_id in demo_topic.runs()[found.tags["variant"], "0"].info.run_id
    )
    assert "Test scores had no part" in found.description
    (parent,) = demo_topic.runs()[None]
    assert f"`models:/{NAME}@best`" in parent.data.tags[mlflow_run.NOTE]


def combination(generation, lowest):
    """A comparison of its own, whose best run reaches `lowest` on validation."""
    trained(demo_topic.TOPIC, "mlp", dense(), (5,), generation=generation)
    folder = paths.run(demo_topic.TOPIC, demo_topic.VARIANTS[1], 1)
    rows = read_history(folder / "history.csv")
    rows[-1]["val_cross_entropy"] = lowest
    write_rows(folder / "history.csv", demo_topic.COLUMNS, rows)
    publish()
    return gather.gather(read_json(paths.plan(demo_topic.TOPIC))).comparison


@pytest.mark.parametrize("order", [(0.38, 0.569), (0.569, 0.38)])
def test_the_best_of_all_combinations_keeps_the_alias_whoever_publishes_last(mlflow_store, order):
    places = {value: combination(f"at {value}", value) for value in order}
    assert version().tags["validation"] == "0.38"
    combination(f"at {order[0]}", order[0])
    assert publish() == demo_topic.NOTHING and version().tags["validation"] == "0.38"
    for value, comparison in places.items():
        assert version(alias=model_registry.alias(comparison)).tags["validation"] == str(value)


def test_what_was_measured_on_other_examples_is_not_compared_and_that_is_said(mlflow_store, monkeypatch, capsys):
    combination("first", 0.5)
    monkeypatch.setattr(model_registry, "_measured_on", lambda run: "cross_entropy on other examples")
    other = combination("second", 0.1)
    assert version().tags["validation"] == "0.5"
    assert version(alias=model_registry.alias(other)).tags["validation"] == "0.1"
    assert "@best stays at version 1, which was measured on other data" in capsys.readouterr().err


def test_of_runs_compared_with_each_other_the_best_has_the_alias_whatever_each_was_measured_on(
    mlflow_store, monkeypatch, capsys
):
    """As at a second look: each seed has validation examples of its own, and more seeds have another best run."""
    combination("first", 0.5)
    monkeypatch.setattr(model_registry, "_measured_on", lambda run: f"cross_entropy on examples of {run['run_key']}")
    folder = paths.run(demo_topic.TOPIC, demo_topic.VARIANTS[0], 0)
    rows = read_history(folder / "history.csv")
    rows[-1]["val_cross_entropy"] = 0.1
    write_rows(folder / "history.csv", demo_topic.COLUMNS, rows)
    publish()
    assert version().tags["validation"] == "0.1" and version().tags["variant"] == demo_topic.VARIANTS[0]
    assert "@best stays" not in capsys.readouterr().err


def test_a_best_whose_files_are_gone_leaves_the_alias_to_one_that_loads(mlflow_store):
    combination("first", 0.1)
    shutil.rmtree(paths.ARTIFACTS)
    combination("second", 0.5)
    assert version().tags["validation"] == "0.5"
    assert loaded() is not None


def test_a_registered_model_of_others_is_left_alone(mlflow_store, capsys):
    demo_topic.mlflow_client().create_registered_model(NAME, {"team": "other"}, "theirs")
    combination("first", 0.1)
    found = demo_topic.mlflow_client().get_registered_model(NAME)
    assert (found.description, found.tags, found.aliases) == ("theirs", {"team": "other"}, {})
    assert f"registered model {NAME}: given one that Aula has not made" in capsys.readouterr().err


def loaded(place=None):
    """What @best loads, without TensorFlow's part: the files MLflow fetches."""
    mlflow.set_tracking_uri(tracking_store.uri())
    return mlflow.artifacts.download_artifacts(f"models:/{NAME}@best")


PUBLISH = (
    "import sys; from pathlib import Path; from pipeline import paths\n"
    "for name in sys.argv[2:]:\n"
    "    setattr(paths, name, Path(sys.argv[1]) / getattr(paths, name).relative_to(paths.ROOT))\n"
    "from pipeline.mlflow_sync.publish import publish\n"
    "print(publish()['models'], sorted({'keras', 'tensorflow'} & sys.modules.keys()))"
)


def test_registering_a_model_loads_no_tensorflow(mlflow_store, house):
    trained(demo_topic.TOPIC, "mlp", dense(), (5,))
    command = [sys.executable, "-c", PUBLISH, str(house), *FOLDERS]
    child = subprocess.run(command, cwd=paths.ROOT, capture_output=True, text=True, env=demo_topic.clean(), check=True)
    assert child.stdout.strip() == "1 []"


@pytest.mark.slow
def test_mlflow_keras_loads_tensorflow():
    """MLflow 3.17.2: once this fails, mlflow.keras may be worth a look (see model_registry.packed)."""
    script = "import mlflow.keras, sys; print('tensorflow' in sys.modules)"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "True"


def test_the_keras_model_itself_comes_back(mlflow_store):
    answer = trained(demo_topic.TOPIC, "mlp", dense(), (5,))
    publish()
    folder = demo_topic.mlflow_client().download_artifacts(version().run_id, model_registry.FOLDER)
    model = mlflow.keras.load_model(folder)
    with np.load(paths.validation_split("toy", 0)) as arrays:
        np.testing.assert_allclose(model.predict(arrays["x"][:2], verbose=0), answer, rtol=1e-5, atol=1e-6)


def test_a_run_whose_model_is_gone_is_not_registered(mlflow_store):
    demo_topic.train()
    assert publish()["models"] == 0 and not demo_topic.mlflow_client().search_registered_models()


@pytest.mark.slow
def test_it_answers_elsewhere_as_it_did_here_with_its_own_layers(mlflow_store, tmp_path):
    here = trained(demo_topic.TOPIC, "mlp", dense(), (5,))
    publish()
    images = plugins.load("models", "local").build((8, 8, 1), 2, channels=2, kernels=[3])
    there = trained("another", "local", images, (8, 8, 1))
    publish(["another"])
    command = [sys.executable, "-c", ASK, tracking_store.uri(), NAME, model_registry.name("another")]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=demo_topic.clean(), check=True)
    answers = json.loads(told.stdout.splitlines()[-1])
    for (example, answer, signature), wanted, shape in zip(
        answers, (here, there), ("(-1, 5)", "(-1, 8, 8, 1)"), strict=True
    ):
        np.testing.assert_allclose(answer, wanted, rtol=1e-5, atol=1e-6)
        assert len(example) == model_registry.EXAMPLES and shape in signature and "(-1, 2)" in signature


@pytest.mark.slow
def test_a_server_gets_models_and_pictures_as_well(house, tmp_path, monkeypatch):
    server = Server(tmp_path / "server")
    server.start()
    try:
        for name, value in server.store.items():
            monkeypatch.setenv(name, value)
        trained(demo_topic.TOPIC, "mlp", dense(), (5,))
        assert publish()["models"] == 1
        demo_topic.evaluate()
        demo_topic.report()
        publish()
        assert publish() == demo_topic.NOTHING
        (parent,) = demo_topic.runs()[None]
        assert len(demo_topic.mlflow_client().list_artifacts(parent.info.run_id, "figures")) == 3
        files = demo_topic.mlflow_client().list_artifacts(version().run_id, model_registry.FOLDER)
        assert f"{model_registry.FOLDER}/MLmodel" in {file.path for file in files}
    finally:
        server.stop()
