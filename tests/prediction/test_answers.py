"""Answers carry the classes' names; the model's own probabilities stand beside the calibrated ones if asked."""

import numpy as np

from pipeline.prediction import answers

PREDICTED = np.array([[0.8, 0.2], [0.3, 0.7]])


def test_classes_by_name_with_all_digits():
    found = answers.columns(PREDICTED, ("No", "Yes"), None)
    assert found == {"predicted": ["No", "Yes"], "p(No)": [0.8, 0.3], "p(Yes)": [0.2, 0.7]}
    assert all(type(value) is float for value in found["p(No)"])


def test_a_temperature_changes_probabilities_and_no_answer():
    found = answers.columns(PREDICTED, ("No", "Yes"), 2.0, raw=True)
    assert found["predicted"] == ["No", "Yes"] and found["raw p(Yes)"] == [0.2, 0.7]
    assert found["p(No)"][0] == 1 / (1 + 0.25**0.5) and list(found)[-2:] == ["raw p(No)", "raw p(Yes)"]


def test_numbers_are_answered_as_they_are():
    assert answers.columns(np.array([1.5, -2.0]), (), None) == {"predicted": [1.5, -2.0]}


def test_classes_without_names_are_called_by_their_codes():
    assert answers.names({"classes": 3}) == ["0", "1", "2"]
    assert answers.names({"classes": 2, "class_names": ["a", "b"]}) == ["a", "b"]
