"""Counts in fine bins give the curves that the examples themselves give, and seeds add up."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from pipeline.report import outcomes as pages
from pipeline.scoring.probabilities import binned, pooled


def drawn(examples=3000, seed=0):
    random = np.random.default_rng(seed)
    probabilities = 1 / (1 + np.exp(-random.normal(-2, 1.5, examples)))
    return probabilities, random.random(examples) < probabilities


def outcomes(probabilities, true):
    return {"of": 1, "found": binned(probabilities, true), "taken": [2, 1], "costs": []}


def test_nothing_is_lost():
    probabilities, true = drawn()
    found = binned(probabilities, true)
    assert sum(found["examples"]) == 3000 and sum(found["true"]) == true.sum()
    assert sum(found["summed"]) == pytest.approx(probabilities.sum(), abs=1e-3)
    assert found["bins"] == sorted(set(found["bins"])) and len(found["bins"]) <= 1201


def test_certainties_have_a_bin_and_one_half_begins_one():
    found = binned(np.array([0.0, 1.0, 0.5, np.nextafter(0.5, 0)]), np.array([False, True, True, False]))
    assert sum(found["examples"]) == 4 and found["bins"][0] == 0
    assert binned(np.array([0.5]), np.array([True]))["bins"] == [600]
    assert binned(np.array([0.49]), np.array([True]))["bins"][0] < 600


def test_average_precision_is_that_of_the_examples():
    probabilities, true = drawn()
    recall, precision = pages.curve(binned(probabilities, true))
    assert pages.average_precision(recall, precision) == pytest.approx(
        average_precision_score(true, probabilities), abs=0.002
    )


def test_calibration_error_is_that_of_the_examples():
    """Ten bins of equal mass, by sorting (Naeini, 2015)."""
    probabilities, true = drawn()
    shown = np.sqrt(probabilities)  # says too much
    order = np.array_split(np.argsort(shown), 10)
    expected = np.mean([abs(shown[rows].mean() - true[rows].mean()) for rows in order])
    assert pages.calibration_error(pages.equal_mass(binned(shown, true))) == pytest.approx(expected, abs=0.005)
    assert pages.calibration_error(pages.equal_mass(binned(probabilities, true))) < 0.03 < expected


def test_one_probability_for_all_is_one_bin():
    bins = pages.equal_mass(binned(np.full(40, 0.25), np.arange(40) % 4 == 0))
    assert bins.examples.tolist() == [40] and pages.calibration_error(bins) == pytest.approx(0, abs=1e-6)


def test_seeds_together_are_all_their_examples():
    one, two = drawn(seed=1), drawn(seed=2)
    both = pooled([outcomes(*one), None, outcomes(*two)])
    whole = binned(np.concatenate([one[0], two[0]]), np.concatenate([one[1], two[1]]))
    assert both["found"]["bins"] == whole["bins"] and both["found"]["true"] == whole["true"]
    assert both["taken"] == [4, 2] and "confidence" not in both
    assert pooled([None]) is None
