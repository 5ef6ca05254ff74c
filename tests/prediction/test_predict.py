"""What `predict` writes and says around a model's answers, and what it refuses before any model is asked."""

import csv

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.new_data import NewData
from pipeline.prediction import predict as module
from pipeline.prediction.predict import Predictions, predict


def test_all_digits_are_written(tmp_path):
    shares = [1 / 3, 0.1 + 0.2, 5e-324]
    Predictions(columns={"row": ["1", "2", "3"], "p(a,b)": shares}, model="", findings=()).write(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        assert [float(row["p(a,b)"]) for row in csv.DictReader(file)] == shares


def test_a_column_of_the_file_that_is_called_as_an_answer_gives_way():
    data = NewData(x=np.zeros((1, 2)), names={"row": ["1"], "predicted": ["mine"]})
    card = {"classes": 2, "class_names": ["a", "b"]}
    found = module._columns(data, np.array([[0.4, 0.6]]), card, None, raw=False)
    assert found == {
        "row": ["1"],
        "predicted (of the file)": ["mine"],
        "predicted": ["b"],
        "p(a)": [0.4],
        "p(b)": [0.6],
    }


def test_many_that_cannot_be_read_are_refused_and_named(tmp_path):
    data = NewData(x=np.zeros((8, 1)), names={"file": ["x"] * 8}, left_out=("a.png: no picture", "b.png: no picture"))
    module._refuse_many_left_out(data, tmp_path / "new", 0.2)
    with pytest.raises(InputError, match=r"^new: given 2 of 10 that cannot be read \(a.png: no picture; b.png"):
        module._refuse_many_left_out(data, tmp_path / "new", 0.19)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_is_one(share):
    with pytest.raises(InputError, match="--most-unseen: given"):
        predict(None, "mine", "new.csv", most_unseen=share)


@pytest.mark.parametrize("file", ["", " ", "nowhere.csv"])
def test_a_file_that_is_not_there(file):
    with pytest.raises(InputError, match="which is not there, allowed a file or folder to answer"):
        predict(None, "mine", file)
