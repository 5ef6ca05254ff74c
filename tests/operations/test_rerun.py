"""Training a run again: the same is said to be the same, and whatever differs is named."""

import errno
import os
import shutil

import numpy as np
import pytest

from pipeline import numerics, paths, records
from pipeline.errors import InputError
from pipeline.operations import rerun
from pipeline.operations.rerun import reproduce
from pipeline.settings.plan import data_digest, resolve
from pipeline.training import integrity, runtime
from pipeline.training.record import lost
from pipeline.training.run import RunSpec, run, run_specs
from pipeline.training.store import project_store

KEY = "ab01cd"
NAMES = ("run_key", "topic", "variant", "seed", "draw", "profile", "settings")
SETTINGS = {
    "task": "classify",
    "data": "toy",
    "view": "plain",
    "model": "mlp",
    "precision": "float32",
    "build": {"width": 4, "depth": 1},
    "augment": {},
    "fit": {"epochs": 2, "batch_size": 16, "learning_rate": 0.01},
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Where the folders of the finished run are kept, as one training serves all tests."""
    return tmp_path_factory.mktemp("kept") / "house"


@pytest.fixture
def finished(house, kept, monkeypatch):
    """The folder of a run that was trained on small data."""
    for name in (numerics.MODE, *numerics.variables("portable")):  # what settling changes is put back
        monkeypatch.setenv(name, os.environ[name])
    monkeypatch.setattr(rerun, "key", lambda *parts: KEY)
    monkeypatch.setattr(runtime, "settle", numerics.settle)  # TensorFlow cannot be settled twice in a process
    if not kept.exists():
        _train()
        shutil.copytree(house, kept)
    shutil.copytree(kept, house, dirs_exist_ok=True)
    return paths.run("topic", "variant", 0)


def _train():
    random, digests = np.random.default_rng(0), []
    for path, count in ((paths.fit_split("toy", "plain", 0), 60), (paths.validation_split("toy", 0), 20)):
        x = random.normal(size=(count, 5)).astype("float32")
        examples = records.Examples(x, (np.arange(count) % 3).astype("int64"))
        records.write_examples(path, examples)
        digests.append(records.digest_of(examples))
    card = {"views": {"plain": {"digest": digests[0]}}, "digests": {"validation": digests[1]}}
    records.write_sealed(paths.card("toy", 0), card)
    spec = RunSpec(
        topic="topic",
        variant="variant",
        seed=0,
        draw=0,
        run_key=KEY,
        profile="smoke",
        settings=SETTINGS,
        data_digest=data_digest(card, "plain"),
        device="cpu",
        numerics=numerics.held(),
    )
    assert run(spec)["status"] == "finished"
    project_store().take(KEY, paths.run("topic", "variant", 0), spec.names())


def rewrite(folder, rows=None, **changes):
    """Make another run of it, as sound as before: its seal is that of what it holds."""
    record = records.read_json(folder / "run.json") | changes
    records.write_json(folder / "run.json", record)
    if rows is not None:
        records.write_rows(folder / "history.csv", list(rows[0]), rows)
    integrity.seal(folder, record["run_key"])


def test_a_run_trained_again_is_the_same(finished, capsys):
    before = paths.STORE
    assert reproduce(KEY[:2]) is True
    assert capsys.readouterr().out == "repeats to the bit: 2 epochs of variant seed 0\n"
    assert before == paths.STORE


def test_a_run_that_only_a_sweep_has_is_found_by_what_the_sweep_says_of_it(finished, capsys):
    names = {name: records.read_json(finished / "run.json")[name] for name in NAMES}
    shutil.rmtree(paths.RUNS)
    records.write_json(paths.sweep("small") / "runs.json", {KEY: names, "ff": {"run_key": "ff"}})
    assert reproduce(KEY[:2]) is True
    assert capsys.readouterr().out == "repeats to the bit: 2 epochs of variant seed 0\n"


def test_a_headline_first_then_what_differs_most(finished, capsys):
    rows = records.read_history(finished / "history.csv")
    rows[1]["loss"] += 0.25
    rows[0]["accuracy"] += 2e-7
    rewrite(finished, rows, processor="Abacus 3000 avx512f")
    assert reproduce(KEY) is False
    headline, *lines = capsys.readouterr().out.splitlines()
    assert headline.startswith("differs: variant seed 0: loss by up to 0.25 of ")
    assert "that one had avx512f" in headline or "the processor was Abacus 3000 avx512f" in headline
    assert lines[0].startswith("  loss by up to 0.25 of ") and lines[1].startswith("  accuracy by up to 2e-07 of ")
    assert all(line.endswith(" is the same") for line in lines[2:]) and len(lines) == 6


def test_another_number_of_epochs_is_no_small_difference(finished, capsys):
    rewrite(finished, records.read_history(finished / "history.csv")[:1])
    assert reproduce(KEY) is False
    assert capsys.readouterr().out.startswith("differs: variant seed 0 took 1 epochs then, 2 now\n")


def test_a_number_that_is_none_now_differs(finished, capsys):
    rows = records.read_history(finished / "history.csv")
    rows[1]["loss"] = float("nan")
    rewrite(finished, rows)
    assert reproduce(KEY) is False
    assert "loss by up to inf of nan" in capsys.readouterr().out.splitlines()[0]


def test_another_status_is_named(finished, capsys):
    rewrite(finished, status="diverged")
    assert reproduce(KEY) is False
    assert "differs: variant seed 0 diverged then, finished now" in capsys.readouterr().out


def test_other_data_are_refused_and_another_processor_is_named(finished, capsys):
    rewrite(finished, processor="abacus")
    assert reproduce(KEY) is True
    assert "repeats to the bit: 2 epochs of variant seed 0 (" in capsys.readouterr().out
    card = records.read_sealed(paths.card("toy", 0))
    records.write_sealed(paths.card("toy", 0), card | {"digests": {"validation": "other"}})
    with pytest.raises(InputError, match=r"data\.toy: given other data than the run had"):
        reproduce(KEY)


def test_a_run_of_another_processors_numbers_is_trained_as_this_ones(finished, capsys):
    rewrite(finished, numerics="native avx9")
    assert reproduce(KEY) is True
    ours = numerics.label("native")
    assert f"(numbers were added up as native avx9, and are as {ours})" in capsys.readouterr().out


def test_a_portable_run_of_another_processor_should_be_the_same(finished, capsys):
    rewrite(finished, processor="abacus")
    assert reproduce(KEY) is True
    assert "(the processor was abacus, and is " in (told := capsys.readouterr().out)
    assert ("which should make no difference)" in told) == numerics.is_portable()


def test_a_run_that_cannot_be_trained_is_not_called_different(finished, monkeypatch):
    def no(spec, draft, checkpoints):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("pipeline.training.run._train", no)
    with pytest.raises(InputError, match=r"given a training that failed .OSError: .*Read-only file system"):
        reproduce(KEY)


def test_it_is_trained_where_the_project_cannot_be_written(finished, monkeypatch):
    monkeypatch.setattr(paths, "CHECKPOINTS", paths.card("toy", 0) / "a file is no folder")
    monkeypatch.setattr(paths, "STORE", paths.card("toy", 0) / "a file is no folder")
    assert reproduce(KEY) is True


def test_a_run_that_failed_has_nothing_to_repeat(finished):
    rewrite(finished, status="failed", reason="it broke")
    with pytest.raises(InputError, match=r"run ab01cd: given one that failed \(it broke\)"):
        reproduce(KEY)


@pytest.mark.parametrize("name", ["history.csv", "model.keras", "run.json", "seal.json"])
def test_a_damaged_run_is_refused(finished, name):
    content = (finished / name).read_bytes()
    (finished / name).write_bytes(content[:-2] + b"\n" if name != "run.json" else content.replace(b"mlp", b"mlq"))
    with pytest.raises(InputError, match=r"data/runs/topic/variant/0: given a damaged run \("):
        reproduce(KEY)


def test_another_run_whose_record_is_cut_is_passed_over(finished, capsys):
    records.write_bytes(paths.run("topic", "other", 0) / "run.json", b'{"run_')
    assert reproduce(KEY) is True
    assert "run.json is damaged, and passed over" in capsys.readouterr().err


@pytest.mark.parametrize("asked", ["", "ff", KEY + "0"])
def test_a_key_that_no_run_has_is_refused_with_those_there_are(finished, asked):
    with pytest.raises(ValueError, match=rf"given '{asked}' \(0 runs start so\), allowed the start of one key: ab01cd"):
        reproduce(asked)


def test_other_code_is_named(finished, capsys, monkeypatch):
    rewrite(finished, git_commit="0123456789abcdef")
    monkeypatch.setattr(rerun, "key", lambda *parts: "other")
    assert reproduce(KEY) is True
    assert "(the code was other: commit 01234567 then, " in capsys.readouterr().out


def test_the_key_by_the_code_of_now_is_that_of_a_run_that_is_planned_now(smoke):
    spec = run_specs(resolve(smoke, smoke.topics["memory"]))[0]
    assert rerun._key_by_code_of_now(lost(spec, "killed", "", 1.0)) == spec.run_key
