"""The store can be looked through and pruned: what a topic asks for stays, all else goes."""

import dataclasses
import errno
import shutil
import subprocess
import sys

import pytest

from pipeline import paths, records
from pipeline.errors import InputError
from pipeline.operations import prune
from pipeline.settings.plan import resolve
from pipeline.training import integrity, machine
from pipeline.training.run import run_specs
from pipeline.training.store import project_store


@pytest.fixture
def settings(smoke):
    """The shipped settings, one of its runs done, and one that nobody asks for."""
    wanted = run_specs(resolve(smoke, smoke.topics["imbalance"]))[0].run_key
    for key in (wanted, "ff00"):
        records.write_json(project_store().folder(key) / "run.json", {"status": "finished"})
        integrity.seal(project_store().folder(key), key)
    records.write_bytes(paths.CHECKPOINTS / "ff01" / "newest.state", b"x")
    records.write_bytes(paths.STORE / "drafts" / "d" / "history.csv", b"x")
    return smoke, wanted


def test_sweeps_of_topics_that_are_switched_off_keep_what_they_have(settings):
    smoke, _ = settings
    records.write_json(paths.ASKED / "sweeps" / "strides.json", ["ff00"])
    records.write_json(paths.STUDIES / "strides-0" / "data.json", [])
    off = dataclasses.replace(smoke, sweeps={}, left_out=("convolution",))
    prune.prune(off)
    assert project_store().has("ff00") and (paths.STUDIES / "strides-0").exists()
    prune.prune(dataclasses.replace(smoke, sweeps={}))
    assert not project_store().has("ff00") and not (paths.STUDIES / "strides-0").exists()


def test_how_often_a_sweep_has_looked_at_test_data_is_kept(settings):
    """A block that is commented out for a while is not given its first look anew."""
    counted = paths.STUDIES / f"gone{paths.COMPARED}" / "laptop.json"
    records.write_json(counted, ["a", "b"])
    records.write_json(paths.STUDIES / "gone-0" / "data.json", [])
    prune.prune(settings[0])
    assert counted.exists() and not (paths.STUDIES / "gone-0").exists()


def test_show_counts_what_is_done_and_what_is_spare(settings):
    told, topic = prune.show(settings[0]).splitlines(), settings[0].topics["imbalance"]
    assert f"imbalance: 1 of {len(topic.variants) * topic.seeds} runs done" in told
    assert any(line.startswith("no topic asks for 1 more") for line in told)
    assert "interrupted: 1" in told


def test_nothing_is_removed_while_a_topic_is_trained(settings):
    """Its drafts and checkpoints are asked for by nobody, and are what it works on."""
    script = "from pipeline import paths; from pathlib import Path; import sys; paths.LOCKS = Path(sys.argv[1])\n"
    script += "from pipeline.operations import lock\nwith lock.hold('train_memory'): print('held', flush=True); input()"
    command = [sys.executable, "-c", script, str(paths.LOCKS)]
    with subprocess.Popen(command, cwd=paths.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(InputError, match=rf"runs prune: given while topic memory is trained.*process {other.pid}"):
            prune.prune(settings[0])
        other.stdin.write("\n")
    assert (paths.STORE / "drafts" / "d").exists() and (paths.CHECKPOINTS / "ff01").exists()
    assert prune.prune(settings[0]).startswith("removed")


def test_prune_keeps_what_a_topic_asks_for(settings):
    assert prune.prune(settings[0]).startswith("removed 3 folders")
    assert project_store().has(settings[1]) and not project_store().has("ff00")
    assert not (paths.CHECKPOINTS / "ff01").exists()


def test_of_what_nodes_keep_here_each_half_run_counts_by_itself(settings):
    """`checkpoints:` may name this folder: nodes have one in it for each kind of machine."""
    smoke, wanted = settings
    of_nodes = paths.CHECKPOINTS / machine.mark("portable")
    for key in (wanted, "ff02"):
        records.write_bytes(of_nodes / key / "newest.state", b"x")
    assert "interrupted: 3" in prune.show(smoke)
    assert prune.prune(smoke).startswith("removed 4 folders")
    assert (of_nodes / wanted).exists() and not (of_nodes / "ff02").exists()


@pytest.mark.parametrize("content", [b"", b'{"status": "fin', b"\xff", b"[]"])
def test_a_damaged_run_counts_as_not_there_and_is_named_once(settings, capsys, content):
    smoke, wanted = settings
    (project_store().folder(wanted) / "run.json").write_bytes(content)
    told = prune.show(smoke)
    assert "imbalance: 0 of " in told and "damaged: 1, as good as not there; `prune` removes them" in told
    prune.show(smoke)
    named = capsys.readouterr().err.splitlines()
    assert len(named) == 1 and wanted in named[0] and "run.json is not as it was written; it counts as not" in named[0]
    assert prune.prune(smoke).startswith("removed 4 folders") and not project_store().folder(wanted).exists()


def test_an_empty_folder_in_the_store_is_no_run(settings):
    (paths.STORE / "ab" / "ab12").mkdir(parents=True)
    assert "damaged: 1" in prune.show(settings[0])
    assert prune.prune(settings[0]).startswith("removed 4 folders")


def test_only_what_is_gone_counts_as_removed(settings, monkeypatch):
    keep = project_store().folder("ff00")

    def remove(folder, **options):
        if folder == keep:
            raise PermissionError(errno.EROFS, "Read-only file system", "run.json")
        rmtree(folder, **options)

    rmtree = shutil.rmtree
    monkeypatch.setattr(prune.shutil, "rmtree", remove)
    with pytest.raises(
        InputError, match=r"given a read-only file system.* \(removed 2 folders, 0.0 MB, of 3 that"
    ) as no:
        prune.prune(settings[0])
    assert "ff00" in str(no.value) and keep.exists()
