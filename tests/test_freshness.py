"""What is shown or used is of the present settings, code and data: what is not is told apart, named and left out."""

import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from pipeline import freshness, paths, records
from pipeline.errors import InputError
from pipeline.records import Examples, read_json, read_sealed, write_examples, write_json, write_rows, write_sealed
from pipeline.scoring import scored_runs
from pipeline.settings import plan as plans
from pipeline.stages.judge import judge
from pipeline.training import integrity
from pipeline.training.run import run_specs

TOPIC = "convolution"


@pytest.fixture
def settings(smoke):
    """Two variants of one topic, planned."""
    topic = smoke.topics[TOPIC]
    variants = {name: topic.variants[name] for name in list(topic.variants)[:2]}
    settings = replace(smoke, topics={TOPIC: replace(topic, variants=variants)})
    plans.plan(settings)
    return settings


@pytest.fixture
def plan(settings):
    return plans.current(settings, TOPIC)


def write_runs(plan, **changes):
    for spec in run_specs(plan):
        record = spec.names() | {"status": "finished"} | changes
        folder = paths.run(TOPIC, spec.variant, spec.seed)
        write_json(folder / "run.json", record)
        write_rows(folder / "history.csv", ("epoch",), [{"epoch": 1}])
        integrity.seal(folder, record["run_key"] or "none")


def write_results(settings, plan):
    write_rows(paths.results(TOPIC) / "scores.csv", records.SCORES, [])
    found, _ = freshness.runs(plan)
    write_sealed(paths.origin(TOPIC), freshness.origin(settings, plan, found))


def standing(settings):
    return freshness.state(settings, plans.current(settings, TOPIC)).scores


def test_results_of_the_present_runs_are_current(settings, plan):
    write_runs(plan)
    write_results(settings, plan)
    state = freshness.state(settings, plan)
    assert (state.scores, state.others, state.reason()) == ("current", {}, "")
    assert len(state.records) == len(plans.places(plan))


def test_without_runs_there_are_no_scores(settings, plan):
    state = freshness.state(settings, plan)
    planned = len(plans.places(plan))
    assert state.scores == "missing" and set(state.others.values()) == {"missing"}
    assert (
        state.reason()
        == f"{planned} not trained, or damaged (of {planned} planned runs): `python -m pipeline train {TOPIC}`"
    )


@pytest.mark.parametrize(
    ("changes", "expected", "words"),
    [
        ({"run_key": "other"}, "stale", "of other settings, code, data, libraries or device"),
        ({"run_key": "other", "profile": "laptop"}, "foreign", "of another profile"),
        ({"run_key": None}, "stale", "of other settings, code, data, libraries or device"),
    ],
)
def test_runs_that_are_not_the_plans_are_told_apart_and_refused(settings, plan, changes, expected, words):
    write_runs(plan)
    write_results(settings, plan)
    write_runs(plan, **changes)
    state = freshness.state(settings, plan)
    assert set(state.others.values()) == {expected} and words in state.reason() and state.scores == "stale"
    with pytest.raises(
        InputError, match=f"data/runs/{TOPIC}: given .* {words} .of .* planned runs., allowed those of the plan only"
    ):
        freshness.require_runs(plan)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"run_key": 7}'])
def test_a_damaged_record_is_no_run(settings, plan, content):
    write_runs(plan)
    records.write_bytes(paths.run(TOPIC, next(iter(plan["variants"])), 200) / "run.json", content)
    _, others = freshness.runs(plan)
    assert len(others) == 1


@pytest.mark.parametrize("name", ["history.csv", "run.json", "seal.json"])
def test_a_run_whose_files_are_not_as_they_were_written_is_no_run(settings, plan, name):
    """Not even one whose record still reads: a digit in its history may be another."""
    write_runs(plan)
    file = paths.run(TOPIC, next(iter(plan["variants"])), 200) / name
    file.write_bytes(
        file.read_bytes().replace(b"finished", b"diverged").replace(b"epoch\n1", b"epoch\n2").replace(b"seal", b"sea1")
    )
    _, others = freshness.runs(plan)
    assert list(others.values()) == ["missing"]


def test_a_run_that_has_since_ended_otherwise_makes_its_scores_stale(settings, plan):
    """A run that failed for want of time keeps its key when it is trained again."""
    write_runs(plan, status="failed")
    write_results(settings, plan)
    assert standing(settings) == "current"
    write_runs(plan, status="finished")
    assert standing(settings) == "stale"


