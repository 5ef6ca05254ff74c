"""The keys of runs follow the content of an archive, not its bytes: those depend on zlib and on who packed it."""

import zipfile

import numpy as np
import pytest

from pipeline import paths
from pipeline.records import read_json
from pipeline.settings.params import DataSettings, Split
from pipeline.settings.plan import data_digest
from pipeline.stages.prepare import prepare

OWN = DataSettings("own", "archive", {"file": "own"}, "none", Split(10, 10, None, 0), {"plain": {}}, 0)


@pytest.fixture
def digests(house, monkeypatch):
    """`(pack)`: the digest of the data behind a run, and the bytes of the splits, of an archive packed so."""
    monkeypatch.setattr(paths, "RAW", house)
    images = np.random.default_rng(0).integers(0, 255, (60, 4, 4)).astype("uint8")
    labels = np.arange(60) % 2

    def made(pack):
        pack(house / "own.npz", x=images, y=labels)
        prepare(OWN, [0])
        splits = [paths.fit_split("own", "plain", 0), paths.validation_split("own", 0), paths.test_split("own", 0)]
        return data_digest(read_json(paths.card("own", 0)), "plain"), [file.read_bytes() for file in splits]

    return made


def test_another_packing_of_the_same_images_changes_nothing(digests, house):
    plain = digests(np.savez)
    size = (house / "own.npz").stat().st_size
    assert digests(np.savez_compressed) == plain and (house / "own.npz").stat().st_size != size


def test_what_is_written_is_not_compressed_so_that_no_zlib_decides_its_bytes(digests):
    digests(np.savez)
    for file in paths.PREPARED.rglob("*.npz"):
        with zipfile.ZipFile(file) as archive:
            assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
