"""What every test can count on: a quiet TensorFlow on one thread, and folders of its own when it writes."""

import pytest

from pipeline import paths, runtime

runtime.quiet()

FOLDERS = ("DATA", "PREPARED", "TEST", "PLAN", "RUNS", "RESULTS", "REPORT", "TRACKING", "ARTIFACTS")
FOLDERS += ("STATE", "STORE", "CHECKPOINTS", "LOCKS")


@pytest.fixture
def house(tmp_path, monkeypatch):
    """All folders that the pipeline writes to, moved under `tmp_path`; data/raw stays."""
    for name in FOLDERS:
        place = getattr(paths, name).relative_to(paths.ROOT)
        monkeypatch.setattr(paths, name, tmp_path / place)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path
