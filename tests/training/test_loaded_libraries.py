"""A loaded library is found wherever the project lies."""

import _ctypes
import ctypes
import shutil
from pathlib import Path

import pytest

from pipeline.training.loaded_libraries import loaded

LINES = """\
7f10000-7f12000 r--p 00001000 fe:00 12345                      {file}
7f12000-7f18000 r-xp 00002000 fe:00 12345                      {file}
7f20000-7f21000 rw-p 00000000 00:00 0
7f21000-7f22000 rw-p 00000000 00:00 0                          [heap]
"""
NAMES = ("plain", "Mi proyecto ñ", "50% off #1", "two  blanks", " a blank first", "one last ")


@pytest.mark.parametrize("name", NAMES)
def test_its_file_and_the_address_its_symbols_count_from(tmp_path, name):
    maps = tmp_path / "maps"
    maps.write_text(LINES.format(file=f"/home/me/{name}/libx.so.2"), "utf-8")
    assert loaded("libx.so", maps) == (Path(f"/home/me/{name}/libx.so.2"), 0x7F10000 - 0x1000)


@pytest.mark.parametrize("name", NAMES)
def test_a_library_of_this_process(tmp_path, name):
    (tmp_path / name).mkdir()
    library = tmp_path / name / f"libaula_{NAMES.index(name)}.so"
    shutil.copyfile(_ctypes.__file__, library)
    handle = ctypes.PyDLL(str(library))
    file, base = loaded(library.name)
    assert file == library
    assert base <= ctypes.cast(handle.PyInit__ctypes, ctypes.c_void_p).value < base + library.stat().st_size * 2


def test_none_that_is_not_loaded(tmp_path):
    (tmp_path / "maps").write_text(LINES.format(file="/lib/liby.so"), "utf-8")
    with pytest.raises(RuntimeError, match=r"^libx\.so is not loaded"):
        loaded("libx.so", tmp_path / "maps")
