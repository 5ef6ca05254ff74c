"""Data by digest and the files of a run: whole or not at all, and laid out as the project has them."""

import hashlib
import os
import time

import hands
import pytest

from pipeline import paths
from pipeline.cluster import files
from pipeline.training.store import project_store


def digest(content):
    return hashlib.sha256(content).hexdigest()


def test_data_lie_where_the_project_has_them(tmp_path):
    cache = files.Cache(tmp_path / "cache")
    inputs = {"prepared/toy/0/fit/plain.npz": digest(b"fit"), "test/toy/0.npz": digest(b"test")}
    assert cache.lacks(inputs) == sorted(inputs.values())
    for content in (b"fit", b"test"):
        cache.put(digest(content), content)
    assert cache.lacks(inputs) == []
    folder = cache.lay_out(inputs, tmp_path / "inputs")
    assert (folder / "prepared/toy/0/fit/plain.npz").read_bytes() == b"fit"
    assert cache.lay_out(inputs, tmp_path / "inputs") == folder


def test_data_that_are_damaged_on_a_node_are_brought_again(tmp_path):
    """A power cut after the file was there: its name is right, its bytes are not."""
    name = digest(b"these")
    files.Cache(tmp_path / "cache").put(name, b"these")
    (tmp_path / "cache" / name).write_bytes(b"th")
    cache = files.Cache(tmp_path / "cache")
    assert cache.lacks({"a": name}) == [name] and not (tmp_path / "cache" / name).exists()
    cache.put(name, b"these")
    assert cache.lacks({"a": name}) == [] and [file.name for file in (tmp_path / "cache").iterdir()] == [name]


def test_data_that_are_damaged_after_a_node_has_seen_them_are_brought_again_to_another_place(tmp_path):
    """Workers remember what they have read by its place, and would go on with the damaged examples."""
    cache, name = files.Cache(tmp_path / "cache"), digest(b"these")
    cache.put(name, b"these")
    first = cache.lay_out({"a": name}, tmp_path / "inputs")
    assert cache.lacks({"a": name}) == [] and cache.lay_out({"a": name}, tmp_path / "inputs") == first
    (tmp_path / "cache" / name).write_bytes(b"th")
    assert cache.lacks({"a": name}) == [name]
    cache.put(name, b"these")
    again = cache.lay_out({"a": name}, tmp_path / "inputs")
    assert cache.lacks({"a": name}) == [] and again != first and (again / "a").read_bytes() == b"these"


def test_data_that_are_asked_for_stay_and_others_are_dropped(tmp_path):
    name, other = digest(b"these"), digest(b"those")
    cache, old = files.Cache(tmp_path / "cache"), time.time() - (files.UNUSED_DAYS + 1) * files.DAY_S
    for content in (b"these", b"those"):
        cache.put(digest(content), content)
        os.utime(tmp_path / "cache" / digest(content), (old, old))
    assert cache.lacks({"a": name, "b": other}) == []
    cache.lay_out({"a": name}, tmp_path / "inputs")
    assert files.Cache(tmp_path / "cache").lacks({"a": name, "b": other}) == [other]


def test_two_processes_of_a_machine_may_keep_the_same_data_at_once(tmp_path, monkeypatch):
    mine, others = files.Cache(tmp_path / "cache"), files.Cache(tmp_path / "cache")
    write, name = files.write_bytes, digest(b"these")

    def meanwhile(file, content):
        write(file, content)
        monkeypatch.setattr(files, "write_bytes", write)
        monkeypatch.setattr(os, "getpid", lambda: 2**22 + 1)
        others.put(name, b"these")

    monkeypatch.setattr(files, "write_bytes", meanwhile)
    mine.put(name, b"these")
    assert [file.name for file in (tmp_path / "cache").iterdir()] == [name]


def test_data_are_synced_before_they_have_their_name(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(descriptor))
    files.Cache(tmp_path / "cache").put(digest(b"these"), b"these")
    assert synced


def test_data_that_came_as_others_are_refused(tmp_path):
    cache = files.Cache(tmp_path / "cache")
    with pytest.raises(ValueError, match="they came as others"):
        cache.put(digest(b"these"), b"those")
    assert cache.lacks({"a": digest(b"these")})


def test_a_run_is_kept_once_and_its_scores_with_it(house, tmp_path):
    key = f"{1:032x}"
    parcel = hands.parcel_of(key, tmp_path) | {f"scores/{key[:2]}/{key}/s.json": b"{}"}
    files.keep(key, parcel)
    first = (project_store().folder(key) / "history.csv").stat().st_mtime_ns
    files.keep(key, parcel)
    assert (project_store().folder(key) / "history.csv").stat().st_mtime_ns == first
    assert (paths.SCORES / key[:2] / key / "s.json").read_bytes() == b"{}" and not project_store().drafts()


def test_what_a_worker_has_written_is_packed_and_dropped(house, tmp_path):
    key = f"{2:032x}"
    parcel = hands.parcel_of(key, tmp_path)
    files.keep(key, parcel)
    packed, history = files.pack(key), f"runs/{key[:2]}/{key}/history.csv"
    assert packed.keys() == parcel.keys() and packed[history] == parcel[history]
    assert not project_store().has(key)
