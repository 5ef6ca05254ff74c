"""Models of a user's pictures, arrays and recordings take these raw and answer classes, as `predict` does."""

import json

import keras
import mlflow
import numpy as np
import own_files
import pandas as pd
import pytest
from mlflow.types.schema import DataType

from pipeline import paths, plugins
from pipeline.mlflow_sync import descriptions, model_registry
from pipeline.prediction import answers, encoded
from pipeline.records import read_sealed, write_json
from pipeline.scoring import calibration
from pipeline.settings.plan import data_digest
from pipeline.stages.prepare import prepare
from pipeline.tasks import classify

NAMES = {"folder": "own", "archive": "own.npz", "recordings": "own.csv"}


def bytes_of(place):
    place.mkdir()
    dice = np.random.default_rng(0)
    x = dice.integers(0, 256, (60, 3, 6, 5), np.uint8)
    np.savez(place / "own.npz", x=x, y=np.array(["cat", "dog"])[np.arange(60) % 2])
    return own_files.settings("archive", file=str(place / "own.npz"), kind="image", channels="first")


def columns_of(place):
    place.mkdir()
    x = np.where(
        np.random.default_rng(0).random((120, 3)) < 0.1, np.nan, np.random.default_rng(1).normal(4, 2, (120, 3))
    )
    np.savez(place / "own.npz", x=x, y=np.arange(120) % 2, columns=["a", "b", "c"])
    return own_files.settings("archive", file=str(place / "own.npz"), kind="table")


def sent(data, place):
    """A request of all that lies in the file of training."""
    if data.source == "folder":
        return pd.DataFrame({"picture": [file.read_bytes() for file in sorted(place.glob("*/*.png"))]})
    if data.source == "recordings":
        frame = pd.read_csv(place, dtype={"who": str, "at": float})
        return frame[["v", "at", "u", "who"]]
    arrays = np.load(place)
    if data.load["kind"] == "table":
        return pd.DataFrame(arrays["x"], columns=arrays["columns"])
    return {name: arrays[name] for name in ("x", "lengths") if name in arrays}


@pytest.fixture
def raw(house, monkeypatch):
    (house / "raw").mkdir()
    monkeypatch.setattr(paths, "RAW", house / "raw")
    return house / "raw"


def finished(data):
    """A run on these data with a model of its own, and its temperature."""
    prepare(data, [0])
    card = read_sealed(paths.card("own", 0))
    network = keras.Sequential(
        [keras.Input(card["shape"]), keras.layers.Flatten(), keras.layers.Dense(card["classes"])]
    )
    folder = paths.run("mine", "plain", 0)
    folder.mkdir(parents=True)
    network.save(folder / "model.keras")
    settings = {"data": "own", "view": "plain", "model": "mlp", "task": "classify", "build": {}, "fit": {}}
    history = [{"epoch": 1, "cross_entropy": 0.5, "val_cross_entropy": 0.6}]
    found = {"topic": "mine", "variant": "plain", "seed": 0, "draw": 0, "run_key": "ab12", "profile": "laptop"}
    found |= {"settings": settings, "status": "finished", "history": history, "numerics": "portable"}
    found |= {"outputs": card["classes"], "versions": {}, "data_digest": data_digest(card, "plain")}
    calibration.of_run("ab12", settings, 0, lambda: network)
    write_json(folder / "run.json", found)
    return found, network, card


KINDS = {
    "pictures": (lambda raw: own_files.write_pictures(raw / "own"), "own", {"picture": DataType.binary}),
    "sequences": (
        lambda raw: own_files.write_arrays(raw / "own.npz"),
        "own.npz",
        {"x": ("float64", (-1, 4, 2)), "lengths": ("int64", (-1,))},
    ),
    "bytes": (lambda raw: bytes_of(raw / "deep"), "deep/own.npz", {"x": ("uint8", (-1, 3, 6, 5))}),
    "columns": (lambda raw: columns_of(raw / "deep"), "deep/own.npz", dict.fromkeys("abc", DataType.double)),
    "recordings": (
        lambda raw: own_files.write_recordings(raw / "own.csv"),
        "own.csv",
        {"who": DataType.string, "at": DataType.double, "u": DataType.double, "v": DataType.double},
    ),
}


