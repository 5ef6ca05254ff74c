"""A sweep over real settings with a trainer that trains nothing: store, failures, data, finals and outputs."""

import contextlib
import csv
import dataclasses
import json
import types

import pytest
from swept import SWEEP, VIEWS, at_once, settle, trained

from pipeline import paths
from pipeline.errors import InputError
from pipeline.records import read_json, write_json
from pipeline.sharing.team import Team, Training
from pipeline.stages import sweep as stage
from pipeline.sweeps import carry_out, preflight
from pipeline.sweeps import runs as trial_runs
from pipeline.sweeps.ledger import Ledger
from pipeline.sweeps.runs import TrialRuns
from pipeline.sweeps.trials import Outcome
from pipeline.training import integrity
from pipeline.training.record import failure
from pipeline.training.record import record as record_of
from pipeline.training.store import project_store


def outputs(name):
    return (paths.sweep("small") / name).read_bytes()


def test_a_sweep_from_start_to_end(settings, capsys):
    summary = stage.sweep(settings, "small")
    told = [json.loads(line) for line in outputs("trials.jsonl").decode().splitlines()]
    assert len(told) == 12 and told[0]["values"] == {}
    rows = list(csv.DictReader((paths.sweep("small") / "trials.csv").open()))
    assert [row["score"] for row in rows] == ["" if each["score"] is None else repr(each["score"]) for each in told]
    assert float(rows[0]["fit.learning_rate"]) == settings.topics["convolution"].variants["stride"].fit["learning_rate"]
    ends = {each["end"] for each in told}
    assert "complete" in ends and ends & {"failed", "diverged"}
    assert all(each["reason"] for each in told if each["end"] in ("failed", "diverged"))
    runs = list(csv.DictReader((paths.sweep("small") / "runs.csv").open()))
    assert {row["phase"] for row in runs} == {"search", "fresh"}
    assert not {row["seed"] for row in runs if row["phase"] == "search"} & {
        row["seed"] for row in runs if row["phase"] == "fresh"
    }
    assert summary["finals"]["conclusion"] == "better than stride"
    assert summary["finals"]["optimism"] == pytest.approx(0.2005)
    assert summary["finals"]["finalists"][0]["trial"] == 0
    lines = capsys.readouterr().out
    assert "small: 12/12 trial 11" in lines and "min left" in lines
    assert "min left" not in next(line for line in lines.splitlines() if "12/12" in line)
    assert any("better by 0.1 [0.06, 0.14]: reproduced" in line for line in stage.lines(summary))
    assert any("chosen among 2 finalists by its fresh score" in line for line in stage.lines(summary))


def test_again_nothing_is_trained_and_every_byte_is_the_same(settings):
    stage.sweep(settings, "small")
    before, count = (
        {name: outputs(name) for name in ("trials.csv", "trials.jsonl", "runs.csv", "sweep.json")},
        len(trained.keys),
    )
    assert count == len(set(trained.keys))
    stage.sweep(settings, "small")
    assert len(trained.keys) == count
    assert {name: outputs(name) for name in before} == before


def test_without_the_study_only_what_failed_is_tried_again(settings):
    stage.sweep(settings, "small")
    before, count = outputs("trials.jsonl"), len(trained.keys)
    (study,) = paths.STUDIES.glob("small-" + "?" * 12)
    failed = [json.loads(line)["run_key"] for line in (study / "failures.jsonl").read_text().splitlines() if line]
    for file in study.iterdir():
        file.unlink()
    study.rmdir()
    stage.sweep(settings, "small")
    assert outputs("trials.jsonl") == before and trained.keys[count:] == failed


@pytest.mark.parametrize("stop", [1, 4, 9])
def test_stopped_anywhere_it_goes_on(settings, monkeypatch, stop):
    stage.sweep(settings, "small")
    before, keys = outputs("trials.jsonl"), [*trained.keys]
    for folder in (paths.STORE, paths.STUDIES):
        folder.rename(folder.with_name(f"{folder.name}_before"))
    trained.keys.clear()
    real = carry_out.train_trial

    def stopping(task):
        if len(trained.keys) == stop:
            raise KeyboardInterrupt
        return real(task)

    monkeypatch.setattr(carry_out, "train_trial", stopping)
    with pytest.raises(KeyboardInterrupt):
        stage.sweep(settings, "small")
    monkeypatch.setattr(carry_out, "train_trial", real)
    stage.sweep(settings, "small")
    assert outputs("trials.jsonl") == before and sorted(trained.keys) == sorted(keys)


