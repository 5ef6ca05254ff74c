"""What `--plan` says of a sweep: before it, in the middle of it, and after it."""

import csv
import platform
import re
import shutil

import pytest
from swept import VIEWS, settle, trained

from pipeline import paths
from pipeline.errors import InputError
from pipeline.records import write_json
from pipeline.stages import sweep as stage
from pipeline.sweeps import carry_out, preflight
from pipeline.sweeps.runs import TrialRuns


def outputs_of_study(name):
    (study,) = paths.STUDIES.glob("*-*")
    return (study / name).read_bytes()


def test_the_plan_counts_what_is_there_and_makes_nothing(settings):
    told = "\n".join(stage.look_ahead(settings, "small"))
    assert "12 trials of convolution.stride by tpe" in told and "to train: 12 to 24 runs in the search" in told
    assert "then 9 on fresh seeds" in told
    assert "in the store already: 0 of the search" in told and not paths.TRIED.exists()
    stage.sweep(settings, "small")
    search = sum(row["phase"] == "search" for row in csv.DictReader((paths.sweep("small") / "runs.csv").open()))
    told = "\n".join(stage.look_ahead(settings, "small"))
    assert f"in the store already: {search} of the search" in told and "time: none, as all of it is there" in told
    assert "to train: 0 to 0 runs in the search" in told and "then 0 on fresh seeds" in told


def test_the_plan_of_a_sweep_that_was_stopped_says_what_is_left(settings, monkeypatch):
    """Eight runs are no eight trials: each of those that are open or unasked needs one at least."""
    real = carry_out.train_trial

    def stopping(task):
        if len(trained.keys) == 8:
            raise KeyboardInterrupt
        return real(task)

    monkeypatch.setattr(carry_out, "train_trial", stopping)
    with pytest.raises(KeyboardInterrupt):
        stage.sweep(settings, "small")
    told = "\n".join(stage.look_ahead(settings, "small"))
    least, most = map(int, re.search(r"to train: (\d+) to (\d+) runs in the search", told).groups())
    over = len(outputs_of_study("trials.jsonl").splitlines())
    assert "at 2.0 s a run (2 runs of stride on this machine)" in told and over >= 2
    monkeypatch.setattr(carry_out, "train_trial", real)
    stage.sweep(settings, "small")
    left = sum(row["phase"] == "search" for row in csv.DictReader((paths.sweep("small") / "runs.csv").open())) - 8
    assert 12 - over - 2 <= least <= left <= most <= 24 - 8 and least > 12 - 8


def test_the_plan_goes_by_what_the_topic_took_here_before_the_sweep_has_data(settings):
    record = {"run_key": "a", "profile": "smoke", "host": platform.node(), "status": "finished", "duration_s": 7.0}
    for seed, more in enumerate([{}, {"run_key": "b", "host": "elsewhere", "duration_s": 90.0}, {"profile": "full"}]):
        file = paths.run("convolution", "stride", seed) / "run.json"
        write_json(file, {**record, "peak_memory_mb": 100, **more})
    assert "at 7.0 s a run (1 runs of stride on this machine)" in "\n".join(stage.look_ahead(settings, "small"))


def test_the_plan_counts_runs_although_data_of_other_trials_are_gone(house, monkeypatch, tmp_path):
    settings = settle(monkeypatch, tmp_path / "project", VIEWS)
    stage.sweep(settings, "small")
    runs = TrialRuns(settings, settings.sweeps["small"], preflight.refuse_to_prepare)
    _, own = runs.arm({})
    for folder in (paths.TRIED / "prepared").iterdir():
        if folder.name != own.name:
            shutil.rmtree(folder)
    (found,) = re.findall(r"in the store already: (\d+) of the search", "\n".join(stage.look_ahead(settings, "small")))
    assert int(found) >= 1


def test_the_plan_knows_which_trials_were_refused_for_their_data(house, monkeypatch, tmp_path):
    """Data that cannot be prepared are no trial to come: the sweep is over, and nothing of it is left."""
    settings = settle(monkeypatch, tmp_path / "project", VIEWS)
    real = stage.prepare

    def unfit(block, draws):
        if [*block.views] not in (["smote"], ["plain"]):
            view = next(iter(block.views))
            raise InputError(f"params.yaml: data.digits_tail.views.{view}.rebalance: given 3, allowed 2")
        real(block, draws)

    monkeypatch.setattr(stage, "prepare", unfit)
    summary = stage.sweep(settings, "small")
    assert summary["ends"]["refused"] > 0 and summary["trials"] == 8
    lines = (paths.sweep("small") / "trials.jsonl").read_text("utf-8")
    assert "sweeps.small.try.view.rebalance: given 3, allowed 2" in lines and "views.smote_" not in lines
    told = "\n".join(stage.look_ahead(settings, "small"))
    assert "to train: 0 to 0 runs in the search" in told and "then 0 on fresh seeds" in told
