"""Keys of data follow from the file that a setting names, wherever it lies and however its ending is written."""

import pytest

from pipeline import paths
from pipeline.settings.params import DataSettings, Split
from pipeline.settings.raw_files import raw_digests


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path / "house")
    monkeypatch.setattr(paths, "RAW", tmp_path / "house" / "data" / "raw")
    for folder in ("house/data/raw", "house/mine", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
    return tmp_path


def digests(source, file):
    return raw_digests(DataSettings("own", source, {"file": file}, "none", Split(0.2, 0.2, None, 0), {"plain": {}}, 0))


@pytest.mark.parametrize(
    ("source", "name"),
    [("table", "own.csv"), ("table", "own.Parquet"), ("archive", "own.npz"), ("recordings", "own.TXT")],
)
@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("house/data/raw", "data/raw/{}"),
        ("house/data/raw", "{}"),
        ("house/mine", "mine/{}"),
        ("elsewhere", "{place}/elsewhere/{}"),
    ],
)
def test_another_byte_is_another_digest(place, source, name, where, told):
    file, told = place / where / name, told.format(name, place=place)
    file.write_bytes(b"one")
    first = digests(source, told)
    file.write_bytes(b"other")
    assert [*first] == [name] and digests(source, told).keys() == first.keys()
    assert digests(source, told) != first


@pytest.mark.parametrize("file", ["absent", "../own", "own.xlsx", "", "own\n"])
@pytest.mark.parametrize("source", ["table", "archive", "recordings"])
def test_what_is_not_there_has_none(place, source, file):
    (place / "house" / "data" / "raw" / "other.csv").write_bytes(b"one")
    assert digests(source, file) == {}


def test_a_source_without_files_of_a_user_has_those_of_its_name(place):
    (place / "house" / "data" / "raw" / "grid.npz").write_bytes(b"one")
    assert [*digests("grid", "own.csv")] == ["grid.npz"]
