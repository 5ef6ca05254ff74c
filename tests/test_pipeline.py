"""The real DVC pipeline, smoke profile, in a clone of its own: all there, nothing run twice, only what changed."""

import json
import re
import shutil
import sys

import leaks
import pytest
from clone import change, copy_house, tell

from pipeline.records import read_history, read_json, read_rows
from pipeline.settings import params
from pipeline.training import integrity


def stages(told):
    """Stages that a `dvc repro` ran."""
    return {line.split("'")[1] for line in told.splitlines() if line.startswith("Running stage")}


FEW = ("convolution", "exploding")


def keep_few(tree):
    """Drop all topics but FEW, and the data that these do not use."""
    for name in tree["topics"].keys() - set(FEW):
        del tree["topics"][name]
    topics = params.read(profile="laptop").topics
    used = {variant.data for name in FEW for variant in topics[name].variants.values()}
    for name in tree["data"].keys() - used:
        del tree["data"][name]


@pytest.fixture(scope="module", params=["few", pytest.param("all", marks=pytest.mark.slow)])
def clone(request, tmp_path_factory):
    """A fresh clone after `dvc repro` in the smoke profile: of a few topics, or, slowly, of all."""
    place = copy_house(tmp_path_factory.mktemp("house") / "aula")
    if request.param == "few":
        change(place, keep_few)
    tell(place, "dvc", "repro")
    return place


@pytest.fixture(scope="module")
def settings(clone):
    return params.read(clone / "params.yaml")


DIVERGED = {("larger", 200), ("large", 200)}  # in the smoke profile, by their large weights


def test_every_variant_and_seed_is_there(clone, settings):
    for topic in settings.topics.values():
        for variant in topic.variants:
            for seed in range(200, 200 + topic.seeds):
                folder = clone / "data" / "runs" / topic.name / variant / str(seed)
                record = read_json(folder / "run.json")
                finished = record["status"] == ("diverged" if (variant, seed) in DIVERGED else "finished")
                assert finished and record["variant"] == variant and record["seed"] == seed
                assert len(read_history(folder / "history.csv")) == record["epochs"] == 1
                assert (folder / "model.keras").exists()


def test_scores_metrics_and_claims_keep_the_contract(clone, settings):
    claims = read_json(clone / "data" / "report" / "claims.json")
    keys = {"topic", "claim", "source", "metric", "better", "worse", "margin", "seeds", "difference", "ci_low"}
    keys |= {"ci_high", "p_value", "probability_better", "verdict", "runs"}
    assert claims and all(keys <= claim.keys() for claim in claims)
    assert {claim["verdict"] for claim in claims} <= {"reproduced", "contradicted", "negligible", "undecided"}
    for topic in settings.topics.values():
        results = clone / "data" / "results" / topic.name
        rows = read_rows(results / "scores.csv")
        assert {(row["variant"], row["seed"]) for row in rows} == {
            (variant, str(seed)) for variant in topic.variants for seed in range(200, 200 + topic.seeds)
        }
        for scores in read_json(results / "metrics.json").values():
            for stats in scores.values():
                assert {"mean", "sd", "ci_low", "ci_high", "n", "failed"} <= stats.keys()


def test_no_row_of_the_source_is_in_training_and_held_out(clone, settings):
    for data in settings.data.values():
        leaks.check(data, clone / "data", 200)


def test_mlflow_has_a_run_a_variant_and_seed(clone, settings):
    script = (
        "import json, mlflow; from pipeline.mlflow_sync import tracking_store as t; c = mlflow.MlflowClient(t.uri());"
        "es = c.search_experiments(); print(json.dumps({e.name: len(c.search_runs([e.experiment_id])) for e in es}))"
    )
    counts = json.loads(tell(clone, sys.executable, "-c", script).splitlines()[-1])
    for topic in settings.topics.values():
        assert counts[topic.name] == len(topic.variants) * topic.seeds + 1  # and their parent


def test_a_second_time_nothing_runs(clone):
    assert stages(tell(clone, "dvc", "repro")) == set()


def test_dvc_shows_metrics_plots_and_the_graph(clone):
    shown = json.loads(tell(clone, "dvc", "metrics", "show", "--json"))
    assert {"lowest", "median", "highest", "failed"} <= set(re.findall(r'"(\w+)":', json.dumps(shown)))
    tell(clone, "dvc", "plots", "show", "-o", "plots")
    page = (clone / "plots" / "index.html").read_text()
    assert "validation" in page and "training" in page
    shutil.rmtree(clone / "plots")
    assert "evaluate@exploding" in tell(clone, "dvc", "dag")