def test_of_what_a_team_has_nothing_is_trained_again(settings, monkeypatch, tmp_path):
    """A colleague's project has neither runs nor study of its own, and comes to the same."""
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.setenv("AULA_STORE", str(shared))
    Team(str(shared)).open(make=True)
    stage.sweep(settings, "small")
    before, keys = outputs("trials.jsonl"), [*trained.keys]
    done = [key for key in keys if project_store().has(key)]
    for folder in (paths.STORE, paths.STUDIES):
        folder.rename(folder.with_name(f"{folder.name}_before"))
    trained.keys.clear()
    stage.sweep(settings, "small")
    assert outputs("trials.jsonl") == before and sorted(trained.keys) == sorted({*keys} - {*done}) and len(done) > 20


def test_each_run_goes_to_the_team_as_it_ends(settings, monkeypatch):
    given, before, real = [], [], carry_out.train_trial

    def noting(task):
        before.append(len(given))
        return real(task)

    monkeypatch.setattr(carry_out, "train_trial", noting)
    monkeypatch.setattr(Training, "giving", lambda self, keys: contextlib.nullcontext(given.append))
    stage.sweep(settings, "small")
    assert before[0] == 0 and before[-1] > len(before) // 2 and {*trained.keys} <= {*given}


def test_data_of_a_sweep_are_its_own_and_test_data_lie_apart(settings):
    stage.sweep(settings, "small")
    (folder,) = (paths.TRIED / "prepared").iterdir()
    assert folder.name.startswith("mnist1d@") and not paths.PREPARED.exists() and not paths.TEST.exists()
    assert sorted(each.name for each in folder.iterdir()) == ["0", "1", "200", "201", "202"]


def test_a_full_disk_is_no_fault_of_a_trial(settings, monkeypatch):
    def full(task):
        return record_of(
            task.spec,
            failure("exception", "OSError: [Errno 28] No space left on device"),
            started=0.0,
            duration_s=1,
            peak_mb=1,
        )

    monkeypatch.setattr(carry_out, "train_trial", full)
    with pytest.raises(InputError, match=r"sweep small: OSError: .* make room"):
        stage.sweep(settings, "small")
    assert not list(paths.STUDIES.glob("*/failures.jsonl"))


def test_what_idle_workers_ran_in_vain_is_not_counted(settings, monkeypatch):
    """Second seeds of trials that their first one stopped: `runs` and `minutes` are what trials were told by."""

    def ahead(function, tasks, *, more=None, wanted=lambda task: True, **rest):
        waiting = [*tasks, *(more(6) if more else [])]
        while waiting:
            task = waiting.pop()
            if wanted(task):
                yield task, carry_out.train_trial(task), None
            waiting += more(6 - len(waiting)) if more else []

    plain = carry_out.carry_out
    monkeypatch.setattr(carry_out, "carry_out", ahead)
    stage.sweep(settings, "small")
    before, count = {name: outputs(name) for name in ("runs.csv", "runs.json", "sweep.json")}, len(trained.keys)
    rows = list(csv.DictReader((paths.sweep("small") / "runs.csv").open()))
    assert len(rows) == read_json(paths.sweep("small") / "sweep.json")["runs"] < count
    monkeypatch.setattr(carry_out, "carry_out", plain)
    stage.sweep(settings, "small")
    assert {name: outputs(name) for name in before} == before and len(trained.keys) == count


def test_a_budget_that_ends_the_search_is_said(house, monkeypatch, tmp_path):
    """Runs take two seconds here: after twelve no further trial begins, but for those that are open."""
    budget = SWEEP.replace("trials: 12", "trials: 12\n    budget_minutes: 0.2")
    settings = settle(monkeypatch, tmp_path / "project", budget)
    plan = "\n".join(stage.look_ahead(settings, "small"))
    assert "after 0.2 minutes of training, as measured on this machine, but for up to 2 that have begun" in plan
    summary = stage.sweep(settings, "small")
    assert summary["ended_by"] == "budget" and summary["trials"] < 12
    assert "  `budget_minutes` ended the search: 12 trials were planned" in stage.lines(summary)


MACHINE = {
    "killed": ("killed", "its process was killed by SIGKILL, 2 times"),
    "stopped": ("killed", "its process was killed by SIGTERM, 2 times"),
    "no start": ("timeout", "no start within 300 s, 2 times"),
    "data": ("exception", "InputError: data/prepared/a/0: given other examples than were planned, allowed those"),
    "nodes": ("killed", "10 nodes were lost under it, 2 times"),
    "network": ("exception", "ConnectionResetError: [Errno 104] Connection reset by peer"),
}


