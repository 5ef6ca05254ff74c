"""What every test of MLflow can count on: runs changed by hand are taken as they are, databases are closed after it."""

import pytest

from pipeline import freshness


@pytest.fixture(autouse=True)
def unsealed(monkeypatch):
    """Whether a run's files are as they were sealed is held by test_freshness.py and test_integrity.py."""
    monkeypatch.setattr(freshness.integrity, "fault", lambda *_: None)


@pytest.fixture(autouse=True)
def closed():
    """MLflow keeps every database that a process has had open: a thousand tests would reach the limit of open files."""
    yield
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as Models
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as Runs

    for store in (Models, Runs):
        for engine in store._engine_map.values():
            engine.dispose()
        store._engine_map.clear()
