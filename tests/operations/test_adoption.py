"""Runs that DVC has brought are taken into the store if they are whole; none of them is trained again."""

import errno
import json
import shutil

import pytest

from pipeline import paths, records
from pipeline.operations import adoption
from pipeline.settings.plan import resolve
from pipeline.training import integrity
from pipeline.training.run import run_specs
from pipeline.training.store import project_store

TOPIC = "imbalance"


@pytest.fixture
def pulled(smoke):
    """The settings, and the specs of all runs of a topic, which lie under data/runs; the store is empty."""
    specs = run_specs(resolve(smoke, smoke.topics[TOPIC]))
    for spec in specs:
        bring(spec)
    shutil.rmtree(paths.STORE)
    return smoke, specs


def bring(spec, status="finished"):
    """Files of a run as `train` leaves them, through the store."""
    from pipeline.training import runtime

    draft = project_store().draft()
    records.write_bytes(draft / "history.csv", b"epoch,loss,val_loss\n1,0.5,0.5\n")
    records.write_bytes(draft / "model.keras", f"{spec.variant} {spec.seed}".encode())
    record = {"status": status, "epochs": 1, "versions": runtime.versions(), "device": spec.device}
    project_store().put(spec.run_key, draft, record)
    project_store().take(spec.run_key, folder(spec), spec.names())


def folder(spec):
    return paths.run(spec.topic, spec.variant, spec.seed)


def has(specs):
    return [project_store().has(spec.run_key) for spec in specs]


def test_all_runs_that_were_pulled_count_as_done(pulled):
    settings, specs = pulled
    before = {spec.run_key: (folder(spec) / "run.json").read_bytes() for spec in specs}
    (line,) = adoption.adopt(settings)
    assert line == f"{len(specs)} finished runs were found in data/runs: nothing of that is trained again"
    assert all(has(specs))
    for spec in specs:
        project_store().take(spec.run_key, folder(spec), spec.names())
    assert {spec.run_key: (folder(spec) / "run.json").read_bytes() for spec in specs} == before
    assert adoption.adopt(settings) == []


def test_runs_of_another_machine_are_trained_again_and_a_line_says_so(pulled):
    settings, specs = pulled
    for spec in specs[:2]:
        file = folder(spec) / "run.json"
        records.write_json(file, json.loads(file.read_text()) | {"numerics": "portable", "library": "glibc 2.17"})
        integrity.seal(folder(spec), spec.run_key)
    _, line = adoption.adopt(settings)
    assert line.startswith("data/runs: 2 of its runs count as not there, as their machine is another: given glibc 2.17")
    assert has(specs) == [False] * 2 + [True] * (len(specs) - 2)


def test_one_variant_more_leaves_the_others_done(pulled):
    settings, specs = pulled
    shutil.rmtree(folder(specs[0]))
    adoption.adopt(settings, [TOPIC])
    assert has(specs) == [False] + [True] * (len(specs) - 1)


def test_a_run_under_another_name_counts_by_its_key(pulled):
    settings, specs = pulled
    (paths.RUNS / TOPIC / "renamed").mkdir()
    folder(specs[1]).rename(paths.RUNS / TOPIC / "renamed" / "0")
    adoption.adopt(settings)
    assert all(has(specs))


def test_a_run_that_diverged_is_done_too_and_one_that_failed_is_not(pulled):
    settings, specs = pulled
    for spec, status in ((specs[0], "diverged"), (specs[1], "failed")):
        record = records.read_json(folder(spec) / "run.json")
        records.write_json(folder(spec) / "run.json", record | {"status": status})
        integrity.seal(folder(spec), spec.run_key)
    adoption.adopt(settings)
    assert has(specs)[:3] == [True, False, True]


def spoil_history(place):
    records.write_bytes(place / "history.csv", b"epoch,loss,val_loss\n1,0.1,0.1\n")


def spoil_settings(place):
    """As a run of other settings would look that lies under this one's name."""
    record = records.read_json(place / "run.json")
    records.write_json(place / "run.json", record | {"run_key": "f" * 32})


SPOILT = {
    "history changed": spoil_history,
    "history gone": lambda place: (place / "history.csv").unlink(),
    "model cut": lambda place: (place / "model.keras").write_bytes(b"unt"),
    "model gone": lambda place: (place / "model.keras").unlink(),
    "record cut": lambda place: (place / "run.json").write_bytes((place / "run.json").read_bytes()[:-30]),
    "record empty": lambda place: (place / "run.json").write_bytes(b""),
    "record no mapping": lambda place: (place / "run.json").write_bytes(b"[]"),
    "record without keys": lambda place: (place / "run.json").write_bytes(b"{}"),
    "record of another kind": lambda place: (place / "run.json").write_text(
        json.dumps(dict.fromkeys((*adoption.NAMES, "versions", "device"), 3) | {"status": "finished"})
    ),
    "key that nobody asks for": spoil_settings,
}


ROWS = [
    pytest.param(spoil, id=name, marks=[pytest.mark.slow] * (at > 3)) for at, (name, spoil) in enumerate(SPOILT.items())
]


@pytest.mark.parametrize("spoil", ROWS)
def test_a_run_that_is_not_whole_is_trained_again(pulled, spoil):
    settings, specs = pulled
    spoil(folder(specs[0]))
    adoption.adopt(settings)
    assert has(specs) == [False] + [True] * (len(specs) - 1)
    assert not project_store().has("f" * 32)


def test_runs_of_other_settings_are_kept_for_when_they_are_asked_for_again(pulled):
    """Pulled, then a setting edited: DVC deletes data/runs, and the setting may come back."""
    settings, specs = pulled
    settings.topics[TOPIC].variants[specs[0].variant].fit["learning_rate"] = 0.5
    adoption.adopt(settings)
    shutil.rmtree(paths.RUNS)
    assert all(has(specs))


def test_a_run_of_other_settings_stands_for_no_run_that_is_asked_for(pulled):
    settings, specs = pulled
    settings.topics[TOPIC].variants[specs[0].variant].fit["learning_rate"] = 0.5
    adoption.adopt(settings)
    changed = [
        spec for spec in run_specs(resolve(settings, settings.topics[TOPIC])) if spec.variant == specs[0].variant
    ]
    assert changed and not any(has(changed))


def test_prepared_data_need_not_be_there(pulled):
    settings, specs = pulled
    shutil.rmtree(paths.PREPARED)
    adoption.adopt(settings)
    assert all(has(specs))


def test_a_store_that_cannot_be_written_is_a_line(pulled, monkeypatch):
    def full(*_):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(adoption.Store, "draft", full)
    (line,) = adoption.adopt(pulled[0])
    assert line.startswith("data/runs: finished runs cannot be taken into the store: ") and "read-only" in line


def test_a_project_without_runs(smoke):
    assert adoption.adopt(smoke) == [] and not paths.STORE.exists()
