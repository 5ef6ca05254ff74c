"""A user's own images: bytes or floats, with or without channels; anything else is refused."""

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.sources.archive import load

BYTES = np.arange(4 * 5 * 6, dtype=np.uint8).reshape(4, 5, 6)


def own(folder, **arrays):
    np.savez(folder / "own.npz", **arrays)
    return load(folder, 0, file="own")


def test_bytes_become_shares_and_words_become_codes(tmp_path):
    examples = own(tmp_path, x=BYTES, y=["dog", "cat", "dog", "cat"])
    assert examples.x.shape == (4, 5, 6, 1) and examples.x.dtype == np.float32
    assert np.allclose(examples.x[..., 0] * 255, BYTES)
    assert examples.y.tolist() == [1, 0, 1, 0] and examples.y.dtype == np.int64


def test_floats_with_channels_stay_and_numbers_become_codes(tmp_path):
    x = np.random.default_rng(0).random((4, 5, 6, 3))
    examples = own(tmp_path, x=x, y=[7, 5, 7, 9])
    assert np.allclose(examples.x, x) and examples.y.tolist() == [1, 0, 1, 2]


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"x": BYTES, "y": [0, 1]}, "allowed x (images, height, width[, channels])"),
        ({"x": BYTES[0], "y": [0, 1, 0, 1, 0]}, "allowed x (images, height, width[, channels])"),
        ({"x": BYTES.astype(float), "y": [0, 1, 0, 1]}, "allowed uint8 0..255 or floats 0..1"),
        ({"x": np.full((2, 3, 3), np.nan), "y": [0, 1]}, "allowed uint8 0..255 or floats 0..1"),
        ({"x": BYTES.astype(int), "y": [0, 1, 0, 1]}, "allowed uint8 0..255 or floats 0..1"),
        ({"x": BYTES, "y": [1, 1, 1, 1]}, "allowed two or more"),
        ({"x": BYTES, "y": [0.5, 1, 1, 1]}, "as whole numbers or text"),
        ({"x": BYTES, "labels": [0, 1, 0, 1]}, "allowed arrays x and y"),
        ({"x": BYTES, "y": np.array([{}, 1, 2, 3], object)}, "cannot be read"),
    ],
)
def test_faults_are_named(tmp_path, arrays, told):
    with pytest.raises(InputError) as caught:
        own(tmp_path, **arrays)
    assert told in str(caught.value) and "own.npz" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 half"])
def test_a_file_that_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "own.npz").write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path, 0, file="own")


@pytest.mark.parametrize("file", ["absent", "../own", "own.npz"])
def test_only_names_in_the_folder_are_allowed(tmp_path, file):
    own(tmp_path, x=BYTES, y=[0, 1, 0, 1])
    with pytest.raises(InputError, match=r"allowed an archive in data/raw.*: own$"):
        load(tmp_path, 0, file=file)
