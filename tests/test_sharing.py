"""What is trained once is not trained again: by a colleague who pulls, in queued experiments, after a failure."""

import re
import subprocess
import sys

import pytest
from clone import ENVIRONMENT, change, copy_house, tell

from pipeline.records import read_json
from pipeline.settings import params

pytestmark = pytest.mark.slow
FEW = ("exploding", "long_tail")
PIPELINE = (sys.executable, "-m", "pipeline")
BUILT = "    layer = _layer("  # the line at which a recurrent network is built
BREAK = '    if gain == 1.5:\n        raise RuntimeError("the arm fails")\n'


def keep_few(tree):
    """Drop all topics but FEW, and the data that these do not use."""
    topics = params.read(profile="laptop").topics
    used = {variant.data for name in FEW for variant in topics[name].variants.values()}
    for part, kept in (("topics", set(FEW)), ("data", used)):
        for name in tree[part].keys() - kept:
            del tree[part][name]


def stages(told):
    """Stages that DVC ran."""
    return {line.split("'")[1] for line in told.splitlines() if line.startswith("Running stage")}


def trained(told):
    """{topic: runs that were trained} of all topics whose training began."""
    counts = re.findall(r"^(\w+): (\d+) runs(?:, (\d+) of them done before)?", told, re.M)
    return {topic: int(every) - int(before or 0) for topic, every, before in counts}


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    """A project that was run, committed and pushed to a folder: the project and that folder."""
    place = copy_house(tmp_path_factory.mktemp("first") / "aula")
    change(place, keep_few)
    told = tell(place, *PIPELINE, "repro")
    assert told.splitlines()[-1] == "done: open data/report/index.html" and "dvc push" not in told
    tell(place, "dvc", "remote", "add", "-d", "shelf", str(place.parent / "shelf"))
    tell(place, "git", "add", "-A")
    tell(place, "git", "commit", "-qm", "Run")
    tell(place, "dvc", "push")
    return place


@pytest.fixture
def colleague(remote, tmp_path):
    """A clone that has pulled; it has neither a store nor a database."""
    tell(tmp_path, "git", "clone", "-q", str(remote), "aula")
    tell(tmp_path / "aula", "dvc", "pull")
    return tmp_path / "aula"


def runs(place, topic="exploding"):
    """{run key: the bytes of its history} under data/runs."""
    files = (place / "data" / "runs" / topic).glob("*/*/run.json")
    return {read_json(file)["run_key"]: (file.parent / "history.csv").read_bytes() for file in files}


# A colleague


def test_a_colleague_who_pulls_trains_nothing(remote, colleague):
    told = tell(colleague, *PIPELINE, "repro")
    assert stages(told) <= {"report"}, told
    assert runs(colleague) == runs(remote)


def test_a_colleague_s_new_variant_trains_its_own_runs_alone(remote, colleague):
    change(colleague, lambda tree: tree["topics"]["exploding"]["variants"].update(largest={"build": {"gain": 2.0}}))
    told = tell(colleague, "dvc", "repro", "train@exploding")
    assert trained(told) == {"exploding": 2} and runs(remote).items() <= runs(colleague).items()


def test_a_clone_with_the_team_s_store_trains_its_new_variant_alone(remote, tmp_path):
    """No DVC remote: what was trained lies in a folder, and what the clone trains lies there afterwards."""
    shared, clone = tmp_path / "shared", tmp_path / "aula"
    shared.mkdir()
    assert f"finished runs given to {shared}" in tell(remote, "env", f"AULA_STORE={shared}", *PIPELINE, "runs", "push")
    tell(tmp_path, "git", "clone", "-q", str(remote), "aula")
    change(clone, lambda tree: tree.update(store={"shared": str(shared)}))
    change(clone, lambda tree: tree["topics"]["exploding"]["variants"].update(largest={"build": {"gain": 2.0}}))
    told = tell(clone, "dvc", "repro", "train@exploding")
    assert trained(told) == {"exploding": 2} and runs(remote).items() <= runs(clone).items()
    assert f"finished runs were found in {shared}: nothing of that is trained again" in told
    assert "0 of " in tell(clone, *PIPELINE, "runs", "push")


