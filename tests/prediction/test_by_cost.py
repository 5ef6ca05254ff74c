"""Classes by what errors cost: by the threshold of validation, on probabilities before calibration."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline import paths
from pipeline.errors import InputError
from pipeline.prediction import by_cost
from pipeline.records import Examples, digest_of, write_examples
from pipeline.verdicts.topic import Costs

X = np.array([[0.1], [0.2], [0.3], [0.6], [0.9]], np.float32)
VALIDATION = Examples(X, np.array([0, 1, 0, 0, 1]))


def written(examples):
    """A chosen run, with these examples where the card tells of those of VALIDATION."""
    write_examples(paths.validation_split("own", 100), examples)
    card = {"data": "own", "classes": 2, "class_names": ["no", "yes"], "counts": {"train": [30, 20]}}
    card |= {"digests": {"validation": digest_of(VALIDATION)}}
    return SimpleNamespace(card=card, run={"topic": "own", "draw": 100}, data=SimpleNamespace(name="own"))


def test_other_examples_than_the_card_tells_decide_nothing(house):
    chosen = written(Examples(X, 1 - VALIDATION.y))
    with pytest.raises(InputError, match=r"own/100/validation.npz: given other examples than its card tells"):
        by_cost.threshold(Costs(missed=1, false_alarm=1), chosen, lambda x: np.hstack([1 - x, x]))


def test_the_cheapest_on_validation_decides(house):
    chosen = written(VALIDATION)
    found = {
        dear: by_cost.threshold(Costs(missed=dear, false_alarm=1), chosen, lambda x: np.hstack([1 - x, x]))
        for dear in (50, 0.5)
    }
    assert {limit.of for limit in found.values()} == {1}
    assert 0.1 < found[50].value <= 0.2, "none of the class may be missed"
    assert 0.6 < found[0.5].value <= 0.9
    predicted = np.array([[0.85, 0.15], [0.75, 0.25], [0.05, 0.95]])
    assert found[50].answers(predicted, chosen.card["class_names"])[1:] == ["yes", "yes"]
    assert found[0.5].answers(predicted, chosen.card["class_names"]) == ["no", "no", "yes"]
    assert found[50].said(["no", "yes"]).startswith("predicted by cost: yes from a raw p(yes) of ")
