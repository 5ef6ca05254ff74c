"""A team's store: a run is there whole or not at all, whoever writes, is killed, or spoils what lies there."""

import os
import random
import signal
import subprocess
import sys
import threading
import time

import fsspec
import pytest
import stored
from stored import KEYS, content, full

from pipeline import paths
from pipeline.sharing.places import Folder, Remote
from pipeline.sharing.shared_runs import SharedRuns, Taken
from pipeline.training import machine, runtime
from pipeline.training.store import Store

KEY = KEYS[0]


@pytest.fixture(params=["folder", "objects", "server"])
def place(request, tmp_path):
    """A folder; objects that appear as a whole, as in S3; files that are renamed when they are whole, as over SSH."""
    if request.param == "folder":
        (tmp_path / "shared").mkdir()
        return Folder(tmp_path / "shared")
    system = fsspec.filesystem("memory", skip_instance_cache=True)
    system.store, system.pseudo_dirs = {}, [""]
    return Remote(system, "/bucket/team", renames=request.param == "server")


def take(runs, keys, store):
    """{key: what is wrong with it, or None if it was taken} of those that are there."""
    seals, taken = runs.seals(keys), Taken()
    runs.take(seals, store, taken)
    return dict.fromkeys(seals) | taken.damaged | taken.unlike


def names(place):
    """Every file there."""
    if isinstance(place, Folder):
        return sorted(str(file.relative_to(place.root)) for file in place.root.rglob("*") if file.is_file())
    return sorted(name.removeprefix("/bucket/team/") for name in place.system.find(place.root))


def test_what_is_given_is_taken_byte_for_byte(place, tmp_path):
    ours, theirs = full(tmp_path / "ours"), Store(tmp_path / "theirs")
    runs = SharedRuns(place)
    assert runs.is_empty() and not runs.is_one()
    runs.make()
    assert runs.is_one() and not runs.is_empty()
    runs.give(KEYS, ours)
    assert take(SharedRuns(place), KEYS, theirs) == dict.fromkeys(KEYS)
    assert all(content(theirs, key) == content(ours, key) for key in KEYS)
    assert not theirs.drafts() and not [name for name in names(place) if "draft" in name]


def test_what_nobody_has_given_is_not_there(place, tmp_path):
    runs = SharedRuns(place)
    runs.give([KEY], full(tmp_path / "ours", [KEY]))
    assert runs.seals(KEYS).keys() == {KEY}


def test_a_writer_gone_after_any_file_leaves_a_whole_run_or_none(place, tmp_path):
    """A run is three files and a seal: after fewer than all four it is not there."""
    ours = full(tmp_path / "ours", KEYS[:5])
    for files, key in enumerate(KEYS[:5]):
        runs = SharedRuns(stored.Cut(place, files))
        try:
            runs.give([key], ours)
        except KeyboardInterrupt:
            assert files < 4
        theirs = Store(tmp_path / f"theirs{files}")
        assert take(SharedRuns(place), [key], theirs) == ({key: None} if files == 4 else {})
    SharedRuns(place).give(KEYS[:5], ours)  # the same command goes on
    assert set(take(SharedRuns(place), KEYS[:5], Store(tmp_path / "last")).values()) == {None}


def test_two_writers_of_one_run_never_mix_it(place, tmp_path):
    """Each has trained it: other bytes in each file but the history. In whatever order they write, it stays whole."""
    first = full(tmp_path / "first", [KEY], model=b"first", duration_s=1.0)
    second = full(tmp_path / "second", [KEY], model=b"second", duration_s=2.0)
    either = [content(first, KEY), content(second, KEY)]
    for turn in range(8):
        order = random.Random(turn)
        steps = [_Steps(place), _Steps(place)]
        for recorder, store in zip(steps, (first, second), strict=True):
            SharedRuns(recorder).give([KEY], store)
        while any(step.files for step in steps):
            order.choice([step for step in steps if step.files]).do()
            theirs = Store(tmp_path / f"theirs{turn}")
            if take(SharedRuns(place), [KEY], theirs):
                assert content(theirs, KEY) in either


