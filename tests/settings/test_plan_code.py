"""The plan knows every file behind a run's numbers: what training imports is in it, or is said to decide nothing."""

import ast
import json
from dataclasses import replace

import pytest

from pipeline import paths
from pipeline.settings import plan
from pipeline.settings.params import Variant
from pipeline.training import store

DECISIVE = {"augmentation", "compiled_cache", "fit", "objective", "optimizers", "records", "run", "runtime"}
# Modules of training/ that no number of a run follows from, each with its reason.
MUTE = {
    "best_run": "which model answers, once all are trained",
    "checkpoint": "a resumed run ends with the same bytes: tests/training/test_checkpoint.py",
    "epoch_log": "what is shown while a run goes on",
    "integrity": "whether the files of a run are as they were written",
    "library_tricks": "what makes libraries faster and changes no result",
    "loaded_libraries": "where a library lies; what is changed in it is in eigen_caches",
    "machine": "which finished runs of other machines are taken for this one",
    "memory": "what a record says of memory",
    "record": "what is said of a run once it has ended",
    "store": "where finished runs lie, and their keys",
}


def test_every_module_of_training_decides_numbers_or_is_said_not_to():
    modules = {file.stem for file in (paths.PACKAGE / "training").glob("*.py")} - {"__init__"}
    known = {file.stem for file in map(paths.PACKAGE.joinpath, plan.DECISIVE.values())}
    assert modules - known - MUTE.keys() == set()
    assert plan.DECISIVE.keys() >= DECISIVE, "these decide numbers"


@pytest.mark.parametrize("name", sorted(DECISIVE))
def test_a_change_of_code_behind_the_numbers_changes_the_plan(smoke, monkeypatch, tmp_path, name):
    block = smoke.topics["imbalance"]
    few = replace(block, variants=dict(list(block.variants.items())[:1]))
    before = plan.resolve(smoke, few)
    changed = tmp_path / "changed.py"
    changed.write_text((paths.PACKAGE / plan.DECISIVE[name]).read_text("utf-8") + "\nchanged = 1\n", "utf-8")
    monkeypatch.setitem(plan.DECISIVE, name, str(changed))
    (after,) = plan.resolve(smoke, few)["variants"].values()
    (then,) = before["variants"].values()
    assert {key for key in after["code"] if after["code"][key] != then["code"][key]} == {name}


def test_a_variants_own_model_and_task_are_in_its_plan_and_parse(smoke):
    for topic in smoke.topics.values():
        for variant in topic.variants.values():
            files = plan.code_files(variant.model, variant.task)
            assert {f"model.{variant.model}", f"task.{variant.task}"} <= files.keys()
            assert all(ast.parse(file.read_text("utf-8")).body for file in files.values())


def test_one_gpu_a_run_is_in_no_key_and_several_are_with_the_code_that_joins_them(smoke):
    """What was trained before this could be asked for has its key still."""
    topic = smoke.topics["memory"]
    plain = plan.resolve(smoke, topic)
    assert "gpus_per_run" not in json.dumps(plain) and "mirrored" not in json.dumps(plain)
    joined = {name: replace(variant, gpus_per_run=2) for name, variant in topic.variants.items()}
    several = plan.resolve(smoke, replace(topic, variants=joined))
    for name, variant in several["variants"].items():
        before = plain["variants"][name]
        assert variant["settings"] == before["settings"] | {"gpus_per_run": 2}
        assert variant["code"].keys() - before["code"].keys() == {"mirrored"}
        assert before["code"].items() <= variant["code"].items()
        assert plan.code_digests_of(variant["settings"]) == variant["code"]
        keys = [store.key(each, 1, "data", {"numpy": "2"}, "gpu", "portable") for each in (before, variant)]
        assert keys[0] != keys[1]


def test_a_key_that_was_made_before_several_gpus_could_be_asked_for_is_made_again():
    """To the byte: of settings as `Variant` tells them, under the digests of an imagined code."""
    given = {"task": "classify", "data": "toy", "view": "plain", "model": "mlp", "precision": "float32"}
    variant = Variant(name="plain", **given, build={"width": 8}, augment={}, fit={"epochs": 2})
    planned = {"settings": variant.settings(), "code": {"model.mlp": "1", "task.classify": "2"}}
    versions = {"tensorflow": "2.21.0", "keras": "3.15.1", "numpy": "2.4.0"}
    assert store.key(planned, 100, "data", versions, "cpu", "portable") == "08913d40771e94a102e7778dd346581e"


def test_what_a_plugin_imports_from_its_folder_is_in_its_key(tmp_path, monkeypatch):
    before = plan.code_digests("mlp", "classify")
    helper = tmp_path / "_blocks.py"
    helper.write_text("WIDTH = 4\n")
    monkeypatch.setattr(plan.plugin_files, "siblings", lambda file: [helper] if file.stem == "mlp" else [])
    after = plan.code_digests("mlp", "classify")
    assert after.keys() - before.keys() == {"model._blocks"} and before.items() <= after.items()
    helper.write_text("WIDTH = 5\n")
    assert plan.code_digests("mlp", "classify") != after


def test_what_a_source_or_a_view_imports_from_its_folder_is_in_the_key_of_its_data(smoke, tmp_path, monkeypatch):
    data = smoke.data["digits"]
    before = plan.prepared_key(data, 0)
    helper = tmp_path / "_pixels.py"
    monkeypatch.setattr(plan.plugin_files, "siblings", lambda file: [helper] if file.stem == data.source else [])
    keys = [helper.write_text(f"SIDE = {side}\n") and plan.prepared_key(data, 0) for side in (1, 2)]
    assert len({before, *keys}) == 3


def test_versions_of_libraries_that_a_model_names_are_in_its_plan(monkeypatch):
    told = plan.code_digests("boosted_trees", "classify_at_once")
    assert "library.scikit-learn" in told
    assert not [name for name in plan.code_digests("mlp", "classify") if name.startswith("library.")]
    monkeypatch.setattr(plan, "version", lambda name: f"another {name}")
    other = plan.code_digests("boosted_trees", "classify_at_once")
    assert {name for name in told if told[name] != other[name]} == {"library.scikit-learn"}
