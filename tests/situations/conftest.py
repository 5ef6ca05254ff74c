"""The project that every situation starts from: built once, copied for each."""

import shutil

import project
import pytest


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    return project.build(tmp_path_factory.mktemp("situations") / "aula")


@pytest.fixture
def place(base, tmp_path, monkeypatch, request):
    """A copy of its own, kept from the first failure on: all of them would fill 16 GB."""
    place = project.copy(base, tmp_path / "aula")
    project.move_in(place, monkeypatch)
    yield place
    if not request.session.testsfailed:
        shutil.rmtree(place)
