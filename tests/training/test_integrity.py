"""A sealed run: no byte of it can be cut off or changed without that being seen."""

import numpy as np
import pytest

from pipeline.records import write_bytes, write_json
from pipeline.training import integrity

MODEL = np.random.default_rng(0).bytes(4000)


@pytest.fixture
def sealed(tmp_path):
    """The folder of a small run, sealed."""
    write_json(tmp_path / "run.json", {"status": "finished", "epochs": 2})
    write_bytes(tmp_path / "history.csv", b"epoch,loss\n1,0.5\n2,0.25\n")
    write_bytes(tmp_path / "model.keras", MODEL)
    integrity.seal(tmp_path, "ab12")
    assert integrity.fault(tmp_path) is None and integrity.is_sound(tmp_path, "ab12")
    return tmp_path


def places(size):
    """Every byte of a small file, some of a large one."""
    return range(size) if size < 1000 else [0, 1, size // 3, size // 2, size - 2, size - 1]


@pytest.mark.parametrize("name", ["run.json", "history.csv", "model.keras", "seal.json"])
def test_a_file_cut_at_any_byte_is_seen(sealed, name):
    whole = (sealed / name).read_bytes()
    for length in places(len(whole)):
        (sealed / name).write_bytes(whole[:length])
        assert name in (integrity.fault(sealed) or ""), length
    (sealed / name).write_bytes(whole + b"\n")
    assert name in (integrity.fault(sealed) or "")


@pytest.mark.parametrize("name", ["run.json", "history.csv", "model.keras", "seal.json"])
@pytest.mark.parametrize("bit", [0, 3, 7])
def test_a_bit_flipped_anywhere_is_seen(sealed, name, bit):
    whole = (sealed / name).read_bytes()
    for place in places(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << bit
        (sealed / name).write_bytes(flipped)
        assert not integrity.is_sound(sealed), place


@pytest.mark.parametrize("name", ["run.json", "history.csv", "model.keras", "seal.json"])
def test_a_file_that_is_gone_or_a_folder_is_seen(sealed, name):
    (sealed / name).unlink()
    assert name in (integrity.fault(sealed) or "")
    if name != "seal.json":
        (sealed / name).mkdir()
        assert name in (integrity.fault(sealed) or "")


def test_another_runs_files_are_seen(sealed):
    assert integrity.fault(sealed, "cd34") == "it is the run ab12, not cd34"


def test_what_lies_beside_it_is_none_of_its_business(sealed):
    write_bytes(sealed / ".DS_Store", b"x")
    assert integrity.is_sound(sealed)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b'{"run_key": "ab12", "files": []}', b'{"run_key": 1, "files": {"run.json": 2}}']
)
def test_a_seal_that_is_none_is_seen(sealed, content):
    (sealed / "seal.json").write_bytes(content)
    assert integrity.fault(sealed) == "seal.json is damaged"


def test_no_folder_is_no_run(tmp_path):
    write_bytes(tmp_path / "file", b"")
    for place in (tmp_path / "none", tmp_path / "file", tmp_path):
        assert integrity.fault(place) == "no seal.json: it was not written to its end"
