"""One class of an archive against all others: the images as they are, and what cannot be told apart is refused."""

import numpy as np
import pytest

from pipeline import paths
from pipeline.errors import InputError
from pipeline.sources import digits
from pipeline.sources.one_against_rest import load

BYTES = np.arange(4 * 5 * 6, dtype=np.uint8).reshape(4, 5, 6)


def own(folder, positive=1, **arrays):
    np.savez(folder / "own.npz", **arrays)
    return load(folder, 0, file="own", positive=positive)


def test_eight_is_one_digit_in_ten():
    found, all_ten = load(paths.RAW, 0, file="digits", positive=8), digits.load(paths.RAW, 0)
    assert np.array_equal(found.x, all_ten.x) and found.x.dtype == np.float32
    assert np.array_equal(found.y, all_ten.y == 8) and found.y.sum() == 500 and found.y.dtype == np.int64


def test_the_class_is_meant_by_its_number(tmp_path):
    found = own(tmp_path, 7, x=BYTES, y=np.array([7, 5, 7, 9]))
    assert found.y.tolist() == [1, 0, 1, 0] and np.allclose(found.x[..., 0] * 255, BYTES)


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"x": BYTES, "y": [0, 1]}, r"given x uint8 \(4, 5, 6\) and y int64 \(2,\)"),
        ({"x": BYTES / 255, "y": [0, 1, 0, 1]}, "given x float64"),
        ({"x": BYTES, "y": ["a", "b", "a", "b"]}, "given x uint8"),
        ({"x": BYTES[0], "y": [0, 1, 0, 1, 0]}, "allowed x uint8"),
        ({"x": BYTES, "y": [1, 1, 1, 1]}, "positive: given 1, allowed one of two or more classes in own.npz: 1"),
        ({"x": BYTES, "y": [0, 2, 0, 2]}, "positive: given 1, allowed one of two or more classes in own.npz: 0, 2"),
        ({"x": BYTES}, r"own.npz: given a file that cannot be read \(KeyError\)"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, arrays, told):
    with pytest.raises(InputError, match=told):
        own(tmp_path, **arrays)


@pytest.mark.parametrize("file", ["nothing", "../own", "OWN"])
def test_a_file_that_is_not_there_is_refused(tmp_path, file):
    np.savez(tmp_path / "own.npz", x=BYTES, y=[0, 1, 0, 1])
    with pytest.raises(InputError, match=r"allowed an archive in data/raw, .*: own"):
        load(tmp_path, 0, file=file, positive=1)


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "own.npz").write_bytes(b"PK nothing of the kind")
    with pytest.raises(InputError, match=r"own\.npz: given a file that cannot be read"):
        load(tmp_path, 0, file="own", positive=1)