class _Steps:
    """A place that keeps what is to be written, to be done file by file."""

    def __init__(self, place):
        self.place, self.files = place, []

    def read(self, names):
        return self.place.read(names)

    def write(self, files):
        self.files += files.items()

    def do(self):
        self.place.write(dict([self.files.pop(0)]))


def test_writers_and_a_reader_at_once(place, tmp_path):
    """Threads of two projects give the same runs while a third takes them."""
    stores = [full(tmp_path / name, model=name.encode()) for name in ("first", "second")]
    writers = [threading.Thread(target=SharedRuns(place).give, args=[KEYS, store]) for store in stores]
    for writer in writers:
        writer.start()
    theirs, faults = Store(tmp_path / "theirs"), []
    while any(writer.is_alive() for writer in writers) or not all(map(theirs.has, KEYS)):
        missing = [key for key in KEYS if not theirs.has(key)]
        faults += [fault for fault in take(SharedRuns(place), missing, theirs).values() if fault]
    assert not faults
    assert all(content(theirs, key) in [content(store, key) for store in stores] for key in KEYS)


def spoil(place, key, part, how):
    """Spoil the file of a run that ends so."""
    name = next(name for name in names(place) if name.startswith(f"{key[:2]}/{key}/") and part(name))
    data = place.read([name])[name]
    place.write({name: how(data)})


@pytest.mark.parametrize(
    ("part", "how"),
    {
        "seal cut": (lambda name: name.endswith("seal.json"), lambda data: data[:-20]),
        "seal emptied": (lambda name: name.endswith("seal.json"), lambda data: b""),
        "seal of no JSON": (lambda name: name.endswith("seal.json"), lambda data: b"\xff" * 40),
        "seal that names another folder": (
            lambda name: name.endswith("seal.json"),
            lambda data: data.replace(b"model.keras", b"../../x"),
        ),
        "file flipped": (lambda name: not name.endswith("seal.json"), lambda data: b"X" + data[1:]),
        "file cut": (lambda name: not name.endswith("seal.json"), lambda data: data[:-1]),
    }.values(),
)
def test_a_damaged_run_is_refused_named_and_written_anew(place, tmp_path, part, how):
    ours, theirs = full(tmp_path / "ours", KEYS[:2]), Store(tmp_path / "theirs")
    runs = SharedRuns(place)
    runs.give(KEYS[:2], ours)
    spoil(place, KEY, part, how)
    found = take(runs, KEYS[:2], theirs)
    assert found[KEY] and found[KEYS[1]] is None
    assert runs.damaged(runs.seals(KEYS), theirs) == {KEY} and not theirs.has(KEY) and not theirs.drafts()
    runs.give([KEY], ours)
    assert not runs.damaged(runs.seals(KEYS), theirs) and take(runs, [KEY], theirs) == {KEY: None}
    assert content(theirs, KEY) == content(ours, KEY)


def test_a_run_under_the_key_of_another_is_refused(place, tmp_path):
    ours = full(tmp_path / "ours", KEYS[:2])
    runs = SharedRuns(place)
    runs.give(KEYS[:2], ours)
    first, second = (f"{key[:2]}/{key}" for key in KEYS[:2])
    for name in [name for name in names(place) if name.startswith(second)]:
        place.write({name.replace(second, first): place.read([name])[name]})
    found = take(runs, [KEY], Store(tmp_path / "theirs"))
    assert found[KEY] == f"it is the run {KEYS[1][:8]}, not {KEY}"


@pytest.mark.parametrize("record", [{"status": "failed"}, {"status": None}, {"versions": None, "status": "running"}])
def test_a_run_that_has_not_ended_is_refused(place, tmp_path, record):
    runs = SharedRuns(place)
    runs.give([KEY], full(tmp_path / "ours", [KEY], **record))
    assert take(runs, [KEY], Store(tmp_path / "theirs")) == {KEY: "run.json is not that of a run that has ended"}


UNLIKE = {
    "another C library": ({"library": "glibc 2.17"}, "given glibc 2.17, allowed "),
    "another GPU": ({"device": "gpu", "gpus": ["T4"]}, "given T4, allowed A100"),
    "another processor": ({"numerics": "native avx2", "processor": "abacus"}, "given abacus, allowed "),
}


