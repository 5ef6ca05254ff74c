"""The store: a key follows everything that can change the numbers, and nothing else; a run is there whole or not."""

import copy
import shutil

import pytest

from pipeline.records import read_json, write_bytes
from pipeline.training import store
from pipeline.training.store import Store

PLAN = {
    "settings": {
        "data": "digits", "view": "plain", "model": "mlp", "build": {"width": 8}, "augment": {}, "fit": {"epochs": 2},
    },
    "code": {"fit": "1"},
}  # fmt: skip
VERSIONS = {"python": "3.11.7", "tensorflow": "2.21.0"}


def key(plan=PLAN, seed=0, data_digest="abc", versions=VERSIONS, device="cpu", numerics="portable"):
    return store.key(plan, seed, data_digest, versions, device, numerics)


def changed(path, value):
    plan = copy.deepcopy(PLAN)
    place = plan
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return plan


@pytest.mark.parametrize(
    "path",
    [("settings", "build", "width"), ("settings", "fit", "epochs"), ("settings", "model"), ("code", "fit")],
)  # fmt: skip
def test_what_can_change_the_numbers_changes_the_key(path):
    assert key(changed(path, 9)) != key()


def test_seed_data_device_libraries_and_numerics_change_the_key():
    others = [key(seed=1), key(data_digest="abd"), key(device="gpu"), key(versions=VERSIONS | {"tensorflow": "2.22.0"})]
    others += [key(numerics="native avx512f"), key(numerics="native avx2")]
    assert len({key(), *others}) == 7


def test_names_do_not_change_the_key():
    assert key(changed(("settings", "view"), "other")) == key(changed(("settings", "data"), "mine")) == key()


def test_a_run_is_put_whole_and_taken_under_the_names_of_a_topic(tmp_path):
    runs, target = Store(tmp_path / "store"), tmp_path / "3"
    draft = runs.draft()
    write_bytes(draft / "history.csv", b"epoch\n1\n")
    assert not runs.has("ab12")
    runs.put("ab12", draft, {"status": "finished", "epochs": 1})
    assert runs.has("ab12") and not draft.exists()
    record = runs.take("ab12", target, {"topic": "t", "variant": "v", "seed": 3})
    assert record == {"topic": "t", "variant": "v", "seed": 3, "status": "finished", "epochs": 1}
    assert read_json(target / "run.json") == record
    assert (target / "history.csv").read_bytes() == b"epoch\n1\n"


def test_the_same_run_put_twice_keeps_the_first(tmp_path):
    runs = Store(tmp_path)
    for content in (b"first", b"second"):
        draft = runs.draft()
        write_bytes(draft / "history.csv", content)
        runs.put("ab12", draft, {})
    assert (runs.folder("ab12") / "history.csv").read_bytes() == b"first"
    assert not runs.drafts()


def put(runs, content=b"epoch\n1\n"):
    draft = runs.draft()
    write_bytes(draft / "history.csv", content)
    runs.put("ab12", draft, {"status": "finished"})


@pytest.mark.parametrize("name", ["history.csv", "run.json", "seal.json"])
def test_a_damaged_run_counts_as_not_there_is_named_once_and_is_replaced(tmp_path, capsys, name):
    runs = Store(tmp_path)
    put(runs)
    (runs.folder("ab12") / name).write_bytes(b"")
    assert not runs.has("ab12") and not runs.has("ab12")
    assert runs.runs() == [] and runs.damaged() == [runs.folder("ab12")]
    (told,) = capsys.readouterr().err.splitlines()
    assert "ab12: " in told and name in told and told.endswith("; it counts as not there")
    put(runs, b"again")
    assert runs.has("ab12") and (runs.folder("ab12") / "history.csv").read_bytes() == b"again"
    assert not runs.drafts()


def test_half_a_run_is_none(tmp_path):
    """As a kill leaves one where a folder is copied into the store by hand."""
    runs = Store(tmp_path)
    put(runs)
    (runs.folder("ab12") / "seal.json").unlink()
    assert not runs.has("ab12")


def test_a_run_under_another_runs_key_is_none(tmp_path):
    runs = Store(tmp_path)
    put(runs)
    shutil.copytree(runs.folder("ab12"), runs.folder("ab13"))
    assert runs.has("ab12") and not runs.has("ab13")
