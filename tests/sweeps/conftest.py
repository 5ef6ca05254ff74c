"""The shipped settings with one small sweep, in which nothing is trained."""

import pytest
from swept import settle


@pytest.fixture
def settings(house, monkeypatch, tmp_path):
    """The shipped settings in the smoke profile, with a sweep."""
    return settle(monkeypatch, tmp_path / "project")
