"""Tell Eigen in TensorFlow one size of cache on every processor, as it cuts the long sums of XLA's products by it."""

import ctypes
import mmap
import struct
from pathlib import Path
from typing import Any

from pipeline.training.loaded_libraries import loaded

# With TensorFlow 2.21. Eigen asks the processor once and keeps the answer in a static variable of manage_caching_sizes,
# with a guard beside it that says whether it has asked. No function that would set it is exported. May go once sums of
# 1,000 terms are the same on processors with other caches (benchmarks/processors.py).
LIBRARIES = ("libtensorflow_cc.so", "libtensorflow_framework.so")
SIZES = b"_ZZN5Eigen8internal20manage_caching_sizesENS_6ActionEPlS2_S2_E12m_cacheSizes"
GUARD = b"_ZGVZN5Eigen8internal20manage_caching_sizesENS_6ActionEPlS2_S2_E12m_cacheSizes"
BYTES = (32 * 1024, 512 * 1024, 8 * 1024 * 1024)  # of the three levels
SYMBOL_TABLE, SYMBOL_BYTES = 2, 24  # as in elf.h


def hold() -> None:
    """Set the sizes in each library of TensorFlow, which is loaded. RuntimeError: this version has no such variable."""
    for library in LIBRARIES:
        file, base = loaded(library)
        sizes, guard = _offsets(file)
        (ctypes.c_long * 3).from_address(base + sizes)[:] = list(BYTES)
        ctypes.c_char.from_address(base + guard).value = b"\x01"


def sizes() -> list[tuple[int, ...]]:
    """What Eigen goes by in each library: bytes of the three levels."""
    found = []
    for library in LIBRARIES:
        file, base = loaded(library)
        found.append(tuple((ctypes.c_long * 3).from_address(base + _offsets(file)[0])))
    return found


def _offsets(file: Path) -> tuple[int, int]:
    """Where the sizes and their guard lie, as the library's own table of symbols says."""
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        (start,) = struct.unpack_from("<Q", content, 40)
        size, count = struct.unpack_from("<HH", content, 58)
        sections = [struct.unpack_from("<IIQQQQIIQQ", content, start + size * number) for number in range(count)]
        tables = [section for section in sections if section[1] == SYMBOL_TABLE]
        if len(tables) == 1:
            names = sections[tables[0][6]]
            found = [_value(content, tables[0], names, name) for name in (SIZES, GUARD)]
            if None not in found:
                return found[0] or 0, found[1] or 0
    raise RuntimeError(f"{file.name} has no variable for Eigen's caches: numbers cannot be held the same everywhere")


def _value(content: mmap.mmap, table: tuple[Any, ...], names: tuple[Any, ...], name: bytes) -> int | None:
    import numpy as np

    at = content.find(b"\0" + name + b"\0", names[4], names[4] + names[5])
    if at < 0:
        return None
    row = np.dtype([("name", "<u4"), ("kind", "<u4"), ("value", "<u8"), ("size", "<u8")])
    rows = np.frombuffer(content[table[4] : table[4] + table[5]], dtype=row)
    values = rows["value"][rows["name"] == at + 1 - names[4]]
    return int(values[0]) if len(values) == 1 else None
