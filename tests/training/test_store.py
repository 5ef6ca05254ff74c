"""The store: a key follows everything that can change the numbers, and nothing else; a run is there whole or not."""

import copy
import hashlib

import pytest

from pipeline.records import read_json, write_bytes
from pipeline.training import store
from pipeline.training.store import Store

PLAN = {
    "settings": {
        "data": "digits", "view": "plain", "model": "mlp", "build": {"width": 8}, "augment": {}, "fit": {"epochs": 2},
    },
    "data_digest": "abc",
    "code": {"fit": "1"},
}  # fmt: skip
VERSIONS = {"python": "3.11.7", "tensorflow": "2.21.0"}


def key(plan=PLAN, seed=0, versions=VERSIONS, device="cpu"):
    return store.key(plan, seed, versions, device)


def changed(path, value):
    plan = copy.deepcopy(PLAN)
    place = plan
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return plan


@pytest.mark.parametrize(
    "path",
    [("settings", "build", "width"), ("settings", "fit", "epochs"), ("settings", "model"), ("data_digest",),
     ("code", "fit")],
)  # fmt: skip
def test_what_can_change_the_numbers_changes_the_key(path):
    assert key(changed(path, 9)) != key()


def test_seed_device_and_libraries_change_the_key():
    assert len({key(), key(seed=1), key(device="gpu"), key(versions=VERSIONS | {"tensorflow": "2.22.0"})}) == 4


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
    files = {"history.csv": hashlib.sha256(b"epoch\n1\n").hexdigest()}
    assert record == {"topic": "t", "variant": "v", "seed": 3, "status": "finished", "epochs": 1, "files": files}
    assert read_json(target / "run.json") == record
    assert (target / "history.csv").read_bytes() == b"epoch\n1\n"


def test_the_same_run_put_twice_keeps_the_first(tmp_path):
    runs = Store(tmp_path)
    for content in (b"first", b"second"):
        draft = runs.draft()
        write_bytes(draft / "history.csv", content)
        runs.put("ab12", draft, {})
    assert (runs.folder("ab12") / "history.csv").read_bytes() == b"first"
