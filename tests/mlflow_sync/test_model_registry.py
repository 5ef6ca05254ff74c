"""The best model of a topic is chosen by validation, registered once, and answers as it did in training."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
import test_client as records
from test_faults import Server

from pipeline import paths, plugins
from pipeline.mlflow_sync import client, model_registry
from pipeline.mlflow_sync.publish import publish
from pipeline.records import Examples, read_json, write_examples, write_json

NAME = model_registry.name(records.TOPIC)
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


def run(variant="a", seed=0, values=(0.5, 0.3, 0.4), data="toy", status="finished", **fit):
    history = [{"epoch": at + 1, "cross_entropy": 0.1, "val_cross_entropy": value} for at, value in enumerate(values)]
    settings = {"data": data, "task": "classify", "fit": {"patience": None, **fit}}
    return {"variant": variant, "seed": seed, "settings": settings, "status": status, "history": history, "outputs": 3}


def test_the_lowest_objective_of_the_saved_models_wins():
    last, early = run("a", values=(0.1, 0.4)), run("b", values=(0.9, 0.3))
    assert model_registry.best([last, early]) is early, "without patience the last epoch is what is saved"
    stopped = run("c", values=(0.5, 0.2, 0.6), patience=1)
    assert model_registry.best([last, early, stopped]) is stopped and model_registry.reached(stopped) == 0.2


def test_only_finished_runs_on_the_data_of_most_variants():
    runs = [run("a", values=(0.5,)), run("a", 1, values=(0.4,)), run("b", values=(0.6,))]
    runs += [run("c", seed, values=(0.1,), data="other") for seed in range(6)]
    runs += [run("d", values=(0.0,), status="diverged"), run("e", values=(float("nan"),))]
    assert model_registry.best(runs) is runs[1]


def test_nothing_is_the_best_without_an_objective():
    samples = run() | {"history": [{"epoch": 1, "d_loss": 1.0}]}
    assert model_registry.best([samples]) is None and model_registry.best([]) is None


def trained(topic, model, network, shape):
    """Runs of a topic, the best of which has `network` as its model."""
    records.train(topic)
    for variant in records.VARIANTS:
        for seed in records.SEEDS:
            folder = paths.run(topic, variant, seed)
            record = read_json(folder / "run.json")
            record["settings"] |= {"task": "classify", "model": model}
            write_json(folder / "run.json", record | {"outputs": 2})
            network.save(folder / "model.keras")
    x = np.random.default_rng(0).random((4, *shape), np.float32)
    write_examples(paths.validation_split("toy"), Examples(x, np.zeros(4, np.int64)))
    return np.asarray(network(x[:2], training=False))


@pytest.fixture
def store(house):
    paths.TRACKING.write_bytes(records.empty_store())


def dense():
    return keras.Sequential([keras.Input((5,)), keras.layers.Dense(2), keras.layers.Dropout(0.5)])


def version(name=NAME):
    return records.mlflow_client().get_model_version_by_alias(name, client.BEST)


def test_it_is_registered_once_with_what_tells_it_from_others(store):
    trained(records.TOPIC, "mlp", dense(), (5,))
    assert publish()["models"] == 1 and publish() == records.NOTHING
    found = version()
    assert (
        found.tags["variant"] in records.VARIANTS
        and found.run_id in records.runs()[found.tags["variant"], "0"].info.run_id
    )
    assert "Test scores had no part" in found.description
    (parent,) = records.runs()[None]
    assert f"`models:/{NAME}@best`" in parent.data.tags[client.NOTE]


def test_a_better_run_takes_the_alias_and_the_old_one_gets_it_back(store):
    trained(records.TOPIC, "mlp", dense(), (5,))
    publish()
    first = version().version
    records.train(generation="second")
    trained_anew = paths.run(records.TOPIC, records.VARIANTS[0], 0)
    record = read_json(trained_anew / "run.json")
    write_json(
        trained_anew / "run.json", record | {"outputs": 2, "settings": record["settings"] | {"task": "classify"}}
    )
    assert publish()["models"] == 1 and version().version != first
    trained(records.TOPIC, "mlp", dense(), (5,))
    assert publish() == records.NOTHING and version().version == first


def test_a_run_whose_model_is_gone_is_not_registered(store):
    records.train()
    assert publish()["models"] == 0 and not records.mlflow_client().search_registered_models()


@pytest.mark.slow
def test_it_answers_elsewhere_as_it_did_here_with_its_own_layers(store, tmp_path):
    here = trained(records.TOPIC, "mlp", dense(), (5,))
    publish()
    images = plugins.load("models", "local").build((8, 8, 1), 2, channels=2, kernels=[3])
    there = trained("another", "local", images, (8, 8, 1))
    publish(["another"])
    command = [sys.executable, "-c", ASK, client.uri(), NAME, model_registry.name("another")]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=records.clean(), check=True)
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
        trained(records.TOPIC, "mlp", dense(), (5,))
        assert publish()["models"] == 1
        records.evaluate()
        records.report()
        publish()
        assert publish() == records.NOTHING
        (parent,) = records.runs()[None]
        assert len(records.mlflow_client().list_artifacts(parent.info.run_id, "figures")) == 3
        files = records.mlflow_client().list_artifacts(version().run_id, model_registry.FOLDER)
        assert f"{model_registry.FOLDER}/MLmodel" in {file.path for file in files}
    finally:
        server.stop()
