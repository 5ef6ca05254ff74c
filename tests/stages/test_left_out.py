"""Topics that `only` leaves out: planned as such, their stages do nothing and say so, and nothing of them is lost."""

from dataclasses import replace

import pytest
from ruamel.yaml import YAML

from pipeline import __main__ as command_line
from pipeline import paths
from pipeline.operations import signals
from pipeline.records import read_items, read_json, read_rows, write_json
from pipeline.settings import plan
from pipeline.settings.params import _chosen
from pipeline.stages import left_out


@pytest.fixture
def chosen(smoke):
    return _chosen(smoke, ["memory"])


def test_their_plans_say_so_and_nothing_else(chosen):
    plan.plan(chosen)
    for file in (paths.plan("imbalance"), paths.asked("imbalance")):
        assert read_json(file) == {"topic": "imbalance", "left_out": True}
    assert "variants" in read_json(paths.plan("memory")) and read_json(paths.asked("memory"))["claims"]


def test_a_topic_that_is_gone_has_no_plan(chosen):
    plan.plan(chosen)
    plan.plan(replace(chosen, left_out=()))
    assert [file.stem for file in paths.PLAN.rglob("*.json")] == ["memory", "memory"]


def outs(stage, topic):
    """Every file and folder that dvc.yaml expects of a stage."""
    body = YAML(typ="safe").load((paths.PACKAGE.parent / "dvc.yaml").read_text())["stages"][stage]["do"]
    items = [item for part in ("outs", "metrics", "plots") for item in body.get(part, [])]
    names = [next(iter(item)) if isinstance(item, dict) else item for item in items]
    return [paths.DATA.parent / name.replace("${key}", topic) for name in names]


def test_their_stages_make_all_that_dvc_expects(chosen, capsys):
    assert left_out.train(chosen, "imbalance") and left_out.evaluate(chosen, "imbalance")
    for stage in ("train", "evaluate"):
        assert outs(stage, "imbalance") and all(out.exists() for out in outs(stage, "imbalance"))
    assert read_rows(paths.results("imbalance") / "scores.csv") == []
    assert read_items(paths.results("imbalance") / "items.npz") == {}
    assert capsys.readouterr().out == "imbalance: left out by `only` in params.yaml: nothing is done\n" * 2


def test_what_is_there_stays(chosen):
    write_json(paths.results("imbalance") / "metrics.json", {"before": 1})
    write_json(paths.run("imbalance", "untouched", 200) / "run.json", {"before": 2})
    left_out.train(chosen, "imbalance")
    left_out.evaluate(chosen, "imbalance")
    assert read_json(paths.results("imbalance") / "metrics.json") == {"before": 1}
    assert read_json(paths.run("imbalance", "untouched", 200) / "run.json") == {"before": 2}


@pytest.mark.parametrize("name", ["memory", "no_topic"])
def test_others_are_not_theirs(chosen, name):
    assert not left_out.train(chosen, name) and not left_out.evaluate(chosen, name)
    assert not paths.RUNS.exists() and not paths.RESULTS.exists()


@pytest.mark.parametrize("stage", ["train", "evaluate"])
def test_the_command_ends_well(chosen, monkeypatch, capsys, stage):
    monkeypatch.setattr(signals, "stop_in_order", lambda: None)
    monkeypatch.setattr("pipeline.settings.params.read", lambda file: chosen)
    assert command_line.main([stage, "imbalance"]) == 0
    assert "left out by `only`" in capsys.readouterr().out
