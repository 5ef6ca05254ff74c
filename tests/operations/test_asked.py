"""Which runs each profile asks for is remembered, so that pruning under one leaves those of the others."""

import pytest

from pipeline import paths, records
from pipeline.errors import InputError
from pipeline.operations import asked, prune
from pipeline.settings.plan import resolve
from pipeline.training import integrity
from pipeline.training.run import run_specs
from pipeline.training.store import project_store


def keys(settings):
    plans = [resolve(settings, topic) for topic in settings.topics.values()]
    return {spec.run_key for plan in plans for spec in run_specs(plan)}


def write_asked(profile, run_keys, topic="imbalance"):
    records.write_json(paths.ASKED / profile / f"{topic}.json", run_keys)


def test_what_is_asked_for_is_remembered_by_profile(smoke):
    asked.remember(smoke)
    assert asked.by_others("smoke") == set() and asked.by_others("laptop") == keys(smoke)


def test_what_was_asked_before_is_replaced(smoke):
    write_asked("smoke", ["old"])
    asked.remember(smoke)
    assert "old" not in asked.by_others("laptop")


def test_pruning_keeps_what_another_profile_asks_for_unless_told_otherwise(smoke):
    for key in ("aa01", "bb02"):
        draft = project_store().draft()
        records.write_bytes(draft / "history.csv", b"epoch\n1\n")
        project_store().put(key, draft, {"status": "finished"})
    write_asked("laptop", ["aa01"])
    assert prune.prune(smoke).startswith("removed 1 folders")
    assert project_store().has("aa01") and not project_store().has("bb02")
    assert prune.prune(smoke, present_only=True).startswith("removed 1 folders")
    assert not project_store().has("aa01")


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"3", b"\xff"])
def test_where_it_cannot_be_read_nothing_is_removed(smoke, content):
    folder = project_store().folder("aa01")
    records.write_json(folder / "run.json", {})
    integrity.seal(folder, "aa01")
    records.write_bytes(paths.ASKED / "laptop" / "imbalance.json", content)
    with pytest.raises(InputError, match=r"laptop.imbalance.json"):
        prune.prune(smoke)
    assert project_store().has("aa01")


def test_topics_that_only_leaves_out_ask_for_their_runs_as_before(smoke):
    asked.remember(smoke)
    assert asked.by_others("smoke", ["memory"]) == set(records.read_json(paths.ASKED / "smoke" / "memory.json"))
    assert asked.by_others("smoke", ["never_planned"]) == set()
