"""The store can be looked through and pruned: what a topic asks for stays, all else goes."""

import pytest

from pipeline import paths, records
from pipeline.operations import prune
from pipeline.settings.plan import resolve
from pipeline.training.run import run_specs
from pipeline.training.store import project_store


@pytest.fixture
def settings(smoke):
    """The shipped settings, one of its runs done, and one that nobody asks for."""
    wanted = run_specs(resolve(smoke, smoke.topics["imbalance"]))[0].run_key
    for key in (wanted, "ff00"):
        records.write_json(project_store().folder(key) / "run.json", {"status": "finished"})
    records.write_bytes(paths.CHECKPOINTS / "ff01" / "newest.state", b"x")
    records.write_bytes(paths.STORE / "drafts" / "d" / "history.csv", b"x")
    return smoke, wanted


def test_show_counts_what_is_done_and_what_is_spare(settings):
    told, topic = prune.show(settings[0]).splitlines(), settings[0].topics["imbalance"]
    assert f"imbalance: 1 of {len(topic.variants) * topic.seeds} runs done" in told
    assert any(line.startswith("no topic asks for 1 more") for line in told)
    assert "interrupted: 1" in told


def test_prune_keeps_what_a_topic_asks_for(settings):
    assert prune.prune(settings[0]).startswith("removed 3 folders")
    assert project_store().has(settings[1]) and not project_store().has("ff00")
    assert not (paths.CHECKPOINTS / "ff01").exists()
