"""Every topic has a lesson in both languages, and so have own data; each runs from a fresh clone, as smoke does."""

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
from pipeline.lessons import exercise

FOLDER = paths.ROOT / "notebooks"
NAMES = sorted(file.stem for file in FOLDER.glob("*.ipynb"))
OWN = "own_data"  # of no topic that is shipped
SEARCH = "sweeps"  # of no topic either
LESSONS = [name for name in NAMES if name not in (OWN, SEARCH)]
QUICK = "exploding"
LIMIT = 600  # seconds a cell, on a machine that does other things as well
PLACES = {"en": "notebooks", "es": "notebooks/es"}
PARTS = {
    "en": ("## The idea", "$$", "**Try it yourself.**", "## The full result", "## Exercises", "## What to take away"),
    "es": ("## La idea", "$$", "**Pruébalo.**", "## El resultado completo", "## Ejercicios", "## Qué llevarse"),
}
WORDS = ("label", "title", "xlabel", "ylabel")  # keywords, and functions, of what a reader sees
SHOWN = {*WORDS, "print", "set_title", "set_ylabel", "set_xlabel"}
BOTH = [(name, language) for name in NAMES for language in PLACES]


def file_of(name, language):
    return paths.ROOT / PLACES[language] / f"{name}.ipynb"


def read(name, language="en"):
    return nbformat.read(file_of(name, language), as_version=4)


def source(name, kind, language="en"):
    return "\n\n".join(cell.source for cell in read(name, language).cells if cell.cell_type == kind)


def test_there_is_one_for_each_topic():
    assert plugins.names("topics") == LESSONS and OWN in NAMES
    assert sorted(file.stem for file in (FOLDER / "es").glob("*.ipynb")) == NAMES == exercise.lessons()


@pytest.mark.parametrize(("name", "language"), BOTH)
def test_it_is_stripped_and_valid(name, language):
    nbformat.validate(read(name, language))
    plain = json.loads(file_of(name, language).read_text("utf-8"))
    for cell in plain["cells"]:
        assert cell["metadata"] == {}
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
    assert plain["metadata"]["kernelspec"]["name"] == "python3"
    assert plain["metadata"]["language_info"] == {"name": "python"}  # no version of somebody's machine


@pytest.mark.parametrize(("name", "language"), BOTH)
def test_it_has_the_parts_of_a_lesson(name, language):
    text, code = source(name, "markdown", language), source(name, "code", language)
    assert text.startswith("# ") and 14 <= len(read(name, language).cells) <= 20
    places = [text.index(part) for part in PARTS[language]]
    assert places == sorted(places)
    assert language == "es" or re.search(r"\(\*[^*]+\*", text)  # a term of the course, in Spanish
    assert re.search(r"^SEED = \d+$", code, re.M) and f'LANGUAGE = "{language}"' in code


@pytest.mark.parametrize("name", NAMES)
def test_it_asks_all_that_there_is_to_ask(name):
    """Predictions before what they are about, then what happened; and every exercise."""
    code, asked = source(name, "code"), exercise.of_lesson(name)
    assert f'lesson = Lesson("{name}", language=LANGUAGE)' in code
    assert re.findall(r'lesson\.check\("([^"]+)", \.\.\.\)', code) == [*asked.exercises]
    for prediction in asked.predictions:
        assert code.index(f'lesson.predict("{prediction}", ...)') < code.index(f'lesson.happened("{prediction}", ')


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_cells_formulas_and_numbers(name):
    english, spanish = read(name, "en").cells, read(name, "es").cells
    assert [(cell.id, cell.cell_type) for cell in english] == [(cell.id, cell.cell_type) for cell in spanish]
    for one, other in zip(english, spanish, strict=True):
        if one.cell_type == "markdown":
            assert formulas(one.source) == formulas(other.source), one.id
            assert numbers(one.source, "en") == numbers(other.source, "es"), one.id
            assert headings(one.source) == headings(other.source), one.id


def formulas(text):
    """All of them, without the words within and the blanks, and with points for decimal commas."""
    found = re.findall(r"\$\$(.+?)\$\$|\$(.+?)\$", text, re.S)
    return {re.sub(r"\\text\{[^}]*\}|\s+", "", long or short).replace("{,}", ".") for long, short in found}


def numbers(text, language):
    """Those outside formulas and code, written alike."""
    text = re.sub(r"\$\$.+?\$\$|\$.+?\$|`[^`]*`|\]\([^)]*\)", " ", text, flags=re.S)
    if language == "en":
        text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    else:
        text = re.sub(r"(?<=\d)\u202f(?=\d{3}\b)", "", text)
        text = re.sub(r"(?<=\d),(?=\d)", ".", text)
    return {*re.findall(r"\d+(?:\.\d+)?", text)}


def headings(text):
    return [line.split()[0] for line in text.splitlines() if line.startswith("#")]


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_code(name):
    """But for words that a reader sees: those of several words, and those in the places of such words."""
    for one, other in zip(read(name, "en").cells, read(name, "es").cells, strict=True):
        if one.cell_type == "code":
            assert bare(one.source) == bare(other.source), one.id


