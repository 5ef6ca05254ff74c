"""Which data lie where DVC does not look: `make repro` then looks itself."""

from types import SimpleNamespace

import pytest

from pipeline import paths
from pipeline.settings import outside_files


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path / "house")
    monkeypatch.setattr(paths, "RAW", tmp_path / "house" / "data" / "raw")
    for name in ("house/data/raw/a.csv", "house/mine/b.csv", "elsewhere/c.csv", "house/data/raw/pets/cat/1.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("load", "named", "outside"),
    [
        ({"file": "a"}, [], False),
        ({"file": "a.csv"}, ["house/data/raw/a.csv"], False),
        ({"file": "data/raw/a.csv"}, ["house/data/raw/a.csv"], False),
        ({"file": "mine/b.csv"}, ["house/mine/b.csv"], True),
        ({"file": "HERE/elsewhere/c.csv"}, ["elsewhere/c.csv"], True),
        ({"file": "../elsewhere/c.csv"}, ["house/../elsewhere/c.csv"], True),
        ({"file": "mine/gone.csv"}, [], True),
        ({"path": "pets/cat"}, ["house/data/raw/pets/cat"], False),
        ({"path": "data/raw/pets"}, ["house/data/raw/pets"], False),
        ({"path": "mine/"}, ["house/mine"], True),
        ({"path": "pets"}, ["house/data/raw/pets"], False),
        ({"path": "mine"}, ["house/mine"], True),
        ({"path": "gone"}, [], True),
        ({"separator": "/", "decimal": "."}, [], False),
        ({"samples": 600}, [], False),
        ({}, [], False),
    ],
)
def test_where_a_path_leads(place, load, named, outside):
    put = {name: value.replace("HERE", str(place)) for name, value in load.items() if isinstance(value, str)}
    data = SimpleNamespace(load=load | put)
    assert [file.relative_to(place).as_posix() for file in outside_files.named(data)] == [*named]
    assert outside_files.are_outside(data) is outside