def spelt(spec):
    return spec.type if hasattr(spec, "required") and not hasattr(spec, "shape") else (str(spec.type), spec.shape)


@pytest.mark.parametrize("kind", KINDS)
def test_raw_data_in_named_classes_and_probabilities_out(raw, kind):
    write, name, taken = KINDS[kind]
    data = write(raw)
    record, network, card = finished(data)
    place = raw / name
    with model_registry.packed(record, "f" * 32) as folder:
        model = mlflow.pyfunc.load_model(str(folder))
        signature = model.metadata.signature
        answered = model.predict(sent(data, place))
        example = model.predict(model.input_example)
        facts = (folder / "code" / "aula_model.json").read_text()
    assert {spec.name: spelt(spec) for spec in signature.inputs} == taken
    read = plugins.load("sources", data.source).read_new(place, card, **data.load)
    predicted = classify.predict(network, encoded.encode(read, card, 1.0).x)
    temperature = calibration.kept("ab12")["temperature"]
    expected = answers.columns(predicted, answers.names(card), temperature)
    first = {"who": read.names["who"]} if kind == "recordings" else {}
    assert [spec.name for spec in signature.outputs] == list(answered) == [*first, *expected]
    for column, cells in (first | expected).items():
        assert answered[column].tolist() == (
            cells if column in ("who", "predicted") else pytest.approx(cells, rel=1e-6)
        )
    assert len(example) == 1 and str(raw) not in facts
    told = descriptions.of_model(record, [record])
    assert "It answers raw data, " in told and all(f"`{each}` (" in told for each in taken)


@pytest.mark.parametrize(
    ("kind", "spoil", "told"),
    [
        ("pictures", lambda frame: frame.assign(picture=[b"x", *frame["picture"][1:]]), "0: no picture"),
        ("recordings", lambda frame: frame.assign(u=[None, *frame["u"][1:]]), r"s0: line 1, column 'u': ''"),
        ("recordings", lambda frame: frame.drop(columns="u"), "the request: given no column 'u', allowed all columns"),
        ("sequences", lambda arrays: arrays | {"x": arrays["x"][:, :, :1]}, "given examples of shape"),
        ("bytes", lambda arrays: {"x": arrays["x"][:, :, :4]}, "given examples of shape"),
    ],
)
def test_what_does_not_fit_is_refused(raw, kind, spoil, told):
    from pipeline.errors import InputError
    from pipeline.prediction import served

    write, name, _ = KINDS[kind]
    data = write(raw)
    prepare(data, [0])
    card = read_sealed(paths.card("own", 0))
    facts = served.facts(card, {"model": "mlp", "task": "classify"}, "portable", None)
    model = served.OwnModel(lambda x: np.full((len(x), card["classes"]), 0.5), json.loads(json.dumps(facts)))
    request = sent(data, raw / name)
    assert len(model.predict(request)) > 1
    with pytest.raises(InputError, match=told):
        model.predict(spoil(request))


def test_dates_order_steps_as_well(raw):
    lines = ["who,at,u,kind"]
    lines += [f"s{at},2024-01-0{step},{at + step}.5,{'ab'[at % 2]}" for at in range(60) for step in (2, 1, 3)]
    (raw / "own.csv").write_text("\n".join(lines) + "\n")
    data = own_files.settings("recordings", file="own", series="who", label="kind", step="at")
    prepare(data, [0])
    card, source = read_sealed(paths.card("own", 0)), plugins.load("sources", "recordings")
    assert [each.type for each in source.fields(card)] == ["string", "string", "double"]
    frame = pd.read_csv(raw / "own.csv")
    found = source.read_request(frame, card)
    again = source.read_new(raw / "own.csv", card, **data.load)
    assert np.array_equal(found.x, again.x) and found.names["who"] == again.names["who"]
