"""A recall needs test examples: which of them stand behind each metric, and how a claim on too few is told."""

import dataclasses

import pytest

from pipeline.errors import InputError
from pipeline.settings import held_out, params

SHIPPED = params.read(profile="laptop")
TEST = {"credit": [3867, 133], "health": [2327, 37], "digits_tail_30": [80] * 10}


@pytest.fixture
def prepared(monkeypatch):
    """Counts of test examples a class, by data set: those that are there; training counts fall from class to class."""
    there = {}

    def card(data, draw):
        if data.name not in there:
            raise InputError("given nothing, allowed prepared data")
        test = there[data.name]
        counts = {"train": list(range(len(test) + 5, 5, -1)), "test": test}
        return {"classes": len(test), "counts": counts}

    monkeypatch.setattr(held_out, "card", card)
    return there


def test_data_that_are_not_prepared_are_not_asked(prepared):
    held_out.refuse_few(SHIPPED)


def test_thirty_are_enough_and_twenty_nine_are_not(prepared):
    prepared |= TEST | {"credit": [3970, 30]}
    held_out.refuse_few(SHIPPED)
    prepared["credit"] = [3971, 29]
    with pytest.raises(InputError) as refused:
        held_out.refuse_few(SHIPPED)
    lines = str(refused.value).splitlines()
    assert len(lines) == len(set(lines)) == 4 and all("given 29 test examples" in line for line in lines)
    assert lines[0] == (
        "topics.imbalance: claim smote_recall on balanced_accuracy of credit_smote: given 29 test examples of a class"
        " in data.credit, allowed 30 or more: make its test part larger"
    )


def test_a_look_and_a_claim_that_is_left_out_are_not_refused(prepared):
    prepared["credit"] = [3971, 29]
    held_out.refuse_few(dataclasses.replace(SHIPPED, profile="smoke"))
    topic = SHIPPED.topics["imbalance"]
    arms = {name: arm for name, arm in topic.variants.items() if arm.data != "credit"}
    out = dict.fromkeys(("smote_recall", "smote_ranking"), ("credit_untouched",))
    topics = {"imbalance": dataclasses.replace(topic, variants=arms, left_out=out)}
    held_out.refuse_few(dataclasses.replace(SHIPPED, topics=topics))


COUNTS = {"train": [9, 1, 5, 1, 4, 2], "test": [100, 20, 40, 15, 50, 30]}  # rarest: classes 1 and 3; alone: the same


@pytest.mark.parametrize(
    ("metric", "examples"),
    [
        ("balanced_accuracy", 15),
        ("rare_recall", 15),
        ("recall_at_precision", 15),
        ("singleton_recall", 35),
        ("repeated_recall", 220),
    ],
)
def test_examples_behind_a_recall(metric, examples):
    assert held_out.BEHIND[metric](COUNTS) == examples


def test_of_classes_that_are_equally_rare_the_first_are_meant():
    assert held_out.BEHIND["rare_recall"]({"train": [3, 3, 3], "test": [50, 5, 5]}) == 50
    assert held_out.BEHIND["pr_auc"]({"train": [30, 3], "test": [500, 12]}) == 12


def test_data_without_classes_have_no_recall(monkeypatch):
    monkeypatch.setattr(held_out, "card", lambda data, draw: {"classes": 0, "counts": {"train": [9], "test": [9]}})
    held_out.refuse_few(SHIPPED)


def test_every_metric_there_is():
    from pipeline import paths, plugin_files

    named = set(plugin_files.functions(paths.METRICS / "classify.py"))
    named |= {probe for topic in ("imbalance", "long_tail") for probe in _probes(topic)}
    assert set(held_out.BEHIND) <= named | {"cost"}


def _probes(topic):
    from pipeline import plugins

    return plugins.load("topics", topic).TOPIC.probes
