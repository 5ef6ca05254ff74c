"""Every topic has a lesson of its own, and so have own data; each runs from a fresh clone, in the smoke profile."""

import ast
import json
import os
import re
from html import escape

import nbclient
import nbformat
import pytest
from clone import copy_house, tell

from pipeline import paths, plugins

FOLDER = paths.ROOT / "notebooks"
NAMES = sorted(file.stem for file in FOLDER.glob("*.ipynb"))
OWN = "own_data"  # of no topic that is shipped
SEARCH = "sweeps"  # of no topic either
LESSONS = [name for name in NAMES if name not in (OWN, SEARCH)]
QUICK = "exploding"
LIMIT = 600  # seconds a cell, on a machine that does other things as well
PARTS = ("## The idea", "$$", "**Try it yourself.**", "## The full result", "## What to take away")


def read(name):
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def source(name, kind):
    return "\n\n".join(cell.source for cell in read(name).cells if cell.cell_type == kind)


def test_there_is_one_for_each_topic():
    assert plugins.names("topics") == LESSONS and OWN in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_it_is_stripped_and_valid(name):
    nbformat.validate(read(name))
    plain = json.loads((FOLDER / f"{name}.ipynb").read_text("utf-8"))
    for cell in plain["cells"]:
        assert cell["metadata"] == {}
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
    assert plain["metadata"]["kernelspec"]["name"] == "python3"
    assert plain["metadata"]["language_info"] == {"name": "python"}  # no version of somebody's machine


@pytest.mark.parametrize("name", NAMES)
def test_it_has_the_parts_of_a_lesson(name):
    text, code = source(name, "markdown"), source(name, "code")
    assert text.startswith("# ") and 8 <= len(read(name).cells) <= 14
    places = [text.index(part) for part in PARTS]
    assert places == sorted(places)
    assert re.search(r"\(\*[^*]+\*", text)  # a term of the course, in Spanish
    assert re.search(r"^SEED = \d+$", code, re.M)


@pytest.mark.parametrize("name", LESSONS)
def test_it_is_a_lesson(name):
    code = source(name, "code")
    assert f'notebook.verdicts("{name}")' in code and "notebook.scores(" in code
    assert set(re.findall(r'notebook\.\w+\(\s*"(\w+)"', code)) == {name}  # no other topic's runs or results


@pytest.mark.parametrize("name", LESSONS)
def test_it_names_variants_that_exist(name):
    from pipeline.settings import params

    named = list(variants_of(ast.parse(source(name, "code"))))
    assert named and set(named) <= params.read(profile="laptop").topics[name].variants.keys()


def variants_of(code):
    """What a lesson trains, or shows the curves of: named outright, or one after another in a loop over `variant`."""
    yield from (call.args[1].value for call in calls(code) if isinstance(call.args[1], ast.Constant))
    for loop in ast.walk(code):
        if isinstance(loop, ast.For) and "variant" in ast.unparse(loop.target):
            words = [node.value for node in ast.walk(loop.iter) if isinstance(node, ast.Constant)]
            asked = [ast.unparse(call.args[1]) for call in calls(loop)]
            yield from (eval(said, {"variant": word}) for said in asked for word in words if isinstance(word, str))


def calls(code):
    told = [node for node in ast.walk(code) if isinstance(node, ast.Call)]
    return [node for node in told if ast.unparse(node.func) in ("notebook.run", "notebook.curves")]


@pytest.mark.parametrize("name", NAMES)
def test_it_holds_no_path_of_a_machine_and_no_number_of_ours(name):
    whole = (FOLDER / f"{name}.ipynb").read_text("utf-8")
    assert not re.search(r"(?<![\w.:/*])/(home|root|work|tmp|usr|opt|Users)/|[A-Z]:\\\\", whole)
    assert not re.search(r"\b(reproduced|contradicted|undecided|negligible) (in|by) \d", whole)


def test_the_index_names_each():
    index = (FOLDER / "README.md").read_text("utf-8")
    assert sorted(re.findall(r"\((\w+)\.ipynb\)", index)) == NAMES


def test_their_lock_is_that_of_the_project_with_jupyterlab_added():
    project, lab = (pins(f"requirements{name}.lock") for name in ("", "-notebooks"))
    assert project.items() <= lab.items() and "jupyterlab" in lab.keys() - project.keys()
    assert {"nbclient", "ipykernel"} <= project.keys()


def pins(file):
    lines = (paths.ROOT / file).read_text("utf-8").splitlines()
    found = [re.match(r"([a-z0-9._-]+)(?:\[.*\])?==([^ ;]+)(.*)", line) for line in lines]
    return {(each[1], each[2]): True for each in found if each} | {each[1]: True for each in found if each}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    place = copy_house(tmp_path_factory.mktemp("clone") / "aula")
    # From here on only lessons change files; the profile may have been smoke before.
    tell(place, "git", "commit", "-q", "-a", "--allow-empty", "-m", "Set the smoke profile")
    return place


def test_make_opens_them_on_this_machine_only(house):
    assert "jupyter lab --ip=127.0.0.1" in tell(house, "make", "--dry-run", "notebooks")
    assert "make notebooks" in tell(house, "make", "help")


def execute(house, name, place, private):
    """The notebook as it is after a run of all its cells; any error is raised."""
    notebook = read(name)
    resources = {"metadata": {"path": str(house / place)}}
    client = nbclient.NotebookClient(notebook, timeout=LIMIT, kernel_name="python3", resources=resources)
    client.execute(env=os.environ | {"IPYTHONDIR": str(private)})
    return notebook


def left_behind(house):
    """Files that were changed or made in the clone, other than Python's own."""
    told = tell(house, "git", "status", "--porcelain", "--ignored", "--untracked-files=all").splitlines()
    return [line for line in told if "__pycache__" not in line]


def shown(notebook, kind):
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [output.data[kind] for output in outputs if kind in output.get("data", {})]


def marked(name):
    return pytest.param(name, marks=() if name == QUICK else pytest.mark.slow)


@pytest.mark.parametrize("name", [marked(name) for name in LESSONS])
def test_it_runs_from_a_fresh_clone(name, house, tmp_path):
    notebook = execute(house, name, "notebooks", tmp_path)
    assert not left_behind(house)
    (table,) = [html for html in shown(notebook, "text/html") if "<table>" in html]
    for claim in plugins.load("topics", name).TOPIC.claims:
        assert escape(claim.sentence) in table
    assert shown(notebook, "image/png")


@pytest.mark.slow
def test_own_data_are_added_and_judged_in_a_copy(house, tmp_path):
    """Nothing of the clone is changed; only the trial has the two blocks."""
    notebook = execute(house, OWN, "notebooks", tmp_path)
    assert not left_behind(house)
    (table,) = [html for html in shown(notebook, "text/html") if "<table>" in html]
    for words in ("moving the threshold of the trained network", "boosting trees instead of training a network"):
        assert words in table
    assert "not tested" not in table and shown(notebook, "image/svg+xml")
    said = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ()))
    assert "data.customers and topics.customers were added" in said and "left out (`drop`)" in said


@pytest.mark.slow
def test_it_runs_from_the_root_as_well(house, tmp_path):
    execute(house, QUICK, ".", tmp_path)
