"""What benchmarks/colleagues.py looks for, it finds: runs trained twice, lost, other, or mixed."""

import json
import sys
import time

import pytest

from pipeline import paths
from pipeline.training import integrity

sys.path.append(str(paths.ROOT / "benchmarks"))

from colleague import Colleague, Told
from ledger import Ledger, mixed, planned

KEY = "ab" + "0" * 30
LINE = "imbalance: 1/1 untouched seed 0: finished (1.0 s)\n"


@pytest.fixture
def colleague(tmp_path):
    return Colleague("colleague0", tmp_path, "http://127.0.0.1:1", {})


@pytest.fixture
def ledger():
    return Ledger()


def store(colleague, *, started=None, history="epoch,loss\n1,0.5\n", place=None):
    """A finished run of KEY in the store (or below `place`)."""
    folder = place or colleague.place / ".aula" / "runs" / KEY[:2] / KEY
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "history.csv").write_text(history)
    (folder / "run.json").write_text(json.dumps({"run_key": KEY, "started": started or time.time()}))
    integrity.seal(folder, KEY)


def told(colleague, text, command="python -m pipeline train imbalance", stopped=0):
    colleague.told.append(Told(command, 0, text, stopped))


def test_a_run_that_is_trained_is_counted_and_no_fault(colleague, ledger):
    store(colleague)
    told(colleague, LINE)
    assert ledger.look(colleague) == [] and ledger.counts["runs trained"] == 1


def test_a_run_that_it_had_and_is_trained_again(colleague, ledger):
    store(colleague)
    told(colleague, LINE)
    ledger.look(colleague)
    store(colleague, started=time.time() + 1)
    told(colleague, LINE)
    assert ledger.look(colleague) == [f"trained again: {KEY}, which it had"]


def test_a_run_under_data_that_is_trained_again(colleague, ledger):
    store(colleague, place=colleague.place / "data" / "runs" / "imbalance" / "untouched" / "0")
    ledger.look(colleague)
    store(colleague, started=time.time() + 1)
    told(colleague, LINE)
    assert f"trained again: {KEY}, which it had" in ledger.look(colleague)


def test_what_was_pruned_may_be_trained_again(colleague, ledger):
    store(colleague)
    told(colleague, LINE)
    ledger.look(colleague)
    (colleague.place / ".aula" / "runs" / KEY[:2] / KEY / "seal.json").unlink()
    told(colleague, "removed 1 folders", "python -m pipeline runs prune")
    ledger.look(colleague)
    store(colleague, started=time.time() + 1)
    told(colleague, LINE)
    assert ledger.look(colleague) == [] and ledger.counts["runs pruned"] == 1


def test_a_training_of_which_nothing_came(colleague, ledger):
    told(colleague, LINE)
    assert ledger.look(colleague) == ["trained 1 runs, 0 of them new"]


@pytest.mark.parametrize("stopped", [0, 9])
def test_a_run_that_no_line_tells_of_is_a_kill_s(colleague, ledger, stopped):
    store(colleague)
    told(colleague, "", stopped=stopped)
    assert bool(ledger.look(colleague)) == (not stopped)


def test_another_history_of_the_same_run_in_another_clone(colleague, ledger, tmp_path):
    store(colleague)
    told(colleague, LINE)
    ledger.look(colleague)
    other = Colleague("colleague1", tmp_path / "other", "http://127.0.0.1:1", {})
    store(other, history="epoch,loss\n1,0.6\n")
    told(other, LINE)
    (fault,) = ledger.look(other)
    assert fault.startswith(f"another history of {KEY}")


def test_what_another_has_trained_counts_as_taken_in(colleague, ledger, tmp_path):
    store(colleague, started=5.0)
    told(colleague, LINE)
    ledger.look(colleague)
    other = Colleague("colleague1", tmp_path / "other", "http://127.0.0.1:1", {})
    store(other, started=5.0)
    assert ledger.look(other) == [] and ledger.counts["runs taken in from others"] == 1


def test_scores_of_a_run_that_is_not_planned_are_mixed(tmp_path, monkeypatch):
    monkeypatch.setattr("ledger.planned", lambda place: {"imbalance": {("untouched", "0", KEY)}})
    results = tmp_path / "data" / "results" / "imbalance"
    results.mkdir(parents=True)
    (tmp_path / "data" / "report").mkdir()
    claims = tmp_path / "data" / "report" / "claims.json"
    claims.write_text("[]")
    head = "variant,seed,metric,value,status,run_key\n"
    store(None, place=tmp_path / "data" / "runs" / "imbalance" / "untouched" / "0")
    (results / "scores.csv").write_text(f"{head}untouched,0,accuracy,0.5,finished,{KEY}\n")
    assert mixed(tmp_path) == []
    (results / "scores.csv").write_text(f"{head}untouched,0,accuracy,0.5,finished,{'f' * 32}\n")
    assert len(mixed(tmp_path)) == 1
    claims.write_text(json.dumps([{"topic": "imbalance", "claim": "c", "runs": {"better": ["f"], "worse": [KEY]}}]))
    assert len(mixed(tmp_path)) == 2


def test_a_command_is_judged_by_its_code_and_its_words(colleague):
    colleague.do(sys.executable, "-c", "raise SystemExit(3)")
    colleague.do(sys.executable, "-c", "1 / 0", codes=(1,))
    code, trace = colleague.faults
    assert "ended with 3" in code and "traceback" in trace


def test_a_command_that_is_killed_may_end_so(colleague):
    told = colleague.do(sys.executable, "-c", "import time; time.sleep(30)", stop=9, after_s=0.5)
    assert (told.code, told.stopped) == (-9, 9) and colleague.faults == []


def test_without_a_plan_nothing_is_planned(tmp_path):
    assert planned(tmp_path) == {}