def bare(code):
    """The code without comments, and with a mark in the place of words."""
    tree = ast.parse(code)
    free = {id(node) for seen in places_of_words(tree) for node in ast.walk(seen)}
    free -= {id(node) for form in forms(tree) for node in ast.walk(form)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if (id(node) in free and not re.fullmatch(r"[a-z_]*_[a-z_]*", node.value)) or is_worded(node.value):
                node.value = "words"
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "LANGUAGE":
            node.value = ast.Constant("a language")
    return ast.unparse(tree)


def forms(tree):
    """How f-strings write numbers."""
    return [node.format_spec for node in ast.walk(tree) if isinstance(node, ast.FormattedValue) and node.format_spec]


def places_of_words(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from (word.value for word in node.keywords if word.arg in WORDS)
            if ast.unparse(node.func).split(".")[-1] in SHOWN:
                yield from node.args
        if isinstance(node, ast.JoinedStr):
            yield from (part for part in node.values if isinstance(part, ast.Constant))


def is_worded(text):
    return " " in text.strip() or text in TERMS


TERMS = {"sincronizado", "remedio", "remedy"}


def test_code_that_differs_is_seen():
    line = 'print(f"gap {gap:.2f}"); run("memory", "lstm", epochs=3)'
    assert bare(line) == bare(line.replace("gap {", "brecha {"))
    for change in (("lstm", "gru"), ("3", "4"), (".2f", ".3f"), ("{gap", "{gaps"), ("memory", "recuerdo")):
        assert bare(line) != bare(line.replace(*change)), change


@pytest.mark.parametrize("name", LESSONS)
def test_it_is_a_lesson(name):
    code = source(name, "code")
    assert f'notebook.verdicts("{name}", language=LANGUAGE)' in code and "notebook.scores(" in code
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


@pytest.mark.parametrize(("name", "language"), BOTH)
def test_it_holds_no_path_of_a_machine_and_no_number_of_ours(name, language):
    whole = file_of(name, language).read_text("utf-8")
    assert not re.search(r"(?<![\w.:/*])/(home|root|work|tmp|usr|opt|Users)/|[A-Z]:\\\\", whole)
    assert not re.search(r"\b(reproduced|contradicted|undecided|negligible) (in|by) \d", whole)


@pytest.mark.parametrize("language", PLACES)
def test_the_index_names_each(language):
    index = (paths.ROOT / PLACES[language] / "README.md").read_text("utf-8")
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


def execute(house, name, place, private, language="en", answers=()):
    """The notebook as it is after a run of all its cells; any error is raised.

    `answers` stand in the place of the dots.
    """
    notebook = read(name, language)
    for cell in notebook.cells:
        for asked, answer in dict(answers).items():
            cell.source = cell.source.replace(f'("{asked}", ...)', f'("{asked}", {answer!r})')
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


def marked(name, language):
    return pytest.param(name, language, marks=() if (name, language) == (QUICK, "es") else pytest.mark.slow)


def tables(notebook):
    """The table of verdicts; predictions and exercises have some of their own."""
    return [html for html in shown(notebook, "text/html") if "<small><code>" in html]


@pytest.mark.parametrize(("name", "language"), [marked(*each) for each in BOTH if each[0] in LESSONS])
def test_it_runs_from_a_fresh_clone(name, language, house, tmp_path):
    notebook = execute(house, name, PLACES[language], tmp_path, language)
    assert not left_behind(house)
    (table,) = tables(notebook)
    for claim in plugins.load("topics", name).TOPIC.claims:
        assert escape(claim.frase if language == "es" else claim.sentence) in table
    assert shown(notebook, "image/png")
    asked = re.sub("</?code>", "", "".join(shown(notebook, "text/html")))
    for one in exercise.of_lesson(name).exercises.values():
        assert escape(one.question[language]).replace("`", "").split(":")[0][:20] in asked


@pytest.mark.slow
def test_a_prediction_and_an_answer_are_taken_up(house, tmp_path):
    """As a reader would, in the place of the dots: what was said stands beside what happened."""
    said = {"exploding-large": "b", "exploding-1": "9100,4", "exploding-2": 2}
    notebook = execute(house, QUICK, PLACES["es"], tmp_path, "es", said)
    told = "".join(shown(notebook, "text/html"))
    assert "Dices: diverge" in told and "dijiste" in told and "lo que pasó" in told
    assert "Correcto." in told and "Has recortado cada número por separado" in told


@pytest.mark.slow
@pytest.mark.parametrize("language", PLACES)
def test_own_data_are_added_and_judged_in_a_copy(house, tmp_path, language):
    """Nothing of the clone is changed; only the trial has the two blocks."""
    notebook = execute(house, OWN, PLACES[language], tmp_path, language)
    assert not left_behind(house)
    (table,) = tables(notebook)
    words = {
        "en": ("moving the threshold of the trained network", "boosting trees instead of training a network"),
        "es": ("desplazar el umbral de la red entrenada", "potenciar árboles en vez de entrenar una red"),
    }
    for part in words[language]:
        assert part in table
    assert "not tested" not in table and shown(notebook, "image/svg+xml")
    said = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ()))
    assert "data.customers and topics.customers were added" in said and "left out (`drop`)" in said


@pytest.mark.slow
@pytest.mark.parametrize("language", PLACES)
def test_a_search_runs_in_a_copy(house, tmp_path, language):
    execute(house, SEARCH, PLACES[language], tmp_path, language)
    assert not left_behind(house)


@pytest.mark.slow
def test_it_runs_from_the_root_as_well(house, tmp_path):
    execute(house, QUICK, ".", tmp_path)
