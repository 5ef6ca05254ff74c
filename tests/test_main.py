"""A user's mistake is one line and exit code 2, whatever the command; a mistake of ours keeps its traceback."""

import errno
import os
import subprocess
import sys

import pytest
import shipped

from pipeline import __main__ as command_line
from pipeline import freshness, paths, settings
from pipeline.errors import InputError
from pipeline.mlflow_sync import tracking_store
from pipeline.operations import signals
from pipeline.settings import announcement

CALLS = {
    "cluster": (
        ["status"],
        "pipeline.cluster.launch.carry_out",
    ),  # command: its arguments, and a function that it calls
    "add": (["churn.csv"], "pipeline.operations.add.understand"),
    "repro": ([], "pipeline.operations.dvc_repro.repro"),
    "prepare": ([], "pipeline.stages.prepare.prepare"),
    "plan": ([], "pipeline.settings.plan.plan"),
    "train": (["memory"], "pipeline.stages.train.train"),
    "evaluate": (["memory"], "pipeline.stages.evaluate.evaluate"),
    "judge": ([], "pipeline.stages.judge.judge"),
    "report": ([], "pipeline.stages.judge.judge"),
    "look": ([], "pipeline.freshness.evaluated"),
    "claims": ([], "pipeline.report.terminal.chosen"),
    "results": ([], "pipeline.report.results.publish"),
    "predict": (["memory", "new.csv"], "pipeline.prediction.predict.predict"),
    "card": (["memory"], "pipeline.stages.judge.current"),
    "demo": (["memory"], "pipeline.demo.demo"),
    "handout": (["memory"], "pipeline.lessons.handout.write"),
    "publish": ([], "pipeline.mlflow_sync.publish.publish"),
    "reproduce": (["3f2a"], "pipeline.operations.rerun.reproduce"),
    "sweep": (["strides"], "pipeline.stages.sweep.sweep"),
    "runs": (["list"], "pipeline.operations.prune.show"),
    "ui": ([], "pipeline.mlflow_sync.ui.ui"),
}
OUR_MISTAKES = {
    "zip": "list(zip([1], [1, 2], strict=True))",
    "min": "min([])",
    "int": "int('x')",
    "key": "{}['topic']",
}
BROKEN = """
from pipeline.operations import prune

def broken(settings):
    return {mistake}

prune.keys_by_topic = broken
"""


@pytest.fixture
def main(house, monkeypatch):
    """The command line in this process, which keeps its own signal handlers."""
    monkeypatch.setattr(signals, "stop_in_order", lambda: None)
    for states in ("planned", "evaluated"):
        monkeypatch.setattr(freshness, states, lambda settings: [])
    return command_line.main


def fail(monkeypatch, target, error):
    def function(*arguments, **options):
        raise error

    monkeypatch.setattr(target, function)


def test_every_command_is_tried_here():
    assert CALLS.keys() == command_line.COMMANDS.keys() - {"check"}


@pytest.mark.parametrize("command", CALLS)
def test_an_input_error_is_one_line_and_exit_code_two(main, monkeypatch, capsys, command):
    arguments, target = CALLS[command]
    fail(monkeypatch, target, InputError("topic: given 'x', allowed a, b"))
    assert main([command, *arguments]) == 2
    assert capsys.readouterr().err == "topic: given 'x', allowed a, b\n"


@pytest.mark.parametrize("command", CALLS)
@pytest.mark.parametrize("error", [ValueError("too deep"), KeyError("topic"), FileNotFoundError(errno.ENOENT, "gone")])
def test_any_other_error_is_ours(main, monkeypatch, capsys, command, error):
    arguments, target = CALLS[command]
    fail(monkeypatch, target, error)
    with pytest.raises(type(error)):
        main([command, *arguments])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("mistake", OUR_MISTAKES.values(), ids=OUR_MISTAKES)
def test_our_own_mistake_keeps_its_traceback_and_is_exit_code_one(tmp_path, mistake):
    (tmp_path / "sitecustomize.py").write_text(BROKEN.format(mistake=mistake))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(paths.ROOT)])}
    command = [sys.executable, "-m", "pipeline", "runs", "list"]
    child = subprocess.run(command, cwd=paths.ROOT, env=environment, capture_output=True, text=True)
    assert child.returncode == 1 and child.stderr.startswith("Traceback") and "in broken" in child.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "nothing"], "topic: given 'nothing', allowed "),
        (["evaluate", "nothing"], "topic: given 'nothing', allowed "),
        (["prepare", "nothing"], "data: given 'nothing', allowed "),
        (["claims", "nothing"], "topic: given 'nothing'"),
        (["reproduce", "ffff"], "run: given 'ffff'"),
    ],
)
def test_what_a_user_gets_wrong(main, capsys, arguments, said):
    assert main(arguments) == 2
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1 and said in complaint


