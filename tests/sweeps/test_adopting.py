"""What a sweep has found becomes a variant that is what was tried, or nothing is written."""

import re

import pytest
from swept import SWEEP, VIEWS, settle

from pipeline import paths
from pipeline.errors import InputError
from pipeline.settings import params
from pipeline.stages import sweep as stage
from pipeline.sweeps import adopting
from pipeline.sweeps.runs import identity_of


def test_adopted_it_is_a_variant_of_its_topic(settings):
    with pytest.raises(InputError, match="given one that is not over"):
        stage.adopt_found(settings, "small")
    summary = stage.sweep(settings, "small")
    before = paths.PARAMS.read_text("utf-8")
    (line, _) = stage.adopt_found(settings, "small")
    assert "topics.convolution.variants.small_found is written: better than stride" in line
    found = params.read(paths.PARAMS, profile="smoke")
    values = next(
        each["values"] for each in summary["finals"]["finalists"] if each["trial"] == summary["finals"]["chosen"]
    )
    variant = found.topics["convolution"].variants["small_found"]
    assert variant.settings() == settings.sweeps["small"].tried(values)[0].settings()
    lines = paths.PARAMS.read_text("utf-8").splitlines()
    assert [each for each in lines if each in before.splitlines()] == before.splitlines()
    assert stage.adopt_found(found, "small") == [
        "params.yaml: topics.convolution.variants.small_found is there already"
    ]


def adopted(sweep, values, settings):
    """params.yaml with these settings, which is written, and read anew."""
    text = paths.PARAMS.read_text("utf-8")
    found = adopting.propose(sweep, values, text)
    after = adopting.written(settings, sweep, values, found, text, "trial 7")
    paths.PARAMS.write_text(after, "utf-8")
    return found, params.read(paths.PARAMS, profile="smoke")


def test_a_view_that_was_found_gets_a_name_and_is_listed(house, monkeypatch, tmp_path):
    settings = settle(monkeypatch, tmp_path / "project", VIEWS)
    sweep = settings.sweeps["small"]
    values = {"fit.learning_rate": 0.02, "view": "smote", "view.rebalance.ratio": 0.4}
    told = adopting.told(settings, sweep, values)
    assert told["refusal"] == "" and told["listed"] == "data.digits_tail.views"
    assert told["block"]["views"]["small_found"]["rebalance"]["ratio"] == 0.4
    _, after = adopted(sweep, values, settings)
    variant = after.topics["imbalance"].variants["small_found"]
    assert (variant.view, variant.fit["learning_rate"]) == ("small_found", 0.02)
    assert dict(after.data["digits_tail"].views["small_found"]["rebalance"])["ratio"] == 0.4
    assert identity_of(variant, after.data[variant.data]) == identity_of(*sweep.tried(values))
    text = paths.PARAMS.read_text("utf-8")
    again = adopting.propose(after.sweeps["small"], values, text)
    assert again.steps is None and adopting.written(after, after.sweeps["small"], values, again, text) == text


def test_a_view_that_has_a_name_is_named(house, monkeypatch, tmp_path):
    settings = settle(monkeypatch, tmp_path / "project", VIEWS)
    sweep = settings.sweeps["small"]
    for values, view in (({"view": "plain"}, {"view": "plain"}), ({"view": "smote", "view.rebalance.ratio": 1.0}, {})):
        block = adopting.propose(sweep, values, paths.PARAMS.read_text("utf-8")).block
        assert {key: item for key, item in block.items() if key == "view"} == ({"view": "smote"} | view)


def test_the_variants_own_model_keeps_what_is_built_by(house, monkeypatch, tmp_path):
    tried = "build.pooling: {any: [stride, max]}"
    text = SWEEP.replace(tried, "model: {any: [convnet, mlp]}\n      precision: {any: [float32, mixed_float16]}")
    settings = settle(monkeypatch, tmp_path / "project", text)
    sweep = settings.sweeps["small"]
    for model in ("convnet", "mlp"):
        values = {"fit.learning_rate": 0.02, "model": model, "precision": "float32"}
        found, after = adopted(sweep, values, settings)
        assert ("model" in found.block) == (model == "mlp")
        variant = after.topics["convolution"].variants[found.name]
        assert variant.settings() == sweep.tried(values)[0].settings()


def test_what_a_profile_lies_above_is_not_adopted(house, monkeypatch, tmp_path):
    """profiles/smoke.yaml has every topic train for one epoch, whatever a variant of params.yaml says."""
    tried = "build.pooling: {any: [stride, max]}"
    settings = settle(monkeypatch, tmp_path / "project", SWEEP.replace(tried, "fit.epochs: 2 .. 4"))
    summary, before = stage.sweep(settings, "small"), paths.PARAMS.read_bytes()
    why = (
        r"given fit.epochs \d, but in params.yaml it would be 1 by profiles/smoke.yaml: every_topic.fit.epochs, allowed"
    )
    with pytest.raises(InputError, match=why):
        stage.adopt_found(settings, "small")
    assert paths.PARAMS.read_bytes() == before and re.search(why, summary["finals"]["adoption"]["refusal"])
    assert any("`--adopt` does not write trial" in line for line in stage.lines(summary))


def test_a_file_that_was_broken_meanwhile_ends_no_sweep(settings):
    paths.PARAMS.write_text("topics: [", "utf-8")
    summary = stage.sweep(settings, "small")
    assert summary["finals"]["adoption"]["block"] == {} and "params.yaml" in summary["finals"]["adoption"]["refusal"]


def test_a_variant_of_a_profile_is_shown_and_not_adopted(settings):
    sweep, text = settings.sweeps["small"], paths.PARAMS.read_text("utf-8")
    paths.PARAMS.write_text(re.sub(r"(?m)^      stride:", "      strode:", text), "utf-8")
    told = adopting.told(settings, sweep, {"fit.learning_rate": 0.02})
    assert "given a variant of a profile, allowed one of params.yaml" in told["refusal"]
    assert told["block"]["topics"]["convolution"]["variants"]["small_found"]["fit"]["learning_rate"] == 0.02


def test_what_was_found_with_other_settings_is_not_adopted(settings):
    stage.sweep(settings, "small")
    text = paths.PARAMS.read_text("utf-8")
    changed = text.replace("variant: stride", "variant: average")
    assert changed != text
    paths.PARAMS.write_text(changed, "utf-8")
    with pytest.raises(InputError, match="given results of other settings, code or data than those of now"):
        stage.adopt_found(params.read(paths.PARAMS, profile="smoke"), "small")
    assert paths.PARAMS.read_text("utf-8") == changed
