"""A sweep over real settings with a trainer that trains nothing: store, failures, data, finals and outputs."""

import csv
import dataclasses
import json
import platform
import re
import shutil

import pytest
from swept import ROW, SWEEP, VIEWS, settle, trained

from pipeline import paths
from pipeline.errors import InputError
from pipeline.records import read_json, write_json
from pipeline.settings import params
from pipeline.sharing.team import Team
from pipeline.stages import sweep as stage
from pipeline.sweeps import adopting, carry_out, finals, preflight, standing
from pipeline.sweeps import ledger as ledger_module
from pipeline.sweeps.finals import Finalist, Finals
from pipeline.sweeps.ledger import Ledger
from pipeline.sweeps.runs import TrialRuns, identity_of
from pipeline.sweeps.trials import Outcome, Told
from pipeline.training import integrity
from pipeline.training.record import failure
from pipeline.training.record import record as record_of
from pipeline.training.store import project_store


@pytest.fixture
def settings(house, monkeypatch, tmp_path):
    """The shipped settings in the smoke profile, with a sweep."""
    return settle(monkeypatch, tmp_path / "project")


def outputs(name):
    return (paths.sweep("small") / name).read_bytes()


def outputs_of_study(name):
    (study,) = paths.STUDIES.glob("*-*")
    return (study / name).read_bytes()


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


def test_data_of_a_sweep_are_its_own_and_test_data_lie_apart(settings):
    stage.sweep(settings, "small")
    (folder,) = (paths.TRIED / "prepared").iterdir()
    assert folder.name.startswith("mnist1d@") and not paths.PREPARED.exists() and not paths.TEST.exists()
    assert sorted(each.name for each in folder.iterdir()) == ["0", "1", "200", "201", "202"]


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


def test_the_same_view_by_another_name_is_the_same_settings(house, monkeypatch, tmp_path):
    """`smote` with the ratio that it has: neither its name nor that of its data makes it another trial."""
    settings = settle(monkeypatch, tmp_path / "project", VIEWS)
    runs = TrialRuns(settings, settings.sweeps["small"], preflight.refuse_to_prepare)
    assert runs.identity({"view": "smote", "view.rebalance.ratio": 1.0}) == runs.identity({})
    assert runs.identity({"view": "smote", "view.rebalance.ratio": 0.5}) != runs.identity({})
    assert runs.identity({"view": "plain"}) != runs.identity({})


def test_adopted_it_is_a_variant_of_its_topic(settings):
    with pytest.raises(InputError, match="given one that is not over"):
        stage.adopt_found(settings, "small")
    summary = stage.sweep(settings, "small")
    before = paths.PARAMS.read_text("utf-8")
    (line, _) = stage.adopt_found(settings, "small")
    assert "topics.convolution.variants.small_found is written: better than stride" in line
    found = params.read(paths.PARAMS, profile="smoke")
    values = next(
        each["values"] for each in summary["finals"]["finalists"] if each["trial"] == summary["finals"]["chosen"]
    )
    variant = found.topics["convolution"].variants["small_found"]
    assert variant.settings() == settings.sweeps["small"].tried(values)[0].settings()
    lines = paths.PARAMS.read_text("utf-8").splitlines()
    assert [each for each in lines if each in before.splitlines()] == before.splitlines()
    assert stage.adopt_found(found, "small") == [
        "params.yaml: topics.convolution.variants.small_found is there already"
    ]


def adopted(sweep, values, settings):
    """params.yaml with these settings, which is written, and read anew."""
    text = paths.PARAMS.read_text("utf-8")
    found = adopting.propose(sweep, values, text)
    after = adopting.written(settings, sweep, values, found, text, "trial 7")
    paths.PARAMS.write_text(after, "utf-8")
    return found, params.read(paths.PARAMS, profile="smoke")


def test_a_view_that_was_found_gets_a_name_and_is_listed(house, monkeypatch, tmp_path):
    settings = settle(monkeypatch, tmp_path / "project", VIEWS)
    sweep = settings.sweeps["small"]
    values = {"fit.learning_rate": 0.02, "view": "smote", "view.rebalance.ratio": 0.4}
    told = adopting.told(settings, sweep, values)
    assert told["refusal"] == "" and told["listed"] == "data.digits_tail.views"
    assert told["block"]["views"]["small_found"]["rebalance"]["ratio"] == 0.4
    found, after = adopted(sweep, values, settings)
    variant = after.topics["imbalance"].variants["small_found"]
    assert (variant.view, variant.fit["learning_rate"]) == ("small_found", 0.02)
    assert dict(after.data["digits_tail"].views["small_found"]["rebalance"])["ratio"] == 0.4
    assert identity_of(variant, after.data[variant.data]) == identity_of(*sweep.tried(values))
    text = paths.PARAMS.read_text("utf-8")
    again = adopting.propose(after.sweeps["small"], values, text)
    assert again.steps is None and adopting.written(after, after.sweeps["small"], values, again, text) == text


