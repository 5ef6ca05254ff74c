"""The project that every situation starts from: built once, copied for each."""

import project
import pytest


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    return project.build(tmp_path_factory.mktemp("situations") / "aula")


@pytest.fixture
def place(base, tmp_path, monkeypatch):
    place = project.copy(base, tmp_path / "aula")
    project.move_in(place, monkeypatch)
    return place