def test_a_server_has_no_ui_of_ours(main, monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    assert main(["ui"]) == 2
    assert capsys.readouterr().err.startswith("MLFLOW_TRACKING_URI: given ")


@pytest.fixture
def refused(main, tmp_path, monkeypatch):
    """The settings committed, then a value that is refused written into them, as `dvc exp run -S` would."""
    place = shipped.repository()
    monkeypatch.setattr(paths, "ROOT", place)
    monkeypatch.setattr(paths, "PARAMS", place / "params.yaml")
    text = paths.PARAMS.read_text("utf-8")
    paths.PARAMS.write_text(text.replace("seeds: 6", "seeds: -6", 1), "utf-8")
    yield main
    paths.PARAMS.write_text(text, "utf-8")


@pytest.mark.parametrize("command", ["check", "repro"])
def test_a_refused_value_that_is_in_the_file_is_told_with_the_way_back(refused, capsys, command):
    assert refused([command]) == 2
    refusal, remedy = capsys.readouterr().err.splitlines()
    assert refusal == "params.yaml: seeds: given -6, allowed an integer >= 1"
    assert remedy.startswith("params.yaml: changed since the last commit") and "`git restore params.yaml`" in remedy


def test_a_stage_tells_the_way_back_in_an_experiment_alone(refused, capsys, monkeypatch):
    monkeypatch.delenv("DVC_EXP_NAME", raising=False)
    assert refused(["plan"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    monkeypatch.setenv("DVC_EXP_NAME", "noisy-cat")
    assert refused(["plan"]) == 2
    assert "`git restore params.yaml`" in capsys.readouterr().err


def test_words_that_no_command_knows(main, capsys):
    with pytest.raises(SystemExit) as stop:
        main(["trian"])
    assert stop.value.code == 2 and "invalid choice: 'trian'" in capsys.readouterr().err


# What is no mistake of anyone


@pytest.mark.parametrize("command", ["train", "report"])
@pytest.mark.parametrize("error", [tracking_store.Unreachable("cannot use it"), OSError(errno.ENOSPC, "disk full")])
def test_a_store_out_of_reach_never_fails_a_stage(main, monkeypatch, capsys, command, error):
    monkeypatch.setattr("pipeline.stages.train.train", lambda settings, topic: [])
    monkeypatch.setattr("pipeline.stages.judge.judge", lambda states: [])
    monkeypatch.setattr("pipeline.stages.report.report", lambda states, rows, *rest: None)
    monkeypatch.setattr(paths, "REPORT", paths.ROOT / "data" / "report")
    fail(monkeypatch, "pipeline.mlflow_sync.publish.publish", error)
    assert main([command, *CALLS[command][0]]) == 0
    complaint = capsys.readouterr().err
    assert complaint.startswith("MLflow: ") and complaint.endswith("catches up later\n")


def test_the_page_alone_touches_neither_claims_nor_mlflow(main, monkeypatch, capsys):
    made = []
    monkeypatch.setattr("pipeline.stages.report.report", lambda states, rows, *rest: made.append(rows))
    monkeypatch.setattr(paths, "REPORT", paths.ROOT / "data" / "report")
    for untouched in ("pipeline.mlflow_sync.publish.publish", "pipeline.stages.judge.judge"):
        fail(monkeypatch, untouched, AssertionError(untouched))
    assert main(["report", "--page-only"]) == 0 and made == [[]]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("word", ["--plan", "--adopt"])
def test_looking_ahead_and_adopting_wait_for_no_sweep_and_publish_nothing(main, monkeypatch, capsys, word):
    for name in ("look_ahead", "adopt_found"):
        monkeypatch.setattr(f"pipeline.stages.sweep.{name}", lambda settings, each, name=name: [f"{name} {each}"])
    for untouched in ("pipeline.operations.lock.hold", "pipeline.mlflow_sync.publish.publish_if_possible"):
        fail(monkeypatch, untouched, AssertionError(untouched))
    assert main(["sweep", "strides", word]) == 0
    assert capsys.readouterr().out == {"--plan": "look_ahead strides\n", "--adopt": "adopt_found strides\n"}[word]


def test_our_own_mistake_in_tracking_is_not_hidden(main, monkeypatch):
    monkeypatch.setattr("pipeline.stages.train.train", lambda settings, topic: [])
    fail(monkeypatch, "pipeline.mlflow_sync.publish.publish", FileNotFoundError(errno.ENOENT, "gone"))
    with pytest.raises(FileNotFoundError):
        main(["train", "memory"])


def test_a_full_disk_is_one_line_and_exit_code_two(main, monkeypatch, capsys):
    fail(monkeypatch, "pipeline.settings.plan.plan", OSError(errno.ENOSPC, "No space left on device"))
    assert main(["plan"]) == 2
    assert "make space" in capsys.readouterr().err


@pytest.mark.parametrize("command", CALLS)
@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_a_file_that_may_not_be_read_or_written_is_one_line(main, monkeypatch, capsys, command, code):
    arguments, target = CALLS[command]
    fail(monkeypatch, target, OSError(code, os.strerror(code), str(paths.ROOT / "data" / "plan" / "x.json")))
    assert main([command, *arguments]) == 2
    complaint = capsys.readouterr().err.splitlines()
    assert len(complaint) == 1 and complaint[0].startswith("data/plan/x.json: given ")


def test_stopped_while_it_is_imported_is_one_line_too(main, monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, announcement.__name__)
    monkeypatch.delattr(settings, "announcement")
    monkeypatch.setattr(sys, "meta_path", [Stopping(), *sys.meta_path])
    assert main(["check"]) == 1
    assert capsys.readouterr().err.startswith("stopped; finished runs are kept")


class Stopping:
    """SIGTERM comes while a module is looked for."""

    def find_spec(self, name, *_):
        if name == announcement.__name__:
            raise signals.Terminated


def test_stopped_by_the_user_is_one_line_and_exit_code_one(main, monkeypatch, capsys):
    fail(monkeypatch, "pipeline.settings.plan.plan", KeyboardInterrupt())
    assert main(["plan"]) == 1
    assert capsys.readouterr().err.startswith("stopped; finished runs are kept")


PRINTS = r"""
import sys
from pipeline import __main__ as command_line
command_line.COMMANDS["check"] = lambda settings: print("\u22120.5 \xf1") or print("\u22120.5", file=sys.stderr) or 0
sys.exit(command_line.main(["check"]))
"""


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"PYTHONIOENCODING": "utf-8"}, "\u22120.5 \xf1\n"),
        ({"PYTHONIOENCODING": "ascii"}, "\\u22120.5 \\xf1\n"),
        ({"PYTHONIOENCODING": "latin-1"}, "\\u22120.5 \xf1\n"),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "\\u22120.5 \\xf1\n"),
    ],
    ids=str,
)
def test_signs_that_a_terminal_lacks_are_spelt_out(variables, told):
    """A minus sign that is dropped, or shown as another sign, would be a wrong number."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | variables
    done = subprocess.run([sys.executable, "-c", PRINTS], cwd=paths.ROOT, env=environment, capture_output=True)
    assert done.returncode == 0 and done.stdout.decode(variables.get("PYTHONIOENCODING", "ascii")) == told
    assert done.stderr


def test_a_topic_shows_its_verdicts_as_soon_as_it_is_scored(main, monkeypatch, capsys):
    row = {"topic": "memory", "verdict": "reproduced", "difference": 0.5, "ci_low": 0.4, "ci_high": 0.6}
    row |= {"level": 0.95}
    monkeypatch.setattr("pipeline.stages.evaluate.evaluate", lambda settings, topic: None)
    monkeypatch.setattr("pipeline.stages.judge.current", lambda settings, topic: {"topic": topic})
    monkeypatch.setattr(freshness, "state", lambda settings, plan: plan["topic"])
    monkeypatch.setattr("pipeline.stages.judge.judged", lambda states: [row | {"claim": f"of {states[0]}"}])
    assert main(["evaluate", "memory"]) == 0
    assert "of memory" in (told := capsys.readouterr().out) and "1 claims: 1 reproduced" in told
