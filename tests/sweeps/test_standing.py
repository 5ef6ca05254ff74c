"""A sweep is shown and adopted while it is of the present settings, code and libraries, and not after."""

import dataclasses

import pytest

from pipeline.errors import InputError
from pipeline.stages import sweep as stage
from pipeline.sweeps import ledger as ledger_module
from pipeline.sweeps import standing


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
