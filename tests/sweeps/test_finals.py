"""What the end of a sweep says of luck, and how it counts its looks at test data."""

import dataclasses

import pytest
from swept import ROW, SWEEP, VIEWS, settle, trained

from pipeline import paths
from pipeline.errors import InputError
from pipeline.records import read_json
from pipeline.stages import sweep as stage
from pipeline.sweeps import carry_out, finals
from pipeline.sweeps.finals import Finalist, Finals
from pipeline.sweeps.trials import Told
from pipeline.training.store import project_store
from pipeline.verdicts import rules

VAIN = "fit.momentum: 0.1 .. 0.9"


def test_optimism_of_the_chosen_is_too_small_and_the_mean_over_finalists_is_not():
    """Of equal finalists the fresh scores differ by luck: the best of them looks as if the search had been honest."""

    def finalist(number, search, fresh):
        return Finalist(Told(number, {}, "complete", {0: search}, search), {200: fresh}, fresh, None)

    untouched, lucky, other = finalist(0, 0.5, 0.5), finalist(1, 0.3, 0.3), finalist(2, 0.3, 0.5)
    found = Finals((untouched, lucky, other, finalist(3, 0.2, None)), lucky)
    assert found.optimism(highest=False) == 0 and found.mean_optimism(highest=False) == pytest.approx(0.1)
    assert found.mean_optimism(highest=True) == pytest.approx(-0.1)
    assert Finals((untouched,)).mean_optimism(highest=False) is Finals((untouched,)).optimism(highest=False) is None


def test_a_space_in_which_all_comes_to_the_same_is_said_to_be_one(house, monkeypatch, tmp_path):
    """Momentum is sgd's alone: nothing but the untouched variant is there, and none of the others was bad."""
    text = SWEEP.replace("build.pooling: {any: [stride, max]}", "").replace("fit.learning_rate: 0.001 .. 1.0 log", VAIN)
    settings = settle(monkeypatch, tmp_path / "project", text)
    (void,) = [each for each in settings.voids if each.place.key.startswith("sweeps.")]
    told = "params.yaml: sweeps.small.try.fit.momentum: all of it has no effect: all its values come to the same runs"
    assert void.line().startswith(told)
    summary = stage.sweep(settings, "small")
    assert summary["finals"]["conclusion"] == "nothing: whatever is tried comes to stride itself"
    assert "  nothing is left that was not tried: 12 trials were planned" in stage.lines(summary)


def test_each_comparison_on_test_data_is_counted_and_held_to_its_share(settings, monkeypatch):
    """More trials may bring another winner, and more seeds another comparison: test data are read again for it."""
    weights = []
    monkeypatch.setattr(finals, "_compare", lambda chosen, runs, fresh, weight: weights.append(weight) or ROW)
    small = settings.sweeps["small"]

    def numbers(**more):
        sweeps = {"small": dataclasses.replace(small, **more)}
        summary = stage.sweep(dataclasses.replace(settings, sweeps=sweeps), "small")
        return summary["finals"]["comparison"], summary["finals"]["error"]

    assert numbers() == numbers() == (1, 0.04)
    assert numbers(fresh=4) == (2, 0.005) and numbers(fresh=5) == (3, 0.0025)
    assert numbers() == (1, 0.04)  # which is the one that was made
    (told,) = [line for line in stage.lines(stage.sweep(settings, "small")) if "comparison" in line]
    assert told.startswith("  comparison 1 of this sweep on test data: of the 5 % ") and told.endswith("use 4 %")
    assert weights[:4] == [0.8, 0.8, pytest.approx(0.1), pytest.approx(0.05)]


