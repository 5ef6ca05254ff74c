"""What every test can count on: a quiet TensorFlow on one thread, and folders of its own when it writes."""

import copy
import functools
import os

from pipeline import numerics, spoken

numerics.settle("portable")  # before anything imports NumPy
os.environ[spoken.OWN] = "en"  # whatever the language of the machine

import pytest  # noqa: E402
import shipped  # noqa: E402
import slow_cases  # noqa: E402
from folders import ELSEWHERE, FOLDERS  # noqa: E402

from pipeline import paths, records  # noqa: E402
from pipeline.settings import params, plan  # noqa: E402
from pipeline.training import runtime  # noqa: E402

DRAWS = range(200, 210)
runtime.quiet()
paths.PARAMS = shipped.repository() / "params.yaml"  # before any test reads it


@pytest.fixture
def house(tmp_path, monkeypatch):
    """All folders that the pipeline writes to, moved under `tmp_path`; data/raw stays."""
    for name in FOLDERS:
        place = getattr(paths, name).relative_to(paths.ROOT)
        monkeypatch.setattr(paths, name, tmp_path / place)
    for variable in ELSEWHERE:
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


@pytest.fixture
def smoke(house):
    """The shipped settings in the smoke profile, with cards of data that was never prepared."""
    settings, keys = copy.deepcopy(shipped_smoke())  # tests change what they get
    for (name, draw), key in keys.items():
        views = {view: {"digest": f"{name}/{view}"} for view in settings.data[name].views}
        digests = dict.fromkeys(("validation", "test"), f"{name} {draw}")
        records.write_sealed(paths.card(name, draw), {"key": key, "views": views, "digests": digests})
    return settings


@functools.cache  # a second or two, which a hundred tests need not wait for
def shipped_smoke():
    """The shipped settings in the smoke profile, and the key of each draw of its data."""
    settings = params.read(paths.PARAMS, profile="smoke")
    blocks = settings.data.items()
    return settings, {(name, draw): plan.prepared_key(data, draw) for name, data in blocks for draw in DRAWS}


@pytest.fixture
def mlflow_store(house):
    """mlflow.db without an experiment."""
    import demo_topic

    paths.TRACKING.write_bytes(demo_topic.empty_store())
    return paths.TRACKING


@pytest.hookimpl(tryfirst=True)  # before those that are not asked for are left out
def pytest_collection_modifyitems(items):
    """Mark what is slow beside its siblings, and begin with the longest files."""
    for item in items:
        if item.nodeid in slow_cases.SLOW:
            item.add_marker("slow")
    items.sort(key=lambda item: item.nodeid.partition("::")[0] not in slow_cases.FIRST)


def pytest_report_header():
    """Say so where tests do not look at the files as they lie there."""
    changed = ", ".join(shipped.differs())
    return f"settings: those of Git's HEAD, not {changed} as changed since" if changed else None
