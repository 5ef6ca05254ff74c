"""From a file to verdicts: a topic that is a block of params.yaml alone goes through every stage."""

import json
import shutil

import numpy as np
import pytest
from clone import add_own, ask, change, tell
from ruamel.yaml import YAML

ROWS, SEEDS = 600, 2
ORDER = ("under", "weighted", "moved", "prior", "boosted").index
KEPT = ("untouched", "weighted", "under", "moved", "prior", "boosted")


def numbers(rows=ROWS, seed=0):
    """A table of noise in which one column tells one class in three from the others."""
    dice = np.random.default_rng(seed)
    labels = dice.permutation(np.arange(rows) % 3 == 0)
    x = dice.normal(size=(rows, 4)) + np.outer(labels, [2, 0, 0, 0])
    lines = [",".join(f"{cell:.4f}" for cell in row) for row in x]
    told = [f"{line},{'yes' if label else 'no'}" for line, label in zip(lines, labels, strict=True)]
    return "\n".join(["a,b,c,d,class", *told]) + "\n"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The project with a table of someone's own, added by `add`, through all stages in small."""
    return add_own(tmp_path_factory.mktemp("own") / "aula", numbers(), shrink=shrink)


def shrink(tree):
    topic = tree["topics"]["mine"]
    topic["groups"]["network"]["fit"].update(epochs=2, epoch_steps=4)
    topic["variants"] = {name: topic["variants"][name] for name in KEPT}
    topic["variants"]["under"]["fit"]["epochs"] = 2
    topic["claims"] = [claim for claim in topic["claims"] if claim["name"] in KEPT]
    tree.update(seeds=SEEDS, looks=1)


def written(place):
    return YAML(typ="safe").load((place / "params.yaml").read_text())


@pytest.mark.slow
def test_a_topic_without_a_folder_has_verdicts(house):
    assert not (house / "pipeline" / "topics" / "mine").exists()
    rows = json.loads((house / "data" / "report" / "claims.json").read_text())
    assert [(row["topic"], row["name"]) for row in rows] == [("mine", name) for name in sorted(KEPT[1:], key=ORDER)]
    assert all(row["seeds"] == SEEDS and row["difference"] is not None and row["written_before"] for row in rows)
    page = (house / "data" / "report" / "index.html").read_text()
    topic = written(house)["topics"]["mine"]
    assert topic["question"] in page and topic["claims"][0]["sentence"] in page


@pytest.mark.slow
def test_what_is_no_network_is_scored_like_the_networks(house):
    """A constant answer finds half of two classes; trees find what the first column tells; a moved threshold, more."""
    metrics = json.loads((house / "data" / "results" / "mine" / "metrics.json").read_text())
    found = {name: metrics[name]["balanced_accuracy"]["mean"] for name in KEPT}
    assert found["prior"] == 0.5 and found["boosted"] > 0.7
    assert found["moved"] > found["untouched"] - 0.1 and metrics["moved"].keys() == metrics["untouched"].keys()
    constant = json.loads((house / "data" / "results" / "mine" / "trivial.json").read_text())
    assert constant["prior"]["balanced_accuracy"] == 0.5
    confusion = json.loads((house / "data" / "results" / "mine" / "confusion.json").read_text())
    assert {*KEPT} <= confusion.keys()


@pytest.mark.slow
def test_topics_that_are_switched_off_have_no_data_runs_and_results(house):
    assert [folder.name for folder in (house / "data" / "prepared").iterdir()] == ["mine"]
    assert [folder.name for folder in (house / "data" / "runs").iterdir()] == ["mine"]
    told = json.loads((house / "data" / "plan" / "imbalance.json").read_text())
    assert told == {"topic": "imbalance", "left_out": True}
    assert "imbalance" not in (house / "data" / "report" / "index.html").read_text().replace("imbalanced", "")


@pytest.mark.slow
def test_mlflow_has_the_runs_with_the_question(house):
    import sqlite3

    with sqlite3.connect(house / "mlflow.db") as store:
        names = dict(store.execute("select name, experiment_id from experiments"))
        assert "mine" in names
        tags = dict(store.execute("select key, value from experiment_tags where experiment_id = ?", (names["mine"],)))
    assert tags["mlflow.note.content"] == written(house)["topics"]["mine"]["question"]


@pytest.mark.slow
def test_a_changed_claim_is_noticed_and_trains_nothing_again(house, tmp_path):
    place = shutil.copytree(house, tmp_path / "aula", symlinks=True)
    change(
        place,
        lambda tree: tree["topics"]["mine"]["claims"][0].update(sentence="Another sentence.", expects="negligible"),
    )
    refused = ask(place, "evaluate", "mine", code=2)
    assert "data/plan/mine.json: given a plan older than params.yaml" in refused
    ask(place, "plan")
    told = ask(place, "train", "mine")
    assert "mine: 12 runs, 12 of them done before" in told and "finished" not in told
    ask(place, "evaluate", "mine")
    ask(place, "report")
    rows = json.loads((place / "data" / "report" / "claims.json").read_text())
    assert rows[0]["claim"] == "Another sentence." and not rows[0]["written_before"] and rows[1]["written_before"]


@pytest.mark.slow
def test_published_results_are_not_overwritten(house):
    before = {file: file.read_bytes() for file in (house / "data" / "published").rglob("*") if file.is_file()}
    told = ask(house, "results", code=2)
    assert "results: given `only` without" in told and "allowed all topics that are in data/published" in told
    assert {file: file.read_bytes() for file in (house / "data" / "published").rglob("*") if file.is_file()} == before


@pytest.mark.slow
def test_dvc_has_nothing_to_say_against_the_stages_of_the_others(house, tmp_path):
    """Plain `dvc repro`, of one topic that `only` leaves out: its stages do nothing, and are up to date then."""
    place = shutil.copytree(house, tmp_path / "aula", symlinks=True)
    told = tell(place, "dvc", "repro", "--single-item", "train@imbalance", "evaluate@imbalance")
    assert told.count("imbalance: left out by `only` in params.yaml: nothing is done") == 2
    again = tell(place, "dvc", "repro", "--single-item", "train@imbalance", "evaluate@imbalance")
    assert "left out" not in again and "didn't change, skipping" in again
