"""How the model that answers was chosen is said, and what the choice owes to the split that it had."""

import pytest

from pipeline.prediction import chosen
from pipeline.prediction.chosen import Chosen


def run(variant, draw, value, model="mlp"):
    history = [{"epoch": 1, "cross_entropy": 0.5, "val_cross_entropy": value}]
    settings = {"task": "classify", "model": model, "data": "own", "fit": {}}
    names = {"topic": "churn", "variant": variant, "seed": draw, "draw": draw, "run_key": "ab12cd34ef56"}
    return names | {"settings": settings, "history": history}


RUNS = [
    *(run("untouched", draw, value) for draw, value in enumerate((0.20, 0.50, 0.50))),
    *(run("weighted", draw, value) for draw, value in enumerate((0.25, 0.35, 0.30))),
    *(run("prior", draw, 0.01, "prior") for draw in range(3)),
    run("focal", 0, 0.22),  # of one part alone
    *(run("boosted", draw, float("nan")) for draw in range(3)),
]


def made(parts, means):
    return Chosen(plan={}, run=RUNS[0], data=None, card={}, rivals=7, lost=0, parts=parts, means=means)


def test_means_are_over_all_parts_and_of_what_was_trained():
    found = chosen._means(RUNS, {0, 1, 2})
    assert found == {"untouched": pytest.approx(0.4), "weighted": pytest.approx(0.3)}
    assert chosen._means(RUNS, {0}) == {"focal": 0.22}


def test_a_variant_that_is_lower_in_the_mean_is_advised():
    found = made(3, chosen._means(RUNS, {0, 1, 2}))
    assert found.line.endswith("lowest of 7 runs, each on a validation part of its own")
    told = "in the mean over its seeds weighted is lower than untouched, 0.3 against 0.4: --variant weighted"
    assert found.advice == told


@pytest.mark.parametrize(
    ("parts", "means"),
    [(1, {"untouched": 0.4, "weighted": 0.3}), (3, {"untouched": 0.3, "weighted": 0.3}), (3, {"weighted": 0.1})],
)
def test_else_there_is_nothing_to_advise(parts, means):
    assert made(parts, means).advice is None


def test_on_one_part_runs_are_as_they_were():
    assert made(1, {}).line.endswith("lowest of 7 runs")
