"""dvc.yaml says who reads what: only `evaluate` sees test data, topics are the topic folders, dependencies exist."""

import ast
import re

import pytest
from ruamel.yaml import YAML
from test_structure import imports

from pipeline import paths, plugins
from pipeline.settings import plan

STAGES = YAML(typ="safe").load((paths.ROOT / "dvc.yaml").read_text())["stages"]
PARAMS = YAML(typ="safe").load(paths.PARAMS.read_text())
MUTE = {  # no score shows what they do
    *("contracts", "errors", "freshness", "number_types", "paths", "plugin_files", "plugins", "pool", "result_rows"),
    *("settings", "verdicts.topic"),
}


def body(stage):
    return STAGES[stage].get("do", STAGES[stage])


def outs(stage):
    found = []
    for key in ("outs", "metrics", "plots"):
        found += [next(iter(item)) if isinstance(item, dict) else item for item in body(stage).get(key, [])]
    return found


def test_only_evaluate_depends_on_the_test_split():
    readers = [stage for stage in STAGES if any("test" in dep for dep in body(stage)["deps"])]
    assert readers == ["evaluate"]


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_but_evaluate_depends_on_a_folder_around_the_test_split(stage):
    around = {"data", ".", "data/"}
    assert not around & set(body(stage)["deps"])


def test_whatever_decides_a_score_is_a_dependency_of_evaluate():
    """Directly, or through the plan, which has the digests of what decides a run and of its task."""
    deps = [dep.replace("/${key}", "") for dep in body("evaluate")["deps"] if dep.startswith("pipeline/")]
    files = [file for dep in deps for file in (paths.ROOT / dep).rglob("*.py")]
    files += [paths.ROOT / dep for dep in deps if dep.endswith(".py")]
    asked = {name for file in files for name in imports(file) if not {name, name.split(".")[0]} & MUTE}
    known = {
        dep.removeprefix("pipeline/").removesuffix(".py").replace("/", ".") for dep in (*deps, *plan.DECISIVE.values())
    }
    assert {name for name in asked if not {name, name.split(".")[0]} & (known | {"tasks"})} == set()


def test_topics_are_the_topic_folders():
    assert sorted(PARAMS["topics"]) == plugins.names("topics")


@pytest.mark.parametrize("stage", STAGES)
def test_every_dependency_exists_or_is_made_by_a_stage(stage):
    made = {out.split("${")[0].rstrip("/") for name in STAGES for out in outs(name)}
    for dep in body(stage)["deps"]:
        plain = dep.split("${")[0].rstrip("/")
        assert (paths.ROOT / plain).exists() or any(out.startswith(plain) or plain.startswith(out) for out in made), dep


def test_commands_name_a_stage_and_never_carry_a_setting():
    for stage in STAGES:
        assert re.fullmatch(r"python -m pipeline [a-z]+( \$\{key\})?", body(stage)["cmd"])


def test_it_stays_short():
    assert len((paths.ROOT / "dvc.yaml").read_text().splitlines()) <= 65


def test_compiled_files_never_mark_a_stage_changed():
    assert "__pycache__/" in (paths.ROOT / ".dvcignore").read_text()


def users_of_the_test_split(tree):
    """Names of functions that are called with `paths.test_split(...)` as an argument; "" for any other use of it."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    asked = [call for call in calls if getattr(call.func, "attr", getattr(call.func, "id", "")) == "test_split"]
    around = {id(argument): call for call in calls for argument in call.args}
    return sorted({getattr(around[id(call)].func, "id", "") if id(call) in around else "" for call in asked})


def test_nothing_but_scoring_reads_the_test_split():
    """Whoever asks for its path: `prepare` to write it, if it is not whole, scoring to score, `publish` to name it.

    And `freshness` for `evaluate`, which asks it whether the examples are those that were prepared. No file of the
    training imports the scoring: the stage `train` calls it once a run is in the store.
    """
    trees = {str(file.relative_to(paths.PACKAGE)): ast.parse(file.read_text()) for file in paths.PACKAGE.rglob("*.py")}
    users = {name: users_of_the_test_split(tree) for name, tree in trees.items()}
    assert {name: calls for name, calls in users.items() if calls} == {
        "cluster/files.py": [""],  # sends them to the node that scores
        "mlflow_sync/mlflow_run.py": [""],
        "prepared.py": ["read"],
        "stages/prepare.py": ["read_examples", "write_examples"],
    }
    asking = {name for name, tree in trees.items() if any(ast.unparse(n) == "prepared.test" for n in ast.walk(tree))}
    assert asking == {"freshness.py", "scoring/scored_runs.py"}
    folder = [name for name, tree in trees.items() if any(getattr(n, "attr", "") == "TEST" for n in ast.walk(tree))]
    assert folder == ["cluster/files.py"], "the folder is named in paths.py alone"
    training = [file for name in ("training", "tasks", "models") for file in (paths.PACKAGE / name).rglob("*.py")]
    asked = {name for file in training for name in imports(file)}
    assert "training.store" in asked
    assert not asked & {"scoring.scored_runs", "scoring.finished_run", "scoring.score"}
    assert not {name for name in asked if name.startswith("stages")}


@pytest.mark.parametrize(
    ("source", "users"),
    [
        ("read_examples(paths.test_split(data))", ["read_examples"]),
        ("file = test_split(data)", [""]),
        ("read_examples(paths.fit_split(data))", []),
    ],
)
def test_a_reader_of_the_test_split_would_be_seen(source, users):
    assert users_of_the_test_split(ast.parse(source)) == users


def test_dvc_goes_topic_by_topic():
    """The first topic's verdicts are there while the others are trained: DVC visits stages in the file's order."""
    from dvc.repo import Repo
    from dvc.repo.reproduce import plan_repro

    with Repo(str(paths.ROOT)) as project:
        every = [stage.addressing for stage in plan_repro(project.index.graph)]
    order = [name for name in every if not name.startswith("sweeps/")]  # of another file: no part of a plain repro
    pairs = [name for topic in PARAMS["topics"] for name in (f"train@{topic}", f"evaluate@{topic}")]
    assert order == ["prepare", "plan", *pairs, "judge", "report"]


SWEEPS = YAML(typ="safe").load((paths.ROOT / "sweeps" / "dvc.yaml").read_text())


def test_sweeps_are_stages_of_a_file_of_their_own():
    """Plain `dvc repro` runs what stands in the folder that it is started from; without any sweep the file is sound."""
    stage = SWEEPS["stages"]["sweep"]
    assert stage["foreach"] == "${sweeps}" and {"sweeps": {}} in SWEEPS["vars"] and "sweep" not in STAGES
    assert stage["do"]["cmd"] == "python -m pipeline sweep ${key}" and stage["do"]["wdir"] == ".."
    assert not any("test" in dep for dep in stage["do"]["deps"])