@pytest.mark.slow
def test_a_learning_rate_reruns_its_topic_alone(clone):
    change(clone, lambda tree: tree["topics"]["convolution"]["fit"].update(learning_rate=0.02))
    ran = stages(tell(clone, "dvc", "repro"))
    assert ran == {"prepare", "plan", "train@convolution", "evaluate@convolution", "judge", "report"}


@pytest.mark.slow
def test_a_model_reruns_the_topics_that_use_it(clone):
    file = clone / "pipeline" / "models" / "convnet.py"
    file.write_text(file.read_text().replace('activation="relu"', 'activation="elu"'))
    ran = stages(tell(clone, "dvc", "repro"))
    assert ran == {"plan", "train@convolution", "evaluate@convolution", "judge", "report"}


def test_a_comment_in_a_model_trains_nothing(clone):
    file = clone / "pipeline" / "models" / "mlp.py"
    file.write_text(file.read_text() + "\n# a remark\n")
    assert stages(tell(clone, "dvc", "repro")) <= {"plan", "report"}


@pytest.mark.slow
def test_a_new_seed_trains_only_the_new_runs(clone):
    def more(tree):
        tree["topics"]["convolution"] = {"seeds": 3}

    change(clone, more, "profiles/smoke.yaml")
    told = tell(clone, "dvc", "repro")
    files = (clone / "data" / "runs" / "convolution").glob("*/*/run.json")
    runs = len({read_json(file)["run_key"] for file in files})  # with one epoch two variants come to the same
    assert runs % 3 == 0 and f"convolution: {runs} runs, {runs // 3 * 2} of them done before" in told


def test_what_was_deleted_comes_back_without_training(clone, settings):
    files = [file for topic in settings.topics for file in (clone / "data" / "results" / topic).rglob("*.csv")]
    before = {file: file.read_bytes() for file in files}
    for folder in (clone / "data").iterdir():
        if folder.is_dir() and folder.name != "raw":
            shutil.rmtree(folder)
    shutil.rmtree(clone / ".aula")
    ran = stages(tell(clone, "dvc", "repro"))
    assert not any(stage.startswith("train") for stage in ran), ran
    assert {file: file.read_bytes() for file in before} == before


@pytest.mark.slow
def test_a_lost_mlflow_store_is_rebuilt_and_a_complete_one_left_alone(clone):
    for file in clone.glob("mlflow.db*"):
        file.unlink()
    first = tell(clone, sys.executable, "-m", "pipeline", "publish")
    again = tell(clone, sys.executable, "-m", "pipeline", "publish")
    assert ", 0 runs" not in first and ", 0 runs" in again


def test_a_finished_run_is_reproduced_to_the_last_digit(clone):
    file = clone / "data" / "runs" / "exploding" / "large_clipped" / "200" / "run.json"
    record, text = read_json(file), file.read_text()
    ask = (sys.executable, "-m", "pipeline", "reproduce", record["run_key"][:10])
    assert tell(clone, *ask).startswith("repeats to the bit: ")
    file.write_text(text.replace(json.dumps(record["processor"]), '"abacus"'))
    integrity.seal(file.parent, record["run_key"])
    assert "repeats to the bit: " in (told := tell(clone, *ask)) and "the processor was abacus" in told
    file.write_text(text)
    integrity.seal(file.parent, record["run_key"])


@pytest.mark.slow
def test_an_experiment_by_dvc_exp_run(clone):
    tell(clone, "git", "commit", "-qam", "Go on")
    told = tell(clone, "dvc", "exp", "run", "-S", "topics.exploding.fit.learning_rate=0.02")
    assert "train@exploding" in told and "train@convolution" not in stages(told)
    assert "learning_rate" in tell(clone, "dvc", "exp", "show", "--csv")


def test_a_wrong_setting_stops_before_anything_is_trained(clone):
    change(clone, lambda tree: tree["topics"]["exploding"]["fit"].update(epochs=-3))
    told = tell(clone, sys.executable, "-m", "pipeline", "train", "exploding", code=2)
    assert told.strip() == "params.yaml: topics.exploding.fit.epochs: given -3, allowed an integer >= 1"
