"""Evaluating: every run is scored on the test split, and the files hold what belongs to each variant."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from scored import ANSWERS, to_score, trust, write_data, write_run

from pipeline import paths
from pipeline.errors import InputError
from pipeline.records import read_json, read_rows
from pipeline.scoring.finished_run import FinishedRun
from pipeline.settings.plan import places
from pipeline.stages import evaluate

SETTINGS = SimpleNamespace(workers=1, runs_per_gpu=1)
ARM = {"data_digests": {"0": "d", "1": "d"}, "settings": {"model": "mlp"}}
PLAN = {"topic": "overfitting", "variants": {"a": ARM, "b": ARM}, "seeds": [0, 1], "metrics": ["accuracy", "onset"]}


@pytest.fixture(autouse=True)
def answers(house, monkeypatch):
    """Two classes, models whose answers are known, and runs scored in this process."""
    write_data()
    trust(monkeypatch)
    monkeypatch.setattr(FinishedRun, "predicted", property(lambda run: ANSWERS))
    monkeypatch.setattr(evaluate, "current", lambda settings, topic: PLAN)
    monkeypatch.setattr(
        evaluate.workers, "carry_out", lambda score, runs, *_, **__: [(run, score(run), None) for run in runs]
    )


def write_runs(**statuses):
    for variant in PLAN["variants"]:
        for seed in PLAN["seeds"]:
            write_run("overfitting", variant, seed, statuses.get(f"{variant}{seed}", "finished"))


def test_scores_are_in_order_of_variant_seed_and_metric():
    write_runs(b1="failed")
    evaluate.evaluate(SETTINGS, "overfitting")
    rows = read_rows(paths.results("overfitting") / "scores.csv")
    places = [(row["variant"], row["seed"], row["metric"]) for row in rows]
    assert places == [(v, s, m) for v in "ab" for s in "01" for m in ("accuracy", "onset")]
    assert [row["value"] for row in rows] == ["0.75", "3.0"] * 3 + ["", ""]
    metrics = read_json(paths.results("overfitting") / "metrics.json")
    assert metrics["b"]["accuracy"]["mean"] == 0.75 and metrics["b"]["accuracy"]["failed"] == 1
    summary = read_json(paths.results("overfitting") / "summary.json")
    assert summary == {"metric": "accuracy", "lowest": 0.75, "median": 0.75, "highest": 0.75, "failed": 1}


def test_of_one_answer_for_all_there_is_no_doubt(monkeypatch):
    variants = {"a": ARM, "b": ARM | {"settings": {"model": "prior"}}}
    monkeypatch.setattr(evaluate, "current", lambda settings, topic: PLAN | {"variants": variants})
    write_runs()
    evaluate.evaluate(SETTINGS, "overfitting")
    metrics = read_json(paths.results("overfitting") / "metrics.json")
    assert metrics["b"]["accuracy"]["ci_low"] == metrics["b"]["accuracy"]["ci_high"] == 0.75
    assert metrics["a"]["accuracy"]["ci_low"] < 0.75


def test_confusions_are_those_of_the_variants_own_finished_runs():
    write_runs(b0="failed", a1="diverged")
    evaluate.evaluate(SETTINGS, "overfitting")
    one = [[1, 1], [0, 2]]
    assert read_json(paths.results("overfitting") / "confusion.json") == {"a": one, "b": one}


def test_curves_are_of_finished_runs_alone():
    write_runs(a1="diverged", b0="failed", b1="failed")
    evaluate.evaluate(SETTINGS, "overfitting")
    rows = read_rows(paths.results("overfitting") / "curves.csv")
    assert {row["variant"] for row in rows} == {"a"} and len(rows) == 6
    assert [row["objective"] for row in rows if row["split"] == "validation"] == ["0.9", "0.7", "0.8"]


def test_topics_without_series_and_samples_have_empty_files_of_them():
    write_runs()
    evaluate.evaluate(SETTINGS, "overfitting")
    assert read_rows(paths.results("overfitting") / "series.csv") == []
    assert read_json(paths.results("overfitting") / "samples.json") == {}
    assert read_json(paths.results("overfitting") / "outcomes.json") == {}


def test_outcomes_of_probabilities_are_those_of_all_seeds(monkeypatch):
    def asked(settings, plan):
        runs = [to_score(*place, metrics=["accuracy"]) for place in places(plan)]
        return [replace(run, asked=replace(run.asked, outcomes=True)) for run in runs]

    monkeypatch.setattr(evaluate.scored_runs, "runs_to_score", asked)
    write_runs(b1="failed")
    evaluate.evaluate(SETTINGS, "overfitting")
    found = read_json(paths.results("overfitting") / "outcomes.json")
    assert {variant: sum(of["found"]["examples"]) for variant, of in found.items()} == {"a": 8, "b": 4}
    assert found["a"]["of"] == 0 and found["a"]["taken"] == [2, 2]


def test_a_run_that_cannot_be_scored_is_named(monkeypatch):
    lost = to_score("a", 3)
    monkeypatch.setattr(evaluate.workers, "carry_out", lambda *_, **__: [(lost, None, "its process died 2 times")])
    with pytest.raises(RuntimeError, match="overfitting: a seed 3 cannot be scored: its process died 2 times"):
        evaluate._score_all([lost], {("a", 3): {"status": "finished"}}, SETTINGS)


def test_a_second_time_no_run_is_scored_and_the_files_are_the_same(monkeypatch):
    write_runs(a1="diverged")
    evaluate.evaluate(SETTINGS, "overfitting")
    folder = paths.results("overfitting")
    first = {file.name: file.read_bytes() for file in folder.iterdir()}
    monkeypatch.setattr(evaluate.workers, "carry_out", lambda function, runs, *_, **__: [] if not runs else 1 / 0)
    evaluate.evaluate(SETTINGS, "overfitting")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == first


def test_scores_kept_of_a_run_that_failed_since_are_not_its_own():
    write_runs()
    evaluate.evaluate(SETTINGS, "overfitting")
    write_run("overfitting", "b", 1, "failed")
    evaluate.evaluate(SETTINGS, "overfitting")
    rows = read_rows(paths.results("overfitting") / "scores.csv")
    assert [row["value"] for row in rows if row["status"] == "failed"] == ["", ""]


def test_code_that_was_edited_meanwhile_gives_no_results(monkeypatch):
    write_runs()
    asked = evaluate.scored_runs.runs_to_score
    keys = iter("ab")

    def runs_to_score(settings, plan):
        key = next(keys)
        return [replace(run, key=key + run.key) for run in asked(settings, plan)]

    monkeypatch.setattr(evaluate.scored_runs, "runs_to_score", runs_to_score)
    with pytest.raises(InputError, match="given code that was changed while runs were scored"):
        evaluate.evaluate(SETTINGS, "overfitting")
    assert not paths.origin("overfitting").exists()
