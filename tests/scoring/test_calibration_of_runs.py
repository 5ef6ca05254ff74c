"""A temperature is fitted on the validation part alone, once for a run, and kept until a byte of it changes."""

import numpy as np
import pytest

from pipeline import paths, plugins
from pipeline.errors import InputError
from pipeline.records import Examples, digest_of, write_examples, write_sealed
from pipeline.scoring import calibration

SETTINGS = {"data": "toy", "task": "classify"}
VALIDATION = Examples(np.zeros((6, 2), np.float32), np.array([0, 0, 0, 1, 1, 1]))
SURE = np.array([[0.99, 0.01]] * 3 + [[0.01, 0.99]] * 2 + [[0.99, 0.01]])  # five of six are right


@pytest.fixture
def asked(house, monkeypatch):
    """What the model is asked, which answers SURE; there is no test part at all."""
    asked = []
    task = plugins.load("tasks", "classify")
    monkeypatch.setattr(task, "predict", lambda model, x: asked.append((model, x)) or SURE)
    write()
    return asked


def write(source="table", labels="class", validation=VALIDATION):
    write_examples(paths.validation_split("toy", 0), VALIDATION)
    card = {"source": source, "labels": labels, "digests": {"validation": digest_of(validation)}}
    write_sealed(paths.card("toy", 0), card)


def found(run_key="ab12"):
    return calibration.of_run(run_key, SETTINGS, 0, lambda: "the model")


def test_it_is_fitted_once_on_validation(asked):
    first = found()
    assert first["examples"] == 6 and first["temperature"] > 1 and first["after"] < first["before"]
    assert found() == first and calibration.kept("ab12") == first
    ((model, x),) = asked
    assert model == "the model" and np.array_equal(x, VALIDATION.x)
    found("cd34")
    assert len(asked) == 2, "each run has its own"


def test_a_damaged_file_is_fitted_anew(asked):
    first = found()
    (file,) = (paths.SCORES / "ab" / "ab12").glob("temperature_*.json")
    file.write_text(file.read_text().replace("6", "7", 1))
    assert calibration.kept("ab12") is None and found() == first and len(asked) == 2


@pytest.mark.parametrize("card", [{"source": "digits"}, {"labels": "number"}])
def test_of_data_that_no_file_brings_or_without_classes_there_is_none(asked, card):
    write(**card)
    assert found() is None and asked == []


def test_other_validation_examples_are_refused(asked):
    write(validation=Examples(VALIDATION.x + 1, VALIDATION.y))
    with pytest.raises(InputError, match="given other examples than its card tells"):
        found()
