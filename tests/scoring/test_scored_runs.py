"""A run is scored once: on the held-out examples that its card tells, and what it scored is kept under all it is of."""

import numpy as np
import pytest
from scored import ANSWERS, EXAMPLES, to_score, write_data, write_run

from pipeline import paths
from pipeline.errors import InputError
from pipeline.records import Examples, write_examples
from pipeline.scoring import scored_runs
from pipeline.scoring.finished_run import FinishedRun

IDS = np.array([2**63 + 1, 2, 3, 4], np.uint64)


@pytest.fixture(autouse=True)
def answers(house, monkeypatch):
    scored_runs._data.cache_clear()
    write_data()
    monkeypatch.setattr(FinishedRun, "predicted", property(lambda run: ANSWERS))


def scored(variant="a", seed=0, status="finished", **asked):
    write_run("overfitting", variant, seed, status)
    run = to_score(variant, seed, **asked)
    return run, scored_runs.score_run(run, paths.run("overfitting", variant, seed))


def test_a_run_is_scored_on_the_held_out_examples():
    held_out = Examples(EXAMPLES.x, 1 - EXAMPLES.y)
    write_data(test=held_out)
    run, scores = scored()
    assert scores.rows[0]["value"] == 0.25
    read = scored_runs.read_run(run, paths.run("overfitting", "a", 0))
    assert np.array_equal(read.test.y, held_out.y) and np.array_equal(read.training.y, EXAMPLES.y)


def test_held_out_examples_other_than_the_card_tells_are_refused():
    write_run("overfitting", "a", 0)
    run = to_score("a", 0)
    write_examples(paths.test_split("toy", 0), Examples(EXAMPLES.x, 1 - EXAMPLES.y))
    with pytest.raises(InputError, match=r"data/test/toy/0.npz: given other examples than its card tells"):
        scored_runs.score_run(run, paths.run("overfitting", "a", 0))
    assert scored_runs.kept(run) is None


@pytest.mark.parametrize("status", ["finished", "diverged"])
def test_what_is_kept_is_what_was_scored(status):
    write_data(test=Examples(EXAMPLES.x, EXAMPLES.y, IDS))
    run, scores = scored(status=status, metrics=("accuracy", "brier", "onset"), claimed=("accuracy", "brier"))
    found = scored_runs.kept(run)
    assert (found.rows, found.series, found.samples) == (scores.rows, scores.series, scores.samples)
    assert repr(found.trivial) == repr(scores.trivial) and found.items.keys() == scores.items.keys()
    for one, other in [(found.confusion, scores.confusion), (found.ids, scores.ids)]:
        assert np.array_equal(one, other) and (one is None or one.dtype == other.dtype)
    assert all(np.array_equal(found.items[name], np.float32(scores.items[name])) for name in scores.items)
    assert bool(scores.items) == (status == "finished")


def test_numbers_that_are_none_are_kept_as_they_are(monkeypatch):
    monkeypatch.setattr(scored_runs, "score", lambda *_, **__: scores)
    rows = [{"variant": "a", "seed": 0, "metric": "m", "value": value} for value in (float("inf"), None, 0.1 + 0.2)]
    scores = scored_runs.RunScores(rows, [], [], None)
    run, _ = scored()
    assert scored_runs.kept(run).rows == rows


def test_a_failed_run_is_not_kept():
    run, scores = scored(status="failed")
    assert scores.rows[0]["value"] is None and scored_runs.kept(run) is None


def test_scores_by_code_that_was_edited_meanwhile_are_not_kept(monkeypatch):
    """Whoever edits a metric while runs are scored: what a process has imported of it may be either."""
    write_run("overfitting", "a", 0)
    run = to_score("a", 0)
    monkeypatch.setattr(scored_runs, "code_digest", lambda source: "edited")
    assert scored_runs.score_run(run, paths.run("overfitting", "a", 0)).rows and scored_runs.kept(run) is None


def test_another_key_finds_nothing():
    scored()
    assert scored_runs.kept(to_score("a", 0, key="other")) is None


@pytest.mark.parametrize("kind", ["json", "npz"])
def test_a_damaged_file_is_as_good_as_none(kind):
    write_data(test=Examples(EXAMPLES.x, EXAMPLES.y, IDS))
    run, _ = scored(claimed=("accuracy",))
    file = next(paths.SCORES.rglob(f"*.{kind}"))
    whole = file.read_bytes()
    for at in range(0, len(whole), 7):
        file.write_bytes(whole[:at])
        assert scored_runs.kept(run) is None
        file.write_bytes(whole[:at] + b"~" + whole[at + 1 :])
        assert scored_runs.kept(run) is None
    file.write_bytes(whole)
    assert scored_runs.kept(run)


def test_a_variant_that_is_the_same_finds_the_run_under_its_own_name():
    run, _ = scored()
    same = scored_runs.RunToScore(
        names=run.names | {"variant": "b"}, asked=run.asked, test_digest=run.test_digest, code=run.code, key=run.key
    )
    assert [row["variant"] for row in scored_runs.kept(same).rows] == ["b"]


def keys(settings, plan):
    return {run.place: run.key for run in scored_runs.runs_to_score(settings, plan)}


def test_keys_follow_what_is_asked_and_the_code(smoke, monkeypatch):
    from pipeline.settings.plan import resolve

    plan = resolve(smoke, smoke.topics["overfitting"])
    before = keys(smoke, plan)
    assert len(set(before.values())) == len(before)
    fewer = keys(smoke, plan | {"metrics": plan["metrics"][:1]})
    assert not set(fewer.values()) & set(before.values())
    monkeypatch.setattr(scored_runs, "code_digest", lambda source: "other")
    assert not set(keys(smoke, plan).values()) & set(before.values())


def test_samples_are_asked_of_the_first_seed_alone(smoke):
    from pipeline.settings.plan import resolve

    runs = scored_runs.runs_to_score(smoke, resolve(smoke, smoke.topics["recurrent_forms"]))
    assert {run.place[1] for run in runs if run.asked.samples} == {200}
