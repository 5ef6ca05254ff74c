"""One topic from nothing to its page, in a copy: few seeds, and nothing of the user's own is touched."""

import clone
import pytest
from clone import ask, copy_house, tell
from ruamel.yaml import YAML

from pipeline import demo, paths
from pipeline.errors import RunsFailed
from pipeline.settings import params
from pipeline.trial import Trial


@pytest.mark.parametrize("topic", ["memory", "convolution"])  # with seeds of its own, and without
def test_the_copy_has_that_topic_alone_with_few_seeds(topic, monkeypatch):
    trial = Trial()
    demo._make_small(trial, topic)
    tree = YAML(typ="safe").load((trial.folder / "params.yaml").read_text("utf-8"))
    assert tree["only"] == [topic] and tree["profile"] == "laptop" and tree["looks"] == 1
    settings = params.read(trial.folder / "params.yaml")
    assert [*settings.topics] == [topic] and settings.topics[topic].seeds == demo.SEEDS


def test_a_topic_that_there_is_not_is_refused_before_anything_is_copied(monkeypatch):
    monkeypatch.setattr(demo, "Trial", None)
    with pytest.raises(ValueError, match="topic: given 'memories', allowed"):
        demo.demo(params.read(profile="laptop"), "memories")


def test_a_stage_that_fails_ends_it(monkeypatch):
    monkeypatch.setattr(Trial, "watch", lambda self, *words: 1 if words[0] == "plan" else 0)
    with pytest.raises(RunsFailed, match="memory: plan did not end well"):
        demo.demo(params.read(profile="laptop"), "memory")


def test_make_tries_the_topic_that_is_named(monkeypatch):
    assert 'pipeline demo "memory"' in tell(paths.ROOT, "make", "--dry-run", "try")
    assert 'pipeline demo "imbalance"' in tell(paths.ROOT, "make", "--dry-run", "try", "TOPIC=imbalance")
    told = tell(paths.ROOT, "make", "--dry-run", "handout", "TOPIC=memory", "LANGUAGE=es")
    assert 'pipeline handout "memory" --language "es"' in told
    monkeypatch.setitem(clone.ENVIRONMENT, "LANGUAGE", "en_US:en")  # as many a shell has it
    monkeypatch.setitem(clone.ENVIRONMENT, "TOPIC", "weather")
    assert 'pipeline handout "memory" \n' in tell(paths.ROOT, "make", "--dry-run", "handout").replace("  ", " ")


@pytest.mark.slow
def test_it_makes_a_page_and_changes_nothing_else(tmp_path):
    house = copy_house(tmp_path / "aula")
    before = (house / "params.yaml").read_bytes()
    told = ask(house, "demo", "long_tail")
    assert "5 of 5: report" in told and "page: open data/demo/long_tail.html" in told
    page = (house / "data" / "demo" / "long_tail.html").read_text("utf-8")
    assert "long_tail" in page and "memory/" not in page
    assert (house / "params.yaml").read_bytes() == before
    assert not any((house / "data" / name).exists() for name in ("runs", "results", "report", "prepared"))
