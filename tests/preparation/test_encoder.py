"""The encoder of tables: numbers worked by hand, fitted on given rows alone, and the same again from its JSON."""

import json

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.preparation import encoder
from pipeline.raw_data import Column


def number(name, *cells):
    return Column(name, "number", np.array([np.nan if cell is None else cell for cell in cells], np.float64))


def words(name, *cells, kind="category"):
    return Column(name, kind, np.array(cells, object))


AGE = number("age", 10, 20, None, 40, 1000)
JOB = words("job", "sea", "farm", None, "sea", "moon")
DAY = words("day", "1970-01-02", "1970-01-04T12:00:00", "1969-12-31", None, "2000-01-01", kind="date")
COLUMNS, TRAINING = (AGE, JOB, DAY), np.arange(4)


def test_features_are_what_the_training_rows_say():
    fitted = encoder.fit(COLUMNS, TRAINING, scale=False)
    assert [(feature.name, feature.kind) for feature in fitted.features] == [
        *(("age", "number"), ("age is missing", "indicator")),
        *(("job=farm", "category"), ("job=sea", "category"), ("job is missing", "indicator")),
        *(("day", "number"), ("day is missing", "indicator")),
    ]
    inputs, counts = fitted.apply(COLUMNS)
    assert inputs.dtype == np.float64
    assert inputs.tolist() == [
        [10, 0, 0, 1, 0, 1, 0],
        [20, 0, 1, 0, 0, 3.5, 0],
        [20, 1, 0, 0, 1, -1, 0],
        [40, 0, 0, 1, 0, 1, 1],
        [1000, 0, 0, 0, 0, 10957, 0],
    ]
    assert counts == {"age": {"missing": 1}, "job": {"missing": 1, "unseen": 1}, "day": {"missing": 1}}


def test_only_what_is_measured_is_scaled_and_only_by_the_training_rows():
    inputs, _ = encoder.fit(COLUMNS, TRAINING).apply(COLUMNS)
    plain, _ = encoder.fit(COLUMNS, TRAINING, scale=False).apply(COLUMNS)
    mean, sd = plain[TRAINING].mean(0), plain[TRAINING].std(0)
    for place in (0, 5):
        assert np.allclose(inputs[:, place], (plain[:, place] - mean[place]) / sd[place], rtol=1e-14)
    others = [1, 2, 3, 4, 6]
    assert np.array_equal(inputs[:, others], plain[:, others])


def test_no_indicator_where_training_has_no_gap():
    fitted = encoder.fit([AGE], np.array([0, 1, 3]), scale=False)
    assert [feature.kind for feature in fitted.features] == ["number"]
    inputs, counts = fitted.apply([AGE])
    assert inputs[:, 0].tolist() == [10, 20, 20, 40, 1000] and counts == {"age": {"missing": 1}}


def test_rows_that_are_not_training_change_nothing():
    spoilt = (number("age", 10, 20, None, 40, None), words("job", "sea", "farm", None, "sea", "x"), DAY)
    assert encoder.fit(COLUMNS, TRAINING).to_json() == encoder.fit(spoilt, TRAINING).to_json()


def test_the_same_bytes_again_from_json():
    random = np.random.default_rng(0)
    columns = [
        number("x", *random.normal(1e9, 1e-3, 50)),
        number("y", *random.normal(size=50)),
        words("w", *"abcde" * 10),
    ]
    fitted = encoder.fit(columns, np.arange(30))
    again = encoder.from_json(json.loads(json.dumps(fitted.to_json())))
    new = [
        number("y", *random.normal(size=9)),
        words("w", *"abcdefghi"),
        number("x", *[1e9] * 9),
        words("other", *"a" * 9),
    ]
    assert fitted.apply(new)[0].tobytes() == again.apply(new)[0].tobytes() and again.features == fitted.features
    assert fitted.apply(new)[1] == {"w": {"unseen": 4}}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ((0.1,) * 7, [0] * 7),
        ((1e200, -1e200), [1, -1]),
        ((1e-200, -1e-200), [1, -1]),
        ((1700003861955, 1700003861957), [-1, 1]),
        ((None, None), [0, 0]),
    ],
)
def test_constant_huge_and_tiny_columns(cells, expected):
    column = number("x", *cells)
    inputs, _ = encoder.fit([column], np.arange(len(cells))).apply([column])
    assert np.allclose(inputs[:, 0], expected, rtol=1e-12)


def test_other_columns_than_those_of_training_are_refused_all_at_once():
    fitted = encoder.fit(COLUMNS, TRAINING)
    with pytest.raises(InputError) as caught:
        fitted.apply([words("age", "a"), words("job", "sea")])
    assert "column 'age': given category, allowed number" in str(caught.value)
    assert "column 'day': given none, allowed date" in str(caught.value)
