"""The five changes of docs/where-to-change-what.md, made to the letter in a copy of the project, and tried."""

import re
import subprocess
import sys

import pytest
from clone import ENVIRONMENT, change, copy_house, tell
from ruamel.yaml import YAML

from pipeline import paths

PAGE = (paths.ROOT / "docs" / "where-to-change-what.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))
PARTS = re.compile(r"^`([^`]+)`:$|^```(\w+)\n(.*?)^```$", re.M | re.S)

SIZES = """
import report_files
from pipeline import paths
from pipeline.records import read_json, write_json

def test_the_picture_is_on_the_page(house, monkeypatch):
    report_files.known_topics(monkeypatch)
    report_files.write_topic("convolution", report_files.VARIANTS)
    for size, variant in enumerate(report_files.VARIANTS, 1):
        for file in (paths.RUNS / "convolution" / variant).glob("*/run.json"):
            write_json(file, read_json(file) | {"parameters": 1000 * size})
    report_files.report()
    page = (paths.REPORT / "index.html").read_text("utf-8")
    assert "accuracy by number of parameters" in page and "exactitud según el número de parámetros" in page
"""
TAGS = """
from pipeline.mlflow_sync import mlflow_run
run = {"variant": "v", "seed": 0, "run_key": "k", "topic": "t", "best_epoch": 7, "settings": {}}
assert mlflow_run._tags(run)["best_epoch"] == "7"
"""
HUBER = """
import numpy as np
from pipeline import notebook, paths
from pipeline.sources import adding
from pipeline.training import runtime
runtime.settle()
parts = notebook.drawn(adding.load(paths.RAW, 0, samples=60, length=8), train=40, validation=10, test=10, seed=0)
run = notebook.run("memory", "lstm_huber", parts, seed=0, epochs=1)
assert run.record["status"] == "finished" and np.isfinite(run.history[-1]["val_squared_error"])
"""


def blocks(section):
    """(file, language, text) of each block, under the file named last."""
    file = None
    for name, language, text in PARTS.findall(section):
        file = name or file
        if not name:
            yield file, language, text


def laid(under, over):
    """`over` on `under`: mappings key by key, lists one after the other."""
    for key, item in over.items():
        if isinstance(under.get(key), dict) and isinstance(item, dict):
            laid(under[key], item)
        elif isinstance(under.get(key), list):
            under[key].extend(item)
        else:
            under[key] = item


def make(place, section):
    """The section's changes in the copy at `place`."""
    for file, language, text in blocks(SECTIONS[section]):
        if language == "yaml":
            change(place, lambda tree, text=text: laid(tree, YAML().load(text)))
        elif language == "diff":
            old, new = ("".join(line[1:] for line in text.splitlines(True) if line[0] == sign) for sign in "-+")
            content = (place / file).read_text("utf-8")
            assert content.count(old) == 1, f"{file}: {old}"
            (place / file).write_text(content.replace(old, new), "utf-8")
        else:
            with (place / file).open("a", encoding="utf-8") as target:
                target.write(text)


def python(place, *arguments):
    """What Python says in the copy, which must end well."""
    environment = ENVIRONMENT | {"PYTHONPATH": str(place)}
    told = subprocess.run(
        [sys.executable, *arguments], cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout[-2000:] + told.stderr[-2000:]


@pytest.fixture
def place(tmp_path):
    return copy_house(tmp_path / "aula")


@pytest.mark.parametrize("section", SECTIONS)
def test_the_files_named_are_those_of_its_blocks(section):
    named = re.findall(r"`([^`]+)`", re.search(r"^Files: (.*?)\.$", SECTIONS[section], re.M)[1])
    assert named == list(dict.fromkeys(file for file, _, _ in blocks(SECTIONS[section])))


def test_there_are_five():
    assert list(SECTIONS) == [
        "Add a metric",
        "Add a view",
        "Add a task",
        "Add a picture to the report",
        "Add a tag in MLflow",
    ]


def test_a_metric_can_be_named(place):
    with_it = "from pipeline.settings import params; metrics = params.read().topics['imbalance'].metrics\n"
    with_it += "assert metrics[-1] == 'second_guess_accuracy' and len(metrics) > 5"
    make(place, "Add a metric")
    tell(place, sys.executable, "-m", "pipeline", "check")
    python(place, "-c", with_it)
    two_of_three = (
        "import numpy as np; from pipeline.metrics import classify\n"
        "chances = np.array([[0.6, 0.3, 0.1], [0.2, 0.3, 0.5], [0.1, 0.8, 0.1]])\n"
        "found = classify.second_guess_accuracy(np.array([1, 0, 1]), chances, None)\n"
        "assert abs(found - 2 / 3) < 1e-9, found"
    )
    python(place, "-c", two_of_three)


def test_a_view_is_prepared(place):
    make(place, "Add a view")
    tell(place, sys.executable, "-m", "pipeline", "prepare", "images")
    card = YAML(typ="safe").load((place / "data" / "prepared" / "images" / "200" / "card.json").read_text("utf-8"))
    assert card["views"]["mirrored"]["steps"] == {"mirror": {"mirrored": 25}}
    assert card["views"]["mirrored"]["examples"] == 125


def test_a_task_is_known(place):
    make(place, "Add a task")
    tell(place, sys.executable, "-m", "pipeline", "check")


@pytest.mark.slow
def test_a_task_is_learnt(place):
    make(place, "Add a task")
    python(place, "-c", HUBER)


@pytest.mark.slow
def test_a_picture_is_on_the_page(place):
    make(place, "Add a picture to the report")
    (place / "tests" / "report" / "test_sizes.py").write_text(SIZES, "utf-8")
    python(place, "-m", "pytest", "-q", "tests/report/test_sizes.py")


def test_a_tag_is_written(place):
    make(place, "Add a tag in MLflow")
    python(place, "-c", TAGS)