def test_a_setting_edited_after_a_pull_and_set_back_trains_nothing_again(remote, colleague):
    """Nothing asked for the pulled runs when DVC deleted them."""
    before = (colleague / "params.yaml").read_bytes()
    change(colleague, lambda tree: tree["topics"]["exploding"]["fit"].update(learning_rate=0.03))
    assert trained(tell(colleague, *PIPELINE, "repro", "train@exploding")) == {"exploding": 8}
    (colleague / "params.yaml").write_bytes(before)
    assert not sum(trained(tell(colleague, *PIPELINE, "repro", "train@exploding")).values())
    assert runs(colleague) == runs(remote)


def test_a_run_that_was_spoilt_on_the_way_is_trained_again(remote, colleague):
    file = colleague / "data" / "runs" / "exploding" / "unit" / "200" / "history.csv"
    file.chmod(0o644)
    file.write_text(file.read_text().replace("1,", "1,1", 1))
    change(colleague, lambda tree: tree["topics"]["exploding"]["variants"].update(largest={"build": {"gain": 2.0}}))
    told = tell(colleague, *PIPELINE, "repro", "train@exploding")
    assert trained(told) == {"exploding": 3} and runs(remote).items() <= runs(colleague).items()


def test_a_folder_that_others_share_is_cleaned_of_what_nobody_names(remote, colleague):
    """What docs/dvc.md calls safe: the cache loses nothing that the files here, or any commit, name."""
    tell(colleague, "dvc", "gc", "-A", "-f")
    for folder in ("runs", "plan"):
        subprocess.run(["rm", "-rf", str(colleague / "data" / folder)], check=True)
    tell(colleague, "dvc", "checkout")
    assert runs(colleague) == runs(remote)
    assert stages(tell(colleague, *PIPELINE, "repro")) <= {"report"}


# Experiments


@pytest.mark.parametrize("way", ["--queue", "--temp"])
def test_an_experiment_in_a_temporary_copy_keeps_its_runs_in_the_project(colleague, way):
    tell(colleague, "dvc", "exp", "run", way, "-n", "tried", "-S", "topics.exploding.fit.learning_rate=0.02")
    if way == "--queue":
        tell(colleague, "dvc", "exp", "run", "--run-all")
    assert (colleague / "mlflow.db").exists()
    assert not [*(colleague / ".dvc" / "tmp" / "exps").rglob("mlflow.db")]
    tell(colleague, "dvc", "exp", "apply", "tried")
    told = tell(colleague, *PIPELINE, "runs", "list")
    assert "exploding: 16 of 16 runs done" in told, told
    change(colleague, lambda tree: tree["topics"]["exploding"].update(seeds=3), "profiles/smoke.yaml")
    assert trained(tell(colleague, *PIPELINE, "repro", "train@exploding")) == {"exploding": 8}


def test_an_applied_experiment_of_a_colleague_counts_as_done(colleague):
    """The store was lost, or is another's: what lies in data/runs is enough."""
    tell(colleague, "dvc", "exp", "run", "--temp", "-n", "tried", "-S", "topics.exploding.fit.learning_rate=0.02")
    subprocess.run(["rm", "-rf", str(colleague / ".aula")], check=True)
    tell(colleague, "dvc", "exp", "apply", "tried")
    assert "exploding: 16 of 16 runs done" in tell(colleague, *PIPELINE, "runs", "list")


# A topic that fails


def test_a_failing_arm_in_the_first_topic_stops_no_other(remote, colleague):
    file = colleague / "pipeline" / "models" / "recurrent.py"
    assert BUILT in file.read_text()
    file.write_text(file.read_text().replace(BUILT, BREAK + BUILT, 1))
    change(colleague, lambda tree: tree["topics"]["long_tail"]["fit"].update(learning_rate=0.004))
    page = colleague / "data" / "report" / "index.html"
    page.unlink(missing_ok=True)
    done = subprocess.run([*PIPELINE, "repro"], cwd=colleague, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-3000:]
    assert {"train@exploding", "train@long_tail", "evaluate@long_tail"} <= stages(done.stdout)
    said = done.stderr.splitlines()
    assert re.fullmatch(r"failed: train@exploding: 4 of 16 runs failed, the first: .*the arm fails", said[-2]), said
    assert said[-1].startswith("1 topic failed; finished runs are kept")
    assert page.exists() and "dvc push" not in done.stdout
    scores = (colleague / "data" / "results" / "exploding" / "scores.csv").read_text()
    assert ",failed," in scores and ",finished," in scores
