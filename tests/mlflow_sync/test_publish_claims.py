"""Verdicts reach MLflow only with the whole of what they were judged from: every seed and variant, and no other."""

import demo_topic
import pytest
from demo_topic import SEEDS, TOPIC, VARIANTS, key, runs, train

from pipeline import paths
from pipeline.mlflow_sync.publish import publish
from pipeline.records import read_json, read_rows, write_json, write_rows
from pipeline.report import drawn


@pytest.fixture
def reported(mlflow_store):
    """The topic after `report`."""
    train()
    demo_topic.evaluate()
    demo_topic.report()
    drawn.note()


def verdicts():
    """Tags with the verdicts of all parents."""
    return [{name for name in parent.data.tags if name.startswith("claim.")} for parent in runs()[None]]


def test_after_the_report_they_are_there(reported):
    publish()
    assert verdicts() == [{"claim.wider"}]


def plan_more_seeds():
    plan = read_json(paths.plan(TOPIC))
    for planned in plan["variants"].values():
        planned["draws"]["2"], planned["data_digests"]["2"] = 0, planned["data_digests"]["0"]
    write_json(paths.plan(TOPIC), plan | {"seeds": [*SEEDS, 2]})
    for variant in VARIANTS:
        demo_topic.write_run(variant, 2)


def test_one_seed_more_has_none_until_it_is_judged(reported):
    plan_more_seeds()
    publish()
    assert verdicts() == [set()]


def test_scored_but_not_judged_again(reported):
    """A kill between `evaluate` and `judge`."""
    plan_more_seeds()
    file = paths.results(TOPIC) / "scores.csv"
    rows = read_rows(file)
    more = [row | {"seed": "2", "run_key": key(row["variant"], 2)} for row in rows if row["seed"] == "0"]
    write_rows(file, tuple(rows[0]), rows + more)
    publish()
    assert verdicts() == [set()]


def test_judged_from_fewer_seeds_than_there_are(reported):
    rows = read_json(paths.CLAIMS)
    for row in rows:
        row["runs"]["better"].pop()
    write_json(paths.CLAIMS, rows)
    publish()
    assert verdicts() == [set()]


@pytest.mark.parametrize(("topic", "shown"), [("another", {"claim.wider"}), (TOPIC, set())])
def test_one_claim_of_other_runs_spoils_its_topic_and_no_other(reported, topic, shown):
    rows = read_json(paths.CLAIMS)
    foreign = {"name": "foreign", "topic": topic, "runs": {"better": ["f" * 32], "worse": ["e" * 32]}}
    write_json(paths.CLAIMS, [*rows, rows[0] | foreign])
    publish()
    assert verdicts() == [shown]
