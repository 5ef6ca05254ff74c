"""What every test of MLflow can count on: runs that it has changed by hand are taken as they are."""

import pytest

from pipeline import freshness


@pytest.fixture(autouse=True)
def unsealed(monkeypatch):
    """Whether a run's files are as they were sealed is held by test_freshness.py and test_integrity.py."""
    monkeypatch.setattr(freshness.integrity, "fault", lambda *_: None)
