"""A sweep is shown and adopted while it is of the present settings, code and libraries, and not after."""

import dataclasses

import pytest
from swept import ROW, VIEWS, settle, trained

from pipeline import freshness, paths
from pipeline.errors import InputError
from pipeline.records import write_json
from pipeline.stages import sweep as stage
from pipeline.sweeps import finals, standing
from pipeline.sweeps import ledger as ledger_module


def test_the_page_shows_a_sweep_as_long_as_it_is_of_now(settings, monkeypatch, capsys):
    stage.sweep(settings, "small")
    assert standing.current(settings) == ["small"] and "left out" not in capsys.readouterr().err
    others = {
        "trials": {"trials": 20},
        "finalists": {"fresh": 4},
        "margin": {"margin": 0.5},
        "space": {"seeds": 3},
    }
    for more in others.values():
        sweeps = {"small": dataclasses.replace(settings.sweeps["small"], **more)}
        assert standing.current(dataclasses.replace(settings, sweeps=sweeps)) == []
        assert "small: left out: sweep small: given results of other settings, code or data" in capsys.readouterr().err
    assert standing.current(dataclasses.replace(settings, profile="full")) == []
    assert standing.current(dataclasses.replace(settings, sweeps={})) == []
    assert "small: left out: sweep small: given no block in params.yaml" in capsys.readouterr().err


def test_another_version_of_the_code_begins_another_study(settings, monkeypatch):
    """A winner of the model as it was is neither shown nor adopted; nor is one of other libraries."""
    stage.sweep(settings, "small")
    real = ledger_module.code_digests
    edited = lambda *words: real(*words) | {"model.convnet": "edited"}  # noqa: E731
    with monkeypatch.context() as patched:
        patched.setattr(ledger_module, "code_digests", edited)
        assert standing.current(settings) == []
        with pytest.raises(InputError, match="other settings, code or data"):
            stage.adopt_found(settings, "small")
    with monkeypatch.context() as patched:
        patched.setattr(ledger_module.runtime, "versions", lambda: {"tensorflow": "9"})
        assert standing.current(settings) == []
    assert standing.current(settings) == ["small"]


def test_another_meaning_of_a_value_that_was_tried_begins_another_study(house, monkeypatch, tmp_path):
    """The view `plain` is no view of the untouched variant: what it does is found out by what was tried alone."""
    settings = settle(monkeypatch, tmp_path / "project", VIEWS)
    stage.sweep(settings, "small")
    assert standing.current(settings) == ["small"]
    data = settings.data["digits_tail"]
    views = {**data.views, "plain": {"augment": {"shift": 1}}}
    changed = dataclasses.replace(data, views=views)
    sweep = settings.sweeps["small"]
    arm = dataclasses.replace(sweep.arm, data={**sweep.arm.data, "digits_tail": changed})
    now = dataclasses.replace(settings, sweeps={"small": dataclasses.replace(sweep, arm=arm)})
    assert standing.current(now) == []
    with pytest.raises(InputError, match="other settings, code or data"):
        stage.adopt_found(now, "small")


def test_what_the_winner_comes_to_is_compared_too(settings, monkeypatch):
    """Settings that matter only together are at no end of the space."""
    stage.sweep(settings, "small")
    monkeypatch.setattr(standing, "identity_of", lambda *_: "another")
    assert standing.current(settings) == []


def test_other_code_that_scores_is_said_and_scores_again_without_training(settings, monkeypatch, capsys):
    """What an old metric or an old rule has said is shown no more; the runs are there."""
    first = stage.sweep(settings, "small")
    runs = len(trained.keys)
    told = "its last results are scored or compared by other code than that of now"
    assert told not in "\n".join(stage.look_ahead(settings, "small"))
    monkeypatch.setattr(freshness, "code_digest", lambda source: "edited")
    monkeypatch.setattr(finals, "_compare", lambda *_: {**ROW, "difference": 0.2})
    assert told in "\n".join(stage.look_ahead(settings, "small"))
    capsys.readouterr()
    assert standing.current(settings) == [] and "scored or compared by other code" in capsys.readouterr().err
    with pytest.raises(InputError, match="scored or compared by other code"):
        stage.adopt_found(settings, "small")
    again = stage.sweep(settings, "small")
    assert f"small: {told}" in capsys.readouterr().out and len(trained.keys) == runs
    assert (first["finals"]["verdict"]["difference"], again["finals"]["verdict"]["difference"]) == (0.1, 0.2)
    assert again["finals"]["comparison"] == first["finals"]["comparison"] == 1
    assert standing.current(settings) == ["small"] and told not in "\n".join(stage.look_ahead(settings, "small"))


def test_results_of_a_version_that_did_not_say_by_which_code_are_not_of_now(settings):
    summary = stage.sweep(settings, "small")
    del summary["code"]
    write_json(paths.sweep("small") / "sweep.json", summary)
    assert "scored or compared by other code" in standing.stale(settings, settings.sweeps["small"])
