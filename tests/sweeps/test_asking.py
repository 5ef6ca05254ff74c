"""What is known of the untouched variant: its values as the space itself has them, those of its view too."""

import pytest
from swept import SWEEP, VIEWS, settle

from pipeline.sweeps.asking import own_values, study_of
from pipeline.sweeps.trials import Told


@pytest.mark.parametrize(
    ("tried", "own"),
    [
        ("fit.label_smoothing: {any: [0, 0.1]}", 0),
        ("fit.label_smoothing: {any: [0.1, 0.2]}", None),
        ("build.channels: 8 .. 48", 25),
        ("fit.xla: {any: [true, false]}", False),
    ],
)
def test_a_value_is_that_of_the_space_whatever_its_kind(house, monkeypatch, tmp_path, tried, own):
    """0 stands for 0.0: the study of Optuna knows of no other spelling, and true is not 1."""
    settings = settle(monkeypatch, tmp_path / "project", SWEEP.replace("build.pooling: {any: [stride, max]}", tried))
    sweep = settings.sweeps["small"]
    path = tried.partition(":")[0]
    found = own_values(sweep)
    assert found.get(path) == own and type(found.get(path)) is type(own)
    told = [Told(0, {}, "complete", {0: 0.5}, 0.5)]
    assert len(study_of(sweep.space, told, own=found, highest=False).trials) == (own is not None)


def test_a_setting_of_the_view_is_looked_up_in_its_steps(house, monkeypatch, tmp_path):
    settings = settle(monkeypatch, tmp_path / "project", VIEWS)
    assert own_values(settings.sweeps["small"])["view.rebalance.ratio"] == 1.0
