"""The page of a user's own data: what each remedy changes on one scale, what came true, what errors cost, and words."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
import report_files
from report_files import read_page

from pipeline import paths, plugins
from pipeline.records import write_json
from pipeline.report import effects
from pipeline.scoring.probabilities import binned
from pipeline.verdicts.topic import Claim, Costs, Topic

VARIANTS = {"untouched": 0.70, "weighted": 0.80, "focal": 0.701, "prior": 0.5}


def claim(name, words, better, worse):
    return Claim(
        name=name,
        sentence=f"For churn, {words} raises accuracy.",
        chapter="Your data",
        metric="accuracy",
        better=better,
        worse=worse,
    )


TOPIC = Topic(
    title="Churn <b>& more</b>",
    question="Which remedy serves churn?",
    claims=(
        claim("weighted", "weighting classes", "weighted", "untouched"),
        claim("focal", "the focal loss", "focal", "untouched"),
        claim("prior", "learning from the inputs, rather than always giving one answer,", "untouched", "prior"),
    ),
    costs=Costs(missed=50, false_alarm=1),
    own=True,
)
COST = {"mean": 812.0, "sd": 9.0, "ci_low": 800.0, "ci_high": 824.0, "n": 6, "failed": 0}
OF_SEED = {"cost": 812.0, "threshold": 0.02, "missed": 3.0, "false_alarms": 662.0, "by_argmax": 2500.0}


def outcomes(variant, constant):
    random = np.random.default_rng(len(variant))
    probabilities = random.beta(1, 6, 600) if variant != "prior" else np.full(600, 0.15)
    true = random.random(600) < probabilities
    taken = probabilities > 0.5
    return {
        "of": 1,
        "found": binned(probabilities, true),
        "taken": [int(taken.sum()), int((taken & true).sum())],
        "costs": [OF_SEED | {"constant": constant}] * 6,
    }


@pytest.fixture
def page(house, monkeypatch):
    """The page, after `change` has had its say on the files of the topic."""
    monkeypatch.setattr(plugins, "load", lambda kind, name: SimpleNamespace(TOPIC=TOPIC))

    def written(constant=919.0):
        report_files.write_topic("churn", VARIANTS, metrics=("accuracy", "cross_entropy"))
        report_files.write_card("digits", class_names=["No", "Yes <i>"])
        file = paths.results("churn") / "metrics.json"
        metrics = report_files.read_json(file)
        write_json(file, {variant: of | {"cost": COST} for variant, of in metrics.items()})
        write_json(paths.results("churn") / "outcomes.json", {name: outcomes(name, constant) for name in VARIANTS})
        report_files.report()
        return read_page(paths.REPORT)

    return written


def test_it_is_headed_as_the_users_own_and_says_what_came_out(page):
    text = page().text
    assert "What came out for your data" in text and "deep-learning course" not in text
    assert text.count("For your data: weighting classes raises accuracy by") == 1
    assert "Chapter Your data" not in text and "Reported and ours" not in text
    assert "For your data:" in (paths.REPORT / "report.md").read_text("utf-8")


def test_all_that_is_compared_with_one_variant_stands_on_one_scale(page):
    text = page().text
    assert "What each changes in accuracy" in text
    labels = re.findall(r'aria-label="(\w+) against untouched: ([^,]+),', (paths.REPORT / "index.html").read_text())
    assert [name for name, _ in labels] == ["weighted", "focal", "prior"]
    gains = dict(labels)
    assert gains["weighted"].startswith("+0.1") and gains["prior"].startswith("−0.1")


def test_probabilities_are_drawn_for_a_few_and_told_in_words(page):
    shown = page()
    names = [value for tag, name, value in shown.attributes if name == "aria-label" and value]
    reliability = [name for name in names if name.startswith("Reliability of")]
    recall = [name for name in names if name.startswith("Precision over recall of")]
    assert [name.split()[2].rstrip(":") for name in reliability] == ["untouched", "weighted", "focal"]
    assert all("Expected calibration error 0.0" in name for name in reliability) and len(recall) == 3
    assert all("average precision" in name and "least cost:" in name for name in recall)
    assert "probability of Yes <i>" in shown.text and "Naeini, 2015" in shown.text


def test_costs_are_told_beside_one_answer_for_all(page):
    text = page(constant=919.0).text
    assert "costs 50, a false alarm 1" in text and "one answer for all of them costs 919." in text
    assert "no model is shown to cost less" not in text
    assert "no model is shown to cost less than that" in page(constant=815.0).text


def test_how_to_serve_what_is_shown_is_a_command(page):
    command = "mlflow models serve -m models:/aula-churn@best --env-manager local"
    assert command in page().text and command in (paths.REPORT / "report.md").read_text("utf-8")


def test_classes_have_bars_of_their_shares(page):
    page()
    html = (paths.REPORT / "index.html").read_text()
    assert "--s:50.0" in html and "50.0 %" in html


def test_without_kept_outcomes_the_page_stands(page):
    page()
    (paths.results("churn") / "outcomes.json").unlink()
    report_files.report()
    text = read_page(paths.REPORT).text
    assert "What each changes in accuracy" in text and "Is what a model says" not in text


def row(name, better, worse, difference, low, high):
    said = {"topic": "churn", "name": name, "claim": "x", "metric": "accuracy", "kind": "mean", "margin": 0.01}
    found = {"difference": difference, "ci_low": low, "ci_high": high, "level": 0.95, "verdict": "undecided"}
    return said | found | {"better": better, "worse": worse, "firmness": None, "lower_is_better": False}


def test_a_scale_holds_all_and_is_turned_towards_better():
    one, two = row("a", "a", "plain", 0.1, 0.05, 0.15), row("b", "plain", "b", 0.2, 0.1, 0.3)
    (found,) = effects.comparisons([one, two])
    assert found["against"] == "plain" and [each["variant"] for each in found["effects"]] == ["a", "b"]
    a, b = (each["marks"] for each in found["effects"])
    assert 0 < b["low"] < b["at"] < b["high"] < found["zero"] < a["low"] < a["at"] < a["high"] < 100
    assert found["band"][0] < found["zero"] < sum(found["band"])
    assert {"0", "+0.1", "−0.2"} <= {tick["text"] for tick in found["ticks"]}


def test_an_unbounded_interval_has_no_ends_and_one_claim_is_no_comparison():
    bounded, unbounded = row("a", "a", "plain", 0.1, 0.05, 0.15), row("b", "b", "plain", 0.1, None, None)
    (found,) = effects.comparisons([bounded, unbounded])
    assert set(found["effects"][1]["marks"]) == {"at"}
    assert effects.comparisons([bounded]) == []
