"""What MLflow has no room for is marked, whole elsewhere, and never the same for two that differ."""

import json
import shutil
from pathlib import Path

import demo_topic
import pytest
from demo_topic import mlflow_client, runs, train

from pipeline import paths
from pipeline.mlflow_sync import limits
from pipeline.mlflow_sync.publish import publish
from pipeline.records import read_json, write_json


def long_parameters():
    """Each variant has a long list that differs from the other's in its last number alone."""
    train()
    for at, variant in enumerate(demo_topic.VARIANTS):
        for seed in demo_topic.SEEDS:
            file = paths.run(demo_topic.TOPIC, variant, seed) / "run.json"
            record = read_json(file)
            record["settings"]["build"] = {"units": [*range(3_000), at], "ñ é%{0}" + "k" * 300: at}
            write_json(file, record)


@pytest.mark.parametrize("truncation", [None, "false", "true"])
def test_long_parameters_arrive_marked_and_whole_as_an_artifact(mlflow_store, monkeypatch, truncation):
    if truncation:
        monkeypatch.setenv("MLFLOW_TRUNCATE_LONG_VALUES", truncation)
    long_parameters()
    assert publish()["runs"] == 4
    found = runs()
    shown = [found[variant, "0"].data.params["build.units"] for variant in demo_topic.VARIANTS]
    assert shown[0] != shown[1] and all("cut: " in text and len(text) <= 6_000 for text in shown)
    for at, variant in enumerate(demo_topic.VARIANTS):
        file = mlflow_client().download_artifacts(found[variant, "0"].info.run_id, limits.WHOLE)
        whole = read_json(Path(file))
        assert json.loads(whole["build.units"]) == [*range(3_000), at]
    assert publish() == demo_topic.NOTHING
    (parent,) = found[None]
    assert "cut: " in parent.data.params["build.units"]


def test_what_there_is_room_for_stays_as_it_is():
    assert limits.parameters({"a": "x" * 6_000}) == {"a": "x" * 6_000} and limits.cut_short({"a": "x" * 6_000}) == {}
    assert limits.tags({"a/b": "x" * 7_900}) == {"a/b": "x" * 7_900}


@pytest.mark.parametrize("cut", [limits.parameters, limits.tags])
def test_two_that_differ_never_look_the_same(cut):
    first, second = ({"a": "x" * 9_000 + end} for end in "12")
    assert cut(first) != cut(second) and "cut: 9001 signs" in cut(first)["a"]


@pytest.mark.parametrize("name", ["a" * 251, "ñ", "a//b", "../a", ".", "50%", "{0: 1}"])
def test_names_that_mlflow_refuses_become_others(name):
    from mlflow.utils.validation import _validate_param

    made = limits.name(name)
    _validate_param(made, "1")
    assert made != name and made != limits.name(name + "é")


def test_the_whole_values_come_back_with_other_artifacts(mlflow_store):
    long_parameters()
    publish()
    shutil.rmtree(paths.ARTIFACTS)
    publish()
    assert len(list(paths.ARTIFACTS.rglob(limits.WHOLE))) == 5
