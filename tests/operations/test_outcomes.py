"""A stage writes how it ended for the `repro` that waits for it; a stage that was killed has not ended well either."""

import os
import subprocess
import sys

import pytest

from pipeline import __main__ as command_line
from pipeline import paths
from pipeline.errors import InputError, RunsFailed
from pipeline.operations import outcomes, signals


def told(folder):
    return [outcome.line() for outcome in outcomes.failed(folder)]


def test_a_stage_that_ends_well_is_no_failure():
    with outcomes.collected() as folder, outcomes.noted("train", "memory") as outcome:
        assert told(folder) == ["failed: train@memory: ended without a word: killed, or out of memory"]
        outcome.code = 0
    with outcomes.collected() as folder:
        with outcomes.noted("plan") as outcome:
            outcome.code = 0
        assert (folder / "plan.json").exists() and told(folder) == []


def test_reasons_are_one_line_and_topics_are_known():
    with outcomes.collected() as folder:
        with outcomes.noted("evaluate", "memory") as outcome:
            outcome.code = 2
            outcome.explain("params.yaml: a\nparams.yaml: b")
        (failed,) = outcomes.failed(folder)
        assert (failed.topic, failed.code) == ("memory", 2)
        assert failed.line() == "failed: evaluate@memory: params.yaml: a"


def test_a_mistake_of_ours_is_told_by_its_name():
    with outcomes.collected() as folder:
        with pytest.raises(KeyError), outcomes.noted("judge"):
            raise KeyError("epochs")
        assert told(folder) == ["failed: judge: KeyError: 'epochs'"]


def test_a_killed_stage_counts_as_failed():
    script = (
        "import os, signal; from pipeline.operations import outcomes\n"
        "with outcomes.noted('train', 'a'): os.kill(os.getpid(), signal.SIGKILL)"
    )
    with outcomes.collected() as folder:
        subprocess.run([sys.executable, "-c", script], cwd=paths.ROOT, check=False)
        assert told(folder) == ["failed: train@a: ended without a word: killed, or out of memory"]


def test_a_second_try_that_ends_well_takes_the_place_of_the_first():
    with outcomes.collected() as folder:
        for code in (1, 0):
            with outcomes.noted("train", "a") as outcome:
                outcome.code = code
        assert told(folder) == []


def test_without_anybody_who_waits_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(outcomes.VARIABLE, raising=False)
    with outcomes.noted("plan"):
        pass
    monkeypatch.setenv(outcomes.VARIABLE, str(tmp_path / "gone"))
    with outcomes.noted("plan"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_variable_ends_with_the_block():
    with outcomes.collected() as folder:
        assert os.environ[outcomes.VARIABLE] == str(folder)
    assert outcomes.VARIABLE not in os.environ and not folder.exists()


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (InputError("topic: given 'x', allowed a"), 2, "topic: given 'x', allowed a"),
        (RunsFailed("1 of 6 runs failed, the first: a", ["a"]), 1, "1 of 6 runs failed, the first: a"),
        (KeyboardInterrupt(), 1, "stopped; finished runs are kept: the same command goes on with the rest"),
    ],
)
def test_the_command_line_notes_what_it_says(house, monkeypatch, error, code, reason):
    def train(settings, topic):
        raise error

    monkeypatch.setattr(signals, "stop_in_order", lambda: None)
    monkeypatch.setattr("pipeline.stages.train.train", train)
    with outcomes.collected() as folder:
        assert command_line.main(["train", "memory"]) == code
        (failed,) = outcomes.failed(folder)
        assert (failed.stage, failed.code, failed.reason) == ("train@memory", code, reason)