@pytest.mark.parametrize(("record", "told"), UNLIKE.values(), ids=UNLIKE)
def test_a_run_whose_numbers_may_be_others_is_not_taken(place, tmp_path, monkeypatch, record, told):
    """Its key is the same: were it taken, one arm of a comparison would be of another machine than the other."""
    if record.get("device") == "gpu":
        monkeypatch.setattr(runtime, "_loadable", lambda: ("A100", "A100"))
    monkeypatch.setattr(machine.numerics, "vector_unit", lambda: "avx2")
    runs = SharedRuns(place)
    runs.give([KEY], full(tmp_path / "ours", [KEY], **record))
    theirs = Store(tmp_path / "theirs")
    assert take(runs, [KEY], theirs)[KEY].startswith(told) and not theirs.has(KEY)
    assert not runs.damaged(runs.seals([KEY]), theirs)  # it is whole, and stays


@pytest.mark.parametrize("record", [{}, {"device": "gpu", "gpus": ["A100"]}], ids=["processor", "GPU"])
def test_a_run_of_a_machine_like_this_one_is_taken(place, tmp_path, monkeypatch, record):
    if record:
        monkeypatch.setattr(runtime, "_loadable", lambda: ("A100", "A100"))
    runs, taken = SharedRuns(place), Taken()
    runs.give([KEY], full(tmp_path / "ours", [KEY], **record))
    runs.take(runs.seals([KEY]), Store(tmp_path / "theirs"), taken)
    assert taken == Taken(count=1)


@pytest.mark.parametrize("record", [{"library": None}, {"device": "gpu"}], ids=["library", "GPU"])
def test_a_run_that_does_not_say_on_what_it_was_trained_is_taken_and_counted(place, tmp_path, monkeypatch, record):
    if "device" in record:
        monkeypatch.setattr(runtime, "_loadable", lambda: ("A100",))
    runs, taken = SharedRuns(place), Taken()
    runs.give([KEY], full(tmp_path / "ours", [KEY], **record))
    runs.take(runs.seals([KEY]), Store(tmp_path / "theirs"), taken)
    assert taken == Taken(count=1, untold=1)


WRITER = """
import sys
from pathlib import Path
from pipeline.sharing.places import Folder
from pipeline.sharing.shared_runs import SharedRuns
from pipeline.training.store import Store
store, runs = Store(Path(sys.argv[1])), SharedRuns(Folder(Path(sys.argv[2])))
print("begins", flush=True)
while True:
    for folder in store.runs():
        runs.give([folder.name], store)
"""


def test_kills_of_a_writer_never_leave_a_torn_run(tmp_path):
    """SIGKILL at ten moments; every run that is there then is whole, and drafts are the only other thing."""
    ours, shared = full(tmp_path / "ours", model=b"w" * 300_000), tmp_path / "shared"
    shared.mkdir()
    moments = random.Random(1)
    for turn in range(10):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, ours.root, shared], cwd=paths.ROOT, stdout=subprocess.PIPE
        )
        writer.stdout.readline()
        time.sleep(moments.uniform(0, 0.15))
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        found = take(SharedRuns(Folder(shared)), KEYS, Store(tmp_path / f"theirs{turn}"))
        assert not any(found.values())
    assert found  # it has come to something


def test_what_is_made_in_a_folder_has_the_folder_s_rights(tmp_path):
    """Each member of a group may write below what another has made, whatever the umask."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o2770)
    before = os.umask(0o077)
    try:
        SharedRuns(Folder(shared)).give([KEY], full(tmp_path / "ours", [KEY]))
    finally:
        os.umask(before)
    made = [*shared.rglob("*")]
    assert {file.stat().st_mode & 0o7777 for file in made if file.is_dir()} == {0o2770}
    assert {file.stat().st_mode & 0o777 for file in made if file.is_file()} == {0o660}


def test_a_folder_that_is_not_there_is_not_made(tmp_path):
    """A share that is not mounted: what is written to its place would lie on this machine alone."""
    for action in (lambda place: place.read(["store.json"]), lambda place: place.write({"store.json": b""})):
        with pytest.raises(FileNotFoundError):
            action(Folder(tmp_path / "shared"))
    assert not (tmp_path / "shared").exists()
