"""The walk-through of docs/add-a-topic.md, done to the letter in a copy of the project."""

import re

import pytest
from clone import change, copy_house, tell
from ruamel.yaml import YAML

from pipeline import paths
from pipeline.records import read_json
from pipeline.settings import files

PAGE = (paths.ROOT / "docs" / "add-a-topic.md").read_text("utf-8")
FOUND = re.findall(r"^`([^`]+)`:\n\n```(\w+)\n(.*?)```$", PAGE, re.M | re.S)
FILES = {name: (language, block) for name, language, block in FOUND}
COMMANDS = [line for block in re.findall(r"^```bash\n(.*?)```$", PAGE, re.M | re.S) for line in block.splitlines()]


def added():
    """The walk-through's part of params.yaml, as a tree that keeps its comments."""
    return YAML().load(FILES["params.yaml"][1])


def test_every_block_of_the_page_is_a_file_or_a_command():
    assert len(FILES) + PAGE.count("```bash") == PAGE.count("```") / 2
    assert [language for language, _ in FILES.values()] == ["python", "python", "yaml"]
    assert COMMANDS[0] == "python -m pipeline check" and COMMANDS[-1] == "python -m pipeline report"


def test_its_topic_is_one_folder_and_one_block_and_not_yet_there():
    (name,) = added()["topics"]
    assert list(added()) == ["topics"]
    folders = {file.rpartition("/")[0] for file in FILES if file != "params.yaml"}
    assert folders == {f"pipeline/topics/{name}"} and not (paths.ROOT / folders.pop()).exists()
    assert name not in files.parse(paths.PARAMS)["topics"]


def walk(place):
    """The page up to its commands: write the files, and merge the block into params.yaml."""
    for name, (_, block) in FILES.items():
        if name != "params.yaml":
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(block, "utf-8")
    change(place, lambda tree: tree["topics"].update(added()["topics"]))


def alone(tree):
    """Only the new topic and its data are kept, as the other topics would have to be prepared and planned too."""
    (name,) = added()["topics"]
    for part, kept in (("topics", name), ("data", tree["topics"][name]["data"])):
        for other in [other for other in tree[part] if other != kept]:
            del tree[part][other]


@pytest.mark.slow
def test_the_walk_ends_in_a_verdict(tmp_path):
    place = copy_house(tmp_path / "aula")
    walk(place)
    (name,) = added()["topics"]
    assert "params.yaml is sound" in tell(place, *COMMANDS[0].split())  # beside all other topics
    change(place, alone)
    for command in COMMANDS:
        tell(place, *command.split())
    claims = read_json(place / "data" / "report" / "claims.json")
    assert [(claim["topic"], claim["name"]) for claim in claims] == [
        (name, "wider_is_better"),
        (name, "wider_is_surer"),
    ]
    assert {claim["verdict"] for claim in claims} <= {"reproduced", "contradicted", "negligible", "undecided"}
    assert all(claim["seeds"] == 2 and claim["failed"] == 0 for claim in claims)
    scores = read_json(place / "data" / "results" / name / "metrics.json")
    assert 0 < scores["wide"]["certainty"]["mean"] <= 1 and scores["narrow"]["accuracy"]["n"] == 2


@pytest.mark.slow
def test_a_slip_on_the_way_is_named(tmp_path):
    place = copy_house(tmp_path / "aula")
    walk(place)
    (name,) = added()["topics"]
    change(place, lambda tree: tree["topics"][name]["variants"].pop("wide"))
    told = tell(place, *COMMANDS[0].split())
    assert f"topics.{name}: 2 claims are left out, as there is no variant wide" in told
