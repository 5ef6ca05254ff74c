"""What is served takes raw columns of a table, with gaps and words that are new, and answers each row."""

import logging

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import InputError
from pipeline.prediction import served
from pipeline.preparation import encoder
from pipeline.raw_data import Column

COLUMNS = (
    Column("age", "number", np.array([20.0, 40.0, np.nan, 60.0])),
    Column("job", "category", np.array(["sea", "farm", "sea", None], object)),
    Column("day", "date", np.array(["2024-01-01", "2024-01-03", None, "2024-01-05"], object)),
)
FITTED = encoder.fit(COLUMNS, np.arange(4))
FORM = {"decimal": ",", "thousands": ".", "missing": ["?"], "precision": "float64", "days": {"day": "%d/%m/%Y"}}
CARD = {
    "source": "table",
    "encoder": FITTED.to_json(),
    "form": FORM,
    "scale": {},
    "classes": 2,
    "class_names": ["No", "Yes"],
}
KNOWN = served.facts(CARD, {"model": "mlp", "task": "classify", "build": {}}, "portable", 2.0)


@pytest.fixture
def asked():
    return []


@pytest.fixture
def model(asked):
    def answer(x):
        asked.append(x)
        return np.tile([0.2, 0.8], (len(x), 1))

    return served.OwnModel(answer, KNOWN)


FRAME = pd.DataFrame(
    {"job": ["sea", None, "moon"], "day": ["01/01/2024", "?", "03/01/2024"], "age": [20.0, np.nan, 40.0], "more": 1}
)


def test_rows_are_encoded_as_in_training_and_each_has_an_answer(model, asked, caplog):
    with caplog.at_level(logging.WARNING, "aula"):
        found = model.predict(FRAME)
    days = np.array(["2024-01-01", None, "2024-01-03"], object)
    words = np.array(["sea", None, "moon"], object)
    rows = (Column("age", "number", FRAME["age"].to_numpy()), Column("job", "category", words))
    expected, _ = FITTED.apply((*rows, Column("day", "date", days)))
    assert np.array_equal(asked[0], expected.astype(np.float32))
    assert found["predicted"].tolist() == ["Yes"] * 3 and list(found) == ["predicted", "p(No)", "p(Yes)"]
    assert found["p(No)"].tolist() == pytest.approx([1 / 3] * 3)
    assert [record.getMessage() for record in caplog.records] == [
        "the request: column 'job': given 1 of 3 cells with words that training has not ('moon')"
    ]


def test_many_words_that_training_has_not_are_refused_unless_the_request_allows_them(model, asked, caplog):
    rows = pd.DataFrame({"job": ["moon", "moon", "sea"], "day": None, "age": 20.0})
    with pytest.raises(InputError) as refused:
        model.predict(rows)
    assert str(refused.value) == (
        "column 'job': given 2 of 3 cells with words that training has not ('moon'), allowed 10%: see that it is the"
        " same column, in the same notation and unit, or allow more by the parameter most_unseen"
    )
    assert not asked and len(model.predict(rows, params={"most_unseen": 0.7})) == 3
    assert len(model.predict(rows[:1])) == 1, "a single cell stops nothing"


def test_a_row_of_nothing_is_a_row(model, asked):
    found = model.predict(pd.DataFrame({"job": [None], "day": [None], "age": [None]}))
    assert len(found) == 1 and np.isfinite(asked[0]).all()


def test_a_column_that_is_lacking_is_named(model):
    with pytest.raises(InputError, match="the request: given no column 'age'"):
        model.predict(FRAME.drop(columns="age"))


def test_facts_are_plain_values():
    assert KNOWN["task"] == "classify" and KNOWN["temperature"] == 2.0 and "build" not in KNOWN
