"""MLflow holds a sweep as a parent, its trials beneath, and their seeds beneath those; twice written it is the same."""

import csv
import json
import time
from pathlib import Path

import pytest
from demo_topic import mlflow_client
from swept import settle

from pipeline import freshness, paths
from pipeline.mlflow_sync import mlflow_run, sweeps, tracking_store
from pipeline.records import read_json, write_json
from pipeline.stages import sweep as stage

FOLLOW = sweeps.follow  # which `settle` takes away


@pytest.fixture
def settings(mlflow_store, monkeypatch, tmp_path):
    return settle(monkeypatch, tmp_path / "project")


def written(topic="convolution"):
    """({name: run} of parent and trials, [(name of the trial, seed's run)])."""
    client = mlflow_client()
    found = client.search_runs([client.get_experiment_by_name(topic).experiment_id])
    by_id = {run.info.run_id: run for run in found}
    named = {run.info.run_name: run for run in found if "seed" not in run.data.tags}
    seeds = [(by_id[run.data.tags[mlflow_run.PARENT]].info.run_name, run) for run in found if "seed" in run.data.tags]
    assert len(named) + len(seeds) == len(found), "two have one name"
    return named, seeds


def trials():
    return [json.loads(line) for line in (paths.sweep("small") / "trials.jsonl").read_text("utf-8").splitlines()]


def test_a_sweep_its_trials_and_their_seeds(settings):
    summary = stage.sweep(settings, "small")
    sweeps.publish()
    named, seeds = written()
    parent = named.pop("sweep small")
    assert parent.info.status == "FINISHED" and parent.data.tags["claim.sweep"] == "reproduced"
    assert parent.data.tags[mlflow_run.NOTE] == summary["finals"]["conclusion"]
    assert parent.data.metrics["sweep/trials"] == 12
    assert parent.data.metrics["sweep/optimism"] == pytest.approx(summary["finals"]["optimism"])
    assert parent.data.metrics["sweep/comparison"] == 1
    assert parent.data.metrics["sweep/mean_optimism"] == pytest.approx(summary["finals"]["mean_optimism"])
    assert parent.data.params["try.fit.learning_rate"] == "0.001 .. 1 log"
    assert len(named) == 12 and {run.data.tags[mlflow_run.PARENT] for run in named.values()} == {parent.info.run_id}
    for trial in trials():
        run = named["trial 0: stride" if trial["number"] == 0 else f"trial {trial['number']}"]
        assert run.data.metrics.get("sweep/score") == trial["score"]
        assert (run.info.status == "FAILED") == (trial["score"] is None)
        assert run.data.tags["end"] == trial["end"] and run.data.tags.get("reason", "") == (trial["reason"] or "")
    kept = [row for row in csv.DictReader((paths.sweep("small") / "runs.csv").open()) if row["status"] == "finished"]
    finished = [run for _, run in seeds if run.info.status == "FINISHED"]
    assert sorted(run.data.tags["run_key"] for run in finished) == sorted(row["run_key"] for row in kept)
    assert {run.data.tags["phase"] for _, run in seeds} == {"search", "fresh"}


def test_written_again_there_is_nothing_new(settings):
    stage.sweep(settings, "small")
    first = sweeps.publish()
    before = {run.info.run_id for run in [*written()[0].values(), *(run for _, run in written()[1])]}
    again = sweeps.publish()
    assert first["runs"] and not again["runs"] and not again["comparisons"]
    assert before == {run.info.run_id for run in [*written()[0].values(), *(run for _, run in written()[1])]}


def test_a_sweep_that_goes_on_is_told_as_far_as_it_is_and_finished_later(settings, monkeypatch):
    played = stage.play

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(stage, "play", killed)
    with pytest.raises(KeyboardInterrupt):
        stage.sweep(settings, "small")
    sweeps.publish()
    before = written()[0]["sweep small"]
    assert before.info.status == "RUNNING" and "claim.sweep" not in before.data.tags
    monkeypatch.setattr(stage, "play", played)
    stage.sweep(settings, "small")
    sweeps.publish()
    after = written()[0]["sweep small"]
    assert (after.info.run_id, after.info.status) == (before.info.run_id, "FINISHED")
    assert after.data.tags["claim.sweep"] == "reproduced"


def test_a_sweep_as_an_older_version_has_written_it_is_published_still(settings):
    stage.sweep(settings, "small")
    summary = read_json(paths.sweep("small") / "sweep.json")
    for name in ("mean_optimism", "comparison", "error", "adoption"):
        del summary["finals"][name]
    write_json(paths.sweep("small") / "sweep.json", summary)
    assert sweeps.publish()["runs"] and "sweep/comparison" not in written()[0]["sweep small"].data.metrics


def test_other_topics_and_damaged_sweeps_are_left_alone(settings):
    stage.sweep(settings, "small")
    assert not sweeps.publish(["memory"])
    (paths.sweep("small") / "sweep.json").write_text('{"sweep": ', "utf-8")
    assert not sweeps.publish()


def test_what_other_code_has_scored_is_said_to_be_stale_until_it_is_scored_again(settings, monkeypatch):
    conclusion = stage.sweep(settings, "small")["finals"]["conclusion"]
    sweeps.publish()
    before = written()[0]["sweep small"]
    monkeypatch.setattr(freshness, "code_digest", lambda source: "edited")
    sweeps.publish()
    stale = written()[0]["sweep small"]
    assert stale.info.run_id == before.info.run_id and stale.data.tags["claim.sweep"] == "stale"
    assert stale.data.tags[mlflow_run.NOTE].startswith(f"{conclusion}, by other code than that of now")
    monkeypatch.setattr(stage.sweep_page, "page", lambda name, *_: "the page of now")
    stage.sweep(settings, "small")
    sweeps.publish()
    after = written()[0]["sweep small"]
    assert (after.data.tags["claim.sweep"], after.data.tags[mlflow_run.NOTE]) == ("reproduced", conclusion)
    page = mlflow_client().download_artifacts(after.info.run_id, "sweep/index.html")
    assert Path(page).read_text("utf-8") == "the page of now"
    assert not sweeps.publish()["points"]


def test_it_is_shown_while_it_goes_on(settings, monkeypatch):
    """The database is made at once, while workers start; trials are written as its files tell of them."""
    monkeypatch.setattr(sweeps, "PERIOD_S", 1000.0)
    with FOLLOW("small"):
        wait_for(tracking_store.is_there)
    stage.sweep(settings, "small")
    monkeypatch.setattr(sweeps, "PERIOD_S", 0.05)
    with FOLLOW("small"):
        wait_for(lambda: mlflow_client().get_experiment_by_name("convolution") and len(written()[0]) == 13)


def test_a_store_out_of_reach_is_said_once_and_ends_no_sweep(settings, monkeypatch, capfd):
    stage.sweep(settings, "small")
    monkeypatch.setattr(sweeps, "PERIOD_S", 0.01)
    tries = []

    def away():
        tries.append(1)
        raise tracking_store.Unreachable("cannot use it")

    monkeypatch.setattr(tracking_store, "create", away)
    with FOLLOW("small"):
        wait_for(lambda: len(tries) >= 4)
    assert capfd.readouterr().err.count("MLflow: cannot use it; training goes on, the trials are kept") == 1


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