def test_a_later_comparison_has_the_wider_interval(settings):
    """By the rules of claims: what a look may use of the error decides the level of its interval."""
    claim = finals.claim_of(settings.sweeps["small"])
    scores = {finals.FOUND: (0.20, 0.21, 0.19, 0.23, 0.20, 0.22), "stride": (0.36, 0.35, 0.36, 0.38, 0.37, 0.37)}
    rows = [
        {"variant": variant, "seed": seed, "metric": claim.metric, "value": value, "status": "finished", "run_key": "a"}
        for variant, values in scores.items()
        for seed, value in enumerate(values)
    ]
    found = [rules.judge("t", [claim], rows, looks=finals._looks(6, finals.share(number)))[0] for number in (1, 2, 3)]
    widths = [row["ci_high"] - row["ci_low"] for row in found]
    assert widths == sorted(widths) and widths[0] < widths[1] < widths[2]
    assert [row["level"] for row in found] == [pytest.approx(level) for level in (0.96, 0.995, 0.9975)]
    assert {row["verdict"] for row in found} == {"reproduced"}


def test_a_variant_may_be_called_found(settings):
    claim = finals.claim_of(dataclasses.replace(settings.sweeps["small"], variant="found"))
    assert claim.worse == "found" != claim.better


def test_a_finalist_without_data_of_a_fresh_draw_is_kept_with_its_reason(house, monkeypatch, tmp_path):
    """Another draw may have too few of a class: the others go on."""
    settings = settle(monkeypatch, tmp_path / "project", VIEWS)
    real, fresh = stage.prepare, settings.sweeps["small"].fresh_seeds(settings.first_seed)

    def unfit(block, draws):
        if draws[0] in fresh and [*block.views] != ["smote"]:  # that of the untouched variant
            raise InputError("given 3, allowed 2")
        real(block, draws)

    monkeypatch.setattr(stage, "prepare", unfit)
    summary = stage.sweep(settings, "small")
    untouched, *others = summary["finals"]["finalists"]
    assert untouched["fresh"] is not None and summary["finals"]["chosen"] is None
    assert [(each["fresh"], each["reason"]) for each in others] == [(None, "given 3, allowed 2")] * 2


def test_what_is_compared_is_scored_by_the_workers_of_the_search(settings, monkeypatch):
    """They are warm; and the look is counted before any of them reads test data."""
    scored = []

    def work(task):
        if task.to_score is None:
            return trained(task)
        assert list(paths.STUDIES.glob(f"*{paths.COMPARED}/*.json"))
        scored.append((task.trial, task.seed, task.to_score.place[0]))
        return read_json(project_store().folder(task.spec.run_key) / "run.json")

    monkeypatch.setattr(carry_out, "train_trial", work)
    monkeypatch.setattr(stage, "to_score", finals.to_score)
    monkeypatch.setattr(finals.scored_runs, "kept", lambda run: None)
    chosen = stage.sweep(settings, "small")["finals"]["chosen"]
    fresh = settings.sweeps["small"].fresh_seeds(settings.first_seed)
    arms = [(chosen, finals.FOUND), (0, "stride")]
    assert sorted(scored) == sorted((trial, seed, name) for trial, name in arms for seed in fresh)
    scored.clear()
    monkeypatch.setattr(finals.scored_runs, "kept", lambda run: "scores")
    stage.sweep(settings, "small")
    assert not scored


def test_nodes_of_a_cluster_are_asked_for_no_scores_of_runs_that_lie_here(settings, monkeypatch):
    monkeypatch.setattr(stage, "to_score", finals.to_score)
    monkeypatch.setattr(finals.hiring, "address", lambda settings: "127.0.0.1:6379")
    monkeypatch.setattr(carry_out.hiring, "hire", lambda *args, **rest: None)
    assert stage.sweep(settings, "small")["finals"]["chosen"]


def test_all_comparisons_of_a_sweep_share_one_error():
    assert sum(finals.share(number) for number in range(1, 60)) == pytest.approx(1.0)
    looks = finals._looks(6, finals.share(2))
    assert looks.means == (6, 7) and looks.weights == pytest.approx((0.1, 0.9))