@pytest.mark.parametrize(("ended", "reason"), MACHINE.values(), ids=MACHINE)
def test_what_the_machine_did_is_no_fault_of_a_trial(settings, monkeypatch, ended, reason):
    """The sweep stops, and the same command tries that run again."""
    real = carry_out.train_trial
    ends = failure(ended, reason)
    hit = lambda task: record_of(task.spec, ends, started=0.0, duration_s=1, peak_mb=1)  # noqa: E731
    monkeypatch.setattr(carry_out, "train_trial", hit)
    with pytest.raises(InputError, match="the same command goes on"):
        stage.sweep(settings, "small")
    assert not list(paths.STUDIES.glob("*/failures.jsonl"))
    monkeypatch.setattr(carry_out, "train_trial", real)
    assert stage.sweep(settings, "small")["trials"] == 12


@pytest.mark.parametrize("reason", ["its process was killed by SIGSEGV, 2 times", "its process ended with exit code 3"])
def test_a_crash_of_its_own_is_the_trials(settings, monkeypatch, reason):
    def crash(task):
        return record_of(task.spec, failure("killed", reason), started=0.0, duration_s=1, peak_mb=1)

    monkeypatch.setattr(carry_out, "train_trial", crash)
    assert stage.sweep(settings, "small")["ends"] == {"failed": 12}


def test_a_run_that_fails_by_a_file_on_nodes_that_can_work_is_the_trials(settings, monkeypatch):
    def unreadable(task):
        ends = failure("exception", "on each node that tried it: OSError: [Errno 5] Input/output error: 'extra.npz'")
        return record_of(task.spec, ends, started=0.0, duration_s=1, peak_mb=1)

    monkeypatch.setattr(carry_out, "train_trial", unreadable)
    assert stage.sweep(settings, "small")["ends"] == {"failed": 12}


@pytest.mark.parametrize("is_damaged", [False, True])
def test_data_are_prepared_anew_where_they_are_damaged_here_and_not_where_they_are_on_a_node(
    settings, monkeypatch, is_damaged
):
    cards = []

    def hit(task):
        settings, draw = task.spec.settings, task.spec.draw
        cards.append(paths.card(settings["data"], draw))
        assert cards[0].exists()
        if is_damaged:
            paths.fit_split(settings["data"], settings["view"], draw).write_bytes(b"PK")
        ends = failure("exception", MACHINE["data"][1])
        return record_of(task.spec, ends, started=0.0, duration_s=1, peak_mb=1)

    monkeypatch.setattr(carry_out, "train_trial", hit)
    with pytest.raises(InputError, match="the same command goes on"):
        stage.sweep(settings, "small")
    assert cards[0].exists() != is_damaged


def test_trials_that_come_to_the_same_run_train_it_once(settings, monkeypatch):
    """Other settings may leave the same examples: their runs are one, and were trained at the same time."""
    real = TrialRuns.tasks

    def alike(runs, trial, values, seeds):
        found = real(runs, trial, values, seeds)
        keys = {task.seed: f"{'other' if trial == 0 else 'same'}{task.seed}" for task in found}
        return [
            dataclasses.replace(task, spec=dataclasses.replace(task.spec, run_key=keys[task.seed])) for task in found
        ]

    monkeypatch.setattr(TrialRuns, "tasks", alike)
    summary = stage.sweep(settings, "small")
    assert len(trained.keys) == len({*trained.keys}) and summary["trials"] == 12
    rows = list(csv.DictReader(outputs("runs.csv").decode().splitlines()))
    assert len(rows) > summary["runs"] == len({row["run_key"] for row in rows}) == len(trained.keys)
    assert summary["seconds"] == sum({row["run_key"]: float(row["seconds"]) for row in rows}.values())


def test_a_precision_that_a_processor_has_not_is_refused_where_it_is_tried(house, monkeypatch, tmp_path):
    tried = "precision: {any: [float32, mixed_bfloat16]}"
    settings = settle(monkeypatch, tmp_path / "project", SWEEP.replace("build.pooling: {any: [stride, max]}", tried))
    with pytest.raises(InputError, match=r"sweeps.small.try.precision: given 'mixed_bfloat16' on a processor"):
        stage.sweep(settings, "small")
    assert not trained.keys


def test_the_finals_are_trained_by_the_workers_of_the_search(settings, monkeypatch):
    """They are warm: another start of theirs would take longer than the finals of a small network."""
    trained_by = []

    def counting(*words, **rest):
        before = len(trained.keys)
        try:
            yield from at_once(*words, **rest)
        finally:
            trained_by.append(len(trained.keys) - before)

    monkeypatch.setattr(carry_out, "carry_out", counting)
    stage.sweep(settings, "small")
    assert trained_by[0] == len(trained.keys) and not any(trained_by[1:])