def test_scores_by_other_code_or_of_other_metrics_are_stale(settings, plan, monkeypatch):
    write_runs(plan)
    write_results(settings, plan)
    topic = settings.topics[TOPIC]
    fewer = replace(settings, topics={TOPIC: replace(topic, metrics=topic.metrics[:1])})
    plans.plan(fewer)
    assert standing(fewer) == "stale"
    plans.plan(settings)
    assert standing(settings) == "current"
    monkeypatch.setattr(scored_runs, "code_digest", lambda source: "other")
    assert standing(settings) == "stale"


def test_scores_of_other_held_out_examples_are_stale(settings, plan):
    write_runs(plan)
    write_results(settings, plan)
    for variant in settings.topics[TOPIC].variants.values():
        card = read_sealed(paths.card(variant.data, 200))
        write_sealed(paths.card(variant.data, 200), card | {"digests": card["digests"] | {"test": "other"}})
    assert standing(settings) == "stale"


def test_scores_of_another_profile_are_foreign(settings, plan):
    write_runs(plan)
    write_results(settings, plan)
    origin = read_sealed(paths.origin(TOPIC))
    write_sealed(paths.origin(TOPIC), origin | {"key": "other", "profile": "laptop"})
    state = freshness.state(settings, plan)
    assert state.scores == "foreign" and "scores of another profile" in state.reason()


@pytest.mark.parametrize("name", ["scores.csv", "metrics.json", "new.csv"])
def test_results_that_were_changed_after_they_were_written_are_none(settings, plan, name):
    write_runs(plan)
    write_json(paths.results(TOPIC) / "metrics.json", {})
    write_results(settings, plan)
    records.write_bytes(paths.results(TOPIC) / name, b"changed")
    assert standing(settings) == "missing"


def test_at_whatever_byte_an_origin_is_cut_or_changed_there_are_no_scores(settings, plan):
    write_runs(plan)
    write_results(settings, plan)
    whole = paths.origin(TOPIC).read_bytes()
    found, others = freshness.runs(plan)
    for at in range(len(whole) - 1):  # the last is an end of line
        for content in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
            paths.origin(TOPIC).write_bytes(content)
            assert freshness._scores_standing(settings, plan, found, others) != "current", (at, content[at : at + 9])


def test_topics_are_judged_only_of_current_scores(settings, plan, capsys):
    write_runs(plan)
    write_results(settings, plan)
    write_runs(plan, run_key="other")
    assert judge(freshness.planned(settings)) == [] and read_json(paths.CLAIMS) == []
    assert f"{TOPIC}: left out: 4 of other settings" in capsys.readouterr().err


def test_without_a_current_plan_there_is_nothing_to_show(settings):
    paths.plan(TOPIC).unlink()
    with pytest.raises(InputError, match=f"data/plan/{TOPIC}.json: given a plan older than"):
        freshness.planned(settings)


def test_a_topic_without_a_current_plan_is_named_and_the_others_are_shown(smoke, capsys):
    plans.plan(smoke)
    paths.plan(TOPIC).write_text("{")
    found = [state.name for state in freshness.planned(smoke)]
    assert TOPIC not in found and len(found) == len(smoke.topics) - 1
    assert f"{TOPIC}: left out: data/plan/{TOPIC}.json: given a plan older than" in capsys.readouterr().err


def test_data_of_other_settings_or_code_are_refused(settings, monkeypatch):
    name = next(iter(settings.topics[TOPIC].variants.values())).data
    data = settings.data[name]
    other = replace(data, split=replace(data.split, seed=data.split.seed + 1))
    told = f"data/prepared/{name}/200: given data prepared from other settings, raw files or code"
    with pytest.raises(InputError, match=told):
        plans.card(other, 200)
    assert plans.card(replace(data, name=name, places={}), 200)
    monkeypatch.setattr(plans, "code_digest", lambda source: "other")
    with pytest.raises(InputError, match=told):
        plans.card(data, 200)


def test_data_of_another_raw_file_are_refused(settings, monkeypatch, tmp_path):
    data = settings.data["credit"]
    assert plans.card(data, 200)
    monkeypatch.setattr(paths, "RAW", tmp_path)
    (tmp_path / "credit.csv").write_text("changed")
    with pytest.raises(
        InputError, match="data/prepared/credit/200: given data prepared from other settings, raw files"
    ):
        plans.card(data, 200)