def test_a_view_that_has_a_name_is_named(house, monkeypatch, tmp_path):
    settings = settle(monkeypatch, tmp_path / "project", VIEWS)
    sweep = settings.sweeps["small"]
    for values, view in (({"view": "plain"}, {"view": "plain"}), ({"view": "smote", "view.rebalance.ratio": 1.0}, {})):
        block = adopting.propose(sweep, values, paths.PARAMS.read_text("utf-8")).block
        assert {key: item for key, item in block.items() if key == "view"} == ({"view": "smote"} | view)


def test_the_variants_own_model_keeps_what_is_built_by(house, monkeypatch, tmp_path):
    tried = "build.pooling: {any: [stride, max]}"
    text = SWEEP.replace(tried, "model: {any: [convnet, mlp]}\n      precision: {any: [float32, mixed_float16]}")
    settings = settle(monkeypatch, tmp_path / "project", text)
    sweep = settings.sweeps["small"]
    for model in ("convnet", "mlp"):
        values = {"fit.learning_rate": 0.02, "model": model, "precision": "float32"}
        found, after = adopted(sweep, values, settings)
        assert ("model" in found.block) == (model == "mlp")
        variant = after.topics["convolution"].variants[found.name]
        assert variant.settings() == sweep.tried(values)[0].settings()


def test_what_a_profile_lies_above_is_not_adopted(house, monkeypatch, tmp_path):
    """profiles/smoke.yaml has every topic train for one epoch, whatever a variant of params.yaml says."""
    tried = "build.pooling: {any: [stride, max]}"
    settings = settle(monkeypatch, tmp_path / "project", SWEEP.replace(tried, "fit.epochs: 2 .. 4"))
    summary, before = stage.sweep(settings, "small"), paths.PARAMS.read_bytes()
    why = (
        r"given fit.epochs \d, but in params.yaml it would be 1 by profiles/smoke.yaml: every_topic.fit.epochs, allowed"
    )
    with pytest.raises(InputError, match=why):
        stage.adopt_found(settings, "small")
    assert paths.PARAMS.read_bytes() == before and re.search(why, summary["finals"]["adoption"]["refusal"])
    assert any("`--adopt` does not write trial" in line for line in stage.lines(summary))


def test_a_variant_of_a_profile_is_shown_and_not_adopted(settings):
    sweep, text = settings.sweeps["small"], paths.PARAMS.read_text("utf-8")
    paths.PARAMS.write_text(re.sub(r"(?m)^      stride:", "      strode:", text), "utf-8")
    told = adopting.told(settings, sweep, {"fit.learning_rate": 0.02})
    assert "given a variant of a profile, allowed one of params.yaml" in told["refusal"]
    assert told["block"]["topics"]["convolution"]["variants"]["small_found"]["fit"]["learning_rate"] == 0.02


def test_what_was_found_with_other_settings_is_not_adopted(settings):
    stage.sweep(settings, "small")
    text = paths.PARAMS.read_text("utf-8")
    changed = text.replace("variant: stride", "variant: average")
    assert changed != text
    paths.PARAMS.write_text(changed, "utf-8")
    with pytest.raises(InputError, match="given results of other settings, code or data than those of now"):
        stage.adopt_found(params.read(paths.PARAMS, profile="smoke"), "small")
    assert paths.PARAMS.read_text("utf-8") == changed


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


def test_optimism_of_the_chosen_is_too_small_and_the_mean_over_finalists_is_not():
    """Of equal finalists the fresh scores differ by luck: the best of them looks as if the search had been honest."""

    def finalist(number, search, fresh):
        return Finalist(Told(number, {}, "complete", {0: search}, search), {200: fresh}, fresh, None)

    untouched, lucky, other = finalist(0, 0.5, 0.5), finalist(1, 0.3, 0.3), finalist(2, 0.3, 0.5)
    found = Finals((untouched, lucky, other, finalist(3, 0.2, None)), lucky)
    assert found.optimism(highest=False) == 0 and found.mean_optimism(highest=False) == pytest.approx(0.1)
    assert found.mean_optimism(highest=True) == pytest.approx(-0.1)
    assert Finals((untouched,)).mean_optimism(highest=False) is Finals((untouched,)).optimism(highest=False) is None


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


def test_all_comparisons_of_a_sweep_share_one_error():
    assert sum(finals.share(number) for number in range(1, 60)) == pytest.approx(1.0)
    looks = finals._looks(6, finals.share(2))
    assert looks.means == (6, 7) and looks.weights == pytest.approx((0.1, 0.9))


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
