"""Fashion-MNIST: where it is looked for, and that only the published bytes pass."""

import gzip
import hashlib
import sys

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.sources import fashion_mnist
from pipeline.sources.fashion_mnist import SUMS, load


def idx(array):
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


@pytest.fixture
def files(monkeypatch):
    """A tiny stand-in for the four files: ten training images, five test images, known by its own sums."""
    random = np.random.default_rng(0)
    arrays = [random.integers(0, 256, (10, 28, 28)), np.arange(10), random.integers(0, 256, (5, 28, 28)), np.arange(5)]
    contents = {name: idx(array) for name, array in zip(SUMS, arrays, strict=True)}
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    monkeypatch.setattr(fashion_mnist, "SUMS", sums)
    return contents


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """No copy on this machine and no network."""
    monkeypatch.setattr(fashion_mnist, "DEBIAN", tmp_path / "debian")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(fashion_mnist, "_downloaded", lambda: False)
    return tmp_path


def put(folder, contents, packed=True):
    folder.mkdir(parents=True)
    for name, content in contents.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(content)) if packed else (folder / name).write_bytes(content)


@pytest.mark.parametrize("packed", [True, False])
def test_training_images_come_first_then_test_images(nowhere, files, packed):
    put(nowhere / "own", files, packed)
    examples = load(nowhere, 0, path="own")
    assert examples.x.shape == (15, 28, 28, 1) and examples.x.dtype == np.float32
    assert examples.y.tolist() == [*range(10), *range(5)]
    assert examples.x[0, 0, 0, 0] == np.float32(np.random.default_rng(0).integers(0, 256, (10, 28, 28))[0, 0, 0] / 255)


@pytest.mark.parametrize("place", ["debian", "keras/datasets/fashion-mnist"])
def test_copies_on_this_machine_are_found_without_keras(nowhere, files, place, monkeypatch):
    put(nowhere / place, files)
    monkeypatch.setitem(sys.modules, "keras", None)
    assert len(load(nowhere, 0)) == 15


def test_a_download_comes_last(nowhere, files, monkeypatch):
    kept = nowhere / "keras/datasets/fashion-mnist"
    monkeypatch.setattr(fashion_mnist, "_downloaded", lambda: put(kept, files) or True)
    assert len(load(nowhere, 0)) == 15


def test_nowhere_to_be_found_names_one_command(nowhere):
    with pytest.raises(InputError, match="run `apt-get install -y dataset-fashion-mnist`"):
        load(nowhere, 0)


def test_a_download_that_fails_counts_as_not_found(nowhere, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "keras", None)
    assert fashion_mnist._downloaded() is False


def test_a_given_folder_is_the_only_place(nowhere, files):
    put(nowhere / "debian", files)
    with pytest.raises(InputError, match="path: given 'elsewhere', allowed a folder with"):
        load(nowhere, 0, path="elsewhere")


def test_other_bytes_are_refused(nowhere, files):
    name = next(iter(files))
    put(nowhere / "own", files | {name: files[name][:-1] + b"\0"})
    with pytest.raises(InputError, match=f"{name}.gz: given other bytes"):
        load(nowhere, 0, path="own")


def test_a_damaged_file_is_refused(nowhere, files):
    put(nowhere / "own", files)
    file = nowhere / "own" / f"{next(iter(files))}.gz"
    file.write_bytes(file.read_bytes()[:50])
    with pytest.raises(InputError, match="given a damaged file"):
        load(nowhere, 0, path="own")


@pytest.mark.skipif(not fashion_mnist._complete(fashion_mnist.DEBIAN), reason="needs Debian's dataset-fashion-mnist")
def test_the_real_one():
    examples = load(None, 0)
    assert examples.x.shape == (70_000, 28, 28, 1) and np.bincount(examples.y).tolist() == [7000] * 10


def test_that_it_is_not_here_is_known_without_a_download(nowhere, files, monkeypatch):
    monkeypatch.setattr(fashion_mnist, "_downloaded", pytest.fail)
    assert "`prepare` downloads it (30 MB), or run `apt-get install" in fashion_mnist.check(nowhere)
    with pytest.raises(InputError, match="path: given 'own', allowed a folder with train-images"):
        fashion_mnist.check(nowhere, path="own")
    put(nowhere / "own", files)
    put(nowhere / "debian", files)
    assert fashion_mnist.check(nowhere, path="own") is None and fashion_mnist.check(nowhere) is None
