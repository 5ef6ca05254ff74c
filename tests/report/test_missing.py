"""What is missing is said on the page, and stops nothing."""

import json
import shutil

import pytest
from report_files import CLAIMS, VARIANTS, known_topics, read_page, report, states, write_topic

from pipeline import paths
from pipeline.stages.judge import judge
from pipeline.stages.report import report as write_report


@pytest.fixture
def topics(house, monkeypatch):
    return known_topics(monkeypatch)


def test_before_anything_is_planned(topics):
    report()
    assert "Nothing is planned yet" in read_page(paths.REPORT).text
    assert json.loads((paths.REPORT / "claims.json").read_text()) == []


def test_a_plan_alone(topics):
    write_topic("convolution", VARIANTS)
    for folder in (paths.RUNS, paths.RESULTS, paths.PREPARED):
        shutil.rmtree(folder)
    report()
    text = read_page(paths.REPORT).text
    assert "no scores yet" in text and "no histories" in text and "no card of the data" in text
    assert text.count("not tested") >= 4 and "no accuracy of stride and mlp" in text
    assert json.loads((paths.REPORT / "claims.json").read_text()) == []
    assert not list(paths.PICTURES.glob("*.svg"))


def test_a_claim_whose_variant_has_no_scores_waits(topics):
    write_topic("convolution", {"mlp": 0.7, "stride": 0.9})
    report()
    assert len(json.loads((paths.REPORT / "claims.json").read_text())) == 2
    text = read_page(paths.REPORT).text
    assert "no variant max in params.yaml" in text and all(claim.sentence in text for claim in CLAIMS)
    assert "no variant max in params.yaml" in (paths.REPORT / "report.md").read_text()


def test_a_single_seed_and_runs_that_all_failed(topics):
    write_topic("convolution", VARIANTS, seeds=1, epochs=1, failed=[("mlp", 0)])
    report()
    text = read_page(paths.REPORT).text
    assert "no pair of runs to compare" in text and "no bounded interval" in text and "no interval" in text
    assert "nan" not in text.lower().split()


def test_pictures_of_topics_that_are_gone_go_too(topics):
    write_topic("convolution", VARIANTS)
    report()
    assert list(paths.PICTURES.glob("*.svg"))
    paths.plan("convolution").unlink()
    report()
    assert not list(paths.PICTURES.glob("*.svg"))


def test_a_claim_with_scores_and_no_row_yet_waits_for_its_verdict(topics):
    write_topic("convolution", VARIANTS)
    write_report(states(), judge(states())[1:])
    text = read_page(paths.REPORT).text
    assert CLAIMS[0].sentence in text and "there is no verdict yet" in text