def test_a_worker_that_has_lived_through_an_edit_trains_nothing_under_the_new_key(monkeypatch):
    """Key and file are of now, but what its process has imported is not."""
    code = {"model.convnet": "old"}
    monkeypatch.setattr(trial_runs, "imported", {})
    monkeypatch.setattr(trial_runs, "run", lambda spec: "trained")
    monkeypatch.setattr(trial_runs, "code_digests_of", lambda settings: dict(code))
    spec = types.SimpleNamespace(settings={})
    task = trial_runs.TrialRun(1, 0, spec, dict(code))
    assert [trial_runs.train_trial(task) for _ in range(2)] == ["trained"] * 2
    code["model.convnet"] = "new"
    with pytest.raises(InputError, match="code that was changed while a sweep went on"):
        trial_runs.train_trial(trial_runs.TrialRun(1, 0, spec, dict(code)))


def test_the_same_view_by_another_name_is_the_same_settings(house, monkeypatch, tmp_path):
    """`smote` with the ratio that it has: neither its name nor that of its data makes it another trial."""
    settings = settle(monkeypatch, tmp_path / "project", VIEWS)
    runs = TrialRuns(settings, settings.sweeps["small"], preflight.refuse_to_prepare)
    assert runs.identity({"view": "smote", "view.rebalance.ratio": 1.0}) == runs.identity({})
    assert runs.identity({"view": "smote", "view.rebalance.ratio": 0.5}) != runs.identity({})
    assert runs.identity({"view": "plain"}) != runs.identity({})


def test_what_was_asked_for_before_is_asked_for_still(house):
    Ledger("small", "study", 1).ask_for(["b"], ["d"])
    Ledger("small", "study", 1).ask_for(["a"], [])
    assert read_json(paths.ASKED / "sweeps" / "small.json") == ["a", "b"]
    assert read_json(paths.STUDIES / "study" / "data.json") == ["d"]


def test_a_run_is_asked_for_before_it_is_made(settings, monkeypatch):
    """A kill in the middle of a run leaves its checkpoint to the sweep, so that pruning does not take it."""
    asked = []

    def killed(task):
        asked.extend(read_json(paths.ASKED / "sweeps" / "small.json"))
        assert task.spec.run_key in asked
        raise KeyboardInterrupt

    monkeypatch.setattr(carry_out, "train_trial", killed)
    with pytest.raises(KeyboardInterrupt):
        stage.sweep(settings, "small")
    (study,) = paths.STUDIES.iterdir()
    assert read_json(study / "data.json") and asked


def test_what_lacked_memory_is_tried_again_among_another_number_of_workers(house):
    ledger = Ledger("small", "study", 4)
    ledger.fail("a", Outcome("failed", None, "its process needed more memory than its share, 2 times", 1.0, True))
    ledger.fail("b", Outcome("failed", None, "ValueError: no", 1.0))
    assert {*Ledger("small", "study", 4).failures} == {"a", "b"}
    assert {*Ledger("small", "study", 2).failures} == {"b"}


def test_an_unknown_sweep(settings):
    with pytest.raises(InputError, match="sweep: given 'smal', allowed small"):
        stage.asked(settings, "smal")
    assert stage.asked(settings, None) == ["small"]


def test_the_store_is_sound(settings):
    stage.sweep(settings, "small")
    assert all(integrity.is_sound(folder, folder.name) for folder in project_store().runs())


@pytest.mark.parametrize("fault", [None, ValueError("no such metric")])
def test_a_worker_scores_a_run_of_the_store_and_trains_it_no_more(house, monkeypatch, fault):
    """What goes wrong is met again, and told, by who compares."""
    scored = []

    def score(run, folder):
        scored.append((run, folder))
        if fault:
            raise fault

    monkeypatch.setattr(trial_runs.scored_runs, "score_run", score)
    monkeypatch.setattr(trial_runs, "run", lambda spec: pytest.fail("it was trained"))
    folder = project_store().folder("key")
    write_json(folder / "run.json", {"status": "finished"})
    spec = types.SimpleNamespace(run_key="key", names=lambda: {"variant": "stride"})
    task = trial_runs.TrialRun(0, 200, spec, {}, to_score="what is asked")
    assert trial_runs.train_trial(task) == {"status": "finished", "variant": "stride"}
    assert scored == [("what is asked", folder)]
