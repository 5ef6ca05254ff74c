"""Costs of errors in params.yaml: what makes none is named with file and key, and no run is trained for them."""

import dataclasses

import pytest
from written_settings import complaints, read, spoiled

from pipeline.errors import InputError
from pipeline.settings import costed_class, costs, plan
from pipeline.verdicts.topic import Costs

CLAIM = {"name": "wide", "sentence": "Wide costs less.", "metric": "cost", "better": "wide", "worse": "narrow"}
CLAIM |= {"margin": 10, "margin_because": "what a letter costs"}
OWN = {
    "data": "signals",
    "model": "mlp",
    "metrics": ["accuracy"],
    "variants": {"narrow": {"build": {"width": 4}}, "wide": {}},
    "claims": [],
    "cost": {"missed": 50, "false_alarm": 1},
}
PLACE = "params.yaml: topics.churn.cost"
WRONG = {
    "a number": (50, [f"{PLACE}: given 50, allowed a mapping"]),
    "no false alarm": ({"missed": 50}, [f"{PLACE}.false_alarm: given nothing, allowed a number > 0"]),
    "nothing to miss": ({"missed": 0, "false_alarm": 1}, [f"{PLACE}.missed: given 0, allowed a number > 0"]),
    "below zero": ({"missed": 5, "false_alarm": -1}, [f"{PLACE}.false_alarm: given -1, allowed a number > 0"]),
    "in words": ({"missed": "much", "false_alarm": 1}, [f"{PLACE}.missed: given 'much', allowed a number > 0"]),
    "another key": (
        {"missed": 5, "false_alarm": 1, "fp": 3},
        [f"{PLACE}.fp: given 'fp', allowed missed, false_alarm, of"],
    ),
    "a list of classes": (
        {"missed": 5, "false_alarm": 1, "of": ["a"]},
        [f"{PLACE}.of: given ['a'], allowed text or an integer or null"],
    ),
}


def text(**changes):
    return spoiled("topics.churn", {key: value for key, value in (OWN | changes).items() if value is not None})


def settings(tmp_path, **changes):
    return read(tmp_path, text(**changes))


@pytest.mark.parametrize(("given", "lines"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_where_it_stands(tmp_path, given, lines):
    assert complaints(tmp_path, text(cost=given)) == lines


def test_costs_are_a_metric_though_nobody_lists_it(tmp_path):
    topic = settings(tmp_path, claims=[CLAIM]).topics["churn"]
    assert topic.topic.costs == Costs(missed=50, false_alarm=1) and topic.metrics == ("accuracy", "cost")
    (claim,) = topic.claims
    assert claim.higher_is_better is False
    listed = settings(tmp_path, metrics=["cost", "accuracy"]).topics["churn"]
    assert listed.metrics == ("cost", "accuracy")


def test_the_metric_needs_costs(tmp_path):
    (line,) = complaints(tmp_path, text(cost=None, metrics=["accuracy", "cost"]))
    assert line == (
        "params.yaml: topics.churn.metrics: given 'cost', allowed it in a topic that says what errors cost, such as"
        " cost: {missed: 50, false_alarm: 1}"
    )
    assert complaints(tmp_path, text(cost=None, claims=[CLAIM])) == [
        f"params.yaml: topics.churn.claims.{CLAIM['name']}.metric: given 'cost', allowed it in a topic that says what"
        " errors cost, such as cost: {missed: 50, false_alarm: 1}"
    ]


def test_numbers_to_predict_have_no_class_to_miss(tmp_path):
    found = complaints(tmp_path, spoiled("data.sums", {"source": "adding"}, text=text(data="sums", metrics=["gap"])))
    assert found == [
        f"{PLACE}: given costs of errors, allowed them where variants tell classes apart: there is none to miss here"
    ]


def test_runs_do_not_know_of_costs_and_stages_of_scores_do(tmp_path):
    with_costs, without = (settings(tmp_path, cost=cost).topics["churn"] for cost in (OWN["cost"], None))
    assert with_costs.variants == without.variants
    asked = plan._asked(with_costs)
    assert asked["cost"] == {"missed": 50, "false_alarm": 1, "of": None} and "cost" not in plan._asked(without)


CARD = {"data": "churn", "classes": 2, "counts": {"train": [9, 5], "validation": [1, 3], "test": [1, 4]}}
NAMED = CARD | {"class_names": ["No", "Yes"]}


@pytest.mark.parametrize(
    ("of", "card", "code"),
    [(None, CARD, 0), (None, NAMED, 0), ("Yes", NAMED, 1), ("No", NAMED, 0), (1, CARD, 1), ("1", CARD, 1)],
)
def test_the_class_is_the_named_one_or_that_of_the_fewest_examples_in_all_parts(of, card, code):
    """The rarest of one split alone could be another class with another seed."""
    assert costs.class_of(Costs(missed=1, false_alarm=1, of=of), card, "churn") == code
    assert costs.class_of(None, card, "churn") == 0


@pytest.fixture
def prepared(monkeypatch):
    def put(card):
        def found(data, draw):
            if card is None:
                raise InputError("given nothing, allowed prepared data")
            return card

        monkeypatch.setattr(costed_class, "card", found)

    return put


@pytest.mark.parametrize(
    ("of", "card", "line"),
    [
        ("yes", NAMED, "topics.churn.cost.of: given 'yes', allowed a class of churn: 'No' or 'Yes'"),
        (2, CARD, "topics.churn.cost.of: given 2, allowed a class of churn: '0' or '1'"),
        (
            None,
            CARD | {"classes": 3},
            "topics.churn.cost: given for churn, of 3 classes, allowed for data of two classes",
        ),
    ],
)
def test_data_without_such_a_class_are_refused_once_they_are_prepared(tmp_path, prepared, of, card, line):
    own = settings(tmp_path, cost=OWN["cost"] | {"of": of})
    prepared(None)
    costed_class.refuse_unfit(own)
    prepared(card)
    with pytest.raises(InputError) as refused:
        costed_class.refuse_unfit(own)
    assert str(refused.value) == line
    costed_class.refuse_unfit(dataclasses.replace(own, topics={}))