def test_examples_that_their_card_does_not_tell_are_refused(settings, monkeypatch):
    examples, other = (Examples(np.full((4, 2), value, np.float32), np.arange(4)) for value in (0, 1))
    plan = plans.current(settings, TOPIC)
    whole = records.digest(examples.x, examples.y)
    card = {"views": {view: {"digest": whole} for view in ("plain",)}, "digests": {"validation": whole, "test": whole}}
    monkeypatch.setattr(freshness, "card", lambda data, draw: card)
    variants = plan["variants"].values()
    names = sorted({variant["settings"]["data"] for variant in variants})
    files = [paths.fit_split(name, "plain", draw) for name in names for draw in plan["seeds"]]
    files += [place(name, draw) for place in FILES for name in names for draw in plan["seeds"]]
    for file in files:
        write_examples(file, examples)
    for variant in variants:
        variant["settings"]["view"] = "plain"
    freshness.require_examples(settings, plan, test=True)
    write_examples(files[-1], other)
    freshness.require_examples(settings, plan, test=False)
    with pytest.raises(InputError, match="given other examples than its card tells"):
        freshness.require_examples(settings, plan, test=True)
    files[-1].unlink()
    with pytest.raises(InputError, match="given nothing, allowed prepared examples: run `dvc repro`"):
        freshness.require_examples(settings, plan, test=True)


FILES = (paths.validation_split, paths.test_split)


def test_what_was_published_is_read_as_it_was_published_or_not_at_all(house):
    assert freshness.published_profile() is None
    for name in ("claims.json", "memory/scores.csv"):
        records.write_bytes(paths.PUBLISHED / name, b"0.5")
    files = freshness.published_digests(paths.PUBLISHED)
    assert files.keys() == {"claims.json", "memory/scores.csv"}
    write_sealed(paths.PUBLISHED / "origin.json", {"profile": "laptop", "files": files})
    assert freshness.published_profile() == "laptop"
    (paths.PUBLISHED / "memory" / "scores.csv").write_bytes(b"0.6")
    with pytest.raises(InputError, match=r"given other bytes of memory/scores.csv than were published, allowed those"):
        freshness.published_profile()
    (paths.PUBLISHED / "memory" / "scores.csv").unlink()
    with pytest.raises(InputError, match=r"of memory/scores\.csv than"):
        freshness.published_profile()


def test_what_is_committed_is_as_it_was_published():
    assert freshness.published_profile() == "laptop"


def test_what_is_shipped_is_all_that_was_published():
    """Git leaves some names out: a clone has what it lists, and nothing else."""
    place = paths.ROOT / "data" / "published"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=place, capture_output=True, text=True, check=True).stdout
    origin = read_sealed(place / "origin.json")
    assert origin["files"].keys() == {*filter(None, listed.split("\0"))} - {"origin.json"}
    assert freshness.published_digests(place) == origin["files"]


@pytest.fixture
def package(monkeypatch, tmp_path):
    """A copy of the code, which may be edited."""
    copy = tmp_path / "pipeline"
    shutil.copytree(paths.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(paths, "PACKAGE", copy)
    return copy


def test_a_sweep_is_of_the_code_that_asks_scores_and_compares(package):
    """Each file that decides what is shown of it counts, and comments and what draws it do not."""
    decisive = (
        *("metrics/classify.py", "scoring/score.py", "settings/costs.py", "training/best_run.py"),
        *("verdicts/rules.py", "verdicts/margins.py", "sweeps/finals.py", "sweeps/search.py", "sweeps/asking.py"),
        "topics/convolution/probes.py",
    )
    seen = [freshness.sweep_code("convolution")]
    other = freshness.sweep_code("memory")
    for name in ("report/sweeps.py", "mlflow_sync/sweeps.py", "sweeps/progress.py", "topics/memory/probes.py"):
        file = package / name
        file.write_text(f"{file.read_text('utf-8')}\nEDITED = 1\n", "utf-8")
        assert freshness.sweep_code("convolution") == seen[0], name
    assert freshness.sweep_code("memory") != other
    for name in decisive:
        file = package / name
        file.write_text(f"{file.read_text('utf-8')}\n# a comment\n", "utf-8")
        assert freshness.sweep_code("convolution") == seen[-1], name
        file.write_text(f"{file.read_text('utf-8')}\nEDITED = 1\n", "utf-8")
        seen.append(freshness.sweep_code("convolution"))
    assert len(set(seen)) == len(decisive) + 1
